//! Memory that the library gives to C, and that C gives back.

use std::ffi::c_char;
use std::ptr;

use super::pointer::{give, size_t, take_back, with_room};
use crate::error::Result;

/// UTF-8 text that the library returned. It ends with a NUL that `length` does not include, so
/// `data` is a C string (content never contains a NUL). It belongs to the caller; free it with
/// `mmf_text_free`. All zero means "no text".
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_text_t {
    /// The first byte; NULL: no text.
    pub data: *mut c_char,
    /// The number of bytes.
    pub length: size_t,
}

/// UTF-16 text that the library returned, otherwise like `mmf_text_t`. Free it with
/// `mmf_text_free16`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_text16_t {
    /// The first code unit; NULL: no text.
    pub data: *mut u16,
    /// The number of code units.
    pub length: size_t,
}

/// Bytes that the library returned. They belong to the caller; free them with `mmf_bytes_free`. All
/// zero means "no bytes".
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_bytes_t {
    /// The first byte; NULL: no bytes.
    pub data: *mut u8,
    /// The number of bytes.
    pub length: size_t,
}

impl mmf_text_t {
    pub(super) const NONE: mmf_text_t = mmf_text_t { data: ptr::null_mut(), length: 0 };

    /// A text of any length.
    pub(super) fn of(text: String) -> Result<mmf_text_t> {
        let (data, length) = give(with_room(text.into_bytes(), 0)?);
        Ok(mmf_text_t { data: data.cast(), length })
    }

    /// A copy of a text of any length.
    pub(super) fn copy_of(text: &str) -> Result<mmf_text_t> {
        let mut bytes = with_room(Vec::new(), text.len())?;
        bytes.extend_from_slice(text.as_bytes());
        let (data, length) = give(bytes);
        Ok(mmf_text_t { data: data.cast(), length })
    }
}

impl mmf_text16_t {
    pub(super) const NONE: mmf_text16_t = mmf_text16_t { data: ptr::null_mut(), length: 0 };

    /// A text of any length.
    pub(super) fn of(units: Vec<u16>) -> Result<mmf_text16_t> {
        let (data, length) = give(with_room(units, 0)?);
        Ok(mmf_text16_t { data, length })
    }

    /// A copy of a text of any length. A byte is one code unit at most.
    pub(super) fn copy_of(text: &str) -> Result<mmf_text16_t> {
        let mut units = with_room(Vec::new(), text.len())?;
        units.extend(text.encode_utf16());
        let (data, length) = give(units);
        Ok(mmf_text16_t { data, length })
    }
}

impl mmf_bytes_t {
    /// Bytes of any number.
    pub(super) fn of(bytes: Vec<u8>) -> Result<mmf_bytes_t> {
        let (data, length) = give(with_room(bytes, 0)?);
        Ok(mmf_bytes_t { data, length })
    }
}

/// What the system limits the length of: a path, a name in a folder.
impl From<String> for mmf_text_t {
    fn from(text: String) -> mmf_text_t {
        let (data, length) = give(text.into_bytes());
        mmf_text_t { data: data.cast(), length }
    }
}

/// As above.
impl From<String> for mmf_text16_t {
    fn from(text: String) -> mmf_text16_t {
        let (data, length) = give(text.encode_utf16().collect());
        mmf_text16_t { data, length }
    }
}

/// Frees UTF-8 text that the library returned.
///
/// Parameters:
/// - text: text that a function of this library returned; all zero does nothing.
///
/// Memory and lifetimes: the memory is freed when the call returns. Do not call it twice with the
/// same text, or with text from another source: the library cannot detect that.
///
/// Threads: any, for different texts at the same time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_free(text: mmf_text_t) {
    // SAFETY: the caller promises a text that is zero or the library's own.
    drop(unsafe { take_back(text.data.cast::<u8>(), text.length) });
}

/// Frees UTF-16 text that the library returned. Everything else is as for `mmf_text_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_text_free16(text: mmf_text16_t) {
    // SAFETY: the caller promises a text that is zero or the library's own.
    drop(unsafe { take_back(text.data, text.length) });
}

/// Frees bytes that the library returned. Everything else is as for `mmf_text_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_bytes_free(bytes: mmf_bytes_t) {
    // SAFETY: the caller promises bytes that are zero or the library's own.
    drop(unsafe { take_back(bytes.data, bytes.length) });
}
