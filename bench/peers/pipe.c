/* Two named pipes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "handover.h"

static char there_path[300], back_path[300];
static int there, back;
static long sent;

static void answer(void (*ready)(void)) {
    char text[LETTER];
    ready();
    int from = open(there_path, O_RDONLY), to = open(back_path, O_WRONLY);
    while (read(from, text, LETTER) == LETTER) must(write(to, text, LETTER) == LETTER, "write");
}

static void begin(void) {
    must(mkfifo(there_path, 0600) == 0 && mkfifo(back_path, 0600) == 0, "mkfifo");
    start_answering(answer);
    there = open(there_path, O_WRONLY);
    back = open(back_path, O_RDONLY);
    must(there >= 0 && back >= 0, "open");
}

static void handover(long times) {
    char text[LETTER];
    for (long i = 0; i < times; i++) {
        write_letter(++sent);
        must(write(there, letter, LETTER) == LETTER && read(back, text, LETTER) == LETTER, "pipe");
        must(memcmp(text, letter, LETTER) == 0, "the sent text comes back");
    }
}

static void end(void) {
    stop_answering();
    close(there);
    close(back);
    unlink(there_path);
    unlink(back_path);
}

int main(int argc, char **argv) {
    static const struct row rows[] = {
        {"handover", begin, handover, end},
        {"handover_text", begin, handover, end},
    };
    must(argc == 2, "pipe NAME");
    own_name = argv[1];
    snprintf(there_path, sizeof there_path, "/tmp/%s-there", own_name);
    snprintf(back_path, sizeof back_path, "/tmp/%s-back", own_name);
    return obey(rows, sizeof rows / sizeof *rows);
}
