/* Passes a map without a name to a child. No other process can open it. For Unix. */

#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <mmf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(mmf_status_t status, const mmf_error_t *error) {
    if (status) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

static int child(intptr_t descriptor) {
    mmf_map_t map;
    mmf_error_t error;

    check(mmf_map_create_from_descriptor(descriptor, 0, NULL, 0, 0, NULL, &map, &error), &error);
    check(mmf_text_append(map, "and the child", MMF_NUL_TERMINATED, NULL, &error), &error);
    mmf_map_close(map, NULL);
    return 0;
}

int main(int argc, char **argv) {
    mmf_map_t map;
    mmf_text_t text;
    mmf_error_t error;
    intptr_t descriptor;

    if (argc == 2)
        return child(atoi(argv[1]));

    check(mmf_map_create_new(NULL, 0, 4096, NULL, &map, &error), &error);
    check(mmf_text_replace(map, "The parent", MMF_NUL_TERMINATED, NULL, &error), &error);
    check(mmf_map_duplicate_descriptor(map, &descriptor, &error), &error);

    pid_t id = fork();
    if (id == 0) {
        char number[12];
        snprintf(number, sizeof number, "%d", (int)descriptor);
        fcntl((int)descriptor, F_SETFD, 0); /* Only this child inherits it. */
        execl(argv[0], argv[0], number, (char *)NULL);
        _exit(127);
    }
    waitpid(id, NULL, 0);

    check(mmf_text_read(map, NULL, &text, &error), &error);
    puts(text.data);
    mmf_text_free(text);
    mmf_map_close(map, NULL);
    return 0;
}
