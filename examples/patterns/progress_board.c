/* A board for workers that are threads or processes: a view with one structure for each. */

#include <mmf.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fixed sizes, so that every program sees the same bytes. */
typedef struct {
    _Atomic uint32_t percent;
    char name[28];
} job_t;

enum { JOBS = 4 };

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

    check(mmf_map_create_or_open("Jobs", MMF_NUL_TERMINATED, JOBS * sizeof(job_t), NULL, &map, &error),
          &error);
    check(mmf_view_create(map, 0, JOBS * sizeof(job_t), MMF_ACCESS_READ_WRITE, &view, &error), &error);
    check(mmf_view_get_info(view, &info, &error), &error);
    job_t *jobs = info.pointer;

    if (argc == 4) { /* A worker reports its number, its name and its progress. */
        job_t *job = &jobs[(unsigned)atoi(argv[1]) % JOBS];
        strncpy(job->name, argv[2], sizeof job->name - 1);
        atomic_store(&job->percent, (uint32_t)atoi(argv[3]));
        /* Watches do not see stores through a view. */
        check(mmf_map_notify(map, &error), &error);
    } else { /* Shows the board. */
        for (int i = 0; i < JOBS; i++)
            printf("job %d: %3u %% %s\n", i, (unsigned)atomic_load(&jobs[i].percent), jobs[i].name);
    }

    mmf_view_close(view, NULL);
    mmf_map_close(map, NULL);
    return 0;
}
