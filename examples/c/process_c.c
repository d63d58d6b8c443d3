/* Process C of three: opens the map "Test" that process_a holds, and appends to it. */

#include <mmf.h>
#include <stdio.h>

int main(void) {
    mmf_map_t map;
    mmf_error_t error;

    if (mmf_map_open("Test", MMF_NUL_TERMINATED, NULL, &map, &error) ||
        mmf_text_append(map, "Process C says: Hello World!", MMF_NUL_TERMINATED, NULL, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    mmf_map_close(map, NULL);
    return 0;
}
