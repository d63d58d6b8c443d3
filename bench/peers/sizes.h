/* One row per block size; the work is otherwise the same. */
#ifndef SIZES_H
#define SIZES_H

#include "peer.h"

/* The bytes per call, and the size of the map: large enough that consecutive calls use different small blocks. */
static size_t block, capacity;
static char *buffer;

static void set_block_size(size_t size) {
    block = size;
    capacity = size < MIB ? 16 * size : size;
    if (capacity < 64 * KIB) capacity = 64 * KIB;
    buffer = (char *)malloc(size);
    must(buffer != NULL, "memory");
    memset(buffer, 'x', size);
}

static size_t place(long turn) { return (size_t)(turn & 15) * block % capacity; }

static void free_buffer(void) {
    free(buffer);
    buffer = NULL;
}

#define SIZED(verb, size, bytes)                     \
    static void begin_##verb##_##size(void) {        \
        set_block_size(bytes);                               \
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
