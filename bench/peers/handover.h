/* Passes a text of 100 bytes to another process and back: the parts that both processes share. */
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

/* The letters are numbered, so that an old one is not taken for a new one. The number is at both ends, because a
 * reader without a lock can see a letter that is only partly written. */
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

/* Whether a complete letter was found that differs from the previous one. */
static inline int is_new_letter(const char *found, const char *seen) {
    return found[0] && memcmp(found, found + LETTER - NUMBER, NUMBER) == 0 && memcmp(found, seen, LETTER) != 0;
}

/* The answering process writes one byte to this pipe when it is ready. */
static int ready_pipe;
static void say_ready(void) { must(write(ready_pipe, "", 1) == 1, "report that this process is ready"); }

static void start_answering(void (*answer)(void (*ready)(void))) {
    int ends[2];
    char byte;
    must(pipe(ends) == 0, "pipe");
    answerer = fork();
    must(answerer >= 0, "fork");
    if (answerer == 0) {
        /* Ends this process with its parent. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        ready_pipe = ends[1];
        answer(say_ready);
        _exit(0);
    }
    close(ends[1]);
    must(read(ends[0], &byte, 1) == 1, "wait until the other process is ready");
    close(ends[0]);
}

static void stop_answering(void) {
    kill(answerer, SIGKILL);
    waitpid(answerer, NULL, 0);
}

#endif
