/* Appends a line to a log that other processes hold. Lines of several processes are never mixed up. */

#include <mmf.h>
#include <stdio.h>

int main(int argc, char **argv) {
    mmf_map_t log;
    mmf_error_t error;

    if (mmf_map_open("Log", MMF_NUL_TERMINATED, NULL, &log, &error) ||
        mmf_text_append(log, argc > 1 ? argv[1] : "done", MMF_NUL_TERMINATED, NULL, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    mmf_map_close(log, NULL);
    return 0;
}
