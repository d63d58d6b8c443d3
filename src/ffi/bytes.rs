//! The bytes of a map: read, written, filled, brought to the disk.

use std::ffi::c_void;

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::number::not_negative;
use super::pointer::size_t;
use super::status::mmf_status_t;

/// Reads bytes at an offset. Takes no lock.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - buffer: the memory for the bytes; may be NULL if size is 0.
/// - size: the number of bytes. The call reads all of them or fails.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the buffer is filled.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: the offset is negative, or at or past the end.
/// - `MMF_STATUS_INVALID_ARGUMENT`: offset plus size is past the end; read less.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not read.
/// - `MMF_STATUS_TRUNCATED`: the file became shorter than the map. The buffer may have changed.
/// - `MMF_STATUS_IO`: the operating system reported an error; see os_code. The buffer may have
///   changed.
///
/// Threads: any, at any time. A write by another thread or process in the meantime may be seen in
/// part.
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

/// Writes bytes at an offset. Takes no lock.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - data: the bytes; may be NULL if size is 0.
/// - size: the number of bytes. The call writes all of them or fails.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the bytes are in the map, and all processes see them.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only.
/// - `MMF_STATUS_NO_SPACE`: there is not enough memory or disk space for a map with delayed pages,
///   or the write is beyond the file size limit of this process. The map is unchanged.
/// - `MMF_STATUS_BUSY`: a process is stopped in the middle of changing the content; try again.
/// - Others as `mmf_map_read`, for writing.
///
/// Threads: any, at any time. A reader in the meantime may see a part of the write.
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

/// Fills bytes with one value. Takes no lock.
///
/// Parameters:
/// - map: the handle.
/// - offset: where to begin, 0 or more.
/// - count: the number of bytes, 0 or more.
/// - value: the value of each byte.
/// - out_error: the error; may be NULL.
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

/// Writes the changes of a file map to the disk. Does nothing for a map in memory.
///
/// Parameters:
/// - map: the handle.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: all writes before the call have reached the disk.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NO_SPACE`, `MMF_STATUS_IO`: the disk reported an error; the bytes may be lost.
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
