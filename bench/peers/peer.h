/*
 * The protocol between the peers in C and C++ and the program that measures. A peer prints the names of its rows and
 * then runs commands: "begin ROW" prepares, "run N" does the work N times and prints the nanoseconds, "end" cleans up.
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

/* A prefix of names that no other process uses. */
static const char *own_name;

/* Receives results, so that the compiler does not remove the work. */
static volatile uint64_t sink;

/* Nanoseconds during the work that are not counted. */
static int64_t excluded_time;

static void must(int good, const char *what) {
    if (good) return;
    fprintf(stderr, "failed: %s: %s\n", what, strerror(errno));
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
            excluded_time = 0;
            int64_t begun = now();
            current->work(times);
            printf("%lld\n", (long long)(now() - begun - excluded_time));
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
