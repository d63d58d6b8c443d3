/* Changes 4 bytes in the middle of a large file. Only the pages around them are loaded. */

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

int main(int argc, char **argv) {
    mmf_map_t map;
    mmf_view_t view;
    mmf_view_info_t info = MMF_VIEW_INFO_INIT;
    mmf_error_t error;
    int32_t number;

    if (argc != 3) {
        fprintf(stderr, "usage: partial_view FILE OFFSET\n");
        return 2;
    }
    check(mmf_map_create_from_file(argv[1], MMF_NUL_TERMINATED, MMF_FILE_MODE_OPEN, NULL, 0, 0, NULL, &map,
                                   &error),
          &error);
    check(mmf_view_create(map, atoll(argv[2]), sizeof number, MMF_ACCESS_READ_WRITE, &view, &error),
          &error);
    check(mmf_view_get_info(view, &info, &error), &error);

    memcpy(&number, info.pointer, sizeof number);
    printf("it was %ld\n", (long)number);
    number = 42;
    memcpy(info.pointer, &number, sizeof number);

    /* When this returns, the change is on the disk. */
    check(mmf_view_flush(view, &error), &error);
    mmf_view_close(view, NULL);
    mmf_map_close(map, NULL);
    return 0;
}
