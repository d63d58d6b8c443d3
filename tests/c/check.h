/* Checks for all test programs: a failed check prints its line and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #what);                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must succeed; uses the variable `error`. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != MMF_STATUS_OK) {                                                             \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, error.message);          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must fail with this status, which the error must contain, too. */
#define FAILS(wanted, call)                                                                        \
    do {                                                                                           \
        memset(&error, 0, sizeof(error));                                                          \
        CHECK((call) == (wanted));                                                                 \
        CHECK(error.status == (wanted));                                                           \
        CHECK(error.message_length == strlen(error.message) && error.message_length > 0);          \
    } while (0)

#endif
