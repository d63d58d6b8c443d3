/* Answers each request with its number and its text in capitals. */

#include <ctype.h>
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
    mmf_map_t request, answer;
    mmf_watch_t watch;
    mmf_text_t text;
    mmf_error_t error;
    int32_t event;
    long done = 0;

    check(mmf_map_create_new("Loud-Answer", MMF_NUL_TERMINATED, 4096, NULL, &answer, &error), &error);
    check(mmf_map_create_new("Loud-Request", MMF_NUL_TERMINATED, 4096, NULL, &request, &error), &error);
    check(mmf_watch_create(request, &watch, &error), &error);
    for (;;) {
        check(mmf_text_read(request, NULL, &text, &error), &error);
        long number = atol(text.data);
        if (number != 0 && number != done) {
            done = number;
            for (size_t at = 0; at < text.length; at++)
                text.data[at] = (char)toupper((unsigned char)text.data[at]);
            check(mmf_text_replace(answer, text.data, text.length, NULL, &error), &error);
        }
        mmf_text_free(text);
        check(mmf_watch_wait(watch, MMF_WAIT_FOREVER, &event, &error), &error);
    }
}
