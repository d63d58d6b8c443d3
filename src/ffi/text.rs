//! The content of a map as text.

use std::ffi::c_char;

use super::boundary::boundary;
use super::buffer::{mmf_text_t, mmf_text16_t};
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::pointer::{or_empty, size_t};
use super::status::mmf_status_t;
use super::text_options::{LentTextOptions, mmf_text_options_t};

/// Replaces the content of a map with a text. Takes the content lock, unless the options contain
/// it.
///
/// Parameters:
/// - map: the handle.
/// - text, text_length: the text in UTF-8. An empty text empties the map.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the text is now the content.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
///   in the options).
/// - `MMF_STATUS_INVALID_TEXT`: the text is not valid UTF-8.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the options have an unknown size, or the lock belongs to
///   another map or is only for reading.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
/// - `MMF_STATUS_TOO_LONG`: the text does not fit; the message says how many bytes it needs. The
///   old content is unchanged.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not write; open the map with more rights.
/// - `MMF_STATUS_READ_ONLY_MAP`: no process may write this map.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time. The map is unchanged.
/// - `MMF_STATUS_NO_SPACE`: there is not enough memory for a map with delayed pages, this process
///   does not have enough memory, or the write is beyond its file size limit. The old content is
///   unchanged.
/// - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
///
/// If the process is killed during the call, the map contains a beginning of the old content or of
/// the new one, never a mixture.
///
/// Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_replace(
    map: mmf_map_t,
    text: *const c_char,
    text_length: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let text = or_empty(lent.text(text, text_length, "text")?, text_length, "text")?;
            let options = LentTextOptions::lent(lent, options)?;
            MAPS.get(map.id)?.replace_text_with(&text, &options.to_core())
        })
    }
}

/// Replaces the content: `mmf_text_replace` with the text in UTF-16. The map contains the same
/// bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_replace16(
    map: mmf_map_t,
    text: *const u16,
    text_length: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let text = or_empty(lent.text16(text, text_length, "text")?, text_length, "text")?;
            let options = LentTextOptions::lent(lent, options)?;
            MAPS.get(map.id)?.replace_text_with(&text, &options.to_core())
        })
    }
}

/// Appends a text to the content, after the separator if there is content. If the map begins with a
/// byte order mark, the text gets the encoding of that mark. Takes the content lock, unless the
/// options contain it.
///
/// An append never overwrites a byte. It comes after everything that was written through this
/// library by any handle. It can miss bytes that a program stored through a view after the end of
/// the content. If the process is killed during the call, the map contains the old content and
/// perhaps a beginning of the text.
///
/// Parameters:
/// - map: the handle.
/// - text, text_length: the text in UTF-8.
/// - options: separator, encoding, timeout and lock, or NULL for the defaults.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_replace`; `MMF_STATUS_OK`: the text was appended.
///
/// Threads: any, at any time, in any number of processes. No change is lost or mixed with another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_append(
    map: mmf_map_t,
    text: *const c_char,
    text_length: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let text = or_empty(lent.text(text, text_length, "text")?, text_length, "text")?;
            let options = LentTextOptions::lent(lent, options)?;
            MAPS.get(map.id)?.append_text_with(&text, &options.to_core())
        })
    }
}

/// Appends a text: `mmf_text_append` with the text in UTF-16. The map contains the same bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_append16(
    map: mmf_map_t,
    text: *const u16,
    text_length: size_t,
    options: *const mmf_text_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let text = or_empty(lent.text16(text, text_length, "text")?, text_length, "text")?;
            let options = LentTextOptions::lent(lent, options)?;
            MAPS.get(map.id)?.append_text_with(&text, &options.to_core())
        })
    }
}

/// Gets the content of a map as text: without NULs, decoded according to its byte order mark or the
/// options. Invalid bytes become U+FFFD. Takes the content lock, unless the options contain it.
///
/// Parameters:
/// - map: the handle.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - out_text: the text; length 0 if the map has no content.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
///   in the options).
/// - `MMF_STATUS_INVALID_ARGUMENT`: the options have an unknown size, or the lock belongs to
///   another map.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not read; open the map with more rights.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
/// - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
/// - `MMF_STATUS_NO_SPACE`: the content is larger than the memory that this process can have.
///
/// Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
///
/// Threads: any, at any time, in any number of processes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_read(
    map: mmf_map_t,
    options: *const mmf_text_options_t,
    out_text: *mut mmf_text_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_text, "out_text")?;
            let options = LentTextOptions::lent(lent, options)?;
            out.put(mmf_text_t::of(MAPS.get(map.id)?.read_text_with(&options.to_core())?)?);
            Ok(())
        })
    }
}

/// Gets the content as text: `mmf_text_read` in UTF-16. Free it with `mmf_text_free16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_read16(
    map: mmf_map_t,
    options: *const mmf_text_options_t,
    out_text: *mut mmf_text16_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_text, "out_text")?;
            let options = LentTextOptions::lent(lent, options)?;
            out.put(mmf_text16_t::of(MAPS.get(map.id)?.read_text_utf16_with(&options.to_core())?)?);
            Ok(())
        })
    }
}

/// Gets the content as text: `mmf_text_read` in UTF-16, into memory of the caller, for languages
/// that manage the memory of strings themselves.
///
/// Parameters:
/// - map: the handle.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - buffer, capacity: the memory for the text, and its size in code units; buffer may be NULL if
///   capacity is 0. No NUL is written after the text.
/// - out_length: the length of the text in code units. If it is greater than capacity, it is the
///   greatest length that the text can have, and the buffer does not contain the text: provide a
///   buffer of that size, and call again.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_text_read`; `MMF_STATUS_INVALID_ARGUMENT` also if the buffer is not aligned.
///
/// Threads: any, at any time, in any number of processes. The content can change between two calls,
/// unless the options contain a lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_read_into16(
    map: mmf_map_t,
    options: *const mmf_text_options_t,
    buffer: *mut u16,
    capacity: size_t,
    out_length: *mut size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_length, "out_length")?;
            let units = lent.slice_mut(buffer, capacity, "buffer")?;
            let options = LentTextOptions::lent(lent, options)?;
            out.put(MAPS.get(map.id)?.read_text_utf16_into_with(units, &options.to_core())?);
            Ok(())
        })
    }
}
