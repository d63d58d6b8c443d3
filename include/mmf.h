/* Written by build.rs from src/ffi. Do not edit: change the comments and signatures there. */

/**
 * @file mmf.h
 * Memory-mapped files with one meaning everywhere: Windows, Linux and macOS.
 *
 * A map is memory that processes share by name, or the bytes of a file. A named map lives as
 * long as any process holds a handle of it, however that process ends, and is gone afterwards.
 * Its bytes begin at offset 0 and carry no header, so that programs which know nothing of this
 * library see the same.
 *
 *     #include <mmf.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         mmf_map_t map;
 *         mmf_error_t error;
 *         mmf_text_t text;
 *         if (mmf_map_create_or_open("Test", MMF_NUL_TERMINATED, 1024, NULL, &map, &error) ||
 *             mmf_text_append(map, "Hello", MMF_NUL_TERMINATED, NULL, &error) ||
 *             mmf_text_read(map, NULL, &text, &error)) {
 *             fprintf(stderr, "%s\n", error.message);
 *             return 1;
 *         }
 *         printf("%s\n", text.data);
 *         mmf_text_free(text);
 *         mmf_map_close(map, NULL);
 *         return 0;
 *     }
 *
 * These rules hold for every function; the functions say only what is their own.
 *
 * Results. Every function returns a status, `MMF_STATUS_OK` (0) or the reason why not; only
 * those that give memory back return nothing. Outputs come last, are called `out_*`, and are
 * written only on success; what is there before is never read, but for the size of a structure. A
 * function that fails has done nothing, unless its comment says otherwise. `out_error` is written
 * only on failure: status, code of the operating system and a sentence that says what to do, so
 * there is no "last error" to ask for later. It may be NULL; the other outputs may not.
 *
 * Handles. `mmf_map_t`, `mmf_view_t`, `mmf_lock_t` and `mmf_watch_t` are numbers, passed by value.
 * One that was closed is told from one that was made up or is of another kind, also when two threads
 * close at once. Closing one that is all zero does nothing. Of several wrong things the arguments are
 * reported first, then the handle, then what the operation finds; arguments are looked at in
 * .NET's order: name, capacity, access, options, inheritability, what the platform cannot do.
 *
 * Text that goes in is a pointer and a length: bytes of UTF-8, or UTF-16 code units in the
 * functions and types whose names end in 16. The length `MMF_NUL_TERMINATED` stands for "up to
 * the NUL". NULL with the length 0 or `MMF_NUL_TERMINATED` is no text, where that has a
 * meaning; text to be written may be NULL with the length 0. What is not valid UTF-8 or UTF-16
 * is `MMF_STATUS_INVALID_TEXT`. A pointer to UTF-16 is aligned to 2 bytes.
 *
 * Text and bytes that come out belong to the caller, who gives them back to `mmf_text_free` and
 * its sisters, not to free(). Behind them stands a NUL that is not counted.
 *
 * Sizes and offsets are signed, as in .NET, so that negative ones can be refused. Times are
 * milliseconds; -1 is for ever.
 *
 * Structures that may grow begin with their size, `struct_size`, which their `MMF_..._INIT` macro
 * sets together with the defaults; NULL instead of options stands for the defaults. A later version
 * adds fields at the end, whose default is zero. So a program that was compiled with an older header
 * works with a newer library: what it does not have has its default, and only what it has room for is
 * written. The other way round works, too, as long as the fields that the library does not know are
 * zero; else the call is `MMF_STATUS_INVALID_ARGUMENT`, as it is with a size that no version has.
 *
 * Pointers that are not NULL must lead to memory that can be read or written as the parameter
 * says, and that nobody else changes during the call. NULL where a pointer is needed is
 * `MMF_STATUS_NULL_ARGUMENT`.
 *
 * Threads. Every function may be called on any thread at any time, with the same handles, too.
 * Not from a signal handler; and a forked child of a process with several threads calls none
 * before it called exec.
 *
 * Whose maps. On Unix anybody can take a name first, so a map is opened only if it belongs to the
 * process's own user or to root, or to whom `trusted_owner` in the options names. On Windows the
 * access list of the map decides.
 *
 * A process that ends in the ordinary way closes what it still holds. One that is killed holds
 * nothing from that moment on.
 *
 * A fault of the library never ends the program: it is `MMF_STATUS_INTERNAL`.
 */


#ifndef MMF_H
#define MMF_H

#include <stddef.h>
#include <stdint.h>

/** The version of this header. `mmf_version_get` tells that of the library. */
#define MMF_VERSION "2.0.0"
/** The first number of the version: another one breaks programs. */
#define MMF_VERSION_MAJOR 2
/** The second number of the version: a greater one adds functions. */
#define MMF_VERSION_MINOR 0
/** The third number of the version. */
#define MMF_VERSION_PATCH 0

/** The length that stands for "up to the NUL". */
#define MMF_NUL_TERMINATED SIZE_MAX

/** The time that stands for "for ever". */
#define MMF_WAIT_FOREVER (-1)

/** `mmf_map_options_t options = MMF_MAP_OPTIONS_INIT;`: the defaults. */
#define MMF_MAP_OPTIONS_INIT                                                                       \
    {sizeof(mmf_map_options_t), MMF_ACCESS_READ_WRITE, MMF_RIGHTS_DEFAULT, MMF_ALLOCATION_NOW,     \
     MMF_INHERITABILITY_NONE, -1, -1, -1, NULL, 0, 0, MMF_TRUSTED_OWNER_SELF_AND_ROOT}

/** `mmf_text_options_t options = MMF_TEXT_OPTIONS_INIT;`: the defaults. */
#define MMF_TEXT_OPTIONS_INIT                                                                      \
    {sizeof(mmf_text_options_t), MMF_ENCODING_UTF8, 30000, {0}, "\r\n", 2}

/** `mmf_save_options_t options = MMF_SAVE_OPTIONS_INIT;`: the defaults. */
#define MMF_SAVE_OPTIONS_INIT {sizeof(mmf_save_options_t), MMF_SAVE_MAP, 0, 0, NULL, 0, NULL}

/** `mmf_permissions_t permissions = MMF_PERMISSIONS_INIT;`: nothing is said, nothing changes. */
#define MMF_PERMISSIONS_INIT {sizeof(mmf_permissions_t), -1, -1, -1}

/** `mmf_map_info_t info = MMF_MAP_INFO_INIT;`: a place for the answer of `mmf_map_get_info`. */
#define MMF_MAP_INFO_INIT {sizeof(mmf_map_info_t), 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** `mmf_view_info_t info = MMF_VIEW_INFO_INIT;`: a place for the answer of `mmf_view_get_info`. */
#define MMF_VIEW_INFO_INIT {sizeof(mmf_view_info_t), 0, NULL, 0, 0}

/** The entry of an `mmf_list_t` at an index, as a pointer to an `mmf_list_entry_t`. */
#define MMF_LIST_ENTRY(list, index)                                                                \
    ((mmf_list_entry_t *)(void *)((char *)(list).entries + (index) * (list).stride))

/** The entry of an `mmf_list16_t` at an index, as a pointer to an `mmf_list_entry16_t`. */
#define MMF_LIST_ENTRY16(list, index)                                                              \
    ((mmf_list_entry16_t *)(void *)((char *)(list).entries + (index) * (list).stride))


/**
 * What every function returns. Numbers are never reused or changed; a later version may add some,
 * so treat an unknown one as a failure.
 */
enum mmf_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It worked. Every other number is a failure.
     */
    MMF_STATUS_OK = 0,
    /**
     * An argument makes no sense; the error's sentence says which and what to give instead.
     */
    MMF_STATUS_INVALID_ARGUMENT = 1,
    /**
     * A number lies outside of what is allowed; the sentence says the limits.
     */
    MMF_STATUS_OUT_OF_RANGE = 2,
    /**
     * A pointer that is needed is NULL.
     */
    MMF_STATUS_NULL_ARGUMENT = 3,
    /**
     * The handle was not issued by this library, or it is of another kind.
     */
    MMF_STATUS_INVALID_HANDLE = 4,
    /**
     * The handle was closed before, perhaps by another thread.
     */
    MMF_STATUS_CLOSED = 5,
    /**
     * Text is not valid UTF-8 or UTF-16.
     */
    MMF_STATUS_INVALID_TEXT = 6,
    /**
     * This operating system cannot do it.
     */
    MMF_STATUS_NOT_SUPPORTED = 7,
    /**
     * A view was not made for this. (For programs that read and write through views.)
     */
    MMF_STATUS_WRONG_ACCESS = 8,
    /**
     * No process holds a map of this name, or the file does not exist. Wait for the one who
     * creates it (`wait_ms`), or create it.
     */
    MMF_STATUS_NOT_FOUND = 20,
    /**
     * A folder of the path does not exist. Create it first.
     */
    MMF_STATUS_DIRECTORY_NOT_FOUND = 21,
    /**
     * The name or the file is taken. Open it, or choose another.
     */
    MMF_STATUS_ALREADY_EXISTS = 22,
    /**
     * A path is longer than the operating system allows.
     */
    MMF_STATUS_PATH_TOO_LONG = 23,
    /**
     * The operating system or the access of the map forbids it. Open the map with more rights, or
     * ask its owner.
     */
    MMF_STATUS_ACCESS_DENIED = 24,
    /**
     * The map was created read-only, and stays so for everybody.
     */
    MMF_STATUS_READ_ONLY_MAP = 25,
    /**
     * Another program holds the file in a way that shuts others out. Try again later.
     */
    MMF_STATUS_SHARING_VIOLATION = 26,
    /**
     * Others were deciding about the same name for too long. Trying again is sensible.
     */
    MMF_STATUS_BUSY = 27,
    /**
     * The time for waiting is over.
     */
    MMF_STATUS_TIMEOUT = 28,
    /**
     * What stands in the name's place is no map: a link, a pipe, a folder. Remove it, or choose
     * another name.
     */
    MMF_STATUS_NOT_A_MAP = 29,
    /**
     * The path of a named file map leads to another file by now. Close the map and map it anew.
     */
    MMF_STATUS_FILE_REPLACED = 30,
    /**
     * Another program took the map's name away. The memory of those who hold it stays valid.
     */
    MMF_STATUS_ORPHANED = 31,
    /**
     * What the path or the descriptor leads to is not a regular file: a FIFO, a device, a socket.
     * Give the path of a file.
     */
    MMF_STATUS_NOT_A_FILE = 32,
    /**
     * There is not enough memory or disk for it. Nothing was left behind.
     */
    MMF_STATUS_NO_SPACE = 40,
    /**
     * The text or the bytes do not fit into the map; its content stands untouched.
     */
    MMF_STATUS_TOO_LONG = 41,
    /**
     * More than the address space or the operating system can hold.
     */
    MMF_STATUS_TOO_LARGE = 42,
    /**
     * The file shrank under the map. Close the map.
     */
    MMF_STATUS_TRUNCATED = 43,
    /**
     * The file cannot change while somebody has it mapped.
     */
    MMF_STATUS_FILE_MAPPED = 44,
    /**
     * The operating system reported an error that has no status of its own; see `os_code`.
     */
    MMF_STATUS_IO = 60,
    /**
     * A fault of this library. Please report the sentence.
     */
    MMF_STATUS_INTERNAL = 61,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_status_t mmf_status_t;
#else
typedef int32_t mmf_status_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a map or a view is for. The numbers are those of .NET's `MemoryMappedFileAccess`.
 */
enum mmf_access_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Reading and writing.
     */
    MMF_ACCESS_READ_WRITE = 0,
    /**
     * Reading only. A named map that is created so can never be written, by anybody.
     */
    MMF_ACCESS_READ = 1,
    /**
     * Writing only: for views, and for opening a map; no map can be created so.
     */
    MMF_ACCESS_WRITE = 2,
    /**
     * Reading, and writing into a copy of one's own that nobody else sees.
     */
    MMF_ACCESS_COPY_ON_WRITE = 3,
    /**
     * Reading and executing.
     */
    MMF_ACCESS_READ_EXECUTE = 4,
    /**
     * Reading, writing and executing.
     */
    MMF_ACCESS_READ_WRITE_EXECUTE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_access_t mmf_access_t;
#else
typedef int32_t mmf_access_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a handle may do, as bits that can be combined. The numbers are those of .NET's
 * `MemoryMappedFileRights`.
 */
enum mmf_rights_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In options: the rights that belong to the access.
     */
    MMF_RIGHTS_DEFAULT = 0,
    /**
     * Views whose writes stay private.
     */
    MMF_RIGHTS_COPY_ON_WRITE = 1,
    /**
     * Writing.
     */
    MMF_RIGHTS_WRITE = 2,
    /**
     * Reading.
     */
    MMF_RIGHTS_READ = 4,
    /**
     * Reading and writing.
     */
    MMF_RIGHTS_READ_WRITE = 6,
    /**
     * Executing.
     */
    MMF_RIGHTS_EXECUTE = 8,
    /**
     * Reading and executing.
     */
    MMF_RIGHTS_READ_EXECUTE = 12,
    /**
     * Reading, writing and executing.
     */
    MMF_RIGHTS_READ_WRITE_EXECUTE = 14,
    /**
     * Deleting. This one and those below have an effect on Windows only.
     */
    MMF_RIGHTS_DELETE = 65536,
    /**
     * Reading the permissions.
     */
    MMF_RIGHTS_READ_PERMISSIONS = 131072,
    /**
     * Changing the permissions.
     */
    MMF_RIGHTS_CHANGE_PERMISSIONS = 262144,
    /**
     * Taking ownership.
     */
    MMF_RIGHTS_TAKE_OWNERSHIP = 524288,
    /**
     * All of the above.
     */
    MMF_RIGHTS_FULL_CONTROL = 983055,
    /**
     * Reading and writing the audit rules.
     */
    MMF_RIGHTS_ACCESS_SYSTEM_SECURITY = 16777216,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_rights_t mmf_rights_t;
#else
typedef int32_t mmf_rights_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * When the memory of a map is taken. The numbers are those of .NET's `MemoryMappedFileOptions`.
 */
enum mmf_allocation_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * When the map is created: too little memory is an error then, and never a crash later.
     */
    MMF_ALLOCATION_NOW = 0,
    /**
     * When it is touched. Whoever touches it when there is none left is ended by the operating
     * system.
     */
    MMF_ALLOCATION_DELAYED = 67108864,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_allocation_t mmf_allocation_t;
#else
typedef int32_t mmf_allocation_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether programs that this process starts get the handle, too, and hold the map with it. The
 * numbers are those of .NET's `HandleInheritability`.
 */
enum mmf_inheritability_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * They do not.
     */
    MMF_INHERITABILITY_NONE = 0,
    /**
     * They do.
     */
    MMF_INHERITABILITY_INHERITABLE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_inheritability_t mmf_inheritability_t;
#else
typedef int32_t mmf_inheritability_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose map is opened on Unix, where anybody can take a name first. Any other number is the uid of
 * one more user who is trusted.
 */
enum mmf_trusted_owner_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * That of your own user (the effective one) and that of root, whose uid this is.
     */
    MMF_TRUSTED_OWNER_SELF_AND_ROOT = 0,
    /**
     * That of every user. What the map holds may come from anybody then.
     */
    MMF_TRUSTED_OWNER_ANYONE = -2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_trusted_owner_t mmf_trusted_owner_t;
#else
typedef int32_t mmf_trusted_owner_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a file is opened for a file map. The numbers are those of .NET's `FileMode`; its 5
 * (Truncate) and 6 (Append) fit no map and are refused.
 */
enum mmf_file_mode_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Create it; an error if it exists.
     */
    MMF_FILE_MODE_CREATE_NEW = 1,
    /**
     * Create it, or empty the one that exists.
     */
    MMF_FILE_MODE_CREATE = 2,
    /**
     * Open it; an error if it does not exist.
     */
    MMF_FILE_MODE_OPEN = 3,
    /**
     * Open it, or create it.
     */
    MMF_FILE_MODE_OPEN_OR_CREATE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_file_mode_t mmf_file_mode_t;
#else
typedef int32_t mmf_file_mode_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a map is.
 */
enum mmf_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Memory with a name.
     */
    MMF_KIND_NAMED = 1,
    /**
     * The bytes of a file.
     */
    MMF_KIND_FILE = 2,
    /**
     * The bytes of a file, with a name.
     */
    MMF_KIND_NAMED_FILE = 3,
    /**
     * Memory without a name.
     */
    MMF_KIND_ANONYMOUS = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_kind_t mmf_kind_t;
#else
typedef int32_t mmf_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How text is written into a map, and read where no byte order mark says otherwise.
 */
enum mmf_encoding_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * UTF-8 without a byte order mark.
     */
    MMF_ENCODING_UTF8 = 0,
    /**
     * UTF-8 with a byte order mark.
     */
    MMF_ENCODING_UTF8_MARK = 1,
    /**
     * UTF-16, little end first, with a byte order mark.
     */
    MMF_ENCODING_UTF16LE = 2,
    /**
     * UTF-16, big end first, with a byte order mark.
     */
    MMF_ENCODING_UTF16BE = 3,
    /**
     * UTF-32, little end first, with a byte order mark.
     */
    MMF_ENCODING_UTF32LE = 4,
    /**
     * UTF-32, big end first, with a byte order mark.
     */
    MMF_ENCODING_UTF32BE = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_encoding_t mmf_encoding_t;
#else
typedef int32_t mmf_encoding_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What of a map is saved to a file.
 */
enum mmf_save_part_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * All bytes up to the capacity. What was never written becomes a hole in the file.
     */
    MMF_SAVE_MAP = 0,
    /**
     * The bytes up to the end of the content.
     */
    MMF_SAVE_CONTENT = 1,
    /**
     * The text, as UTF-8 without a byte order mark and without NULs.
     */
    MMF_SAVE_TEXT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_save_part_t mmf_save_part_t;
#else
typedef int32_t mmf_save_part_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether others may hold the content lock at the same time.
 */
enum mmf_lock_mode_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * For reading: others may read, too. (Not on Windows: there nobody else may.)
     */
    MMF_LOCK_SHARED = 0,
    /**
     * For changing: nobody else may read or change through the functions that take the lock.
     */
    MMF_LOCK_EXCLUSIVE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_lock_mode_t mmf_lock_mode_t;
#else
typedef int32_t mmf_lock_mode_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a wait ended. A later version may add some; treat an unknown one as a change. After each of them
 * but the first and the last it is worth looking at the map again.
 */
enum mmf_watch_event_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The time was over, and there was nothing to tell.
     */
    MMF_WATCH_EVENT_TIMED_OUT = 0,
    /**
     * Something was written, once or several times.
     */
    MMF_WATCH_EVENT_CHANGED = 1,
    /**
     * The name no longer refers to this map. Those who hold the map can still use it.
     */
    MMF_WATCH_EVENT_ORPHANED = 2,
    /**
     * Another program made the object or the file shorter than the map.
     */
    MMF_WATCH_EVENT_TRUNCATED = 3,
    /**
     * Nobody else holds the map any more: no other process, and no other handle of this one.
     */
    MMF_WATCH_EVENT_ALONE = 4,
    /**
     * Another thread closed the watch.
     */
    MMF_WATCH_EVENT_CLOSED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mmf_watch_event_t mmf_watch_event_t;
#else
typedef int32_t mmf_watch_event_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * UTF-8 text that the library gave. Behind it stands a NUL that is not counted, so that `data`
 * works as a C string (content can never hold a NUL). It belongs to the caller; give it back with
 * `mmf_text_free`. All zero is "no text".
 */
typedef struct {
    /**
     * The first byte; NULL: no text.
     */
    char *data;
    /**
     * How many bytes.
     */
    size_t length;
} mmf_text_t;

/**
 * UTF-16 text that the library gave, otherwise as `mmf_text_t`. Give it back with
 * `mmf_text_free16`.
 */
typedef struct {
    /**
     * The first code unit; NULL: no text.
     */
    uint16_t *data;
    /**
     * How many code units.
     */
    size_t length;
} mmf_text16_t;

/**
 * Bytes that the library gave. They belong to the caller; give them back with `mmf_bytes_free`. All
 * zero is "no bytes".
 */
typedef struct {
    /**
     * The first byte; NULL: no bytes.
     */
    uint8_t *data;
    /**
     * How many bytes.
     */
    size_t length;
} mmf_bytes_t;

/**
 * How a map is created or opened. Begin with `MMF_MAP_OPTIONS_INIT` and change what should differ;
 * NULL instead of the structure stands for the defaults.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * What the map is created for, or opened for: an `MMF_ACCESS_` number. Default: reading and
     * writing.
     */
    int32_t access;
    /**
     * For `mmf_map_open` only: what the handle may do, `MMF_RIGHTS_` bits. Default: what belongs to
     * `access`.
     */
    int32_t rights;
    /**
     * For creating: an `MMF_ALLOCATION_` number. Default: now. Without effect on file maps.
     */
    int32_t allocation;
    /**
     * An `MMF_INHERITABILITY_` number. Default: none.
     */
    int32_t inheritability;
    /**
     * For creating: Unix permission bits, for example 0660. Default -1: 0600, the creating user
     * alone.
     */
    int32_t mode;
    /**
     * For creating: the owning user on Unix. Default -1: the creating one.
     */
    int64_t uid;
    /**
     * For creating: the owning group on Unix. Default -1: the creating one.
     */
    int64_t gid;
    /**
     * For creating: a Windows security descriptor in SDDL. Default NULL: the creating user's own.
     */
    const char *sddl;
    /**
     * The length of `sddl`, or `MMF_NUL_TERMINATED`.
     */
    size_t sddl_length;
    /**
     * For `mmf_map_open` only: how many milliseconds to wait for a map that is not there yet or not
     * ready yet; -1: for ever. Default 0: not at all.
     */
    int64_t wait_ms;
    /**
     * For `mmf_map_open` and `mmf_map_create_or_open`: whose map is opened on Unix. Default 0: that
     * of your own user (the effective one) and that of root. Above 0: also that of the user with this
     * uid. `MMF_TRUSTED_OWNER_ANYONE`: that of every user. A named file map is opened only if it
     * is your own or root's, whoever is trusted. Without effect on Windows, where the access list
     * of the map decides.
     */
    int64_t trusted_owner;
} mmf_map_options_t;

/**
 * An opened map. It holds the map: as long as any process has one, the name lives. It is a number
 * and not a pointer, so copies of it are the same handle, and a stale one is told from a living
 * one. All zero is no map.
 */
typedef struct {
    /**
     * The library's own number; 0: none.
     */
    uint64_t id;
} mmf_map_t;

/**
 * A failure in full. Every function that takes an `out_error` fills it on failure, and leaves it
 * alone on success. Pass NULL if you only need the status.
 */
typedef struct {
    /**
     * What the function returned: an `MMF_STATUS_` number.
     */
    int32_t status;
    /**
     * The operating system's own code (`errno`, `GetLastError()`); 0: it was not the one to refuse.
     */
    int32_t os_code;
    /**
     * How many bytes the message has, without the NUL behind it.
     */
    uint32_t message_length;
    /**
     * One or more sentences in English that say what was asked, what is wrong and what to do: UTF-8
     * that ends with a NUL, cut between two characters if it is too long.
     */
    char message[1012];
} mmf_error_t;

/**
 * What a map is and what a handle may do with it. Begin with `MMF_MAP_INFO_INIT`.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * An `MMF_KIND_` number.
     */
    int32_t kind;
    /**
     * What this handle was created or opened for: an `MMF_ACCESS_` number.
     */
    int32_t access;
    /**
     * What this handle may do: `MMF_RIGHTS_` bits.
     */
    int32_t rights;
    /**
     * 1: programs that this process starts get the handle, too.
     */
    int32_t inheritable;
    /**
     * 1: a program made the map that does not use this library; nobody here removes it.
     */
    int32_t foreign;
    /**
     * 1: the name no longer refers to this map, because another program removed or replaced it; the memory
     * stays valid. -1: the operating system did not let us look.
     */
    int32_t orphaned;
    /**
     * 1: the map was created read-only; nobody may write it.
     */
    int32_t read_only;
    /**
     * How many bytes the map has.
     */
    int64_t capacity;
    /**
     * The descriptor (on Windows: the handle of the section) that holds the map. It stays the
     * library's: do not close it.
     */
    int64_t descriptor;
} mmf_map_info_t;

/**
 * Who may use a map. Begin with `MMF_PERMISSIONS_INIT`. What is -1 is not there, or stays as it is.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * Unix permission bits.
     */
    int32_t mode;
    /**
     * The owning user.
     */
    int64_t uid;
    /**
     * The owning group.
     */
    int64_t gid;
} mmf_permissions_t;

/**
 * A content lock that is held. All zero is none.
 */
typedef struct {
    /**
     * The library's own number; 0: none.
     */
    uint64_t id;
} mmf_lock_t;

/**
 * How text and content are read and written. Begin with `MMF_TEXT_OPTIONS_INIT` and change what
 * should differ; NULL instead of the structure stands for the defaults.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * An `MMF_ENCODING_` number. Default: UTF-8 without a byte order mark.
     */
    int32_t encoding;
    /**
     * How many milliseconds to wait for the content lock; 0: one try; -1: for ever. Default: 30000.
     */
    int64_t timeout_ms;
    /**
     * A lock that the caller holds on this map: none is taken then. Default: zero, take one.
     */
    mmf_lock_t lock;
    /**
     * What stands between the content and what is appended: UTF-8 for a text, any bytes for
     * `mmf_content_append`. Default: CR LF. NULL or empty: nothing.
     */
    const char *separator;
    /**
     * The length of `separator`, or `MMF_NUL_TERMINATED`.
     */
    size_t separator_length;
} mmf_text_options_t;

/**
 * How a map is saved to a file. Begin with `MMF_SAVE_OPTIONS_INIT` and change what should differ;
 * NULL instead of the structure stands for the defaults.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * What is saved: an `MMF_SAVE_` number. Default: the whole map.
     */
    int32_t part;
    /**
     * Not 0: fail if the file exists. Default 0: replace it.
     */
    int32_t keep_existing;
    /**
     * Not 0: replace a file that is marked read-only, too. Default 0.
     */
    int32_t force;
    /**
     * For `MMF_SAVE_TEXT`: what is written behind the text, UTF-8. Default NULL: nothing.
     */
    const char *ending;
    /**
     * The length of `ending`, or `MMF_NUL_TERMINATED`.
     */
    size_t ending_length;
    /**
     * Encoding, timeout and lock for reading the content. Default NULL: the defaults.
     */
    const mmf_text_options_t *text;
} mmf_save_options_t;

/**
 * A view: a window into a map, as memory of this process. All zero is none.
 */
typedef struct {
    /**
     * The library's own number; 0: none.
     */
    uint64_t id;
} mmf_view_t;

/**
 * Where a view is and what it is for. Begin with `MMF_VIEW_INFO_INIT`.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * What it is for: an `MMF_ACCESS_` number.
     */
    int32_t access;
    /**
     * The first byte. Valid until the view is closed. What the access does not allow, and all
     * beyond size, ends the process if it is touched.
     */
    void *pointer;
    /**
     * How many bytes the view has.
     */
    size_t size;
    /**
     * Where the view begins in the map.
     */
    int64_t offset;
} mmf_view_info_t;

/**
 * A watch: what tells that a map was changed. All zero is none.
 */
typedef struct {
    /**
     * The library's own number; 0: none.
     */
    uint64_t id;
} mmf_watch_t;

/**
 * The named maps that live. It belongs to the caller; give it back with `mmf_list_free`.
 */
typedef struct {
    /**
     * The first one. `MMF_LIST_ENTRY` gives each.
     */
    void *entries;
    /**
     * How many.
     */
    size_t length;
    /**
     * How many bytes there are from one to the next: those of `mmf_list_entry_t` in the library that
     * is loaded, which may know more fields than this header.
     */
    size_t stride;
} mmf_list_t;

/**
 * The named maps that live, with their texts in UTF-16. It belongs to the caller; give it back
 * with `mmf_list_free16`.
 */
typedef struct {
    /**
     * The first one. `MMF_LIST_ENTRY16` gives each.
     */
    void *entries;
    /**
     * How many.
     */
    size_t length;
    /**
     * How many bytes there are from one to the next: those of `mmf_list_entry16_t` in the library
     * that is loaded, which may know more fields than this header.
     */
    size_t stride;
} mmf_list16_t;

/**
 * A named map that lives. A later version may add fields at the end.
 */
typedef struct {
    /**
     * The name that opens it.
     */
    mmf_text_t name;
    /**
     * The file's path, for a named file map; otherwise all zero.
     */
    mmf_text_t path;
    /**
     * How many bytes. 0: another program truncated it, or it is another user's named file map.
     */
    int64_t capacity;
    /**
     * An `MMF_KIND_` number.
     */
    int32_t kind;
    /**
     * 1: a program made it that does not use this library.
     */
    int32_t foreign;
    /**
     * Unix permission bits; -1 where the operating system has none.
     */
    int32_t mode;
    /**
     * 1: it is opened without a `trusted_owner` in the options, because it is your own or root's, or
     * because the operating system asks its access list (Windows).
     */
    int32_t trusted;
    /**
     * The user whose map it is; -1 where the operating system has no such numbers.
     */
    int64_t uid;
    /**
     * The owning group; -1 where the operating system has none.
     */
    int64_t gid;
} mmf_list_entry_t;

/**
 * A named map that lives, with its texts in UTF-16. A later version may add fields at the end.
 */
typedef struct {
    /**
     * The name that opens it.
     */
    mmf_text16_t name;
    /**
     * The file's path, for a named file map; otherwise all zero.
     */
    mmf_text16_t path;
    /**
     * How many bytes. 0: another program truncated it, or it is another user's named file map.
     */
    int64_t capacity;
    /**
     * An `MMF_KIND_` number.
     */
    int32_t kind;
    /**
     * 1: a program made it that does not use this library.
     */
    int32_t foreign;
    /**
     * Unix permission bits; -1 where the operating system has none.
     */
    int32_t mode;
    /**
     * 1: it is opened without a `trusted_owner` in the options, because it is your own or root's, or
     * because the operating system asks its access list (Windows).
     */
    int32_t trusted;
    /**
     * The user whose map it is; -1 where the operating system has no such numbers.
     */
    int64_t uid;
    /**
     * The owning group; -1 where the operating system has none.
     */
    int64_t gid;
} mmf_list_entry16_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Gets the name of a status number.
 *
 * Parameters:
 * - status: the number.
 * - out_name: the constant's name without `MMF_STATUS_`, for example `NOT_FOUND`; it ends with a
 *   NUL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`: out_name is NULL.
 * - `MMF_STATUS_INVALID_ARGUMENT`: this version has no such number.
 *
 * Memory and lifetimes: the name belongs to the library and stays for ever; do not free it.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_status_describe(int32_t status,
                                 const char **out_name);

/**
 * Gives UTF-8 text back to the library.
 *
 * Parameters:
 * - text: what a function of this library filled; all zero is fine and does nothing.
 *
 * Memory and lifetimes: the memory is gone when the call returns. Must not be called twice with
 * the same text, nor with text from elsewhere: nothing could tell.
 *
 * Threads: any, for different texts at the same time.
 */
void mmf_text_free(mmf_text_t text);

/**
 * Gives UTF-16 text back to the library. Everything else is as for `mmf_text_free`.
 */
void mmf_text_free16(mmf_text16_t text);

/**
 * Gives bytes back to the library. Everything else is as for `mmf_text_free`.
 */
void mmf_bytes_free(mmf_bytes_t bytes);

/**
 * Gets the version of the library that is loaded.
 *
 * Compare the first number with `MMF_VERSION_MAJOR`, the header's own: if they differ, the
 * library is not the one that this program was compiled for.
 *
 * Parameters:
 * - out_major, out_minor, out_patch: the three numbers.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`: one of the pointers is NULL; nothing was written.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_version_get(uint32_t *out_major,
                             uint32_t *out_minor,
                             uint32_t *out_patch);

/**
 * Creates a named map, all of its bytes zero; or an anonymous one.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8; NULL: an anonymous map.
 * - capacity: how many bytes, 1 or more.
 * - options: how, or NULL for the defaults.
 * - out_map: the handle.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is there, and its memory is reserved (unless delayed).
 * - `MMF_STATUS_INVALID_ARGUMENT`: the name cannot be one, or the access is for writing alone.
 * - `MMF_STATUS_OUT_OF_RANGE`: the capacity or an option is a number that makes no sense.
 * - `MMF_STATUS_ALREADY_EXISTS`: a map of this name lives; open it, or choose another name.
 * - `MMF_STATUS_NO_SPACE`: not enough memory; nothing was left behind.
 * - `MMF_STATUS_TOO_LARGE`: more than a process can address.
 * - `MMF_STATUS_NOT_SUPPORTED`: an option that this operating system does not have.
 * - `MMF_STATUS_ACCESS_DENIED`: another user's leftover has the name, or the system forbids it.
 * - `MMF_STATUS_NOT_A_MAP`: something else stands in the name's place.
 * - `MMF_STATUS_BUSY`: others decide about this name; try again.
 *
 * Memory and lifetimes: end the handle with `mmf_map_close`. A process that ends closes its
 * handles.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_create_new(const char *name,
                                size_t name_length,
                                int64_t capacity,
                                const mmf_map_options_t *options,
                                mmf_map_t *out_map,
                                mmf_error_t *out_error);

/**
 * Creates a map: `mmf_map_create_new` with the name in UTF-16.
 */
mmf_status_t mmf_map_create_new16(const uint16_t *name,
                                  size_t name_length,
                                  int64_t capacity,
                                  const mmf_map_options_t *options,
                                  mmf_map_t *out_map,
                                  mmf_error_t *out_error);

/**
 * Opens the map of this name if it lives, whatever its capacity; else creates it.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8.
 * - capacity: how many bytes a new map gets, 1 or more. Ask the one that was opened for its own.
 * - options: how, or NULL for the defaults. What is about creating has no effect on a map that
 *   lives.
 * - out_map: the handle.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is open.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
 * - `MMF_STATUS_ACCESS_DENIED`: it lives, and `mmf_map_open` would say so, too.
 * - Others as `mmf_map_create_new`, except `MMF_STATUS_ALREADY_EXISTS`. The access
 *   `MMF_ACCESS_WRITE` opens a map that lives, but creates none: `MMF_STATUS_INVALID_ARGUMENT`.
 *
 * Memory and lifetimes, threads: as `mmf_map_create_new`.
 */
mmf_status_t mmf_map_create_or_open(const char *name,
                                    size_t name_length,
                                    int64_t capacity,
                                    const mmf_map_options_t *options,
                                    mmf_map_t *out_map,
                                    mmf_error_t *out_error);

/**
 * Opens or creates a map: `mmf_map_create_or_open` with the name in UTF-16.
 */
mmf_status_t mmf_map_create_or_open16(const uint16_t *name,
                                      size_t name_length,
                                      int64_t capacity,
                                      const mmf_map_options_t *options,
                                      mmf_map_t *out_map,
                                      mmf_error_t *out_error);

/**
 * Opens the named map that lives.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8.
 * - options: how (access, rights, inheritability, wait_ms), or NULL for the defaults.
 * - out_map: the handle.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is open.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the name cannot be one.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
 * - `MMF_STATUS_NOT_FOUND`: no process holds a map of this name, and with `wait_ms` none came in
 *   time. Create it, or start the program that does.
 * - `MMF_STATUS_ACCESS_DENIED`: it belongs to somebody who does not let you, or not for this
 *   access, or who is not trusted (`trusted_owner`).
 * - `MMF_STATUS_NOT_A_MAP`: something else stands in the name's place.
 * - `MMF_STATUS_FILE_REPLACED`: the path of this named file map leads to another file by now.
 * - `MMF_STATUS_ORPHANED`: another program removed what the name led to.
 * - `MMF_STATUS_BUSY`: others decide about this name; try again.
 * - `MMF_STATUS_IO`: `MMF_RIGHTS_ACCESS_SYSTEM_SECURITY` was asked for, and maps have no audit
 *   rules here (on Windows: this process lacks the privilege).
 *
 * Memory and lifetimes, threads: as `mmf_map_create_new`.
 */
mmf_status_t mmf_map_open(const char *name,
                          size_t name_length,
                          const mmf_map_options_t *options,
                          mmf_map_t *out_map,
                          mmf_error_t *out_error);

/**
 * Opens a map: `mmf_map_open` with the name in UTF-16.
 */
mmf_status_t mmf_map_open16(const uint16_t *name,
                            size_t name_length,
                            const mmf_map_options_t *options,
                            mmf_map_t *out_map,
                            mmf_error_t *out_error);

/**
 * Maps a file, and gives the map a name if there is one.
 *
 * Parameters:
 * - path, path_length: the file's path in UTF-8.
 * - file_mode: how the file is opened: an `MMF_FILE_MODE_` number.
 * - name, name_length: a name for the map in UTF-8; NULL: none.
 * - capacity: how many bytes; 0: as many as the file has. A file that is shorter grows.
 * - options: how (access, inheritability), or NULL for the defaults. A file map has the
 *   permissions of its file.
 * - out_map: the handle.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is there.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no path.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the path or the name is empty or cannot be one; the access is
 *   for writing alone; the file mode cannot be used for a map; the file is empty and no capacity was given;
 *   the file cannot grow with this access.
 * - `MMF_STATUS_OUT_OF_RANGE`: the capacity is negative or below the file's length, or an option
 *   is a number that makes no sense.
 * - `MMF_STATUS_NOT_FOUND`, `MMF_STATUS_DIRECTORY_NOT_FOUND`: check the path.
 * - `MMF_STATUS_ALREADY_EXISTS`: the file must be new and is not, or a map of this name lives.
 * - `MMF_STATUS_ACCESS_DENIED`: the file cannot be opened for this access, or is a folder.
 * - `MMF_STATUS_SHARING_VIOLATION`: another program shuts others out.
 * - `MMF_STATUS_NO_SPACE`: the disk is full.
 * - `MMF_STATUS_NOT_A_FILE`: the path leads to a FIFO, a device or a socket.
 * - `MMF_STATUS_FILE_MAPPED`: the file is the memory of a map that lives, and would change its size
 *   (on Windows: the file is mapped, and would be emptied).
 * - `MMF_STATUS_NOT_SUPPORTED`: an option that file maps do not have.
 *
 * A call that fails leaves the file as it was, and removes one that it created. While a file is
 * mapped nobody gets it to himself (on Unix: it is locked shared with `flock`, as .NET does).
 *
 * Memory and lifetimes, threads: as `mmf_map_create_new`.
 */
mmf_status_t mmf_map_create_from_file(const char *path,
                                      size_t path_length,
                                      int32_t file_mode,
                                      const char *name,
                                      size_t name_length,
                                      int64_t capacity,
                                      const mmf_map_options_t *options,
                                      mmf_map_t *out_map,
                                      mmf_error_t *out_error);

/**
 * Maps a file: `mmf_map_create_from_file` with path and name in UTF-16.
 */
mmf_status_t mmf_map_create_from_file16(const uint16_t *path,
                                        size_t path_length,
                                        int32_t file_mode,
                                        const uint16_t *name,
                                        size_t name_length,
                                        int64_t capacity,
                                        const mmf_map_options_t *options,
                                        mmf_map_t *out_map,
                                        mmf_error_t *out_error);

/**
 * Maps what an open file descriptor (on Windows: the handle of a file) leads to.
 *
 * Parameters:
 * - descriptor: the descriptor, open for reading, and for writing too if the map is to be written.
 * - leave_open: not 0: the caller keeps the descriptor. 0: on success it belongs to the map, which
 *   closes it in the end; on failure the caller still has it.
 * - name, name_length: a name for the map in UTF-8; NULL: none.
 * - capacity, options, out_map, out_error: as `mmf_map_create_from_file`.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is there.
 * - `MMF_STATUS_INVALID_HANDLE`: the descriptor is not open.
 * - `MMF_STATUS_ACCESS_DENIED`: the descriptor is not open for what the access needs.
 * - `MMF_STATUS_NOT_A_FILE`: the descriptor leads to a directory, a FIFO, a device or a socket.
 * - Others as `mmf_map_create_from_file`.
 *
 * Memory and lifetimes: as `mmf_map_create_new`. The map works on an opening of its own where the
 * system allows one, so the caller may close a descriptor that it kept at once.
 *
 * Threads: any; but nobody may close the descriptor during the call.
 */
mmf_status_t mmf_map_create_from_descriptor(intptr_t descriptor,
                                            int32_t leave_open,
                                            const char *name,
                                            size_t name_length,
                                            int64_t capacity,
                                            const mmf_map_options_t *options,
                                            mmf_map_t *out_map,
                                            mmf_error_t *out_error);

/**
 * Maps a descriptor: `mmf_map_create_from_descriptor` with the name in UTF-16.
 */
mmf_status_t mmf_map_create_from_descriptor16(intptr_t descriptor,
                                              int32_t leave_open,
                                              const uint16_t *name,
                                              size_t name_length,
                                              int64_t capacity,
                                              const mmf_map_options_t *options,
                                              mmf_map_t *out_map,
                                              mmf_error_t *out_error);

/**
 * Closes a handle. The name is free when the last handle of all processes is closed; views stay
 * valid.
 *
 * Parameters:
 * - map: the handle; all zero is fine and does nothing.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: it is closed.
 * - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
 * - `MMF_STATUS_INVALID_HANDLE`: it is no map handle of this process. Nothing happened.
 *
 * Threads: any. A call that uses the handle on another thread runs to its end, and the map is
 * closed with it. Of two threads that close at once, one gets `MMF_STATUS_CLOSED`.
 */
mmf_status_t mmf_map_close(mmf_map_t map,
                           mmf_error_t *out_error);

/**
 * Gets what a map is and what the handle may do with it.
 *
 * Parameters:
 * - map: the handle.
 * - out_info: what it is; `struct_size` is set before the call.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
 *   library knows.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_info(mmf_map_t map,
                              mmf_map_info_t *out_info,
                              mmf_error_t *out_error);

/**
 * Gets the name that the handle was created or opened by.
 *
 * Parameters:
 * - map: the handle.
 * - out_name: the name; all zero if the map has none.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 *
 * Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_name(mmf_map_t map,
                              mmf_text_t *out_name,
                              mmf_error_t *out_error);

/**
 * Gets the name: `mmf_map_get_name` in UTF-16. Give it back with `mmf_text_free16`.
 */
mmf_status_t mmf_map_get_name16(mmf_map_t map,
                                mmf_text16_t *out_name,
                                mmf_error_t *out_error);

/**
 * Gets the path of a file map. Bytes of it that are not UTF-8 become U+FFFD.
 *
 * Parameters:
 * - map: the handle.
 * - out_path: the path; all zero if the map has no file, or its path is not known.
 * - out_error: what went wrong, or NULL.
 *
 * Returns, memory and lifetimes, threads: as `mmf_map_get_name`.
 */
mmf_status_t mmf_map_get_path(mmf_map_t map,
                              mmf_text_t *out_path,
                              mmf_error_t *out_error);

/**
 * Gets the path: `mmf_map_get_path` in UTF-16. Give it back with `mmf_text_free16`.
 */
mmf_status_t mmf_map_get_path16(mmf_map_t map,
                                mmf_text16_t *out_path,
                                mmf_error_t *out_error);

/**
 * Gets a new descriptor (on Windows: a handle of the section) of the same memory, for calling
 * `mmap` oneself.
 *
 * Parameters:
 * - map: the handle.
 * - out_descriptor: the descriptor; programs that this process starts do not get it.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: the system has none for this map.
 * - `MMF_STATUS_IO`: too many are open.
 *
 * Memory and lifetimes: the descriptor belongs to the caller, who closes it. It does not hold the
 * name (on Windows every handle does).
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_duplicate_descriptor(mmf_map_t map,
                                          intptr_t *out_descriptor,
                                          mmf_error_t *out_error);

/**
 * Sets whether programs that this process starts get the handle, and hold the map with it.
 *
 * Parameters:
 * - map: the handle.
 * - inheritability: an `MMF_INHERITABILITY_` number.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_OUT_OF_RANGE`: there is no such number.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_set_inheritable(mmf_map_t map,
                                     int32_t inheritability,
                                     mmf_error_t *out_error);

/**
 * Gets who may use the map.
 *
 * Parameters:
 * - map: the handle.
 * - out_permissions: mode and owner; -1 where the operating system has none. `struct_size` is set
 *   before the call.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
 *   library knows.
 * - `MMF_STATUS_NOT_SUPPORTED`: this map has no permissions.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to read them (on Windows).
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_permissions(mmf_map_t map,
                                     mmf_permissions_t *out_permissions,
                                     mmf_error_t *out_error);

/**
 * Changes who may use the map.
 *
 * Parameters:
 * - map: the handle.
 * - permissions: mode and owner; what is -1 stays.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: a number that makes no sense.
 * - `MMF_STATUS_INVALID_ARGUMENT`: a mode that cannot be used for a map, or a wrong `struct_size`.
 * - `MMF_STATUS_NOT_SUPPORTED`: maps have no mode and owner here.
 * - `MMF_STATUS_ACCESS_DENIED`: only the owner may, and only the administrator gives it away.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_set_permissions(mmf_map_t map,
                                     const mmf_permissions_t *permissions,
                                     mmf_error_t *out_error);

/**
 * Gets the map's security descriptor in SDDL (on Windows).
 *
 * Parameters:
 * - map: the handle.
 * - out_sddl: the security descriptor; all zero where the operating system has none.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_map_get_permissions`.
 *
 * Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_sddl(mmf_map_t map,
                              mmf_text_t *out_sddl,
                              mmf_error_t *out_error);

/**
 * Gets the security descriptor: `mmf_map_get_sddl` in UTF-16. Give it back with
 * `mmf_text_free16`.
 */
mmf_status_t mmf_map_get_sddl16(mmf_map_t map,
                                mmf_text16_t *out_sddl,
                                mmf_error_t *out_error);

/**
 * Changes the map's security descriptor (on Windows).
 *
 * Parameters:
 * - map: the handle.
 * - sddl, sddl_length: the security descriptor in SDDL, UTF-8.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: it is no SDDL.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system has none; use `mmf_map_set_permissions`.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to change it.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_set_sddl(mmf_map_t map,
                              const char *sddl,
                              size_t sddl_length,
                              mmf_error_t *out_error);

/**
 * Changes the security descriptor: `mmf_map_set_sddl` with UTF-16.
 */
mmf_status_t mmf_map_set_sddl16(mmf_map_t map,
                                const uint16_t *sddl,
                                size_t sddl_length,
                                mmf_error_t *out_error);

/**
 * Reads bytes at an offset. No lock is taken.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - buffer: where the bytes go; may be NULL if size is 0.
 * - size: how many bytes; all of them are read, or the call fails.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the buffer is filled.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: the offset is negative, or at or behind the end.
 * - `MMF_STATUS_INVALID_ARGUMENT`: offset and size together reach beyond the end; read less.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not read.
 * - `MMF_STATUS_TRUNCATED`: the file shrank under the map. The buffer may have changed.
 * - `MMF_STATUS_IO`: the operating system failed; see os_code. The buffer may have changed.
 *
 * Threads: any, at any time. What others write meanwhile may be seen in part.
 */
mmf_status_t mmf_map_read(mmf_map_t map,
                          int64_t offset,
                          void *buffer,
                          size_t size,
                          mmf_error_t *out_error);

/**
 * Writes bytes at an offset. No lock is taken.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - data: the bytes; may be NULL if size is 0.
 * - size: how many bytes; all of them are written, or the call fails.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the bytes are in the map, and all processes see them.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only.
 * - `MMF_STATUS_NO_SPACE`: memory or disk of a map with delayed pages is full, or this process may
 *   not write so far into a file. The map is unchanged.
 * - `MMF_STATUS_BUSY`: a process that is changing the content is stopped in the middle; try again.
 * - Others as `mmf_map_read`, for writing.
 *
 * Threads: any, at any time. Who reads meanwhile may see a part.
 */
mmf_status_t mmf_map_write(mmf_map_t map,
                           int64_t offset,
                           const void *data,
                           size_t size,
                           mmf_error_t *out_error);

/**
 * Fills bytes with one value. No lock is taken.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - count: how many bytes, 0 or more.
 * - value: what they become.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_map_write`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_fill(mmf_map_t map,
                          int64_t offset,
                          int64_t count,
                          uint8_t value,
                          mmf_error_t *out_error);

/**
 * Brings what was written to the disk, for a file map. For memory there is nothing to do.
 *
 * Parameters:
 * - map: the handle.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: what was written before the call has reached the disk.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NO_SPACE`, `MMF_STATUS_IO`: the disk failed; the bytes may be lost.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_flush(mmf_map_t map,
                           mmf_error_t *out_error);

/**
 * Saves a map, its content or its text to a file: written aside, brought to the disk and put in the
 * target's place in one step, so that a crash leaves the old file or the new one. A link is
 * followed. A file that exists keeps its permission bits, and its owner where that is allowed; setuid,
 * setgid and sticky bits are not kept. The content lock is not held while the disk is waited for.
 *
 * Parameters:
 * - map: the handle.
 * - path, path_length: the file's path in UTF-8.
 * - options: what and how, or NULL for the defaults: the whole map, over an existing file.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the file is there.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the path is empty, or that of the map's own file.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
 * - `MMF_STATUS_ALREADY_EXISTS`: the file exists and is to be kept.
 * - `MMF_STATUS_DIRECTORY_NOT_FOUND`: create the folder first.
 * - `MMF_STATUS_NOT_A_FILE`: the path leads to a FIFO, a device or a socket. None is opened.
 * - `MMF_STATUS_ACCESS_DENIED`: the file cannot be written (set `force` if it is only marked
 *   read-only), it is the memory of a map that lives, or the handle may not read.
 * - `MMF_STATUS_SHARING_VIOLATION`: another program has the file to itself.
 * - `MMF_STATUS_NO_SPACE`: the disk is full; the old file stands.
 * - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_save(mmf_map_t map,
                          const char *path,
                          size_t path_length,
                          const mmf_save_options_t *options,
                          mmf_error_t *out_error);

/**
 * Saves to a file: `mmf_map_save` with the path in UTF-16.
 */
mmf_status_t mmf_map_save16(mmf_map_t map,
                            const uint16_t *path,
                            size_t path_length,
                            const mmf_save_options_t *options,
                            mmf_error_t *out_error);

/**
 * Replaces the content of a map by a text. Nothing of the old one is left. The content lock is
 * taken for it, unless the options bring one.
 *
 * Parameters:
 * - map: the handle.
 * - text, text_length: the text in UTF-8; empty: the content becomes empty.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the text is the content now.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
 *   in the options).
 * - `MMF_STATUS_INVALID_TEXT`: the text is not valid UTF-8.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the options have another version's size, or the lock is that of
 *   another map or for reading only.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
 * - `MMF_STATUS_TOO_LONG`: the text does not fit; the sentence says how many bytes it needs.
 *   The old content stands.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not write; open the map with more rights.
 * - `MMF_STATUS_READ_ONLY_MAP`: nobody may.
 * - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time. Nothing happened.
 * - `MMF_STATUS_NO_SPACE`: the map's memory is reserved only when it is used, and there is not
 *   enough; or this process has not enough memory, or may not write so far into a file. The old
 *   content stands.
 * - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
 *
 * A process that is killed in the middle leaves a beginning of the old content or of the new one,
 * never a mixture.
 *
 * Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
 */
mmf_status_t mmf_text_replace(mmf_map_t map,
                              const char *text,
                              size_t text_length,
                              const mmf_text_options_t *options,
                              mmf_error_t *out_error);

/**
 * Replaces the content: `mmf_text_replace` with the text in UTF-16. What is stored is the same.
 */
mmf_status_t mmf_text_replace16(mmf_map_t map,
                                const uint16_t *text,
                                size_t text_length,
                                const mmf_text_options_t *options,
                                mmf_error_t *out_error);

/**
 * Appends a text behind the content, with the separator between if there is content. Text in a
 * map that begins with a byte order mark goes on in that mark's encoding. The content lock is
 * taken for it, unless the options bring one.
 *
 * It never overwrites a byte, and it stands behind whatever was written through this library by any
 * handle. Bytes that a program stores far behind the content through a view can be missed. A process
 * that is killed in the middle leaves the old content and perhaps a beginning of the text.
 *
 * Parameters:
 * - map: the handle.
 * - text, text_length: the text in UTF-8.
 * - options: separator, encoding, timeout and lock, or NULL for the defaults.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_replace`; `MMF_STATUS_OK`: the text stands behind the content.
 *
 * Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
 */
mmf_status_t mmf_text_append(mmf_map_t map,
                             const char *text,
                             size_t text_length,
                             const mmf_text_options_t *options,
                             mmf_error_t *out_error);

/**
 * Appends a text: `mmf_text_append` with the text in UTF-16. What is stored is the same.
 */
mmf_status_t mmf_text_append16(mmf_map_t map,
                               const uint16_t *text,
                               size_t text_length,
                               const mmf_text_options_t *options,
                               mmf_error_t *out_error);

/**
 * Gets the content of a map as text: without any NUL, decoded by its byte order mark or as the
 * options say; what is not valid becomes U+FFFD. The content lock is taken for it, unless the
 * options bring one.
 *
 * Parameters:
 * - map: the handle.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - out_text: the text; length 0 if the map has no content.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
 *   in the options).
 * - `MMF_STATUS_INVALID_ARGUMENT`: the options have another version's size, or the lock is that of
 *   another map.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not read; open the map with more rights.
 * - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
 * - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
 * - `MMF_STATUS_NO_SPACE`: the content is larger than the memory that this process can have.
 *
 * Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
 *
 * Threads: any, at any time; so may any number of processes.
 */
mmf_status_t mmf_text_read(mmf_map_t map,
                           const mmf_text_options_t *options,
                           mmf_text_t *out_text,
                           mmf_error_t *out_error);

/**
 * Gets the content as text: `mmf_text_read` in UTF-16. Give it back with `mmf_text_free16`.
 */
mmf_status_t mmf_text_read16(mmf_map_t map,
                             const mmf_text_options_t *options,
                             mmf_text16_t *out_text,
                             mmf_error_t *out_error);

/**
 * Gets the content as text: `mmf_text_read` in UTF-16, into memory of the caller, for languages
 * whose strings have memory of their own.
 *
 * Parameters:
 * - map: the handle.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - buffer, capacity: where the text goes, and how many code units there is room for; buffer may be
 *   NULL if capacity is 0. No NUL is written behind the text.
 * - out_length: how many code units the text has. More than capacity: how many it can have at most;
 *   then nothing of use is in the buffer: make room for so many, and call again.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_read`; `MMF_STATUS_INVALID_ARGUMENT` also if the buffer is not aligned.
 *
 * Threads: any, at any time; so may any number of processes. The content can change between two
 * calls, unless the options bring a lock.
 */
mmf_status_t mmf_text_read_into16(mmf_map_t map,
                                  const mmf_text_options_t *options,
                                  uint16_t *buffer,
                                  size_t capacity,
                                  size_t *out_length,
                                  mmf_error_t *out_error);

/**
 * Replaces the content of a map by bytes as they are. Nothing of the old content is left. The
 * content lock is taken for it, unless the options bring one.
 *
 * Parameters:
 * - map: the handle.
 * - data, size: the bytes; data may be NULL if size is 0. NULs at the end do not count as content.
 * - options: timeout and lock, or NULL for the defaults; the rest has no effect.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_replace`.
 *
 * Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
 */
mmf_status_t mmf_content_replace(mmf_map_t map,
                                 const void *data,
                                 size_t size,
                                 const mmf_text_options_t *options,
                                 mmf_error_t *out_error);

/**
 * Appends bytes as they are behind the content, with the separator between if there is content. The
 * content lock is taken for it, unless the options bring one.
 *
 * Parameters:
 * - map: the handle.
 * - data, size: the bytes; data may be NULL if size is 0.
 * - options: separator, timeout and lock, or NULL for the defaults; the rest has no effect. The
 *   separator is written as it is, too, and need not be UTF-8.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_replace`.
 *
 * Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
 */
mmf_status_t mmf_content_append(mmf_map_t map,
                                const void *data,
                                size_t size,
                                const mmf_text_options_t *options,
                                mmf_error_t *out_error);

/**
 * Gets the content of a map as bytes, NULs inside and all, up to its end. The content lock is
 * taken for it, unless the options bring one.
 *
 * Parameters:
 * - map: the handle.
 * - options: timeout and lock, or NULL for the defaults; the rest has no effect.
 * - out_bytes: the bytes; length 0 if the map has no content.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_read`.
 *
 * Memory and lifetimes: the bytes belong to the caller; give them back with `mmf_bytes_free`.
 *
 * Threads: any, at any time; so may any number of processes.
 */
mmf_status_t mmf_content_read(mmf_map_t map,
                              const mmf_text_options_t *options,
                              mmf_bytes_t *out_bytes,
                              mmf_error_t *out_error);

/**
 * Gets how many bytes the content has, NULs inside counted.
 *
 * Parameters:
 * - map: the handle.
 * - options: timeout and lock, or NULL for the defaults; the rest has no effect.
 * - out_length: the number of bytes.
 * - out_error: what went wrong, or NULL.
 *
 * Returns: as `mmf_text_read`.
 *
 * Threads: any, at any time; so may any number of processes.
 */
mmf_status_t mmf_content_get_length(mmf_map_t map,
                                    const mmf_text_options_t *options,
                                    int64_t *out_length,
                                    mmf_error_t *out_error);

/**
 * Takes the content lock of a map, for more than one step: while it is held for changing, nobody
 * else reads or changes the content through the functions that take the lock, in any process.
 * Hand it to those functions in their options, or they wait for it themselves.
 *
 * Parameters:
 * - map: the handle.
 * - mode: an `MMF_LOCK_` number.
 * - timeout_ms: how many milliseconds to wait; 0: one try; -1: for ever.
 * - out_lock: the lock.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the lock is held.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: mode or time is a number that makes no sense.
 * - `MMF_STATUS_TIMEOUT`: others hold it; try again, or wait longer.
 * - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system forbids it.
 *
 * Memory and lifetimes: end it with `mmf_lock_release`. It works on when the map's handle is
 * closed. The operating system frees it when the process dies; a forked child does not have it.
 *
 * Threads: any, at any time. The lock belongs to the process: any thread of it may use and
 * release it.
 */
mmf_status_t mmf_lock_take(mmf_map_t map,
                           int32_t mode,
                           int64_t timeout_ms,
                           mmf_lock_t *out_lock,
                           mmf_error_t *out_error);

/**
 * Releases a content lock.
 *
 * Parameters:
 * - lock: the lock; all zero is fine and does nothing.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: it is free.
 * - `MMF_STATUS_CLOSED`: it was released before. Nothing happened.
 * - `MMF_STATUS_INVALID_HANDLE`: it is no lock of this process. Nothing happened.
 *
 * Threads: any. A call that works under the lock on another thread runs to its end, and the lock
 * is free with it.
 */
mmf_status_t mmf_lock_release(mmf_lock_t lock,
                              mmf_error_t *out_error);

/**
 * Makes a view: any offset (nothing has to be aligned), any size, any number, overlapping too,
 * each with its own access, which the processor enforces.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where the view begins in the map, 0 or more.
 * - size: how many bytes; 0: up to the end of the map.
 * - access: an `MMF_ACCESS_` number.
 * - out_view: the view; ask `mmf_view_get_info` for its memory.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: offset or size is negative, the offset lies behind the end, or there
 *   is no such access.
 * - `MMF_STATUS_TOO_LARGE`: more than a process can address.
 * - `MMF_STATUS_ACCESS_DENIED`: offset and size together reach beyond the end, or the handle has
 *   not the rights for this access.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; nobody may write it.
 * - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
 *
 * Memory and lifetimes: end it with `mmf_view_close`. It stays valid when the map's handle is
 * closed, but does not keep the name alive. If a mapped file is cut short by somebody, touching
 * what is gone ends the process; `mmf_map_read` answers with an error instead.
 *
 * Threads: any, at any time. Other threads and processes change the memory at any time; use
 * atomics or the content lock.
 */
mmf_status_t mmf_view_create(mmf_map_t map,
                             int64_t offset,
                             int64_t size,
                             int32_t access,
                             mmf_view_t *out_view,
                             mmf_error_t *out_error);

/**
 * Gets where a view is and what it is for.
 *
 * Parameters:
 * - view: the view.
 * - out_info: its memory; `struct_size` is set before the call.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
 *   library knows.
 *
 * Memory and lifetimes: the pointer is valid until the view is closed.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_view_get_info(mmf_view_t view,
                               mmf_view_info_t *out_info,
                               mmf_error_t *out_error);

/**
 * Brings what was written through a view to the disk, for a file map. For memory there is nothing
 * to do. Any access is fine.
 *
 * Parameters:
 * - view: the view.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: what was written before the call has reached the disk.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_IO`: the disk failed; the bytes may be lost.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_view_flush(mmf_view_t view,
                            mmf_error_t *out_error);

/**
 * Closes a view. Its memory is gone when the call returns.
 *
 * Parameters:
 * - view: the view; all zero is fine and does nothing.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: it is closed.
 * - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
 * - `MMF_STATUS_INVALID_HANDLE`: it is no view of this process. Nothing happened.
 *
 * Threads: any; but no thread may touch the memory any more.
 */
mmf_status_t mmf_view_close(mmf_view_t view,
                            mmf_error_t *out_error);

/**
 * Starts to watch a map for changes.
 *
 * From this moment on every write through this library counts, by any process, this one included:
 * replacing, appending, writing, filling. So create the watch, look at the map, wait, look again:
 * nothing is missed. Stores through a view are seen by nobody; `mmf_map_notify` tells of them.
 *
 * On Windows a watch of a file is told what the processes of its session write, and a watch of an
 * anonymous map what is written through the same handle.
 *
 * Parameters:
 * - map: the handle; any access will do.
 * - out_watch: the watch.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not tell of changes. On Windows: another
 *   program created the map, and this process may not create what tells of its changes. On macOS and
 *   other Unix systems (not on Linux): another program or another user made the map, and it is no file.
 *   The sentence says why.
 * - `MMF_STATUS_ACCESS_DENIED`: this process may not read the map's memory or file now. (On Linux a
 *   watch that exists goes on after a `setuid`.)
 * - `MMF_STATUS_IO`: a limit of the operating system was reached; the sentence names it. On Linux all
 *   watches of a process together take one of the user's inotify instances.
 *
 * Memory and lifetimes: end it with `mmf_watch_close`. It holds the map, also when the map's handle is
 * closed. Programs that this process starts do not get it. A forked child may use it; its first wait
 * ends with `MMF_WATCH_EVENT_CHANGED`, and from then on it is told by itself.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_watch_create(mmf_map_t map,
                              mmf_watch_t *out_watch,
                              mmf_error_t *out_error);

/**
 * Waits until there is something to tell of a map. What happened before the call counts, if no earlier
 * wait told it.
 *
 * Parameters:
 * - watch: the watch.
 * - timeout_ms: how many milliseconds to wait; 0: only ask; -1: for ever.
 * - out_event: an `MMF_WATCH_EVENT_` number. That the time is over is an event, not an error.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the event says why the wait ended.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: the time is negative and not -1.
 * - `MMF_STATUS_ACCESS_DENIED`: the operating system ended the watch, and this process may not make it
 *   anew.
 * - `MMF_STATUS_IO`: the operating system cannot wait.
 *
 * Several changes may be told once, and a wait may end although nothing is new. A text operation may
 * write in several steps and wake a watcher after the first one: the text functions wait for its end;
 * before reading otherwise, take the content lock.
 *
 * Orphaned, truncated and alone are told once each time that it comes to be so; on Linux at once,
 * elsewhere at the next wake-up, where the operating system lets us see it.
 *
 * Threads: any, several at once, too. A change ends one wait of a watch; where several threads want
 * to know of each change, each needs a watch of its own.
 */
mmf_status_t mmf_watch_wait(mmf_watch_t watch,
                            int64_t timeout_ms,
                            int32_t *out_event,
                            mmf_error_t *out_error);

/**
 * Gets what `poll`, `select`, `epoll`, kqueue and on Windows `WaitForMultipleObjects` can wait for.
 * When it is ready, call `mmf_watch_wait` with the time 0, which says what happened; it may turn out
 * that nothing did.
 *
 * Parameters:
 * - watch: the watch.
 * - out_descriptor: the descriptor (on Windows: the handle of an event).
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_IO`: in a forked child, where it is made anew.
 *
 * Memory and lifetimes: it belongs to the library and is valid until the watch is closed; on Windows
 * until the next `mmf_watch_wait`, after which it is fetched again. Do nothing with it but wait. A
 * forked child fetches it again.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_watch_get_descriptor(mmf_watch_t watch,
                                      intptr_t *out_descriptor,
                                      mmf_error_t *out_error);

/**
 * Closes a watch. Threads that wait on it return with `MMF_WATCH_EVENT_CLOSED`.
 *
 * Parameters:
 * - watch: the watch; all zero is fine and does nothing.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: it is closed.
 * - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
 * - `MMF_STATUS_INVALID_HANDLE`: it is no watch of this process. Nothing happened.
 *
 * Threads: any; but no thread may wait for the descriptor any more.
 */
mmf_status_t mmf_watch_close(mmf_watch_t watch,
                             mmf_error_t *out_error);

/**
 * Tells everybody who watches a map that it was changed. For stores through a view, which nobody
 * sees; the library's own functions tell by themselves. Call it after the last store.
 *
 * Parameters:
 * - map: the handle, which may write.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not tell of changes.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to write.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; nobody may write it.
 * - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
 * - `MMF_STATUS_IO`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_notify(mmf_map_t map,
                            mmf_error_t *out_error);

/**
 * Gets the named maps that live, ours and foreign ones, ordered by name. Looking also gives back
 * the memory of maps whose holders were killed.
 *
 * A name is given as it is, since that opens the map. Anybody may have chosen it: it can hold quotes,
 * line breaks and control characters, so escape it before it is shown or becomes part of a command.
 *
 * Parameters:
 * - out_list: the maps. They may be gone by the time you open them.
 * - out_error: what went wrong, or NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`: out_list is NULL.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot tell.
 * - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: it does not let us look.
 *
 * Memory and lifetimes: the list and all texts in it belong to the caller; give them back with
 * `mmf_list_free`, at once and nothing of it alone.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_list_get(mmf_list_t *out_list,
                          mmf_error_t *out_error);

/**
 * Gets the named maps that live: `mmf_list_get` in UTF-16. Give it back with `mmf_list_free16`.
 */
mmf_status_t mmf_list_get16(mmf_list16_t *out_list,
                            mmf_error_t *out_error);

/**
 * Gives a list and all texts in it back to the library.
 *
 * Parameters:
 * - list: what `mmf_list_get` filled, unchanged; all zero is fine and does nothing.
 *
 * Memory and lifetimes: the memory is gone when the call returns. Must not be called twice with
 * the same list: nothing could tell.
 *
 * Threads: any, for different lists at the same time.
 */
void mmf_list_free(mmf_list_t list);

/**
 * Gives a list back: `mmf_list_free` for one in UTF-16.
 */
void mmf_list_free16(mmf_list16_t list);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MMF_H */
