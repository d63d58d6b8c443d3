/* Counts one visit. Run it as often as you like, in as many processes as you like. */

#include <mmf.h>
#include <stdatomic.h>
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
    mmf_view_t view;
    mmf_view_info_t info = MMF_VIEW_INFO_INIT;
    mmf_error_t error;

    check(mmf_map_open("Visits", MMF_NUL_TERMINATED, NULL, &map, &error), &error);
    check(mmf_view_create(map, 0, 8, MMF_ACCESS_READ_WRITE, &view, &error), &error);
    check(mmf_view_get_info(view, &info, &error), &error);

    _Atomic uint64_t *visits = info.pointer;
    printf("visit %llu\n", (unsigned long long)atomic_fetch_add(visits, 1) + 1);

    mmf_view_close(view, NULL);
    mmf_map_close(map, NULL);
    return 0;
}
