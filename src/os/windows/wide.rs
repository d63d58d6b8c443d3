//! Text for Win32.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;

/// Text for Win32: UTF-16 that ends with a NUL. The caller knows that it contains no other NUL.
pub(super) fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}
