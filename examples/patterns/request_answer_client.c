/* Sends a request to the server. The lock of a third map makes several clients take turns. */

#include <mmf.h>
#include <stdio.h>
#include <stdlib.h>

static void check(mmf_status_t status, const mmf_error_t *error) {
    if (status) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

int main(int argc, char **argv) {
    mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;
    mmf_map_t request, answer, turn;
    mmf_lock_t lock;
    mmf_watch_t watch;
    mmf_text_t text;
    mmf_error_t error;
    int32_t event = MMF_WATCH_EVENT_CHANGED;
    char asked[256];
    long number;

    options.wait_ms = 30000;
    check(mmf_map_open("Loud-Request", MMF_NUL_TERMINATED, &options, &request, &error), &error);
    check(mmf_map_open("Loud-Answer", MMF_NUL_TERMINATED, &options, &answer, &error), &error);
    check(mmf_map_create_or_open("Loud-Turn", MMF_NUL_TERMINATED, 1, NULL, &turn, &error), &error);
    check(mmf_lock_take(turn, MMF_LOCK_EXCLUSIVE, 30000, &lock, &error), &error);
    check(mmf_watch_create(answer, &watch, &error), &error);

    /* The next number marks a new request. */
    check(mmf_text_read(request, NULL, &text, &error), &error);
    number = atol(text.data) + 1;
    mmf_text_free(text);
    snprintf(asked, sizeof asked, "%ld %s", number, argc > 1 ? argv[1] : "hello");
    check(mmf_text_replace(request, asked, MMF_NUL_TERMINATED, NULL, &error), &error);

    while (event == MMF_WATCH_EVENT_CHANGED) {
        check(mmf_text_read(answer, NULL, &text, &error), &error);
        if (atol(text.data) == number) {
            puts(text.data);
            break;
        }
        mmf_text_free(text);
        check(mmf_watch_wait(watch, 30000, &event, &error), &error);
    }
    if (event != MMF_WATCH_EVENT_CHANGED)
        fprintf(stderr, "The server did not answer.\n");
    mmf_lock_release(lock, NULL);
    mmf_map_close(request, NULL);
    mmf_map_close(answer, NULL);
    mmf_map_close(turn, NULL);
    return event != MMF_WATCH_EVENT_CHANGED;
}
