/* Several threads of a C program use one map: they append, read, wait, and close it at the same time. */

#include <mmf.h>
#include <pthread.h>

#include "check.h"

#define THREADS 4
#define LINES 50

static mmf_map_t map;
static mmf_watch_t watch;

static void *append(void *text) {
    mmf_error_t error;
    int i;
    for (i = 0; i < LINES; i++) {
        OK(mmf_text_append(map, (const char *)text, MMF_NUL_TERMINATED, NULL, &error));
    }
    return NULL;
}

static void *close_map(void *status) {
    *(mmf_status_t *)status = mmf_map_close(map, NULL);
    return NULL;
}

/* Waits until the watch is closed. */
static void *wait_until_closed(void *event) {
    mmf_error_t error;
    mmf_status_t status;
    do {
        status = mmf_watch_wait(watch, MMF_WAIT_FOREVER, (int32_t *)event, &error);
    } while (status == MMF_STATUS_OK && *(int32_t *)event != MMF_WATCH_EVENT_CLOSED);
    CHECK(status == MMF_STATUS_OK || status == MMF_STATUS_CLOSED);
    return NULL;
}

/* Closing a watch ends all waits. */
static void closing_a_watch_ends_all_waits(void) {
    pthread_t waiters[THREADS];
    int32_t events[THREADS];
    mmf_error_t error;
    mmf_status_t status = mmf_watch_create(map, &watch, &error);
    int i;
    if (status == MMF_STATUS_NOT_SUPPORTED) return;
    OK(status);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&waiters[i], NULL, wait_until_closed, &events[i]) == 0);
    }
    OK(mmf_text_append(map, "one of them wakes up", MMF_NUL_TERMINATED, NULL, &error));
    OK(mmf_watch_close(watch, &error));
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(waiters[i], NULL) == 0);
    }
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
    /* Every line has six characters and is followed by CR LF, so no text is missing or mixed up. */
    CHECK(text.length == THREADS * LINES * 8 - 2);
    for (i = 0; i + 6 <= text.length; i += 8) {
        CHECK(memcmp(text.data + i, "line ", 5) == 0);
    }
    mmf_text_free(text);
    closing_a_watch_ends_all_waits();

    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, close_map, &statuses[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(statuses[i] == MMF_STATUS_OK || statuses[i] == MMF_STATUS_CLOSED);
        closed += statuses[i] == MMF_STATUS_OK;
    }
    CHECK(closed == 1);
    puts("all steps passed");
    return 0;
}
