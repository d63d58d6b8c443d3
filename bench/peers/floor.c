/* The floor: the system calls that the work needs, made directly. For views: plain memory. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover.h"
#include "memory.h"
#include "sizes.h"

/* The bytes that the library locks (docs/abi.md). */
#define PRESENCE 0x7FFFFFFFFFFFFF00LL
#define GATE 0x7FFFFFFFFFFFFF01LL
#define TURNSTILE 0x7FFFFFFFFFFFFF02LL
#define CONTENT 0x7FFFFFFFFFFFFF03LL

static char path[300];
static int file = -1;

static int lock(int fd, int command, short kind, long long byte) {
    struct flock range = {.l_type = kind, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, command, &range) == 0 ? range.l_type : -1;
}

/* --- life --- */

/* An opened map: descriptors for the presence lock, for the other locks, and for mapping views. */
struct opening {
    int presence, locks, unlocked;
    struct stat stat;
};

static int open_name(void) { return open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }

static int open_same(const struct stat *to) {
    struct stat found;
    int fd = open_name();
    must(fd >= 0 && fstat(fd, &found) == 0 && found.st_ino == to->st_ino, "open again");
    return fd;
}

static int name_refers_to(const struct stat *to) {
    struct stat found;
    return fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == to->st_ino;
}

static void close_opening(struct opening *it) {
    must(lock(it->locks, F_OFD_SETLK, F_WRLCK, GATE) >= 0, "gate");
    must(dup3(it->locks, it->presence, O_CLOEXEC) >= 0, "dup3");
    if (lock(it->locks, F_OFD_GETLK, F_WRLCK, PRESENCE) == F_UNLCK && name_refers_to(&it->stat)) unlink(path);
    lock(it->locks, F_OFD_SETLK, F_UNLCK, GATE);
    close(it->locks);
    close(it->presence);
    close(it->unlocked);
}

static void create(struct opening *it, size_t size) {
    struct rlimit limit;
    char by_number[64];
    must(open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) < 0, "the name is free");
    it->presence = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    must(it->presence >= 0 && fchmod(it->presence, 01600) == 0, "create");
    must(lock(it->presence, F_OFD_SETLK, F_RDLCK, PRESENCE) >= 0, "presence");
    must(getrlimit(RLIMIT_FSIZE, &limit) == 0, "limit");
    must(fallocate(it->presence, 0, 0, (off_t)size) == 0, "reserve");
    if (linkat(it->presence, "", AT_FDCWD, path, AT_EMPTY_PATH) != 0) {
        snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", it->presence);
        must(linkat(AT_FDCWD, by_number, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0, "link");
    }
    must(fstat(it->presence, &it->stat) == 0, "look");
    it->locks = open_same(&it->stat);
    it->unlocked = open_same(&it->stat);
}

static void nothing(void) {}

static void create_close(long times) {
    for (long i = 0; i < times; i++) {
        struct opening it;
        create(&it, 1024);
        close_opening(&it);
    }
}

static struct opening held;

static void begin_open(void) { create(&held, 1024); }
static void end_open(void) { close_opening(&held); }

static void open_close(long times) {
    for (long i = 0; i < times; i++) {
        struct opening it;
        it.presence = open_name();
        must(it.presence >= 0 && fstat(it.presence, &it.stat) == 0, "open");
        must(lock(it.presence, F_OFD_SETLK, F_RDLCK, GATE) >= 0, "gate");
        it.locks = open_same(&it.stat);
        must(lock(it.presence, F_OFD_GETLK, F_WRLCK, PRESENCE) != F_UNLCK, "a holder exists");
        must(lock(it.presence, F_OFD_SETLK, F_RDLCK, PRESENCE) >= 0, "presence");
        must(lock(it.presence, F_OFD_SETLK, F_UNLCK, GATE) >= 0, "release the gate lock");
        it.unlocked = open_same(&it.stat);
        close_opening(&it);
    }
}

/* --- bytes --- */

static void make_file(size_t size) {
    file = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    must(file >= 0 && fallocate(file, 0, 0, (off_t)size) == 0, "create");
}

static void end_file(void) { close(file); }

static void begin_bytes(void) {
    make_file(capacity);
    for (size_t done = 0; done < capacity; done += block)
        must(pwrite(file, buffer, block, (off_t)done) > 0, "fill");
}

static void end_bytes(void) {
    end_file();
    free_buffer();
}

static void read_bytes(long times) {
    for (long i = 0; i < times; i++)
        must(pread(file, buffer, block, (off_t)place(i)) == (ssize_t)block, "pread");
}

static void write_bytes(long times) {
    struct stat stat;
    for (long i = 0; i < times; i++) {
        must(fstat(file, &stat) == 0, "fstat");
        must(pwrite(file, buffer, block, (off_t)place(i)) == (ssize_t)block, "pwrite");
    }
}

ALL_SIZES(read)
ALL_SIZES(write)

/* --- plain memory --- */

static void begin_memory(void) {
    void *all = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(all != MAP_FAILED, "memory");
    memory = (volatile uint64_t *)all;
    touch_memory();
}

static void end_memory(void) { munmap((void *)memory, MEMORY_SIZE); }

/* --- text: 100 bytes, under a lock that readers can share --- */

static char text[101], found[64 * KIB];
static off_t end_of_text;

static void begin_text(void) {
    memset(text, 'x', 100);
    make_file(64 * KIB);
    must(pwrite(file, text, 100, 0) == 100, "write");
    end_of_text = 100;
}

static void take(short kind) {
    must(lock(file, F_OFD_SETLK, kind, TURNSTILE) >= 0 && lock(file, F_OFD_SETLK, kind, CONTENT) >= 0, "lock");
    must(lock(file, F_OFD_SETLK, F_UNLCK, TURNSTILE) >= 0, "lock");
}

static void release(void) { must(lock(file, F_OFD_SETLK, F_UNLCK, CONTENT) >= 0, "unlock"); }

static void replace(long times) {
    struct stat stat;
    for (long i = 0; i < times; i++) {
        take(F_WRLCK);
        must(fstat(file, &stat) == 0 && pwrite(file, text, 100, 0) == 100, "write");
        release();
    }
}

static void read_text(long times) {
    for (long i = 0; i < times; i++) {
        take(F_RDLCK);
        sink += (uint64_t)pread(file, found, sizeof found, 0);
        release();
    }
}

static void append(long times) {
    struct stat stat;
    for (long i = 0; i < times; i++) {
        take(F_WRLCK);
        must(fstat(file, &stat) == 0 && pwrite(file, text, 100, end_of_text) == 100, "write");
        end_of_text += 102;
        release();
    }
}

/* --- a text to another process and back --- */

static int there, back, back_events;
static long sent;

static int watch(int fd) {
    char by_number[64];
    int changes = inotify_init1(IN_CLOEXEC);
    snprintf(by_number, sizeof by_number, "/proc/self/fd/%d", fd);
    must(changes >= 0 && inotify_add_watch(changes, by_number, IN_MODIFY) >= 0, "inotify");
    return changes;
}

static void wait_for_letter(int from, int changes, char *seen) {
    char found[LETTER], events[4096];
    for (;;) {
        if (pread(from, found, LETTER, 0) == LETTER && is_new_letter(found, seen)) break;
        must(read(changes, events, sizeof events) > 0, "inotify");
    }
    memcpy(seen, found, LETTER);
}

static void answer(void (*ready)(void)) {
    char seen[LETTER + 1] = "";
    int changes = watch(there);
    ready();
    for (;;) {
        wait_for_letter(there, changes, seen);
        must(pwrite(back, seen, LETTER, 0) == LETTER, "pwrite");
    }
}

static void begin_handover(void) {
    make_file(4096);
    there = file;
    make_file(4096);
    back = file;
    back_events = watch(back);
    start_answering(answer);
    sent = 0;
}

static void handover(long times) {
    static char seen[LETTER + 1];
    for (long i = 0; i < times; i++) {
        write_letter(++sent);
        must(pwrite(there, letter, LETTER, 0) == LETTER, "pwrite");
        wait_for_letter(back, back_events, seen);
        must(memcmp(seen, letter, LETTER) == 0, "the sent text comes back");
    }
}

static void end_handover(void) {
    stop_answering();
    close(back_events);
    close(there);
    close(back);
}

int main(int argc, char **argv) {
    static const struct row rows[] = {
        {"create_close", nothing, create_close, nothing},
        {"open_close", begin_open, open_close, end_open},
        ROWS(read),
        ROWS(write),
        MEMORY_ROWS(begin_memory, end_memory),
        {"text_replace", begin_text, replace, end_file},
        {"text_replace_used", begin_text, replace, end_file},
        {"text_read", begin_text, read_text, end_file},
        {"text_read_used", begin_text, read_text, end_file},
        {"text_append", begin_text, append, end_file},
        {"handover", begin_handover, handover, end_handover},
        {"handover_text", begin_handover, handover, end_handover},
    };
    must(argc == 2, "floor NAME");
    own_name = argv[1];
    snprintf(path, sizeof path, "/dev/shm/%s", own_name);
    return obey(rows, sizeof rows / sizeof *rows);
}
