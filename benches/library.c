/*
 * What the library costs over the system calls that it makes: each row runs both in turns, in one
 * process, and prints the median of the ratios. The machine's speed cancels out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mmf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 21
#define PRESENCE 0x7FFFFFFFFFFFFF00LL
#define GATE 0x7FFFFFFFFFFFFF01LL
#define RAW 0x7FFFFFFFFFFFFF04LL
#define SHM "/dev/shm/"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int ok, const char *what, const mmf_error_t *error) {
    if (ok) return;
    fprintf(stderr, "%s: ", what);
    if (error) fprintf(stderr, "%s\n", error->message);
    else perror("");
    exit(1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

typedef void (*work_t)(int times);

/* Runs two pieces of work in turns and prints what each costs and the median of the ratios. */
static void compare(const char *what, const char *limit, work_t ours, work_t bare, int times) {
    double own[ROUNDS], peer[ROUNDS], ratio[ROUNDS];
    ours(times / 4 + 1);
    bare(times / 4 + 1);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        ours(times);
        double middle = now();
        bare(times);
        double end = now();
        own[round] = (middle - start) / times;
        peer[round] = (end - middle) / times;
        ratio[round] = own[round] / peer[round];
    }
    double a = median(own, ROUNDS), b = median(peer, ROUNDS);
    printf("%-44s %10.0f ns %10.0f ns  %6.2fx  (%s)\n", what, a, b, median(ratio, ROUNDS), limit);
}

/* --- the peer: the same system calls, without the library --- */

static int lock(int fd, int command, short kind, long long byte) {
    struct flock range = {.l_type = kind, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, command, &range) == 0 ? range.l_type : -1;
}

static int leads_to(const char *path, const struct stat *to) {
    struct stat found;
    return fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == to->st_ino;
}

static int open_name(const char *path) {
    return open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* One opening of a map: what holds the name, what is locked, and what views are mapped from. */
struct opening {
    int presence, locks, unlocked;
    struct stat stat;
};

static int open_same(const char *path, const struct stat *to) {
    struct stat found;
    int fd = open_name(path);
    must(fd >= 0 && fstat(fd, &found) == 0 && found.st_ino == to->st_ino, "open again", NULL);
    return fd;
}

static void leave(const char *path, struct opening *it) {
    must(lock(it->locks, F_OFD_SETLK, F_WRLCK, GATE) >= 0, "gate", NULL);
    must(dup3(it->locks, it->presence, O_CLOEXEC) >= 0, "dup3", NULL);
    if (lock(it->locks, F_OFD_GETLK, F_WRLCK, PRESENCE) == F_UNLCK && leads_to(path, &it->stat)) unlink(path);
    lock(it->locks, F_OFD_SETLK, F_UNLCK, GATE);
    close(it->locks);
    close(it->presence);
    close(it->unlocked);
}

#define NAME "mmf-bench"
static const char *place = SHM NAME;

static void bare_create_close(int times) {
    for (int i = 0; i < times; i++) {
        struct opening it;
        struct rlimit limit;
        char by_number[64];
        int there = open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        must(there < 0, "nobody has the name", NULL);
        int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        must(fd >= 0 && fchmod(fd, 01600) == 0, "create", NULL);
        must(lock(fd, F_OFD_SETLK, F_RDLCK, PRESENCE) >= 0, "presence", NULL);
        must(getrlimit(RLIMIT_FSIZE, &limit) == 0, "limit", NULL);
        must(fallocate(fd, 0, 0, 1024) == 0, "reserve", NULL);
        snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", fd);
        must(linkat(AT_FDCWD, by_number, AT_FDCWD, place, AT_SYMLINK_FOLLOW) == 0, "link", NULL);
        must(fstat(fd, &it.stat) == 0, "look", NULL);
        it.presence = fd;
        it.locks = open_same(place, &it.stat);
        it.unlocked = open_same(place, &it.stat);
        leave(place, &it);
    }
}

static void bare_open_close(int times) {
    for (int i = 0; i < times; i++) {
        struct opening it;
        int fd = open_name(place);
        must(fd >= 0 && fstat(fd, &it.stat) == 0, "open", NULL);
        must(lock(fd, F_OFD_SETLK, F_RDLCK, GATE) >= 0, "gate", NULL);
        it.locks = open_same(place, &it.stat);
        must(lock(fd, F_OFD_GETLK, F_WRLCK, PRESENCE) != F_UNLCK, "somebody is present", NULL);
        must(lock(fd, F_OFD_SETLK, F_RDLCK, PRESENCE) >= 0, "presence", NULL);
        must(lock(fd, F_OFD_SETLK, F_UNLCK, GATE) >= 0, "open the gate", NULL);
        it.unlocked = open_same(place, &it.stat);
        it.presence = fd;
        leave(place, &it);
    }
}

/* --- ours --- */

static mmf_error_t error;

static mmf_map_t create(const char *name, int64_t size, int32_t allocation) {
    mmf_map_t map;
    mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;
    options.allocation = allocation;
    must(!mmf_map_create_new(name, MMF_NUL_TERMINATED, size, &options, &map, &error), name, &error);
    return map;
}

static void our_create_close(int times) {
    for (int i = 0; i < times; i++) {
        mmf_map_t map;
        must(!mmf_map_create_new(NAME, sizeof NAME - 1, 1024, NULL, &map, &error), "create", &error);
        must(!mmf_map_close(map, &error), "close", &error);
    }
}

static void our_open_close(int times) {
    for (int i = 0; i < times; i++) {
        mmf_map_t map;
        must(!mmf_map_open(NAME, sizeof NAME - 1, NULL, &map, &error), "open", &error);
        must(!mmf_map_close(map, &error), "close", &error);
    }
}

static mmf_map_t bytes_map;
static int bytes_fd;
static char buffer[4096];

static void our_read(int times) {
    for (int i = 0; i < times; i++)
        must(!mmf_map_read(bytes_map, (i & 15) * 4096, buffer, 4096, &error), "read", &error);
}

static void bare_read(int times) {
    for (int i = 0; i < times; i++)
        must(pread(bytes_fd, buffer, 4096, (i & 15) * 4096) == 4096, "pread", NULL);
}

static void our_write(int times) {
    for (int i = 0; i < times; i++)
        must(!mmf_map_write(bytes_map, (i & 15) * 4096, buffer, 4096, &error), "write", &error);
}

static void bare_write(int times) {
    struct rlimit limit;
    struct stat stat;
    for (int i = 0; i < times; i++) {
        must(lock(bytes_fd, F_OFD_SETLK, F_RDLCK, RAW) >= 0, "raw", NULL);
        must(getrlimit(RLIMIT_FSIZE, &limit) == 0 && fstat(bytes_fd, &stat) == 0, "look", NULL);
        must(pwrite(bytes_fd, buffer, 4096, (i & 15) * 4096) == 4096, "pwrite", NULL);
        must(lock(bytes_fd, F_OFD_SETLK, F_UNLCK, RAW) >= 0, "raw", NULL);
    }
}

static volatile uint64_t *view_memory, *plain_memory;
#define WORDS (1 << 17)

static void touch(volatile uint64_t *memory, int times) {
    for (int i = 0; i < times; i++)
        for (int word = 0; word < WORDS; word++) memory[word] += 1;
}

static void our_memory(int times) { touch(view_memory, times); }
static void bare_memory(int times) { touch(plain_memory, times); }

static char line[101];
static mmf_map_t small_map, large_map;

static void append(mmf_map_t map, int times) {
    for (int i = 0; i < times; i++)
        must(!mmf_text_append(map, line, 100, NULL, &error), "append", &error);
}

static void append_small(int times) { append(small_map, times); }
static void append_large(int times) { append(large_map, times); }

static mmf_map_t first_map, second_map;

/* Two handles of one map that take turns: each finds the end where the other has moved it. */
static void append_in_turns(int times) {
    for (int i = 0; i < times; i++) append(i & 1 ? second_map : first_map, 1);
}

static void append_through_one(int times) { append(first_map, times); }

static void turns(int64_t mib) {
    char what[64];
    first_map = create("mmf-bench-turns", mib << 20, MMF_ALLOCATION_NOW);
    must(!mmf_map_open("mmf-bench-turns", MMF_NUL_TERMINATED, NULL, &second_map, &error), "open", &error);
    append(first_map, 10);
    append(second_map, 10);
    snprintf(what, sizeof what, "append in turns, %lld MiB reserved, against one", (long long)mib);
    compare(what, "at most 1.5", append_in_turns, append_through_one, 1000);
    must(!mmf_map_close(second_map, &error), "close", &error);
    must(!mmf_map_close(first_map, &error), "close", &error);
}

/* An append behind a raw write, which can have moved the end, has to search the reserved memory: the
 * kernel walks it page by page. */
static void append_after_raw(int64_t mib) {
    double ours[ROUNDS], kernel[ROUNDS];
    mmf_map_t map = create("mmf-bench-after-raw", mib << 20, MMF_ALLOCATION_NOW);
    int fd = open_name(SHM "mmf-bench-after-raw");
    must(fd >= 0, "open", NULL);
    append(map, 10);
    for (int round = 0; round < ROUNDS; round++) {
        must(!mmf_map_write(map, 0, "x", 1, &error), "write", &error);
        double start = now();
        append(map, 1);
        double middle = now();
        must(lseek(fd, lseek(fd, 0, SEEK_HOLE), SEEK_DATA) < 0, "one page of content", NULL);
        ours[round] = (middle - start) / 1e3;
        kernel[round] = (now() - middle) / 1e3;
    }
    double all = median(ours, ROUNDS), search = median(kernel, ROUNDS);
    /* Without: the search alone, which a short append doubles where there is little to search. */
    printf("append after a raw write, %5lld MiB reserved %11.1f us %11.1f us  %6.2fx  (at most 2.5)\n", (long long)mib,
           all, search, all / search);
    must(!mmf_map_close(map, &error), "close", &error);
    close(fd);
}

static void delayed_read(void) {
    double cost[ROUNDS];
    mmf_map_t map = create("mmf-bench-delayed", 64LL << 30, MMF_ALLOCATION_DELAYED);
    append(map, 1);
    for (int round = 0; round < ROUNDS; round++) {
        mmf_text_t text;
        double start = now();
        must(!mmf_text_read(map, NULL, &text, &error), "read", &error);
        cost[round] = (now() - start) / 1e3;
        must(text.length == 100, "the line", NULL);
        mmf_text_free(text);
    }
    printf("read one line of a delayed 64 GiB map %17.1f us  (less than 100)\n", median(cost, ROUNDS));
    must(!mmf_map_close(map, &error), "close", &error);
}

int main(void) {
    memset(line, 'x', 100);
    printf("%-44s %13s %13s  %7s\n", "", "ours", "without", "ratio");
    compare("create and close, 1 KiB", "at most 2", our_create_close, bare_create_close, 2000);

    mmf_map_t held = create(NAME, 1024, MMF_ALLOCATION_NOW);
    compare("open and close", "at most 2", our_open_close, bare_open_close, 4000);
    must(!mmf_map_close(held, &error), "close", &error);

    bytes_map = create("mmf-bench-bytes", 16 * 4096, MMF_ALLOCATION_NOW);
    bytes_fd = open_name(SHM "mmf-bench-bytes");
    must(bytes_fd >= 0, "open", NULL);
    compare("read 4 KiB", "at most 1.5", our_read, bare_read, 40000);
    compare("write 4 KiB", "at most 1.5", our_write, bare_write, 40000);

    mmf_view_t view;
    mmf_view_info_t info = MMF_VIEW_INFO_INIT;
    mmf_map_t viewed = create("mmf-bench-view", WORDS * 8, MMF_ALLOCATION_NOW);
    must(!mmf_view_create(viewed, 0, 0, MMF_ACCESS_READ_WRITE, &view, &error), "view", &error);
    must(!mmf_view_get_info(view, &info, &error), "view", &error);
    view_memory = info.pointer;
    plain_memory = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(plain_memory != MAP_FAILED, "memory", NULL);
    compare("touch 1 MiB through a view", "as memory", our_memory, bare_memory, 20);

    small_map = create("mmf-bench-small", 1 << 30, MMF_ALLOCATION_DELAYED);
    large_map = create("mmf-bench-large", 1 << 30, MMF_ALLOCATION_DELAYED);
    append(small_map, 10);
    must(!mmf_map_fill(large_map, 0, 512 << 20, 'x', &error), "fill", &error);
    append(large_map, 10);
    compare("append 100 bytes to 512 MiB, against 1 KiB", "at most 1.5", append_large, append_small, 2000);
    must(!mmf_map_close(large_map, &error), "close", &error);
    must(!mmf_map_close(small_map, &error), "close", &error);

    turns(16);
    turns(256);
    append_after_raw(1);
    append_after_raw(64);
    append_after_raw(1024);
    delayed_read();
    return 0;
}
