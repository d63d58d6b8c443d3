/* Follows a map with poll: prints its text, and prints it again after every change, until ENTER is
   pressed or all others have closed the map. For Unix; on Windows use WaitForMultipleObjects.

       ./follow NAME                                                                            */

#include <mmf.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static mmf_error_t error;

static int failed(void) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
}

static int print_text(mmf_map_t map) {
    mmf_text_t text;
    if (mmf_text_read(map, NULL, &text, &error)) return failed();
    puts(text.data);
    fflush(stdout);
    mmf_text_free(text);
    return 0;
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "Test";
    mmf_map_t map;
    mmf_watch_t watch;
    intptr_t descriptor;
    struct pollfd both[2];

    if (mmf_map_open(name, MMF_NUL_TERMINATED, NULL, &map, &error)) return failed();
    /* Creates the watch before the first read, so that no change in between is missed. */
    if (mmf_watch_create(map, &watch, &error)) return failed();
    if (mmf_watch_get_descriptor(watch, &descriptor, &error)) return failed();
    if (print_text(map)) return 1;

    both[0].fd = STDIN_FILENO;
    both[1].fd = (int)descriptor;
    both[0].events = both[1].events = POLLIN;
    while (poll(both, 2, -1) >= 0) {
        int32_t event;
        if (both[0].revents) break;
        /* The descriptor can be ready although there is no event. */
        if (mmf_watch_wait(watch, 0, &event, &error)) return failed();
        if (event == MMF_WATCH_EVENT_CHANGED && print_text(map)) return 1;
        if (event == MMF_WATCH_EVENT_ALONE) {
            puts("All others have closed the map.");
            break;
        }
    }
    mmf_watch_close(watch, NULL);
    mmf_map_close(map, NULL);
    return 0;
}
