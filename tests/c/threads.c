/* Threads of a C program on one map: appending, reading, and closing twice at once. */

#include <mmf.h>
#include <pthread.h>

#include "check.h"

#define THREADS 4
#define LINES 50

static mmf_map_t map;

static void *append(void *text) {
    mmf_error_t error;
    int i;
    for (i = 0; i < LINES; i++) {
        OK(mmf_text_append(map, (const char *)text, MMF_NUL_TERMINATED, NULL, &error));
    }
    return NULL;
}

static void *close_it(void *status) {
    *(mmf_status_t *)status = mmf_map_close(map, NULL);
    return NULL;
}

int main(void) {
    static char lines[THREADS][8];
    mmf_status_t statuses[THREADS];
    pthread_t threads[THREADS];
    mmf_error_t error;
    mmf_text_t text;
    size_t i, closed = 0;

    OK(mmf_map_create_new(NULL, 0, 1 << 16, NULL, &map, &error));
    for (i = 0; i < THREADS; i++) {
        sprintf(lines[i], "line %u", (unsigned)i);
        CHECK(pthread_create(&threads[i], NULL, append, lines[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    OK(mmf_text_read(map, NULL, &text, &error));
    /* Six characters each, and CR LF between: nothing is lost or torn. */
    CHECK(text.length == THREADS * LINES * 8 - 2);
    for (i = 0; i + 6 <= text.length; i += 8) {
        CHECK(memcmp(text.data + i, "line ", 5) == 0);
    }
    mmf_text_free(text);

    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, close_it, &statuses[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(statuses[i] == MMF_STATUS_OK || statuses[i] == MMF_STATUS_CLOSED);
        closed += statuses[i] == MMF_STATUS_OK;
    }
    CHECK(closed == 1);
    puts("nothing lost");
    return 0;
}
