/* Publishes values: the map holds the latest one, and programs that watch the map are notified. */

#include <mmf.h>
#include <stdio.h>
#include <stdlib.h>

static void check(mmf_status_t status, const mmf_error_t *error) {
    if (status) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

int main(void) {
    mmf_map_t map;
    mmf_error_t error;
    char value[32];

    check(mmf_map_create_or_open("Temperature", MMF_NUL_TERMINATED, 4096, NULL, &map, &error), &error);
    while (fgets(value, sizeof value, stdin)) /* For example, from a sensor. */
        check(mmf_text_replace(map, value, MMF_NUL_TERMINATED, NULL, &error), &error);
    mmf_map_close(map, NULL);
    return 0;
}
