/* Holds a log, and prints each line that any process appends to it. */

#include <mmf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(mmf_status_t status, const mmf_error_t *error) {
    if (status) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

int main(void) {
    mmf_map_t log;
    mmf_watch_t watch;
    mmf_text_t text;
    mmf_error_t error;
    int32_t event;
    size_t seen = 0;

    check(mmf_map_create_or_open("Log", MMF_NUL_TERMINATED, 1 << 20, NULL, &log, &error), &error);
    check(mmf_watch_create(log, &watch, &error), &error);
    for (;;) {
        /* The watch exists before the first read, so no change is missed. */
        check(mmf_text_read(log, NULL, &text, &error), &error);
        if (text.length < seen)
            seen = 0; /* The content was replaced. */
        if (text.length > seen) {
            const char *line = text.data + seen;
            /* The line end between the texts. */
            if (seen > 0 && strncmp(line, "\r\n", 2) == 0)
                line += 2;
            puts(line);
            fflush(stdout);
        }
        seen = text.length;
        mmf_text_free(text);
        check(mmf_watch_wait(watch, MMF_WAIT_FOREVER, &event, &error), &error);
    }
}
