/* `cargo xtask compare`: mmf, a file and a pipe, from C. Prints: name, and microseconds for writing
   100 bytes, reading them, appending 100 bytes to 512 KiB, reading 512 KiB; "-" where there is none. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mmf.h>
#include <unistd.h>

#include "measure.h"

static mmf_map_t map;
static int file, pipes[2];

static void nothing(void) {}

static void mmf_write_short(void) {
    must(!mmf_text_replace(map, short_text, SHORT, NULL, NULL), "mmf: write");
}
static void mmf_write_long(void) {
    must(!mmf_text_replace(map, long_text, LONG, NULL, NULL), "mmf: write");
}
static void mmf_append(void) {
    must(!mmf_text_append(map, short_text, SHORT, NULL, NULL), "mmf: append");
}
static void mmf_read(void) {
    mmf_text_t text;
    must(!mmf_text_read(map, NULL, &text, NULL), "mmf: read");
    must(text.length == SHORT || text.length == LONG, "mmf: what is read");
    mmf_text_free(text);
}

static void file_write(const char *text, size_t size) {
    must(pwrite(file, text, size, 0) == (ssize_t)size && !ftruncate(file, (off_t)size), "file: write");
}
static void file_write_short(void) { file_write(short_text, SHORT); }
static void file_write_long(void) { file_write(long_text, LONG); }
static void file_append(void) {
    off_t end = lseek(file, 0, SEEK_END);
    must(end > 0 && pwrite(file, short_text, SHORT, end) == SHORT, "file: append");
}
static void file_read(void) {
    ssize_t size = pread(file, buffer, CAPACITY, 0);
    must(size == SHORT || size == LONG, "file: read");
}

static void pipe_write(void) { must(write(pipes[1], short_text, SHORT) == SHORT, "pipe: write"); }
static void pipe_read(void) { must(read(pipes[0], buffer, SHORT) == SHORT, "pipe: read"); }
static void pipe_empty(void) {
    must(!fcntl(pipes[0], F_SETFL, O_NONBLOCK), "pipe: mode");
    while (read(pipes[0], buffer, CAPACITY) > 0) {
    }
    must(!fcntl(pipes[0], F_SETFL, 0), "pipe: mode");
}
static void pipe_fill(void) {
    pipe_empty();
    for (int call = 0; call <= 100; call++) pipe_write();
}

int main(int argc, char **argv) {
    must(argc == 3, "compare NAME FILE");
    make_texts();

    mmf_error_t error = {0};
    mmf_status_t made = mmf_map_create_new(argv[1], MMF_NUL_TERMINATED, CAPACITY, NULL, &map, &error);
    must(made == MMF_STATUS_OK, error.message);
    printf("mmf, C|%g|", measured(nothing, mmf_write_short));
    printf("%g|", measured(mmf_write_short, mmf_read));
    printf("%g|", measured(mmf_write_long, mmf_append));
    printf("%g\n", measured(mmf_write_long, mmf_read));
    mmf_map_close(map, NULL);

    file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(file >= 0, argv[2]);
    printf("a file, C|%g|", measured(nothing, file_write_short));
    printf("%g|", measured(file_write_short, file_read));
    printf("%g|", measured(file_write_long, file_append));
    printf("%g\n", measured(file_write_long, file_read));
    close(file);
    unlink(argv[2]);

    must(!pipe(pipes), "pipe");
    printf("a pipe, C|%g|", measured(pipe_empty, pipe_write));
    printf("%g|-|-\n", measured(pipe_fill, pipe_read));
    return 0;
}
