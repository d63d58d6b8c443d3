//! Text for Win32.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;

/// Text as Win32 wants it: UTF-16 with a NUL behind it. The caller knows that there is none inside.
pub(super) fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}
