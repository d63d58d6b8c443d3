#include <mmf.h>
#include <stdio.h>

int main(void)
{
    mmf_error_t error;
    mmf_map_t map;
    mmf_text_t text;

    if (mmf_map_create_or_open("Test", MMF_NUL_TERMINATED, 1024, NULL, &map, &error) ||
        mmf_text_append(map, "Hello from C", MMF_NUL_TERMINATED, NULL, &error) ||
        mmf_text_read(map, NULL, &text, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%s\n", text.data);
    mmf_text_free(text);
    mmf_map_close(map, NULL);
    return 0;
}
