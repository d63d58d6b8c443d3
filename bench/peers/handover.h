/* A text of 100 bytes to another process and back: what the two sides of it share. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

#define LETTER 100

static char letter[LETTER + 1];
static pid_t answerer;

/* Each letter is another one, so that nobody takes an old one for a new one. Its number stands at both ends, because
 * without a lock it can be read while it is written. */
#define NUMBER 20
static void write_letter(long number) {
    memset(letter, 'x', LETTER);
    letter[LETTER] = 0;
    for (int end = 0; end < 2; end++) {
        char digits[NUMBER + 1];
        snprintf(digits, sizeof digits, "%020ld", number);
        memcpy(letter + end * (LETTER - NUMBER), digits, NUMBER);
    }
}

/* Whether a whole letter was found that differs from the one before. */
static inline int is_news(const char *found, const char *seen) {
    return found[0] && memcmp(found, found + LETTER - NUMBER, NUMBER) == 0 && memcmp(found, seen, LETTER) != 0;
}

/* The process that answers says when it can be written to. */
static int told;
static void say_ready(void) { must(write(told, "", 1) == 1, "the other process says that it is ready"); }

static void start_answering(void (*answer)(void (*ready)(void))) {
    int ends[2];
    char byte;
    must(pipe(ends) == 0, "pipe");
    answerer = fork();
    must(answerer >= 0, "fork");
    if (answerer == 0) {
        /* It must not outlive a process that failed. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        told = ends[1];
        answer(say_ready);
        _exit(0);
    }
    close(ends[1]);
    must(read(ends[0], &byte, 1) == 1, "the other process is ready");
    close(ends[0]);
}

static void stop_answering(void) {
    kill(answerer, SIGKILL);
    waitpid(answerer, NULL, 0);
}

#endif
