/* One row per size, for the work that is the same for all of them but for the size. */
#ifndef SIZES_H
#define SIZES_H

#include "peer.h"

/* How many bytes are moved at once, and how many the map has: so many that a small block is not always the same one. */
static size_t block, capacity;
static char *buffer;

static void choose(size_t size) {
    block = size;
    capacity = size < MIB ? 16 * size : size;
    if (capacity < 64 * KIB) capacity = 64 * KIB;
    buffer = (char *)malloc(size);
    must(buffer != NULL, "memory");
    memset(buffer, 'x', size);
}

static size_t place(long turn) { return (size_t)(turn & 15) * block % capacity; }

static void forget(void) {
    free(buffer);
    buffer = NULL;
}

#define SIZED(verb, size, bytes)                     \
    static void begin_##verb##_##size(void) {        \
        choose(bytes);                               \
        begin_bytes();                               \
    }
#define ALL_SIZES(verb) \
    SIZED(verb, 64, 64) SIZED(verb, 4k, 4 * KIB) SIZED(verb, 1m, MIB) SIZED(verb, 1g, GIB)
#define ROWS(verb)                                             \
    {#verb "_64", begin_##verb##_64, verb##_bytes, end_bytes}, \
    {#verb "_4k", begin_##verb##_4k, verb##_bytes, end_bytes}, \
    {#verb "_1m", begin_##verb##_1m, verb##_bytes, end_bytes}, \
    {#verb "_1g", begin_##verb##_1g, verb##_bytes, end_bytes}

#endif
