/* Uses all features of a map in C. Arguments: a name that no other program uses, and an empty folder
   for files. */

#include <mmf.h>

#include "check.h"

#define Z MMF_NUL_TERMINATED

static mmf_error_t error;
static const char *name;
static char path[1000];

static void in_folder(const char *folder, const char *file) {
    CHECK(strlen(folder) + strlen(file) + 2 < sizeof(path));
    sprintf(path, "%s/%s", folder, file);
}

static void expect_text(mmf_map_t map, const char *expected) {
    mmf_text_t text;
    OK(mmf_text_read(map, NULL, &text, &error));
    CHECK(text.length == strlen(expected) && strcmp(text.data, expected) == 0);
    mmf_text_free(text);
}

static void version(void) {
    uint32_t major, minor, patch;
    char text[40];
    CHECK(mmf_version_get(&major, &minor, &patch) == MMF_STATUS_OK);
    CHECK(major == MMF_VERSION_MAJOR && minor == MMF_VERSION_MINOR && patch == MMF_VERSION_PATCH);
    sprintf(text, "%u.%u.%u", (unsigned)major, (unsigned)minor, (unsigned)patch);
    CHECK(strcmp(text, MMF_VERSION) == 0);
}

static void statuses(void) {
    const char *name;
    CHECK(mmf_status_describe(MMF_STATUS_NOT_FOUND, &name) == MMF_STATUS_OK);
    CHECK(strcmp(name, "NOT_FOUND") == 0);
    CHECK(mmf_status_describe(12345, &name) == MMF_STATUS_INVALID_ARGUMENT);
}

static void a_name_exists_as_long_as_a_handle(void) {
    mmf_map_t first, second, third;
    mmf_map_info_t info = MMF_MAP_INFO_INIT;
    mmf_text_t text;

    FAILS(MMF_STATUS_NOT_FOUND, mmf_map_open(name, Z, NULL, &first, &error));
    OK(mmf_map_create_new(name, Z, 1024, NULL, &first, &error));
    FAILS(MMF_STATUS_ALREADY_EXISTS, mmf_map_create_new(name, Z, 1024, NULL, &second, &error));
    OK(mmf_map_open(name, strlen(name), NULL, &second, &error));
    OK(mmf_map_create_or_open(name, Z, 1, NULL, &third, &error));

    OK(mmf_map_get_info(third, &info, &error));
    CHECK(info.kind == MMF_KIND_NAMED && info.access == MMF_ACCESS_READ_WRITE);
    CHECK(info.rights == MMF_RIGHTS_READ_WRITE && info.capacity >= 1024);
    CHECK(info.foreign == 0 && info.orphaned == 0 && info.inheritable == 0);
    OK(mmf_map_get_name(third, &text, &error));
    CHECK(strcmp(text.data, name) == 0);
    mmf_text_free(text);

    OK(mmf_text_replace(first, "Process A says: Hello World!", Z, NULL, &error));
    OK(mmf_text_append(second, "Process B says: Hello World!", Z, NULL, &error));
    OK(mmf_map_close(first, &error));
    OK(mmf_map_close(second, &error));
    expect_text(third, "Process A says: Hello World!\r\nProcess B says: Hello World!");
    OK(mmf_map_close(third, &error));
    FAILS(MMF_STATUS_CLOSED, mmf_map_close(third, &error));
    FAILS(MMF_STATUS_NOT_FOUND, mmf_map_open(name, Z, NULL, &first, &error));
}

static void text_and_content(void) {
    static const uint16_t wide[] = {0xE4, 0x20AC, 0xD83D, 0xDE00, 0};
    static const char narrow[] = "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
    mmf_map_t map;
    mmf_text16_t text;
    mmf_bytes_t bytes;
    mmf_text_options_t options = MMF_TEXT_OPTIONS_INIT;
    int64_t length;

    OK(mmf_map_create_new(NULL, 0, 4096, NULL, &map, &error));
    OK(mmf_text_replace16(map, wide, Z, NULL, &error));
    expect_text(map, narrow);
    OK(mmf_text_append16(map, wide, 4, NULL, &error));
    OK(mmf_text_read16(map, NULL, &text, &error));
    CHECK(text.length == 10 && text.data[4] == '\r' && text.data[5] == '\n');
    CHECK(memcmp(text.data + 6, wide, sizeof(wide)) == 0);
    mmf_text_free16(text);

    options.separator = "; ";
    options.separator_length = Z;
    options.timeout_ms = MMF_WAIT_FOREVER;
    OK(mmf_text_replace(map, "one", Z, &options, &error));
    OK(mmf_text_append(map, "two", Z, &options, &error));
    expect_text(map, "one; two");

    OK(mmf_content_replace(map, "a\0b", 3, NULL, &error));
    options.separator = "-";
    options.separator_length = 1;
    OK(mmf_content_append(map, "c", 1, &options, &error));
    OK(mmf_content_get_length(map, NULL, &length, &error));
    OK(mmf_content_read(map, NULL, &bytes, &error));
    CHECK(length == 5 && bytes.length == 5 && memcmp(bytes.data, "a\0b-c", 5) == 0);
    mmf_bytes_free(bytes);
    FAILS(MMF_STATUS_INVALID_TEXT, mmf_text_append(map, "\xFF", 1, NULL, &error));
    OK(mmf_map_close(map, &error));
}

static void bytes_and_views(void) {
    mmf_map_t map;
    mmf_view_t view;
    mmf_view_info_t info = MMF_VIEW_INFO_INIT;
    unsigned char buffer[16];
    unsigned char *memory;

    OK(mmf_map_create_new(NULL, 0, 10000, NULL, &map, &error));
    OK(mmf_map_fill(map, 5000, 16, 7, &error));
    OK(mmf_map_write(map, 5001, "abc", 3, &error));
    OK(mmf_map_read(map, 4999, buffer, sizeof(buffer), &error));
    CHECK(buffer[0] == 0 && buffer[1] == 7 && memcmp(buffer + 2, "abc", 3) == 0 && buffer[5] == 7);
    FAILS(MMF_STATUS_OUT_OF_RANGE, mmf_map_read(map, INT64_MAX, buffer, 1, &error));

    OK(mmf_view_create(map, 5001, 3, MMF_ACCESS_READ_WRITE, &view, &error));
    OK(mmf_view_get_info(view, &info, &error));
    CHECK(info.size == 3 && info.offset == 5001 && info.access == MMF_ACCESS_READ_WRITE);
    memory = (unsigned char *)info.pointer;
    CHECK(memcmp(memory, "abc", 3) == 0);
    memory[2] = 'd';
    OK(mmf_map_read(map, 5001, buffer, 3, &error));
    CHECK(memcmp(buffer, "abd", 3) == 0);
    OK(mmf_map_close(map, &error));
    CHECK(memory[0] == 'a');
    OK(mmf_view_flush(view, &error));
    OK(mmf_view_close(view, &error));
    FAILS(MMF_STATUS_CLOSED, mmf_view_close(view, &error));
}

/* On systems without watches, creating one returns NOT_SUPPORTED. */
static void watches(void) {
    mmf_map_t map;
    mmf_watch_t watch;
    mmf_error_t error;
    mmf_status_t status;
    int32_t event = -1;
    intptr_t descriptor;

    OK(mmf_map_create_new(NULL, 0, 64, NULL, &map, &error));
    status = mmf_watch_create(map, &watch, &error);
    if (status == MMF_STATUS_NOT_SUPPORTED) {
        OK(mmf_map_close(map, &error));
        return;
    }
    OK(status);
    OK(mmf_watch_wait(watch, 0, &event, &error));
    CHECK(event == MMF_WATCH_EVENT_TIMED_OUT);
    OK(mmf_text_replace(map, "text", 4, NULL, &error));
    OK(mmf_watch_get_descriptor(watch, &descriptor, &error));
    OK(mmf_watch_wait(watch, MMF_WAIT_FOREVER, &event, &error));
    CHECK(event == MMF_WATCH_EVENT_CHANGED);
    OK(mmf_map_notify(map, &error));
    /* The watch keeps the map open. */
    OK(mmf_map_close(map, &error));
    OK(mmf_watch_wait(watch, 60000, &event, &error));
    CHECK(event == MMF_WATCH_EVENT_CHANGED);
    FAILS(MMF_STATUS_OUT_OF_RANGE, mmf_watch_wait(watch, -2, &event, &error));
    FAILS(MMF_STATUS_CLOSED, mmf_watch_create(map, &watch, &error));
    OK(mmf_watch_close(watch, &error));
    FAILS(MMF_STATUS_CLOSED, mmf_watch_wait(watch, 0, &event, &error));
    FAILS(MMF_STATUS_CLOSED, mmf_watch_close(watch, &error));
}

static void locks(void) {
    mmf_map_t map;
    mmf_lock_t lock;
    mmf_text_t text;
    mmf_text_options_t under = MMF_TEXT_OPTIONS_INIT;
    int count;

    OK(mmf_map_create_new(NULL, 0, 64, NULL, &map, &error));
    for (count = 0; count < 3; count++) {
        char number[16];
        OK(mmf_lock_take(map, MMF_LOCK_EXCLUSIVE, 1000, &lock, &error));
        FAILS(MMF_STATUS_TIMEOUT, mmf_lock_take(map, MMF_LOCK_EXCLUSIVE, 0, &under.lock, &error));
        under.lock = lock;
        OK(mmf_text_read(map, &under, &text, &error));
        CHECK(atoi(text.data) == count);
        mmf_text_free(text);
        sprintf(number, "%d", count + 1);
        OK(mmf_text_replace(map, number, Z, &under, &error));
        OK(mmf_lock_release(lock, &error));
    }
    FAILS(MMF_STATUS_CLOSED, mmf_lock_release(lock, &error));
    OK(mmf_map_close(map, &error));
}

static void files(const char *folder) {
    mmf_map_t map, other;
    mmf_map_info_t info = MMF_MAP_INFO_INIT;
    mmf_text_t text;
    mmf_save_options_t options = MMF_SAVE_OPTIONS_INIT;
    FILE *file;
    char line[64];

    in_folder(folder, "mapped");
    FAILS(MMF_STATUS_NOT_FOUND, mmf_map_create_from_file(path, Z, MMF_FILE_MODE_OPEN, NULL, 0, 0,
                                                         NULL, &map, &error));
    OK(mmf_map_create_from_file(path, Z, MMF_FILE_MODE_CREATE_NEW, name, Z, 100, NULL, &map,
                                &error));
    OK(mmf_map_get_info(map, &info, &error));
    CHECK(info.kind == MMF_KIND_NAMED_FILE && info.capacity == 100);
    OK(mmf_map_get_path(map, &text, &error));
    CHECK(strstr(text.data, "mapped") != NULL);
    mmf_text_free(text);
    OK(mmf_map_open(name, Z, NULL, &other, &error));
    OK(mmf_text_replace(other, "in the file", Z, NULL, &error));
    OK(mmf_map_flush(other, &error));
    OK(mmf_map_close(other, &error));

    in_folder(folder, "saved");
    options.part = MMF_SAVE_TEXT;
    options.ending = "\n";
    options.ending_length = 1;
    OK(mmf_map_save(map, path, Z, &options, &error));
    options.keep_existing = 1;
    FAILS(MMF_STATUS_ALREADY_EXISTS, mmf_map_save(map, path, Z, &options, &error));
    OK(mmf_map_close(map, &error));
    file = fopen(path, "rb");
    CHECK(file != NULL && fgets(line, sizeof(line), file) != NULL);
    CHECK(strcmp(line, "in the file\n") == 0);
    fclose(file);
}

static void list(void) {
    mmf_map_t map;
    mmf_list_t all;
    size_t i;
    int seen = 0;

    OK(mmf_map_create_new(name, Z, 5000, NULL, &map, &error));
    OK(mmf_list_get(&all, &error));
    for (i = 0; i < all.length; i++) {
        const mmf_list_entry_t *entry = MMF_LIST_ENTRY(all, i);
        if (strcmp(entry->name.data, name) == 0) {
            seen++;
            CHECK(entry->capacity >= 5000 && entry->kind == MMF_KIND_NAMED && entry->trusted == 1);
        }
    }
    CHECK(seen == 1);
    mmf_list_free(all);
    OK(mmf_map_close(map, &error));
}

static void options(void) {
    mmf_map_t map, reader;
    mmf_map_info_t info = MMF_MAP_INFO_INIT;
    mmf_map_options_t how = MMF_MAP_OPTIONS_INIT;

    how.allocation = MMF_ALLOCATION_DELAYED;
    how.inheritability = MMF_INHERITABILITY_INHERITABLE;
    OK(mmf_map_create_new(name, Z, (int64_t)1 << 30, &how, &map, &error));
    OK(mmf_map_get_info(map, &info, &error));
    CHECK(info.inheritable == 1);
    OK(mmf_map_set_inheritable(map, MMF_INHERITABILITY_NONE, &error));
    how.rights = MMF_RIGHTS_READ;
    OK(mmf_map_open(name, Z, &how, &reader, &error));
    FAILS(MMF_STATUS_ACCESS_DENIED, mmf_text_replace(reader, "x", 1, NULL, &error));
    how.struct_size--;
    FAILS(MMF_STATUS_INVALID_ARGUMENT, mmf_map_open(name, Z, &how, &reader, &error));
    OK(mmf_map_close(reader, &error));
    OK(mmf_map_close(map, &error));
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    name = arguments[1];
    version();
    statuses();
    a_name_exists_as_long_as_a_handle();
    text_and_content();
    bytes_and_views();
    locks();
    watches();
    files(arguments[2]);
    list();
    options();
    puts("all steps passed");
    return 0;
}
