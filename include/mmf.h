/* Written by build.rs from src/ffi. Do not edit: change the comments and signatures there. */

/**
 * @file mmf.h
 * Memory-mapped files with one meaning everywhere: Windows, Linux and macOS.
 *
 * A map is memory that processes share by name, or the bytes of a file. A named map exists as long
 * as any process holds a handle to it; it is gone when the last of them closes it, ends or is
 * killed. Its bytes begin at offset 0 and carry no header, so programs that do not use this library
 * see the same bytes.
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
 * These rules apply to every function; the comments of the functions do not repeat them.
 *
 * Results. Every function returns a status: `MMF_STATUS_OK` (0) or the reason of the failure. Only
 * functions that free memory return nothing. Outputs come last, have names that begin with `out_`,
 * and are written only on success. Their old values are not read, except the size of a structure. A
 * function that fails has no effect, unless its comment says otherwise. `out_error` is written only
 * on failure. It contains the status, the code of the operating system and a message that says what
 * to do, so there is no "last error" to query. `out_error` may be NULL; the other outputs may not.
 *
 * Handles. `mmf_map_t`, `mmf_view_t`, `mmf_lock_t` and `mmf_watch_t` are numbers, passed by value.
 * The library distinguishes a closed handle from one that it did not issue or that is of another
 * kind, even when two threads close a handle at once. Closing a handle that is all zero does
 * nothing. If several things are wrong, invalid arguments are reported first, then an invalid
 * handle, then failures of the operation. Arguments are checked in .NET's order: name, capacity,
 * access, options, inheritability, features that the platform lacks.
 *
 * Text input is a pointer and a length: UTF-8 bytes, or UTF-16 code units in functions and types
 * whose names end in 16. The length `MMF_NUL_TERMINATED` means "up to the NUL". NULL with the
 * length 0 or `MMF_NUL_TERMINATED` means "no text", if the function allows that; text to be written
 * may be NULL with the length 0. Invalid UTF-8 or UTF-16 is `MMF_STATUS_INVALID_TEXT`. A pointer to
 * UTF-16 must be aligned to 2 bytes.
 *
 * Text and bytes that a function returns belong to the caller. Free them with `mmf_text_free` and
 * the related functions, not with free(). They end with a NUL, which the length does not include.
 *
 * Sizes and offsets are signed, as in .NET, so that negative ones can be refused. Times are in
 * milliseconds; -1 means no limit.
 *
 * Structures that may grow begin with their size, `struct_size`. Their `MMF_..._INIT` macro sets it
 * together with the defaults; NULL instead of options means the defaults. Later versions may add
 * fields at the end, with the default zero. So a program that was compiled with an older header
 * works with a newer library: fields that its structure lacks have their defaults, and are not
 * written. A program that was compiled with a newer header works with an older library, as long as
 * the fields that the library does not know are zero. Otherwise the call returns
 * `MMF_STATUS_INVALID_ARGUMENT`, as for a size that no version has.
 *
 * Pointers that are not NULL must point to memory that can be read or written as the parameter
 * requires, and that does not change during the call. NULL for a required pointer is
 * `MMF_STATUS_NULL_ARGUMENT`.
 *
 * Threads. Every function may be called on any thread at any time, even with the same handles. Do
 * not call them in a signal handler, or in the forked child of a process with several threads
 * before exec.
 *
 * Trust. On Unix another user can take a name first, so a map is opened only if it belongs to the
 * process's own user, to root, or to a user whom `trusted_owner` in the options names. On Windows
 * the access control list of the map decides.
 *
 * A process that exits normally closes its handles. When a process is killed, it stops holding its
 * maps at once.
 *
 * A fault of the library does not end the program: the function returns `MMF_STATUS_INTERNAL`.
 */


#ifndef MMF_H
#define MMF_H

#include <stddef.h>
#include <stdint.h>

/** The version of this header. `mmf_version_get` returns the version of the library. */
#define MMF_VERSION "2.0.0"
/** The major version. Programs are not compatible with another one. */
#define MMF_VERSION_MAJOR 2
/** The minor version. A greater one adds functions. */
#define MMF_VERSION_MINOR 0
/** The patch version. */
#define MMF_VERSION_PATCH 0

/** The length that means "up to the NUL". */
#define MMF_NUL_TERMINATED SIZE_MAX

/** The time that means "no limit". */
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

/** `mmf_permissions_t permissions = MMF_PERMISSIONS_INIT;`: no field is set. */
#define MMF_PERMISSIONS_INIT {sizeof(mmf_permissions_t), -1, -1, -1}

/** `mmf_map_info_t info = MMF_MAP_INFO_INIT;`: for the result of `mmf_map_get_info`. */
#define MMF_MAP_INFO_INIT {sizeof(mmf_map_info_t), 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** `mmf_view_info_t info = MMF_VIEW_INFO_INIT;`: for the result of `mmf_view_get_info`. */
#define MMF_VIEW_INFO_INIT {sizeof(mmf_view_info_t), 0, NULL, 0, 0}

/** The entry of an `mmf_list_t` at an index, as a pointer to an `mmf_list_entry_t`. */
#define MMF_LIST_ENTRY(list, index)                                                                \
    ((mmf_list_entry_t *)(void *)((char *)(list).entries + (index) * (list).stride))

/** The entry of an `mmf_list16_t` at an index, as a pointer to an `mmf_list_entry16_t`. */
#define MMF_LIST_ENTRY16(list, index)                                                              \
    ((mmf_list_entry16_t *)(void *)((char *)(list).entries + (index) * (list).stride))


/**
 * The result of a function. Numbers are never changed or reused. A later version may add numbers,
 * so treat an unknown one as a failure.
 */
enum mmf_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Success. Every other number is a failure.
     */
    MMF_STATUS_OK = 0,
    /**
     * An argument is invalid. The message says which one, and what to pass instead.
     */
    MMF_STATUS_INVALID_ARGUMENT = 1,
    /**
     * A number is outside its range. The message says the limits.
     */
    MMF_STATUS_OUT_OF_RANGE = 2,
    /**
     * A required pointer is NULL.
     */
    MMF_STATUS_NULL_ARGUMENT = 3,
    /**
     * The handle was not issued by this library, or is of another kind.
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
     * A view does not have the required access. (For programs that read and write through views.)
     */
    MMF_STATUS_WRONG_ACCESS = 8,
    /**
     * No process holds a map with this name, or the file does not exist. Wait until another
     * process creates it (`wait_ms`), or create it.
     */
    MMF_STATUS_NOT_FOUND = 20,
    /**
     * A directory of the path does not exist. Create it first.
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
     * The map was created read-only and stays read-only for every process.
     */
    MMF_STATUS_READ_ONLY_MAP = 25,
    /**
     * Another program has opened the file exclusively. Try again later.
     */
    MMF_STATUS_SHARING_VIOLATION = 26,
    /**
     * Other processes kept creating or removing this name for too long. Try again.
     */
    MMF_STATUS_BUSY = 27,
    /**
     * The time for waiting is over.
     */
    MMF_STATUS_TIMEOUT = 28,
    /**
     * The name refers to something that is not a map: a link, a FIFO or a directory. Remove it, or
     * choose another name.
     */
    MMF_STATUS_NOT_A_MAP = 29,
    /**
     * The path of a named file map now refers to another file. Close the map, and map the file
     * again.
     */
    MMF_STATUS_FILE_REPLACED = 30,
    /**
     * Another program removed the map's name. Its memory stays valid for all processes that hold
     * it.
     */
    MMF_STATUS_ORPHANED = 31,
    /**
     * The path or the descriptor refers to something that is not a regular file: a FIFO, a device
     * or a socket. Pass the path of a file.
     */
    MMF_STATUS_NOT_A_FILE = 32,
    /**
     * There is not enough memory or disk space. Nothing was left behind.
     */
    MMF_STATUS_NO_SPACE = 40,
    /**
     * The text or the bytes do not fit into the map. Its content is unchanged.
     */
    MMF_STATUS_TOO_LONG = 41,
    /**
     * More than the address space or the operating system can hold.
     */
    MMF_STATUS_TOO_LARGE = 42,
    /**
     * The file became shorter than the map. Close the map.
     */
    MMF_STATUS_TRUNCATED = 43,
    /**
     * The file cannot change while it is mapped.
     */
    MMF_STATUS_FILE_MAPPED = 44,
    /**
     * The operating system reported an error that has no status of its own; see `os_code`.
     */
    MMF_STATUS_IO = 60,
    /**
     * A fault of this library. Please report the message.
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
 * The access to a map or a view. The numbers are those of .NET's `MemoryMappedFileAccess`.
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
     * Reading only. A named map that is created with this access can never be written by any
     * process.
     */
    MMF_ACCESS_READ = 1,
    /**
     * Writing only: for views, and for opening a map. A map cannot be created with this access.
     */
    MMF_ACCESS_WRITE = 2,
    /**
     * Reading, and writing into a private copy that no other process sees.
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
 * The rights of a handle, as bits that can be combined. The numbers are those of .NET's
 * `MemoryMappedFileRights`.
 */
enum mmf_rights_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In options: the rights that the access implies.
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
     * Deleting. This right and the following ones have an effect only on Windows.
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
 * When the memory of a map is allocated. The numbers are those of .NET's
 * `MemoryMappedFileOptions`.
 */
enum mmf_allocation_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * When the map is created. Too little memory is an error then, and not a crash later.
     */
    MMF_ALLOCATION_NOW = 0,
    /**
     * When it is first touched. If no memory is left then, the operating system ends the process.
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
 * Whether programs that this process starts inherit the handle, and so hold the map. The numbers
 * are those of .NET's `HandleInheritability`.
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
 * The users whose maps are opened on Unix, where another user can take a name first. Any other
 * number is the uid of one more trusted user.
 */
enum mmf_trusted_owner_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Your own user (the effective one) and root, whose uid this is.
     */
    MMF_TRUSTED_OWNER_SELF_AND_ROOT = 0,
    /**
     * Every user. Then any user may have written the content of the map.
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
 * (Truncate) and 6 (Append) cannot be used for a map and are refused.
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
 * The kind of a map.
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
 * The encoding of text in a map. For reading, it applies if the text has no byte order mark.
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
     * UTF-16, little-endian, with a byte order mark.
     */
    MMF_ENCODING_UTF16LE = 2,
    /**
     * UTF-16, big-endian, with a byte order mark.
     */
    MMF_ENCODING_UTF16BE = 3,
    /**
     * UTF-32, little-endian, with a byte order mark.
     */
    MMF_ENCODING_UTF32LE = 4,
    /**
     * UTF-32, big-endian, with a byte order mark.
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
 * The part of a map that is saved to a file.
 */
enum mmf_save_part_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * All bytes up to the capacity. Bytes that were never written become a hole in the file.
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
 * Whether others can hold the content lock at the same time.
 */
enum mmf_lock_mode_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * For reading: others can read at the same time. (On Windows they cannot.)
     */
    MMF_LOCK_SHARED = 0,
    /**
     * For changing: others cannot read or change the content through functions that take the lock.
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
 * Why a wait ended. A later version may add events; treat an unknown one as a change. Read the map
 * again after every event except the first and the last one of this list.
 */
enum mmf_watch_event_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The time was over, and there was no event.
     */
    MMF_WATCH_EVENT_TIMED_OUT = 0,
    /**
     * Something was written, once or several times.
     */
    MMF_WATCH_EVENT_CHANGED = 1,
    /**
     * The name no longer refers to this map. Processes that hold the map can still use it.
     */
    MMF_WATCH_EVENT_ORPHANED = 2,
    /**
     * Another program made the object or the file shorter than the map.
     */
    MMF_WATCH_EVENT_TRUNCATED = 3,
    /**
     * No other process and no other handle of this process holds the map any longer.
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
 * UTF-8 text that the library returned. It ends with a NUL that `length` does not include, so
 * `data` is a C string (content never contains a NUL). It belongs to the caller; free it with
 * `mmf_text_free`. All zero means "no text".
 */
typedef struct {
    /**
     * The first byte; NULL: no text.
     */
    char *data;
    /**
     * The number of bytes.
     */
    size_t length;
} mmf_text_t;

/**
 * UTF-16 text that the library returned, otherwise like `mmf_text_t`. Free it with
 * `mmf_text_free16`.
 */
typedef struct {
    /**
     * The first code unit; NULL: no text.
     */
    uint16_t *data;
    /**
     * The number of code units.
     */
    size_t length;
} mmf_text16_t;

/**
 * Bytes that the library returned. They belong to the caller; free them with `mmf_bytes_free`. All
 * zero means "no bytes".
 */
typedef struct {
    /**
     * The first byte; NULL: no bytes.
     */
    uint8_t *data;
    /**
     * The number of bytes.
     */
    size_t length;
} mmf_bytes_t;

/**
 * Options for creating or opening a map. Initialize with `MMF_MAP_OPTIONS_INIT`, then change the
 * fields that should differ. NULL instead of the structure means the defaults.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * The access that the map is created or opened with: an `MMF_ACCESS_` number. Default: reading
     * and writing.
     */
    int32_t access;
    /**
     * For `mmf_map_open` only: the rights of the handle, `MMF_RIGHTS_` bits. Default: the rights
     * that `access` implies.
     */
    int32_t rights;
    /**
     * For creating: an `MMF_ALLOCATION_` number. Default: now. Has no effect on file maps.
     */
    int32_t allocation;
    /**
     * An `MMF_INHERITABILITY_` number. Default: none.
     */
    int32_t inheritability;
    /**
     * For creating: Unix permission bits, for example 0660. Default -1: 0600, only the creating
     * user.
     */
    int32_t mode;
    /**
     * For creating: the owning user on Unix. Default -1: the creating user.
     */
    int64_t uid;
    /**
     * For creating: the owning group on Unix. Default -1: the group of the creating process.
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
     * For `mmf_map_open` only: how many milliseconds to wait for a map that does not exist yet or
     * is not ready yet; -1: no limit. Default 0: do not wait.
     */
    int64_t wait_ms;
    /**
     * For `mmf_map_open` and `mmf_map_create_or_open`: the users whose maps are opened on Unix.
     * Default 0: your own user (the effective one) and root. Above 0: also the user with this uid.
     * `MMF_TRUSTED_OWNER_ANYONE`: every user. A named file map is opened only if it belongs to you
     * or to root, even if other users are trusted. Has no effect on Windows, where the access
     * control list of the map decides.
     */
    int64_t trusted_owner;
} mmf_map_options_t;

/**
 * A handle to a map. It holds the map: the name exists as long as any process has a handle. A
 * handle is a number and not a pointer: copies are the same handle, and the library detects a
 * stale one. All zero means "no map".
 */
typedef struct {
    /**
     * A number of the library; 0: none.
     */
    uint64_t id;
} mmf_map_t;

/**
 * The details of a failure. Every function with an `out_error` fills it on failure and leaves it
 * unchanged on success. Pass NULL if you only need the status.
 */
typedef struct {
    /**
     * The status that the function returned: an `MMF_STATUS_` number.
     */
    int32_t status;
    /**
     * The code of the operating system (`errno`, `GetLastError()`); 0: the failure did not come
     * from there.
     */
    int32_t os_code;
    /**
     * The length of the message in bytes, without the NUL at its end.
     */
    uint32_t message_length;
    /**
     * One or more sentences in English that say what was asked, what is wrong and what to do.
     * UTF-8 that ends with a NUL; a message that is too long is cut between two characters.
     */
    char message[1012];
} mmf_error_t;

/**
 * The properties of a map and of a handle to it. Initialize with `MMF_MAP_INFO_INIT`.
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
     * The access that this handle was created or opened with: an `MMF_ACCESS_` number.
     */
    int32_t access;
    /**
     * The rights of this handle: `MMF_RIGHTS_` bits.
     */
    int32_t rights;
    /**
     * 1: programs that this process starts inherit the handle.
     */
    int32_t inheritable;
    /**
     * 1: a program that does not use this library created the map, so this library does not remove
     * it.
     */
    int32_t foreign;
    /**
     * 1: the name no longer refers to this map, because another program removed or replaced it;
     * the memory stays valid. -1: the operating system did not permit the check.
     */
    int32_t orphaned;
    /**
     * 1: the map was created read-only; no process may write it.
     */
    int32_t read_only;
    /**
     * The size of the map in bytes.
     */
    int64_t capacity;
    /**
     * The descriptor (on Windows: the handle of the section) that holds the map. It belongs to the
     * library: do not close it.
     */
    int64_t descriptor;
} mmf_map_info_t;

/**
 * The permissions of a map. Initialize with `MMF_PERMISSIONS_INIT`. A field that is -1 is unknown,
 * or is not changed.
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
 * A content lock that is held. All zero means "no lock".
 */
typedef struct {
    /**
     * A number of the library; 0: none.
     */
    uint64_t id;
} mmf_lock_t;

/**
 * Options for reading and writing text and content. Initialize with `MMF_TEXT_OPTIONS_INIT`, then
 * change the fields that should differ. NULL instead of the structure means the defaults.
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
     * How many milliseconds to wait for the content lock; 0: try once; -1: no limit. Default:
     * 30000.
     */
    int64_t timeout_ms;
    /**
     * A lock that the caller holds on this map. The function then takes none. Default: all zero;
     * the function takes the lock.
     */
    mmf_lock_t lock;
    /**
     * The separator between the content and the appended text: UTF-8 for a text, any bytes for
     * `mmf_content_append`. Default: CR LF. NULL or empty: none.
     */
    const char *separator;
    /**
     * The length of `separator`, or `MMF_NUL_TERMINATED`.
     */
    size_t separator_length;
} mmf_text_options_t;

/**
 * Options for saving a map to a file. Initialize with `MMF_SAVE_OPTIONS_INIT`, then change the
 * fields that should differ. NULL instead of the structure means the defaults.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * The part that is saved: an `MMF_SAVE_` number. Default: the whole map.
     */
    int32_t part;
    /**
     * Not 0: fail if the file exists. Default 0: replace it.
     */
    int32_t keep_existing;
    /**
     * Not 0: replace a read-only file, too. Default 0.
     */
    int32_t force;
    /**
     * For `MMF_SAVE_TEXT`: text that is written after the content, UTF-8. Default NULL: none.
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
 * A view: a part of a map, as memory of this process. All zero means "no view".
 */
typedef struct {
    /**
     * A number of the library; 0: none.
     */
    uint64_t id;
} mmf_view_t;

/**
 * The memory and the access of a view. Initialize with `MMF_VIEW_INFO_INIT`.
 */
typedef struct {
    /**
     * The size of this structure, as the macro sets it.
     */
    uint32_t struct_size;
    /**
     * Its access: an `MMF_ACCESS_` number.
     */
    int32_t access;
    /**
     * The first byte. Valid until the view is closed. Touching memory beyond the size, or in a way
     * that the access does not allow, ends the process.
     */
    void *pointer;
    /**
     * The size of the view in bytes.
     */
    size_t size;
    /**
     * Where the view begins in the map.
     */
    int64_t offset;
} mmf_view_info_t;

/**
 * A watch, which reports changes of a map. All zero means "no watch".
 */
typedef struct {
    /**
     * A number of the library; 0: none.
     */
    uint64_t id;
} mmf_watch_t;

/**
 * The named maps that exist. The list belongs to the caller; free it with `mmf_list_free`.
 */
typedef struct {
    /**
     * The first entry. Use `MMF_LIST_ENTRY` to access each one.
     */
    void *entries;
    /**
     * The number of entries.
     */
    size_t length;
    /**
     * The distance from one entry to the next in bytes: the size of `mmf_list_entry_t` in the
     * loaded library, which may have more fields than this header.
     */
    size_t stride;
} mmf_list_t;

/**
 * The named maps that exist, with their texts in UTF-16. The list belongs to the caller; free it
 * with `mmf_list_free16`.
 */
typedef struct {
    /**
     * The first entry. Use `MMF_LIST_ENTRY16` to access each one.
     */
    void *entries;
    /**
     * The number of entries.
     */
    size_t length;
    /**
     * The distance from one entry to the next in bytes: the size of `mmf_list_entry16_t` in the
     * loaded library, which may have more fields than this header.
     */
    size_t stride;
} mmf_list16_t;

/**
 * A named map that exists. A later version may add fields at the end.
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
     * The size of the map in bytes. 0: another program truncated it, or it is another user's named
     * file map.
     */
    int64_t capacity;
    /**
     * An `MMF_KIND_` number.
     */
    int32_t kind;
    /**
     * 1: a program that does not use this library created the map.
     */
    int32_t foreign;
    /**
     * Unix permission bits; -1 if the operating system has none.
     */
    int32_t mode;
    /**
     * 1: the map can be opened without a `trusted_owner` in the options, because it belongs to you
     * or to root, or because the operating system checks its access control list (Windows).
     */
    int32_t trusted;
    /**
     * The owning user; -1 if the operating system has no such numbers.
     */
    int64_t uid;
    /**
     * The owning group; -1 if the operating system has none.
     */
    int64_t gid;
} mmf_list_entry_t;

/**
 * A named map that exists, with its texts in UTF-16. A later version may add fields at the end.
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
     * The size of the map in bytes. 0: another program truncated it, or it is another user's named
     * file map.
     */
    int64_t capacity;
    /**
     * An `MMF_KIND_` number.
     */
    int32_t kind;
    /**
     * 1: a program that does not use this library created the map.
     */
    int32_t foreign;
    /**
     * Unix permission bits; -1 if the operating system has none.
     */
    int32_t mode;
    /**
     * 1: the map can be opened without a `trusted_owner` in the options, because it belongs to you
     * or to root, or because the operating system checks its access control list (Windows).
     */
    int32_t trusted;
    /**
     * The owning user; -1 if the operating system has no such numbers.
     */
    int64_t uid;
    /**
     * The owning group; -1 if the operating system has none.
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
 * - out_name: the name of the constant without `MMF_STATUS_`, for example `NOT_FOUND`. It ends
 *   with a NUL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`: out_name is NULL.
 * - `MMF_STATUS_INVALID_ARGUMENT`: this version has no such number.
 *
 * Memory and lifetimes: the name belongs to the library and is valid for ever; do not free it.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_status_describe(int32_t status,
                                 const char **out_name);

/**
 * Frees UTF-8 text that the library returned.
 *
 * Parameters:
 * - text: text that a function of this library returned; all zero does nothing.
 *
 * Memory and lifetimes: the memory is freed when the call returns. Do not call it twice with the
 * same text, or with text from another source: the library cannot detect that.
 *
 * Threads: any, for different texts at the same time.
 */
void mmf_text_free(mmf_text_t text);

/**
 * Frees UTF-16 text that the library returned. Everything else is as for `mmf_text_free`.
 */
void mmf_text_free16(mmf_text16_t text);

/**
 * Frees bytes that the library returned. Everything else is as for `mmf_text_free`.
 */
void mmf_bytes_free(mmf_bytes_t bytes);

/**
 * Gets the version of the loaded library.
 *
 * Compare the first number with `MMF_VERSION_MAJOR` of the header. If they differ, this program
 * was compiled for another library.
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
 * Creates a named or an anonymous map. All of its bytes are zero.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8; NULL: an anonymous map.
 * - capacity: the size in bytes, 1 or more.
 * - options: the options, or NULL for the defaults.
 * - out_map: the handle.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map exists, and its memory is reserved (unless delayed).
 * - `MMF_STATUS_INVALID_ARGUMENT`: the name is not valid, or the access is for writing only.
 * - `MMF_STATUS_OUT_OF_RANGE`: the capacity or an option is out of range.
 * - `MMF_STATUS_ALREADY_EXISTS`: a map with this name exists; open it, or choose another name.
 * - `MMF_STATUS_NO_SPACE`: there is not enough memory; nothing was left behind.
 * - `MMF_STATUS_TOO_LARGE`: more than a process can address.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not have one of the options.
 * - `MMF_STATUS_ACCESS_DENIED`: the name has a leftover object of another user, or the system
 *   denies access.
 * - `MMF_STATUS_NOT_A_MAP`: the name refers to something else.
 * - `MMF_STATUS_BUSY`: another process is creating or removing this name; try again.
 *
 * Memory and lifetimes: close the handle with `mmf_map_close`. A process that ends closes its
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
 * Opens the map with this name if it exists, whatever its capacity; otherwise creates it.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8.
 * - capacity: the size of a new map in bytes, 1 or more. A map that is opened may have another
 *   capacity: see `mmf_map_get_info`.
 * - options: the options, or NULL for the defaults. Options that apply only to creation have no
 *   effect on an existing map.
 * - out_map: the handle.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is open.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
 * - `MMF_STATUS_ACCESS_DENIED`: the map exists, and `mmf_map_open` would return this status, too.
 * - Others as `mmf_map_create_new`, except `MMF_STATUS_ALREADY_EXISTS`. The access
 *   `MMF_ACCESS_WRITE` can open an existing map, but cannot create one:
 *   `MMF_STATUS_INVALID_ARGUMENT`.
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
 * Opens an existing named map.
 *
 * Parameters:
 * - name, name_length: the name in UTF-8.
 * - options: access, rights, inheritability, wait_ms, trusted_owner, or NULL for the defaults.
 * - out_map: the handle.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map is open.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the name is not valid.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
 * - `MMF_STATUS_NOT_FOUND`: no process holds a map with this name, or, with `wait_ms`, none
 *   created it in time. Create it, or start the program that does.
 * - `MMF_STATUS_ACCESS_DENIED`: the permissions of the map do not allow this access, or its owner
 *   is not trusted (`trusted_owner`).
 * - `MMF_STATUS_NOT_A_MAP`: the name refers to something else.
 * - `MMF_STATUS_FILE_REPLACED`: the path of this named file map now refers to another file.
 * - `MMF_STATUS_ORPHANED`: another program removed the object of this name.
 * - `MMF_STATUS_BUSY`: another process is creating or removing this name; try again.
 * - `MMF_STATUS_IO`: `MMF_RIGHTS_ACCESS_SYSTEM_SECURITY` was requested, but maps have no audit
 *   rules on this system (on Windows: this process lacks the privilege).
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
 * Maps a file. The map can have a name.
 *
 * Parameters:
 * - path, path_length: the file's path in UTF-8.
 * - file_mode: how the file is opened: an `MMF_FILE_MODE_` number.
 * - name, name_length: a name for the map in UTF-8; NULL: none.
 * - capacity: the size of the map in bytes; 0: the size of the file. A shorter file grows.
 * - options: access and inheritability, or NULL for the defaults. A file map has the permissions
 *   of its file.
 * - out_map: the handle.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map exists.
 * - `MMF_STATUS_NULL_ARGUMENT`: there is no path.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the path or the name is empty or not valid; the access is for
 *   writing only; the file mode cannot be used for a map; the file is empty and no capacity was
 *   given; the file cannot grow with this access.
 * - `MMF_STATUS_OUT_OF_RANGE`: the capacity is negative or below the file's length, or an option
 *   is out of range.
 * - `MMF_STATUS_NOT_FOUND`, `MMF_STATUS_DIRECTORY_NOT_FOUND`: check the path.
 * - `MMF_STATUS_ALREADY_EXISTS`: the file exists but must be new, or a map with this name exists.
 * - `MMF_STATUS_ACCESS_DENIED`: the file cannot be opened for this access, or is a directory.
 * - `MMF_STATUS_SHARING_VIOLATION`: another program has opened the file exclusively.
 * - `MMF_STATUS_NO_SPACE`: the disk is full.
 * - `MMF_STATUS_NOT_A_FILE`: the path refers to a FIFO, a device or a socket.
 * - `MMF_STATUS_FILE_MAPPED`: the call would change the size of a file that is the memory of a map
 *   (on Windows: it would empty a mapped file).
 * - `MMF_STATUS_NOT_SUPPORTED`: file maps do not have one of the options.
 *
 * A call that fails leaves the file unchanged, and removes a file that it created. While a file is
 * mapped, no program can open it exclusively (on Unix: it has a shared `flock` lock, as in .NET).
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
 * Maps the file of an open descriptor (on Windows: of a file handle).
 *
 * Parameters:
 * - descriptor: the descriptor, open for reading, and also for writing if the map will be written.
 * - leave_open: not 0: the caller keeps the descriptor. 0: on success it belongs to the map, which
 *   closes it at the end; on failure the caller keeps it.
 * - name, name_length: a name for the map in UTF-8; NULL: none.
 * - capacity, options, out_map, out_error: as `mmf_map_create_from_file`.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the map exists.
 * - `MMF_STATUS_INVALID_HANDLE`: the descriptor is not open.
 * - `MMF_STATUS_ACCESS_DENIED`: the descriptor is not open for this access.
 * - `MMF_STATUS_NOT_A_FILE`: the descriptor refers to a directory, a FIFO, a device or a socket.
 * - Others as `mmf_map_create_from_file`.
 *
 * Memory and lifetimes: as `mmf_map_create_new`. The map opens a descriptor of its own if the
 * system allows it, so the caller may close a kept descriptor at once.
 *
 * Threads: any. Do not close the descriptor during the call.
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
 * Closes a handle. The name is free when the last handle in all processes is closed. Views stay
 * valid.
 *
 * Parameters:
 * - map: the handle; all zero does nothing.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the handle is closed.
 * - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
 * - `MMF_STATUS_INVALID_HANDLE`: it is not a map handle of this process. The call had no effect.
 *
 * Threads: any. A call that uses the handle on another thread runs to its end, and then the map is
 * closed. If two threads close a handle at once, one of them gets `MMF_STATUS_CLOSED`.
 */
mmf_status_t mmf_map_close(mmf_map_t map,
                           mmf_error_t *out_error);

/**
 * Gets the properties of a map and of the handle.
 *
 * Parameters:
 * - map: the handle.
 * - out_info: the properties. Set `struct_size` before the call.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
 *   this library does not know and that are not zero.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_info(mmf_map_t map,
                              mmf_map_info_t *out_info,
                              mmf_error_t *out_error);

/**
 * Gets the name that the map was created or opened with.
 *
 * Parameters:
 * - map: the handle.
 * - out_name: the name; all zero if the map has none.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 *
 * Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_name(mmf_map_t map,
                              mmf_text_t *out_name,
                              mmf_error_t *out_error);

/**
 * Gets the name: `mmf_map_get_name` in UTF-16. Free it with `mmf_text_free16`.
 */
mmf_status_t mmf_map_get_name16(mmf_map_t map,
                                mmf_text16_t *out_name,
                                mmf_error_t *out_error);

/**
 * Gets the path of a file map. Bytes that are not valid UTF-8 become U+FFFD.
 *
 * Parameters:
 * - map: the handle.
 * - out_path: the path; all zero if the map has no file, or its path is not known.
 * - out_error: the error; may be NULL.
 *
 * Returns, memory and lifetimes, threads: as `mmf_map_get_name`.
 */
mmf_status_t mmf_map_get_path(mmf_map_t map,
                              mmf_text_t *out_path,
                              mmf_error_t *out_error);

/**
 * Gets the path: `mmf_map_get_path` in UTF-16. Free it with `mmf_text_free16`.
 */
mmf_status_t mmf_map_get_path16(mmf_map_t map,
                                mmf_text16_t *out_path,
                                mmf_error_t *out_error);

/**
 * Gets a new descriptor (on Windows: a handle of the section) for the same memory, for your own
 * calls of `mmap`.
 *
 * Parameters:
 * - map: the handle.
 * - out_descriptor: the descriptor. Programs that this process starts do not inherit it.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: the system has no descriptor for this map.
 * - `MMF_STATUS_IO`: too many descriptors are open.
 *
 * Memory and lifetimes: the descriptor belongs to the caller, who must close it. It does not hold
 * the name (on Windows every handle does).
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_duplicate_descriptor(mmf_map_t map,
                                          intptr_t *out_descriptor,
                                          mmf_error_t *out_error);

/**
 * Sets whether programs that this process starts inherit the handle, and so hold the map.
 *
 * Parameters:
 * - map: the handle.
 * - inheritability: an `MMF_INHERITABILITY_` number.
 * - out_error: the error; may be NULL.
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
 * Gets the permissions of the map.
 *
 * Parameters:
 * - map: the handle.
 * - out_permissions: mode and owner; -1 if the operating system has none. Set `struct_size` before
 *   the call.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
 *   this library does not know and that are not zero.
 * - `MMF_STATUS_NOT_SUPPORTED`: this map has no permissions.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to read them (on Windows).
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_permissions(mmf_map_t map,
                                     mmf_permissions_t *out_permissions,
                                     mmf_error_t *out_error);

/**
 * Changes the permissions of the map.
 *
 * Parameters:
 * - map: the handle.
 * - permissions: mode and owner. Fields that are -1 are not changed.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: a number is out of range.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the mode cannot be used for a map, or `struct_size` is wrong.
 * - `MMF_STATUS_NOT_SUPPORTED`: maps have no mode and owner on this system.
 * - `MMF_STATUS_ACCESS_DENIED`: only the owner may change the mode, and only the administrator may
 *   change the owner.
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
 * - out_sddl: the security descriptor; all zero if the operating system has none.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_map_get_permissions`.
 *
 * Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_get_sddl(mmf_map_t map,
                              mmf_text_t *out_sddl,
                              mmf_error_t *out_error);

/**
 * Gets the security descriptor: `mmf_map_get_sddl` in UTF-16. Free it with `mmf_text_free16`.
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
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the text is not valid SDDL.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system has no security descriptors; use
 *   `mmf_map_set_permissions`.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to change it.
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
 * Reads bytes at an offset. Takes no lock.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - buffer: the memory for the bytes; may be NULL if size is 0.
 * - size: the number of bytes. The call reads all of them or fails.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the buffer is filled.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: the offset is negative, or at or past the end.
 * - `MMF_STATUS_INVALID_ARGUMENT`: offset plus size is past the end; read less.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not read.
 * - `MMF_STATUS_TRUNCATED`: the file became shorter than the map. The buffer may have changed.
 * - `MMF_STATUS_IO`: the operating system reported an error; see os_code. The buffer may have
 *   changed.
 *
 * Threads: any, at any time. A write by another thread or process in the meantime may be seen in
 * part.
 */
mmf_status_t mmf_map_read(mmf_map_t map,
                          int64_t offset,
                          void *buffer,
                          size_t size,
                          mmf_error_t *out_error);

/**
 * Writes bytes at an offset. Takes no lock.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - data: the bytes; may be NULL if size is 0.
 * - size: the number of bytes. The call writes all of them or fails.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the bytes are in the map, and all processes see them.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only.
 * - `MMF_STATUS_NO_SPACE`: there is not enough memory or disk space for a map with delayed pages,
 *   or the write is beyond the file size limit of this process. The map is unchanged.
 * - `MMF_STATUS_BUSY`: a process is stopped in the middle of changing the content; try again.
 * - Others as `mmf_map_read`, for writing.
 *
 * Threads: any, at any time. A reader in the meantime may see a part of the write.
 */
mmf_status_t mmf_map_write(mmf_map_t map,
                           int64_t offset,
                           const void *data,
                           size_t size,
                           mmf_error_t *out_error);

/**
 * Fills bytes with one value. Takes no lock.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where to begin, 0 or more.
 * - count: the number of bytes, 0 or more.
 * - value: the value of each byte.
 * - out_error: the error; may be NULL.
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
 * Writes the changes of a file map to the disk. Does nothing for a map in memory.
 *
 * Parameters:
 * - map: the handle.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: all writes before the call have reached the disk.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NO_SPACE`, `MMF_STATUS_IO`: the disk reported an error; the bytes may be lost.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_flush(mmf_map_t map,
                           mmf_error_t *out_error);

/**
 * Saves a map, its content or its text to a file. The function writes a temporary file, waits
 * until it is on the disk, and puts it in the target's place in one step, so a crash leaves the
 * old file or the new one. A link is followed. An existing file keeps its permission bits, and its
 * owner if the system allows that; it does not keep setuid, setgid and sticky bits. The content
 * lock is not held during the wait for the disk.
 *
 * Parameters:
 * - map: the handle.
 * - path, path_length: the file's path in UTF-8.
 * - options: the options, or NULL for the defaults: save the whole map and replace an existing
 *   file.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the file is saved.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the path is empty, or is the path of the map's own file.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
 * - `MMF_STATUS_ALREADY_EXISTS`: the file exists and `keep_existing` is set.
 * - `MMF_STATUS_DIRECTORY_NOT_FOUND`: create the directory first.
 * - `MMF_STATUS_NOT_A_FILE`: the path refers to a FIFO, a device or a socket. It was not opened.
 * - `MMF_STATUS_ACCESS_DENIED`: the file cannot be written (set `force` if it is only read-only),
 *   the file is the memory of a map, or the handle may not read.
 * - `MMF_STATUS_SHARING_VIOLATION`: another program has opened the file exclusively.
 * - `MMF_STATUS_NO_SPACE`: the disk is full; the old file is unchanged.
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
 * Replaces the content of a map with a text. Takes the content lock, unless the options contain
 * it.
 *
 * Parameters:
 * - map: the handle.
 * - text, text_length: the text in UTF-8. An empty text empties the map.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the text is now the content.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
 *   in the options).
 * - `MMF_STATUS_INVALID_TEXT`: the text is not valid UTF-8.
 * - `MMF_STATUS_INVALID_ARGUMENT`: the options have an unknown size, or the lock belongs to
 *   another map or is only for reading.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
 * - `MMF_STATUS_TOO_LONG`: the text does not fit; the message says how many bytes it needs. The
 *   old content is unchanged.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not write; open the map with more rights.
 * - `MMF_STATUS_READ_ONLY_MAP`: no process may write this map.
 * - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time. The map is unchanged.
 * - `MMF_STATUS_NO_SPACE`: there is not enough memory for a map with delayed pages, this process
 *   does not have enough memory, or the write is beyond its file size limit. The old content is
 *   unchanged.
 * - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
 *
 * If the process is killed during the call, the map contains a beginning of the old content or of
 * the new one, never a mixture.
 *
 * Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
 */
mmf_status_t mmf_text_replace(mmf_map_t map,
                              const char *text,
                              size_t text_length,
                              const mmf_text_options_t *options,
                              mmf_error_t *out_error);

/**
 * Replaces the content: `mmf_text_replace` with the text in UTF-16. The map contains the same
 * bytes.
 */
mmf_status_t mmf_text_replace16(mmf_map_t map,
                                const uint16_t *text,
                                size_t text_length,
                                const mmf_text_options_t *options,
                                mmf_error_t *out_error);

/**
 * Appends a text to the content, after the separator if there is content. If the map begins with a
 * byte order mark, the text gets the encoding of that mark. Takes the content lock, unless the
 * options contain it.
 *
 * An append never overwrites a byte. It comes after everything that was written through this
 * library by any handle. It can miss bytes that a program stored through a view after the end of
 * the content. If the process is killed during the call, the map contains the old content and
 * perhaps a beginning of the text.
 *
 * Parameters:
 * - map: the handle.
 * - text, text_length: the text in UTF-8.
 * - options: separator, encoding, timeout and lock, or NULL for the defaults.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_replace`; `MMF_STATUS_OK`: the text was appended.
 *
 * Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
 */
mmf_status_t mmf_text_append(mmf_map_t map,
                             const char *text,
                             size_t text_length,
                             const mmf_text_options_t *options,
                             mmf_error_t *out_error);

/**
 * Appends a text: `mmf_text_append` with the text in UTF-16. The map contains the same bytes.
 */
mmf_status_t mmf_text_append16(mmf_map_t map,
                               const uint16_t *text,
                               size_t text_length,
                               const mmf_text_options_t *options,
                               mmf_error_t *out_error);

/**
 * Gets the content of a map as text: without NULs, decoded according to its byte order mark or the
 * options. Invalid bytes become U+FFFD. Takes the content lock, unless the options contain it.
 *
 * Parameters:
 * - map: the handle.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - out_text: the text; length 0 if the map has no content.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
 *   in the options).
 * - `MMF_STATUS_INVALID_ARGUMENT`: the options have an unknown size, or the lock belongs to
 *   another map.
 * - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle may not read; open the map with more rights.
 * - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
 * - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
 * - `MMF_STATUS_NO_SPACE`: the content is larger than the memory that this process can have.
 *
 * Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
 *
 * Threads: any, at any time, in any number of processes.
 */
mmf_status_t mmf_text_read(mmf_map_t map,
                           const mmf_text_options_t *options,
                           mmf_text_t *out_text,
                           mmf_error_t *out_error);

/**
 * Gets the content as text: `mmf_text_read` in UTF-16. Free it with `mmf_text_free16`.
 */
mmf_status_t mmf_text_read16(mmf_map_t map,
                             const mmf_text_options_t *options,
                             mmf_text16_t *out_text,
                             mmf_error_t *out_error);

/**
 * Gets the content as text: `mmf_text_read` in UTF-16, into memory of the caller, for languages
 * that manage the memory of strings themselves.
 *
 * Parameters:
 * - map: the handle.
 * - options: encoding, timeout and lock, or NULL for the defaults.
 * - buffer, capacity: the memory for the text, and its size in code units; buffer may be NULL if
 *   capacity is 0. No NUL is written after the text.
 * - out_length: the length of the text in code units. If it is greater than capacity, it is the
 *   greatest length that the text can have, and the buffer does not contain the text: provide a
 *   buffer of that size, and call again.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_read`; `MMF_STATUS_INVALID_ARGUMENT` also if the buffer is not aligned.
 *
 * Threads: any, at any time, in any number of processes. The content can change between two calls,
 * unless the options contain a lock.
 */
mmf_status_t mmf_text_read_into16(mmf_map_t map,
                                  const mmf_text_options_t *options,
                                  uint16_t *buffer,
                                  size_t capacity,
                                  size_t *out_length,
                                  mmf_error_t *out_error);

/**
 * Replaces the content of a map with bytes, unchanged. Takes the content lock, unless the options
 * contain it.
 *
 * Parameters:
 * - map: the handle.
 * - data, size: the bytes; data may be NULL if size is 0. NULs at the end do not count as content.
 * - options: timeout and lock, or NULL for the defaults. Other options have no effect.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_replace`.
 *
 * Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
 */
mmf_status_t mmf_content_replace(mmf_map_t map,
                                 const void *data,
                                 size_t size,
                                 const mmf_text_options_t *options,
                                 mmf_error_t *out_error);

/**
 * Appends bytes to the content, unchanged, after the separator if there is content. Takes the
 * content lock, unless the options contain it.
 *
 * Parameters:
 * - map: the handle.
 * - data, size: the bytes; data may be NULL if size is 0.
 * - options: separator, timeout and lock, or NULL for the defaults. Other options have no effect.
 *   The separator is written unchanged and need not be UTF-8.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_replace`.
 *
 * Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
 */
mmf_status_t mmf_content_append(mmf_map_t map,
                                const void *data,
                                size_t size,
                                const mmf_text_options_t *options,
                                mmf_error_t *out_error);

/**
 * Gets the content of a map as bytes, including NULs inside. Takes the content lock, unless the
 * options contain it.
 *
 * Parameters:
 * - map: the handle.
 * - options: timeout and lock, or NULL for the defaults. Other options have no effect.
 * - out_bytes: the bytes; length 0 if the map has no content.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_read`.
 *
 * Memory and lifetimes: the bytes belong to the caller; free them with `mmf_bytes_free`.
 *
 * Threads: any, at any time, in any number of processes.
 */
mmf_status_t mmf_content_read(mmf_map_t map,
                              const mmf_text_options_t *options,
                              mmf_bytes_t *out_bytes,
                              mmf_error_t *out_error);

/**
 * Gets the length of the content in bytes, including NULs inside.
 *
 * Parameters:
 * - map: the handle.
 * - options: timeout and lock, or NULL for the defaults. Other options have no effect.
 * - out_length: the number of bytes.
 * - out_error: the error; may be NULL.
 *
 * Returns: as `mmf_text_read`.
 *
 * Threads: any, at any time, in any number of processes.
 */
mmf_status_t mmf_content_get_length(mmf_map_t map,
                                    const mmf_text_options_t *options,
                                    int64_t *out_length,
                                    mmf_error_t *out_error);

/**
 * Takes the content lock of a map, for several steps. While it is held for changing, no other
 * caller in any process can read or change the content through the functions that take the lock.
 * Pass the lock to those functions in their options; otherwise they wait for it themselves.
 *
 * Parameters:
 * - map: the handle.
 * - mode: an `MMF_LOCK_` number.
 * - timeout_ms: how many milliseconds to wait; 0: try once; -1: no limit.
 * - out_lock: the lock.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the lock is held.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: the mode or the time is out of range.
 * - `MMF_STATUS_TIMEOUT`: the lock could not be acquired in time; try again, or wait longer.
 * - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system refused the lock.
 *
 * Memory and lifetimes: release the lock with `mmf_lock_release`. It stays valid when the map's
 * handle is closed. The operating system releases it when the process dies. A forked child does
 * not have it.
 *
 * Threads: any, at any time. The lock belongs to the process: any of its threads may use and
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
 * - lock: the lock; all zero does nothing.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the lock is released.
 * - `MMF_STATUS_CLOSED`: it was already released. The call had no effect.
 * - `MMF_STATUS_INVALID_HANDLE`: it is not a lock of this process. The call had no effect.
 *
 * Threads: any. A call that uses the lock on another thread runs to its end, and then the lock is
 * released.
 */
mmf_status_t mmf_lock_release(mmf_lock_t lock,
                              mmf_error_t *out_error);

/**
 * Creates a view. The offset need not be aligned. A map can have any number of views, of any size;
 * they may overlap. Each has its own access, which the processor enforces.
 *
 * Parameters:
 * - map: the handle.
 * - offset: where the view begins in the map, 0 or more.
 * - size: the size in bytes; 0: up to the end of the map.
 * - access: an `MMF_ACCESS_` number.
 * - out_view: the view. `mmf_view_get_info` returns its memory.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: offset or size is negative, the offset is past the end, or there is
 *   no such access.
 * - `MMF_STATUS_TOO_LARGE`: more than a process can address.
 * - `MMF_STATUS_ACCESS_DENIED`: offset plus size is past the end, or the handle does not have the
 *   rights for this access.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; no process may write it.
 * - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
 *
 * Memory and lifetimes: close the view with `mmf_view_close`. It stays valid when the map's handle
 * is closed, but does not keep the name alive. If a program truncates the mapped file, touching
 * the lost part ends the process; `mmf_map_read` returns an error instead.
 *
 * Threads: any, at any time. Other threads and processes can change the memory at any time; use
 * atomics or the content lock.
 */
mmf_status_t mmf_view_create(mmf_map_t map,
                             int64_t offset,
                             int64_t size,
                             int32_t access,
                             mmf_view_t *out_view,
                             mmf_error_t *out_error);

/**
 * Gets the memory and the access of a view.
 *
 * Parameters:
 * - view: the view.
 * - out_info: the information. Set `struct_size` before the call.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
 *   this library does not know and that are not zero.
 *
 * Memory and lifetimes: the pointer is valid until the view is closed.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_view_get_info(mmf_view_t view,
                               mmf_view_info_t *out_info,
                               mmf_error_t *out_error);

/**
 * Writes changes through a view of a file map to the disk. Does nothing for a map in memory. The
 * view may have any access.
 *
 * Parameters:
 * - view: the view.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: all writes before the call have reached the disk.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_IO`: the disk reported an error; the bytes may be lost.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_view_flush(mmf_view_t view,
                            mmf_error_t *out_error);

/**
 * Closes a view. Its memory is no longer valid when the call returns.
 *
 * Parameters:
 * - view: the view; all zero does nothing.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the handle is closed.
 * - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
 * - `MMF_STATUS_INVALID_HANDLE`: it is not a view of this process. The call had no effect.
 *
 * Threads: any. No thread may touch the memory during or after the call.
 */
mmf_status_t mmf_view_close(mmf_view_t view,
                            mmf_error_t *out_error);

/**
 * Starts to watch a map for changes.
 *
 * From this moment on the watch reports every write through this library by any process, including
 * this one: replacing, appending, writing, filling. So create the watch, read the map, wait, and
 * read again: no change is missed. The library does not see stores through a view; report them
 * with `mmf_map_notify`.
 *
 * On Windows a watch of a file reports only writes by processes of its session, and a watch of an
 * anonymous map only writes through the same handle.
 *
 * Parameters:
 * - map: the handle, with any access.
 * - out_watch: the watch.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot report changes of this map. On
 *   Windows: another program created the map, and this process may not create the section of its
 *   watches. On macOS and other Unix systems (not on Linux): another program or another user
 *   created the map, and it is not a file. The message says why.
 * - `MMF_STATUS_ACCESS_DENIED`: this process may not read the map's memory or file now. (On Linux
 *   an existing watch keeps working after a `setuid`.)
 * - `MMF_STATUS_IO`: a limit of the operating system was reached; the message names it. On Linux
 *   all watches of a process together use one of the user's inotify instances.
 *
 * Memory and lifetimes: close the watch with `mmf_watch_close`. It holds the map, even when the
 * map's handle is closed. Programs that this process starts do not inherit it. A forked child may
 * use it: its first wait ends with `MMF_WATCH_EVENT_CHANGED`, and then it gets events of its own.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_watch_create(mmf_map_t map,
                              mmf_watch_t *out_watch,
                              mmf_error_t *out_error);

/**
 * Waits for an event of a map. Events before the call count if no earlier wait reported them.
 *
 * Parameters:
 * - watch: the watch.
 * - timeout_ms: how many milliseconds to wait; 0: do not wait; -1: no limit.
 * - out_event: an `MMF_WATCH_EVENT_` number. A time-out is an event, not an error.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the event says why the wait ended.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_OUT_OF_RANGE`: the time is negative and not -1.
 * - `MMF_STATUS_ACCESS_DENIED`: the operating system ended the watch, and this process may not
 *   create it again.
 * - `MMF_STATUS_IO`: the operating system cannot wait.
 *
 * Several changes may be reported as one, and a wait may end with a change although nothing is
 * new. A text operation may write in several steps and end a wait after the first one. The text
 * functions wait for its end; before you read in another way, take the content lock.
 *
 * Orphaned, truncated and alone are reported once each time they happen: on Linux at once, on
 * other systems at the next wake-up, if the operating system permits the check.
 *
 * Threads: any, also several at once. A change ends one wait of a watch. If several threads must
 * see every change, create a watch for each.
 */
mmf_status_t mmf_watch_wait(mmf_watch_t watch,
                            int64_t timeout_ms,
                            int32_t *out_event,
                            mmf_error_t *out_error);

/**
 * Gets a descriptor for `poll`, `select`, `epoll`, kqueue, or on Windows `WaitForMultipleObjects`.
 * When it is ready, call `mmf_watch_wait` with the time 0 to get the event. There may be none.
 *
 * Parameters:
 * - watch: the watch.
 * - out_descriptor: the descriptor (on Windows: the handle of an event).
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_IO`: in a forked child, the descriptor could not be created again.
 *
 * Memory and lifetimes: the descriptor belongs to the library and is valid until the watch is
 * closed; on Windows until the next `mmf_watch_wait`, then get it again. Use it only to wait. A
 * forked child must get it again.
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
 * - watch: the watch; all zero does nothing.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`: the handle is closed.
 * - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
 * - `MMF_STATUS_INVALID_HANDLE`: it is not a watch of this process. The call had no effect.
 *
 * Threads: any. No thread may wait for the descriptor during or after the call.
 */
mmf_status_t mmf_watch_close(mmf_watch_t watch,
                             mmf_error_t *out_error);

/**
 * Notifies all watches of a map of a change. Use it for stores through a view, which the library
 * does not see; its own functions notify by themselves. Call it after the last store.
 *
 * Parameters:
 * - map: the handle, with the right to write.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot report changes of this map.
 * - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to write.
 * - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; no process may write it.
 * - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
 * - `MMF_STATUS_IO`.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_map_notify(mmf_map_t map,
                            mmf_error_t *out_error);

/**
 * Gets the named maps that exist, including foreign ones, ordered by name. This also frees the
 * memory of maps whose holders were killed.
 *
 * A name is returned unchanged, because only the unchanged name opens the map. Any user may have
 * chosen it. It can contain quotes, line breaks and control characters, so escape it before you
 * show it or use it in a command.
 *
 * Parameters:
 * - out_list: the maps. They may be gone by the time you open them.
 * - out_error: the error; may be NULL.
 *
 * Returns:
 * - `MMF_STATUS_OK`.
 * - `MMF_STATUS_NULL_ARGUMENT`: out_list is NULL.
 * - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot list maps.
 * - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system refused.
 *
 * Memory and lifetimes: the list and all texts in it belong to the caller. Free them together with
 * `mmf_list_free`; do not free single texts.
 *
 * Threads: any, at any time.
 */
mmf_status_t mmf_list_get(mmf_list_t *out_list,
                          mmf_error_t *out_error);

/**
 * Gets the named maps that exist: `mmf_list_get` in UTF-16. Free it with `mmf_list_free16`.
 */
mmf_status_t mmf_list_get16(mmf_list16_t *out_list,
                            mmf_error_t *out_error);

/**
 * Frees a list and all texts in it.
 *
 * Parameters:
 * - list: a list that `mmf_list_get` returned, unchanged; all zero does nothing.
 *
 * Memory and lifetimes: the memory is freed when the call returns. Do not call it twice with the
 * same list: the library cannot detect that.
 *
 * Threads: any, for different lists at the same time.
 */
void mmf_list_free(mmf_list_t list);

/**
 * Frees a list: `mmf_list_free` for UTF-16.
 */
void mmf_list_free16(mmf_list16_t list);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MMF_H */
