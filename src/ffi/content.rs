//! The content of a map as bytes.

use std::ffi::c_void;

use super::boundary::boundary;
use super::buffer::mmf_bytes_t;
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::pointer::size_t;
use super::status::mmf_status_t;
use super::text_options::{LentTextOptions, mmf_text_options_t};

/// Replaces the content of a map by bytes as they are. Nothing of the old content is left. The
/// content lock is taken for it, unless the options bring one.
///
/// Parameters:
/// - map: the handle.
/// - data, size: the bytes; data may be NULL if size is 0. NULs at the end do not count as content.
/// - options: timeout and lock, or NULL for the defaults; the rest has no effect.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_replace`.
///
/// Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_content_replace(
    map: mmf_map_t,
    data: *const c_void,
    size: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let bytes = lent.slice(data.cast::<u8>(), size, "data")?;
            let options = LentTextOptions::of_bytes(lent, options)?;
            MAPS.get(map.id)?.replace_bytes_with(bytes, &options.to_core())
        })
    }
}

/// Appends bytes as they are behind the content, with the separator between if there is content. The
/// content lock is taken for it, unless the options bring one.
///
/// Parameters:
/// - map: the handle.
/// - data, size: the bytes; data may be NULL if size is 0.
/// - options: separator, timeout and lock, or NULL for the defaults; the rest has no effect. The
///   separator is written as it is, too, and need not be UTF-8.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_replace`.
///
/// Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_content_append(
    map: mmf_map_t,
    data: *const c_void,
    size: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let bytes = lent.slice(data.cast::<u8>(), size, "data")?;
            let options = LentTextOptions::of_bytes(lent, options)?;
            MAPS.get(map.id)?.append_bytes_with(bytes, &options.to_core())
        })
    }
}

/// Gets the content of a map as bytes, NULs inside and all, up to its end. The content lock is
/// taken for it, unless the options bring one.
///
/// Parameters:
/// - map: the handle.
/// - options: timeout and lock, or NULL for the defaults; the rest has no effect.
/// - out_bytes: the bytes; length 0 if the map has no content.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_read`.
///
/// Memory and lifetimes: the bytes belong to the caller; give them back with `mmf_bytes_free`.
///
/// Threads: any, at any time; so may any number of processes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_content_read(
    map: mmf_map_t,
    options: *const mmf_text_options_t,
    out_bytes: *mut mmf_bytes_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_bytes, "out_bytes")?;
            let options = LentTextOptions::of_bytes(lent, options)?;
            out.put(mmf_bytes_t::of(MAPS.get(map.id)?.read_bytes_with(&options.to_core())?)?);
            Ok(())
        })
    }
}

/// Gets how many bytes the content has, NULs inside counted.
///
/// Parameters:
/// - map: the handle.
/// - options: timeout and lock, or NULL for the defaults; the rest has no effect.
/// - out_length: the number of bytes.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_read`.
///
/// Threads: any, at any time; so may any number of processes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_content_get_length(
    map: mmf_map_t,
    options: *const mmf_text_options_t,
    out_length: *mut i64,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_length, "out_length")?;
            let options = LentTextOptions::of_bytes(lent, options)?;
            out.put(MAPS.get(map.id)?.content_length_with(&options.to_core())? as i64);
            Ok(())
        })
    }
}
