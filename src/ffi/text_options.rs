//! How text and content are read and written.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

use super::constants::mmf_encoding_t;
use super::lock::{LOCKS, mmf_lock_t};
use super::number::{out_of_range, time};
use super::pointer::{Lent, check_text, size_t};
use super::structure::structure;
use crate::error::Result;
use crate::{ContentLock, DEFAULT_TIMEOUT, Encoding, TextOptions};

/// Options for reading and writing text and content. Initialize with `MMF_TEXT_OPTIONS_INIT`, then
/// change the fields that should differ. NULL instead of the structure means the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_text_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// An `MMF_ENCODING_` number. Default: UTF-8 without a byte order mark.
    pub encoding: i32,
    /// How many milliseconds to wait for the content lock; 0: try once; -1: no limit. Default:
    /// 30000.
    pub timeout_ms: i64,
    /// A lock that the caller holds on this map. The function then takes none. Default: all zero;
    /// the function takes the lock.
    pub lock: mmf_lock_t,
    /// The separator between the content and the appended text: UTF-8 for a text, any bytes for
    /// `mmf_content_append`. Default: CR LF. NULL or empty: none.
    pub separator: *const c_char,
    /// The length of `separator`, or `MMF_NUL_TERMINATED`.
    pub separator_length: size_t,
}

structure! {
    mmf_text_options_t ends(lock separator_length) {
        encoding: mmf_encoding_t::MMF_ENCODING_UTF8 as i32,
        timeout_ms: DEFAULT_TIMEOUT.as_millis() as i64,
        lock: mmf_lock_t { id: 0 },
        separator: crate::DEFAULT_SEPARATOR.as_ptr().cast(),
        separator_length: crate::DEFAULT_SEPARATOR.len(),
    }
}

/// Text options with the data that they point to.
pub(super) struct LentTextOptions<'call> {
    separator: &'call [u8],
    encoding: Encoding,
    timeout: Duration,
    lock: Option<Arc<ContentLock>>,
}

impl<'call> LentTextOptions<'call> {
    /// For functions whose text is UTF-8, and so the separator.
    pub(super) fn lent(lent: &'call Lent, options: *const mmf_text_options_t) -> Result<Self> {
        let options = Self::of_bytes(lent, options)?;
        check_text(options.separator, "options.separator")?;
        Ok(options)
    }

    /// For functions that take bytes as they are, the separator, too.
    pub(super) fn of_bytes(lent: &'call Lent, options: *const mmf_text_options_t) -> Result<Self> {
        let options = lent.structure(options, "options")?.unwrap_or_default();
        let encoding = Encoding::ALL
            .into_iter()
            .find(|encoding| *encoding as i32 == options.encoding)
            .ok_or_else(|| {
                out_of_range("encoding", options.encoding, "0 (UTF-8) to 5 (UTF-32, big end first)")
            })?;
        let timeout = time("timeout", options.timeout_ms)?;
        let separator =
            lent.bytes(options.separator, options.separator_length, "options.separator")?;
        let lock = match options.lock.id {
            0 => None,
            id => Some(LOCKS.get(id)?),
        };
        Ok(LentTextOptions { separator, encoding, timeout, lock })
    }

    pub(super) fn to_core(&self) -> TextOptions<'_> {
        let options = TextOptions::new()
            .separator_bytes(self.separator)
            .encoding(self.encoding)
            .timeout(self.timeout);
        match &self.lock {
            Some(lock) => options.lock(lock),
            None => options,
        }
    }
}
