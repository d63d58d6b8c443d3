//! The content of a map as bytes.

use std::ffi::c_void;

use super::boundary::boundary;
use super::buffer::mmf_bytes_t;
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::pointer::size_t;
use super::status::mmf_status_t;
use super::text_options::{LentTextOptions, mmf_text_options_t};

/// Replaces the content of a map with bytes, unchanged. Takes the content lock, unless the options
/// contain it.
///
/// Parameters:
/// - map: the handle.
/// - data, size: the bytes; data may be NULL if size is 0. NULs at the end do not count as content.
/// - options: timeout and lock, or NULL for the defaults. Other options have no effect.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_replace`.
///
/// Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
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

/// Appends bytes to the content, unchanged, after the separator if there is content. Takes the
/// content lock, unless the options contain it.
///
/// Parameters:
/// - map: the handle.
/// - data, size: the bytes; data may be NULL if size is 0.
/// - options: separator, timeout and lock, or NULL for the defaults. Other options have no effect.
///   The separator is written unchanged and need not be UTF-8.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_replace`.
///
/// Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
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

/// Gets the content of a map as bytes, including NULs inside. Takes the content lock, unless the
/// options contain it.
///
/// Parameters:
/// - map: the handle.
/// - options: timeout and lock, or NULL for the defaults. Other options have no effect.
/// - out_bytes: the bytes; length 0 if the map has no content.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_read`.
///
/// Memory and lifetimes: the bytes belong to the caller; free them with `mmf_bytes_free`.
///
/// Threads: any, at any time, in any number of processes.
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

/// Gets the length of the content in bytes, including NULs inside.
///
/// Parameters:
/// - map: the handle.
/// - options: timeout and lock, or NULL for the defaults. Other options have no effect.
/// - out_length: the number of bytes.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_read`.
///
/// Threads: any, at any time, in any number of processes.
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
