/* This library, through its C functions. */
#define _GNU_SOURCE
#include <mmf.h>
#include <stddef.h>

#include "handover.h"
#include "memory.h"
#include "sizes.h"

static mmf_error_t error;
static mmf_map_t map, other;

static void check(mmf_status_t status, const char *what) {
    if (status == MMF_STATUS_OK) return;
    fprintf(stderr, "%s: %s\n", what, error.message);
    exit(1);
}

static mmf_map_t create(int64_t size, int32_t allocation) {
    mmf_map_t created;
    mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;
    /* Only options that an older library has, too, because the baseline runs this code. */
    options.struct_size = offsetof(mmf_map_options_t, trusted_owner);
    options.allocation = allocation;
    check(mmf_map_create_new(own_name, MMF_NUL_TERMINATED, size, &options, &created, &error), "create");
    return created;
}

static void end_map(void) { check(mmf_map_close(map, &error), "close"); }

/* --- life --- */

static void nothing(void) {}

static void create_close(long times) {
    size_t length = strlen(own_name);
    for (long i = 0; i < times; i++) {
        check(mmf_map_create_new(own_name, length, 1024, NULL, &map, &error), "create");
        check(mmf_map_close(map, &error), "close");
    }
}

static void begin_open(void) { other = create(1024, MMF_ALLOCATION_NOW); }
static void end_open(void) { check(mmf_map_close(other, &error), "close"); }

static void open_close(long times) {
    size_t length = strlen(own_name);
    for (long i = 0; i < times; i++) {
        check(mmf_map_open(own_name, length, NULL, &map, &error), "open");
        check(mmf_map_close(map, &error), "close");
    }
}

/* --- bytes --- */

static void begin_bytes(void) {
    map = create((int64_t)capacity, MMF_ALLOCATION_NOW);
    check(mmf_map_fill(map, 0, (int64_t)capacity, 'x', &error), "fill");
}

static void end_bytes(void) {
    end_map();
    free_buffer();
}

static void read_bytes(long times) {
    for (long i = 0; i < times; i++) check(mmf_map_read(map, (int64_t)place(i), buffer, block, &error), "read");
}

static void write_bytes(long times) {
    for (long i = 0; i < times; i++) check(mmf_map_write(map, (int64_t)place(i), buffer, block, &error), "write");
}

ALL_SIZES(read)
ALL_SIZES(write)

/* --- views --- */

static mmf_view_t view;

static void begin_view(void) {
    mmf_view_info_t info = MMF_VIEW_INFO_INIT;
    map = create(MEMORY_SIZE, MMF_ALLOCATION_NOW);
    check(mmf_view_create(map, 0, 0, MMF_ACCESS_READ_WRITE, &view, &error), "view");
    check(mmf_view_get_info(view, &info, &error), "view");
    memory = (volatile uint64_t *)info.pointer;
    touch_memory();
}

static void end_view(void) {
    check(mmf_view_close(view, &error), "close");
    end_map();
}

/* --- text: 100 bytes --- */

static char text[101];

static void begin_text(void) {
    memset(text, 'x', 100);
    map = create(64 * KIB, MMF_ALLOCATION_NOW);
    check(mmf_text_replace(map, text, 100, NULL, &error), "replace");
}

/* After 40 KB have been in it. */
static void begin_used_text(void) {
    char *much = malloc(40000);
    must(much != NULL, "memory");
    memset(much, 'y', 40000);
    begin_text();
    check(mmf_text_replace(map, much, 40000, NULL, &error), "replace");
    check(mmf_text_replace(map, text, 100, NULL, &error), "replace");
    free(much);
}

static void replace(long times) {
    for (long i = 0; i < times; i++) check(mmf_text_replace(map, text, 100, NULL, &error), "replace");
}

static void read_text(long times) {
    for (long i = 0; i < times; i++) {
        mmf_text_t found;
        check(mmf_text_read(map, NULL, &found, &error), "read");
        sink += found.length;
        mmf_text_free(found);
    }
}

static void begin_append(void) {
    memset(text, 'x', 100);
    /* Room for more than is ever appended; memory is allocated when it is written. */
    map = create((int64_t)(64 * GIB), MMF_ALLOCATION_DELAYED);
    check(mmf_text_replace(map, text, 100, NULL, &error), "replace");
}

static void append(long times) {
    for (long i = 0; i < times; i++) {
        check(mmf_text_append(map, text, 100, NULL, &error), "append");
    }
}

/* --- the same work with a large and a small amount of data --- */

/* Whether this process uses the small amount. */
static int small;
static size_t start_length, length_now;
static char *start_text;

static void begin_amount(size_t much) {
    start_length = small ? KIB : much;
    start_text = malloc(start_length);
    must(start_text != NULL, "memory");
    memset(start_text, 'x', start_length);
    memset(text, 'x', 100);
    map = create((int64_t)GIB, MMF_ALLOCATION_DELAYED);
    check(mmf_map_open(own_name, MMF_NUL_TERMINATED, NULL, &other, &error), "open");
    check(mmf_text_replace(map, start_text, start_length, NULL, &error), "replace");
    length_now = start_length;
}

static void begin_1m(void) { begin_amount(MIB); }
static void begin_512m(void) { begin_amount(512 * MIB); }

static void end_amount(void) {
    free(start_text);
    check(mmf_map_close(other, &error), "close");
    end_map();
}

static void append_by(mmf_map_t first, mmf_map_t second, long times) {
    for (long i = 0; i < times; i++) {
        check(mmf_text_append(i & 1 ? second : first, text, 100, NULL, &error), "append");
        length_now += 102;
        if (length_now < 2 * start_length) continue;
        /* Keeps the content about as long as the row says. */
        int64_t begun = now();
        check(mmf_text_replace(map, start_text, start_length, NULL, &error), "replace");
        length_now = start_length;
        excluded_time += now() - begun;
    }
}

static void append_alone(long times) { append_by(map, map, times); }
static void append_in_turn(long times) { append_by(map, other, times); }

static void begin_line(void) {
    memset(text, 'x', 100);
    map = create((int64_t)(small ? MIB : 64 * GIB), MMF_ALLOCATION_DELAYED);
    check(mmf_text_replace(map, text, 100, NULL, &error), "replace");
}

/* --- a text to another process and back --- */

static char there_name[300], back_name[300];
static mmf_map_t there, back;
static mmf_watch_t watch;
static long sent;

static mmf_map_t open_map(const char *name) {
    mmf_map_t opened;
    check(mmf_map_create_or_open(name, MMF_NUL_TERMINATED, 4096, NULL, &opened, &error), name);
    return opened;
}

/* Whether the letter is sent as text, under the content lock, or as bytes. */
static int as_text;

static void send_letter(mmf_map_t to, const char *what) {
    if (as_text) check(mmf_text_replace(to, what, LETTER, NULL, &error), "replace");
    else check(mmf_map_write(to, 0, what, LETTER, &error), "write");
}

/* Waits until a map contains another letter than `seen`, and copies it to `seen`. */
static void wait_for_letter(mmf_map_t from, mmf_watch_t by, char *seen) {
    for (;;) {
        char found[LETTER] = "";
        if (as_text) {
            mmf_text_t text;
            check(mmf_text_read(from, NULL, &text, &error), "read");
            if (text.length == LETTER) memcpy(found, text.data, LETTER);
            mmf_text_free(text);
        } else {
            check(mmf_map_read(from, 0, found, LETTER, &error), "read");
        }
        if (is_new_letter(found, seen)) {
            memcpy(seen, found, LETTER);
            return;
        }
        mmf_watch_event_t event;
        check(mmf_watch_wait(by, MMF_WAIT_FOREVER, &event, &error), "wait");
    }
}

static void answer(void (*ready)(void)) {
    char seen[LETTER + 1] = "";
    mmf_map_t from = open_map(there_name), to = open_map(back_name);
    mmf_watch_t by;
    check(mmf_watch_create(from, &by, &error), "watch");
    ready();
    for (;;) {
        wait_for_letter(from, by, seen);
        send_letter(to, seen);
    }
}

static void begin_letters(int text) {
    as_text = text;
    snprintf(there_name, sizeof there_name, "%s-there", own_name);
    snprintf(back_name, sizeof back_name, "%s-back", own_name);
    start_answering(answer);
    there = open_map(there_name);
    back = open_map(back_name);
    check(mmf_watch_create(back, &watch, &error), "watch");
    sent = 0;
}

static void begin_handover(void) { begin_letters(0); }
static void begin_handover_text(void) { begin_letters(1); }

static void handover(long times) {
    static char seen[LETTER + 1];
    for (long i = 0; i < times; i++) {
        write_letter(++sent);
        send_letter(there, letter);
        wait_for_letter(back, watch, seen);
        must(memcmp(seen, letter, LETTER) == 0, "the sent text comes back");
    }
}

static void end_handover(void) {
    stop_answering();
    check(mmf_watch_close(watch, &error), "close");
    check(mmf_map_close(there, &error), "close");
    check(mmf_map_close(back, &error), "close");
}

#define TEXT_ROWS \
    {"text_replace", begin_text, replace, end_map}, \
    {"text_replace_used", begin_used_text, replace, end_map}, \
    {"text_read", begin_text, read_text, end_map}, \
    {"text_read_used", begin_used_text, read_text, end_map}, \
    {"text_append", begin_append, append, end_map}

#define AMOUNT_ROWS \
    {"append_1m", begin_1m, append_alone, end_amount}, \
    {"append_512m", begin_512m, append_alone, end_amount}, \
    {"append_1m_in_turn", begin_1m, append_in_turn, end_amount}, \
    {"append_512m_in_turn", begin_512m, append_in_turn, end_amount}, \
    {"read_line_64g", begin_line, read_text, end_map}

int main(int argc, char **argv) {
    static const struct row rows[] = {
        {"create_close", nothing, create_close, nothing},
        {"open_close", begin_open, open_close, end_open},
        ROWS(read),
        ROWS(write),
        MEMORY_ROWS(begin_view, end_view),
        TEXT_ROWS,
        AMOUNT_ROWS,
        {"handover", begin_handover, handover, end_handover},
        {"handover_text", begin_handover_text, handover, end_handover},
    };
    static const struct row amounts[] = {AMOUNT_ROWS};
    /* Rows that an older library can run, too. */
    static const struct row texts[] = {TEXT_ROWS};
    must(argc == 2 || argc == 3, "mmf NAME [small|texts]");
    own_name = argv[1];
    if (argc == 2) return obey(rows, sizeof rows / sizeof *rows);
    if (strcmp(argv[2], "texts") == 0) return obey(texts, sizeof texts / sizeof *texts);
    small = 1;
    return obey(amounts, sizeof amounts / sizeof *amounts);
}
