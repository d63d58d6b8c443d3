/* Work on mapped memory: `memory`, of `memory_size` bytes. */
#ifndef MEMORY_H
#define MEMORY_H

#include "peer.h"

static volatile uint64_t *memory;
#define MEMORY_SIZE GIB
#define WORDS (MEMORY_SIZE / 8)

/* Adds one to each number. One call covers 1 MiB, so that a round does not take a second. */
static void sequential(long times) {
    static size_t next;
    for (long i = 0; i < times; i++) {
        volatile uint64_t *piece = memory + next;
        for (size_t word = 0; word < MIB / 8; word++) piece[word] += 1;
        next = (next + MIB / 8) % WORDS;
    }
}

/* Reads and writes 8 bytes at changing places. */
static void at_random(long times) {
    uint64_t random = 88172645463325252u;
    for (long i = 0; i < times; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memory[random % WORDS] += random;
    }
}

static void add_atomically(long times) {
    uint64_t *number = (uint64_t *)memory;
    for (long i = 0; i < times; i++) __atomic_fetch_add(number, 1, __ATOMIC_SEQ_CST);
}

/* Touches every page before anything is measured. */
static void touch_memory(void) {
    for (size_t word = 0; word < WORDS; word += 512) memory[word] = word;
}

#define MEMORY_ROWS(begin, end)                        \
    {"view_sequential", begin, sequential, end},       \
    {"view_random", begin, at_random, end},            \
    {"view_atomic", begin, add_atomically, end}

#endif
