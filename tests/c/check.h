/* What the test programs share: an expectation that fails says where, and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                     \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must work; uses the variable `error`. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != MMF_STATUS_OK) {                                                             \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, error.message);          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A call that must fail with this status, and say so in the error, too. */
#define FAILS(wanted, call)                                                                        \
    do {                                                                                           \
        memset(&error, 0, sizeof(error));                                                          \
        CHECK((call) == (wanted));                                                                 \
        CHECK(error.status == (wanted));                                                           \
        CHECK(error.message_length == strlen(error.message) && error.message_length > 0);          \
    } while (0)

#endif
