/* Process A of three: creates the map "Test" and writes into it. Then start process_b in a second
   window, press ENTER here, start process_c in a third one, and press ENTER again. */

#include <mmf.h>
#include <stdio.h>

static void wait_for_enter(void) {
    int c;
    do {
        c = getchar();
    } while (c != '\n' && c != EOF);
}

int main(void) {
    mmf_map_t map;
    mmf_text_t text;
    mmf_error_t error;

    if (mmf_map_create_new("Test", MMF_NUL_TERMINATED, 1024, NULL, &map, &error) ||
        mmf_text_replace(map, "Process A says: Hello World!", MMF_NUL_TERMINATED, NULL, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }

    puts("Start Process B and press ENTER to continue.");
    fflush(stdout);
    wait_for_enter();

    puts("Start Process C and press ENTER to continue.");
    fflush(stdout);
    wait_for_enter();

    if (mmf_text_read(map, NULL, &text, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    puts(text.data);
    mmf_text_free(text);
    mmf_map_close(map, NULL);
    return 0;
}
