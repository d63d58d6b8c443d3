/*
 * What the peers in C and C++ share: the conversation with the program that measures. A peer prints the names of its
 * rows and then obeys: "begin ROW" prepares, "run N" does the work N times and answers with the nanoseconds, "end"
 * cleans up.
 */
#ifndef PEER_H
#define PEER_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

struct row {
    const char *name;
    void (*begin)(void);
    void (*work)(long times);
    void (*end)(void);
};

/* No other process has maps with this name. */
static const char *own_name;

/* Where results go, so that no compiler leaves the work out. */
static volatile uint64_t sink;

/* Time in the middle of the work that is none of it: it is not counted. */
static int64_t aside;

static void must(int good, const char *what) {
    if (good) return;
    fprintf(stderr, "it does not work: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int obey(const struct row *rows, size_t count) {
    char line[256];
    const struct row *current = NULL;
    for (size_t i = 0; i < count; i++) printf("%s%s", i ? " " : "", rows[i].name);
    printf("\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        char *word = line + strcspn(line, " \n");
        char *rest = *word == ' ' ? word + 1 : word;
        *word = 0;
        rest[strcspn(rest, "\n")] = 0;
        if (strcmp(line, "begin") == 0) {
            current = NULL;
            for (size_t i = 0; i < count; i++)
                if (strcmp(rows[i].name, rest) == 0) current = &rows[i];
            must(current != NULL, rest);
            current->begin();
            printf("ok\n");
        } else if (strcmp(line, "run") == 0 && current) {
            long times = atol(rest);
            aside = 0;
            int64_t begun = now();
            current->work(times);
            printf("%lld\n", (long long)(now() - begun - aside));
        } else if (strcmp(line, "end") == 0 && current) {
            current->end();
            printf("ok\n");
        } else {
            must(0, line);
        }
        fflush(stdout);
    }
    return 0;
}

#endif
