//! The content of a map as text.

use std::ffi::c_char;

use super::boundary::boundary;
use super::buffer::{mmf_text_t, mmf_text16_t};
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::pointer::{or_empty, size_t};
use super::status::mmf_status_t;
use super::text_options::{LentTextOptions, mmf_text_options_t};

/// Replaces the content of a map by a text. Nothing of the old one is left. The content lock is
/// taken for it, unless the options bring one.
///
/// Parameters:
/// - map: the handle.
/// - text, text_length: the text in UTF-8; empty: the content becomes empty.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the text is the content now.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
///   in the options).
/// - `MMF_STATUS_INVALID_TEXT`: the text is not valid UTF-8.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the options have another version's size, or the lock is that of
///   another map or for reading only.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
/// - `MMF_STATUS_TOO_LONG`: the text does not fit; the sentence says how many bytes it needs.
///   The old content stands.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not write; open the map with more rights.
/// - `MMF_STATUS_READ_ONLY_MAP`: nobody may.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time. Nothing happened.
/// - `MMF_STATUS_NO_SPACE`: the map's memory is reserved only when it is used, and there is not
///   enough; or this process has not enough memory, or may not write so far into a file. The old
///   content stands.
/// - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
///
/// A process that is killed in the middle leaves a beginning of the old content or of the new one,
/// never a mixture.
///
/// Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
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

/// Replaces the content: `mmf_text_replace` with the text in UTF-16. What is stored is the same.
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

/// Appends a text behind the content, with the separator between if there is content. Text in a
/// map that begins with a byte order mark goes on in that mark's encoding. The content lock is
/// taken for it, unless the options bring one.
///
/// It never overwrites a byte, and it stands behind whatever was written through this library by any
/// handle. Bytes that a program stores far behind the content through a view can be missed. A process
/// that is killed in the middle leaves the old content and perhaps a beginning of the text.
///
/// Parameters:
/// - map: the handle.
/// - text, text_length: the text in UTF-8.
/// - options: separator, encoding, timeout and lock, or NULL for the defaults.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_replace`; `MMF_STATUS_OK`: the text stands behind the content.
///
/// Threads: any, at any time; so may any number of processes. Nothing is lost or torn.
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

/// Appends a text: `mmf_text_append` with the text in UTF-16. What is stored is the same.
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

/// Gets the content of a map as text: without any NUL, decoded by its byte order mark or as the
/// options say; what is not valid becomes U+FFFD. The content lock is taken for it, unless the
/// options bring one.
///
/// Parameters:
/// - map: the handle.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - out_text: the text; length 0 if the map has no content.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE` (also for the lock
///   in the options).
/// - `MMF_STATUS_INVALID_ARGUMENT`: the options have another version's size, or the lock is that of
///   another map.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle may not read; open the map with more rights.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
/// - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
/// - `MMF_STATUS_NO_SPACE`: the content is larger than the memory that this process can have.
///
/// Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
///
/// Threads: any, at any time; so may any number of processes.
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

/// Gets the content as text: `mmf_text_read` in UTF-16. Give it back with `mmf_text_free16`.
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
/// whose strings have memory of their own.
///
/// Parameters:
/// - map: the handle.
/// - options: encoding, timeout and lock, or NULL for the defaults.
/// - buffer, capacity: where the text goes, and how many code units there is room for; buffer may be
///   NULL if capacity is 0. No NUL is written behind the text.
/// - out_length: how many code units the text has. More than capacity: how many it can have at most;
///   then nothing of use is in the buffer: make room for so many, and call again.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_text_read`; `MMF_STATUS_INVALID_ARGUMENT` also if the buffer is not aligned.
///
/// Threads: any, at any time; so may any number of processes. The content can change between two
/// calls, unless the options bring a lock.
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
