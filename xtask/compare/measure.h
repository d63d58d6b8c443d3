/* What compare.c and boost.cpp share: the texts, the clock and the line that is printed. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CAPACITY (1 << 20)
#define SHORT 100
#define LONG (512 << 10)
#define ROUNDS 15

static char short_text[SHORT + 1], long_text[LONG + 1], buffer[CAPACITY + 1];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int good, const char *what) {
    if (good) return;
    fprintf(stderr, "it does not work: %s\n", what);
    exit(1);
}

/* The best of the rounds, in microseconds for one call: what disturbs only ever makes it worse. Each
   round begins as `prepare` leaves it. */
static double measured(void (*prepare)(void), void (*work)(void)) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        prepare();
        work();
        double begun = now();
        for (int call = 0; call < 100; call++) work();
        double took = (now() - begun) / 100;
        if (took < best) best = took;
    }
    return best;
}

static void make_texts(void) {
    memset(short_text, 'x', SHORT);
    memset(long_text, 'y', LONG);
}

#endif
