/*
 * A program that was compiled with the header of another version. The test derives that header from
 * the current one: with OLDER, each structure that can grow lacks fields; with NEWER, it has one more,
 * `later`.
 *
 * Each structure is followed by guard bytes, which the library must not read or write.
 */
#include "mmf.h"

#include "check.h"

#define Z MMF_NUL_TERMINATED
#define GUARD 0xA5

/* A structure with its initial values, followed by guard bytes. */
#define STRUCTURE(type, name, init)                                                                \
    union {                                                                                        \
        type it;                                                                                   \
        unsigned char bytes[2 * sizeof(type) + 64];                                                \
    } name;                                                                                        \
    static const type name##_init = init;                                                          \
    memset(&name, GUARD, sizeof(name));                                                            \
    memcpy(&name, &name##_init, sizeof(name##_init))

#define UNTOUCHED(name) untouched(name.bytes + sizeof(name.it), sizeof(name.bytes) - sizeof(name.it))

static mmf_error_t error;

static int untouched(const unsigned char *bytes, size_t size) {
    size_t i;
    for (i = 0; i < size; i++) {
        if (bytes[i] != GUARD) {
            return 0;
        }
    }
    return 1;
}

static void expect_text(mmf_map_t map, const mmf_text_options_t *options, const char *wanted) {
    mmf_text_t text;
    OK(mmf_text_read(map, options, &text, &error));
    CHECK(strcmp(text.data, wanted) == 0);
    mmf_text_free(text);
}

static void everything_works(const char *name, const char *path) {
    mmf_map_t map, other;
    mmf_view_t view;
    mmf_list_t list;
    size_t i;
    int seen = 0;
    STRUCTURE(mmf_map_options_t, options, MMF_MAP_OPTIONS_INIT);
    STRUCTURE(mmf_text_options_t, text, MMF_TEXT_OPTIONS_INIT);
    STRUCTURE(mmf_save_options_t, save, MMF_SAVE_OPTIONS_INIT);
    STRUCTURE(mmf_permissions_t, permissions, MMF_PERMISSIONS_INIT);
    STRUCTURE(mmf_map_info_t, info, MMF_MAP_INFO_INIT);
    STRUCTURE(mmf_view_info_t, window, MMF_VIEW_INFO_INIT);

    FAILS(MMF_STATUS_NOT_FOUND, mmf_map_open(name, Z, &options.it, &map, &error));
    OK(mmf_map_create_new(name, Z, 4096, &options.it, &map, &error));
    options.it.access = MMF_ACCESS_READ;
    OK(mmf_map_open(name, Z, &options.it, &other, &error));

    OK(mmf_map_get_info(other, &info.it, &error));
    CHECK(info.it.struct_size == sizeof(info.it) && UNTOUCHED(info));
    CHECK(info.it.access == MMF_ACCESS_READ && info.it.kind == MMF_KIND_NAMED);
    CHECK(info.it.capacity >= 4096);
    OK(mmf_map_close(other, &error));

    text.it.encoding = MMF_ENCODING_UTF16LE;
    OK(mmf_text_replace(map, "one", Z, &text.it, &error));
    OK(mmf_text_append(map, "two", Z, &text.it, &error));
    expect_text(map, &text.it, "one\r\ntwo");

    save.it.part = MMF_SAVE_TEXT;
    OK(mmf_map_save(map, path, Z, &save.it, &error));

    OK(mmf_view_create(map, 2, 6, MMF_ACCESS_READ, &view, &error));
    OK(mmf_view_get_info(view, &window.it, &error));
    CHECK(window.it.struct_size == sizeof(window.it) && UNTOUCHED(window));
    CHECK(window.it.size == 6 && memcmp(window.it.pointer, "o\0n\0e\0", 6) == 0);
    OK(mmf_view_close(view, &error));

    OK(mmf_map_get_permissions(map, &permissions.it, &error));
    CHECK(permissions.it.struct_size == sizeof(permissions.it) && UNTOUCHED(permissions));
    if (permissions.it.mode != -1) { /* -1 means that maps have no permissions on this system */
        permissions.it.mode = 0640;
        OK(mmf_map_set_permissions(map, &permissions.it, &error));
    }

    OK(mmf_list_get(&list, &error));
    for (i = 0; i < list.length; i++) {
        const mmf_list_entry_t *entry = MMF_LIST_ENTRY(list, i);
        if (strcmp(entry->name.data, name) == 0) {
            seen++;
            CHECK(entry->capacity >= 4096 && entry->kind == MMF_KIND_NAMED);
        }
    }
    CHECK(seen == 1);
#ifdef NEWER
    CHECK(list.stride < sizeof(mmf_list_entry_t));
    CHECK(info.it.later == 0 && window.it.later == 0);
#endif
#ifdef OLDER
    CHECK(list.stride > sizeof(mmf_list_entry_t));
#endif
    mmf_list_free(list);
    OK(mmf_map_close(map, &error));
}

#ifdef NEWER
/* The library must refuse fields that it does not know. */
static void new_fields_are_refused(const char *name, const char *path) {
    const mmf_status_t refused = MMF_STATUS_INVALID_ARGUMENT;
    mmf_map_t map, other;
    mmf_view_t view;
    mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;
    mmf_text_options_t text = MMF_TEXT_OPTIONS_INIT;
    mmf_save_options_t save = MMF_SAVE_OPTIONS_INIT;
    mmf_permissions_t permissions = MMF_PERMISSIONS_INIT;
    mmf_map_info_t info = MMF_MAP_INFO_INIT;
    mmf_view_info_t window = MMF_VIEW_INFO_INIT;
    options.later = text.later = save.later = permissions.later = info.later = window.later = 1;

    FAILS(refused, mmf_map_create_new(name, Z, 64, &options, &map, &error));
    CHECK(strstr(error.message, "newer") != NULL);
    OK(mmf_map_create_new(name, Z, 64, NULL, &map, &error));
    FAILS(refused, mmf_map_open(name, Z, &options, &other, &error));
    FAILS(refused, mmf_text_replace(map, "x", 1, &text, &error));
    FAILS(refused, mmf_content_append(map, "x", 1, &text, &error));
    FAILS(refused, mmf_map_save(map, path, Z, &save, &error));
    FAILS(refused, mmf_map_set_permissions(map, &permissions, &error));
    FAILS(refused, mmf_map_get_permissions(map, &permissions, &error));
    FAILS(refused, mmf_map_get_info(map, &info, &error));
    OK(mmf_view_create(map, 0, 0, MMF_ACCESS_READ, &view, &error));
    FAILS(refused, mmf_view_get_info(view, &window, &error));
    CHECK(info.capacity == 0 && window.pointer == NULL && window.later == 1);
    OK(mmf_view_close(view, &error));
    OK(mmf_map_close(map, &error));
}
#endif

int main(int count, char **arguments) {
    CHECK(count == 3);
    everything_works(arguments[1], arguments[2]);
#ifdef NEWER
    new_fields_are_refused(arguments[1], arguments[2]);
#endif
    puts("all steps passed");
    return 0;
}
