//! The bytes of a map: read, written, filled, brought to the disk, saved.

use std::ffi::{c_char, c_void};

use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::options::{LentSaveOptions, mmf_save_options_t, not_negative};
use super::pointer::{Lent, needed};
use super::status::mmf_status_t;
use super::{boundary, size_t};
use crate::error::Result;

/// Reads bytes at an offset. No lock is taken.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - buffer: where the bytes go; may be NULL if size is 0.
/// - size: how many bytes; all of them are read, or the call fails.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the buffer is filled.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: the offset is negative, or at or behind the end.
/// - `MMF_STATUS_INVALID_ARGUMENT`: offset and size together reach beyond the end; read less.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not read.
/// - `MMF_STATUS_TRUNCATED`: the file shrank under the map. The buffer may have changed.
/// - `MMF_STATUS_IO`: the operating system failed; see os_code. The buffer may have changed.
///
/// Threads: any, at any time. What others write meanwhile may be seen in part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_read(
    map: mmf_map_t,
    offset: i64,
    buffer: *mut c_void,
    size: size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let bytes = lent.slice_mut(buffer.cast::<u8>(), size, "buffer")?;
            let offset = not_negative("offset", offset)?;
            MAPS.get(map.id)?.read_at(bytes, offset)
        })
    }
}

/// Writes bytes at an offset. No lock is taken.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - data: the bytes; may be NULL if size is 0.
/// - size: how many bytes; all of them are written, or the call fails.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the bytes are in the map, and all processes see them.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only.
/// - `MMF_STATUS_NO_SPACE`: memory or disk of a map with delayed pages is full, or this process may
///   not write so far into a file. The map is unchanged.
/// - `MMF_STATUS_BUSY`: a process that is changing the content is stopped in the middle; try again.
/// - Others as `mmf_map_read`, for writing.
///
/// Threads: any, at any time. Who reads meanwhile may see a part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_write(
    map: mmf_map_t,
    offset: i64,
    data: *const c_void,
    size: size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let bytes = lent.slice(data.cast::<u8>(), size, "data")?;
            let offset = not_negative("offset", offset)?;
            MAPS.get(map.id)?.write_at(bytes, offset)
        })
    }
}

/// Fills bytes with one value. No lock is taken.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - count: how many bytes, 0 or more.
/// - value: what they become.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_map_write`.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_fill(
    map: mmf_map_t,
    offset: i64,
    count: i64,
    value: u8,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            let offset = not_negative("offset", offset)?;
            let count = not_negative("count", count)?;
            MAPS.get(map.id)?.fill(offset, count, value)
        })
    }
}

/// Brings what was written to the disk, for a file map. For memory there is nothing to do.
///
/// Parameters:
/// - map: the handle.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: what was written before the call has reached the disk.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NO_SPACE`, `MMF_STATUS_IO`: the disk failed; the bytes may be lost.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_flush(
    map: mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe { boundary(out_error, |_| MAPS.get(map.id)?.flush()) }
}

/// Saves a map, its content or its text to a file: written aside, brought to the disk and put in the
/// target's place in one step, so that a crash leaves the old file or the new one. A link is
/// followed. A file that exists keeps its permission bits, and its owner where that is allowed; setuid,
/// setgid and sticky bits are not kept. The content lock is not held while the disk is waited for.
///
/// Parameters:
/// - map: the handle.
/// - path, path_length: the file's path in UTF-8.
/// - options: what and how, or NULL for the defaults: the whole map, over an existing file.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the file is there.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the path is empty, or that of the map's own file.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
/// - `MMF_STATUS_ALREADY_EXISTS`: the file exists and is to be kept.
/// - `MMF_STATUS_DIRECTORY_NOT_FOUND`: create the folder first.
/// - `MMF_STATUS_NOT_A_FILE`: the path leads to a FIFO, a device or a socket. None is opened.
/// - `MMF_STATUS_ACCESS_DENIED`: the file cannot be written (set `force` if it is only marked
///   read-only), it is the memory of a map that lives, or the handle may not read.
/// - `MMF_STATUS_SHARING_VIOLATION`: another program has the file to itself.
/// - `MMF_STATUS_NO_SPACE`: the disk is full; the old file stands.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_save(
    map: mmf_map_t,
    path: *const c_char,
    path_length: size_t,
    options: *const mmf_save_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let path = lent.text(path, path_length, "path")?;
            save(lent, map, path.as_deref(), options)
        })
    }
}

/// Saves to a file: `mmf_map_save` with the path in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_save16(
    map: mmf_map_t,
    path: *const u16,
    path_length: size_t,
    options: *const mmf_save_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let path = lent.text16(path, path_length, "path")?;
            save(lent, map, path.as_deref(), options)
        })
    }
}

fn save(
    lent: &Lent,
    map: mmf_map_t,
    path: Option<&str>,
    options: *const mmf_save_options_t,
) -> Result<()> {
    let path = needed(path, "path")?;
    let options = LentSaveOptions::lent(lent, options)?;
    MAPS.get(map.id)?.save_with(path, &options.to_core())
}
