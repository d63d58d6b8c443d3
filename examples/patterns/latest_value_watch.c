/* Prints the latest value, and each newer value, until the writer is gone. */

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
    mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;
    mmf_map_t map;
    mmf_watch_t watch;
    mmf_text_t text;
    mmf_error_t error;
    int32_t event = MMF_WATCH_EVENT_CHANGED;

    options.access = MMF_ACCESS_READ;
    check(mmf_map_open("Temperature", MMF_NUL_TERMINATED, &options, &map, &error), &error);
    check(mmf_watch_create(map, &watch, &error), &error);
    while (event == MMF_WATCH_EVENT_CHANGED) {
        /* The watch exists before the first read, so no change is missed. */
        check(mmf_text_read(map, NULL, &text, &error), &error);
        printf("it is %s", text.data);
        fflush(stdout);
        mmf_text_free(text);
        check(mmf_watch_wait(watch, MMF_WAIT_FOREVER, &event, &error), &error);
    }
    mmf_watch_close(watch, NULL);
    mmf_map_close(map, NULL);
    return 0;
}
