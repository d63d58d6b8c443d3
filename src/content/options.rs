//! How text is written and read.

use std::time::Duration;

use super::encoding::Encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::lock::ContentLock;

/// How long the text methods wait for the content lock by default.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The default separator between appended texts.
pub const DEFAULT_SEPARATOR: &str = "\r\n";

/// Options of the text methods. The defaults: CR LF between appended texts, UTF-8 without a byte
/// order mark, 30 seconds for the content lock.
#[derive(Clone, Debug)]
pub struct TextOptions<'a> {
    pub(super) separator: &'a [u8],
    pub(super) encoding: Encoding,
    pub(super) timeout: Duration,
    pub(super) lock: Option<&'a ContentLock>,
}

impl Default for TextOptions<'_> {
    fn default() -> Self {
        Self {
            separator: DEFAULT_SEPARATOR.as_bytes(),
            encoding: Encoding::Utf8,
            timeout: DEFAULT_TIMEOUT,
            lock: None,
        }
    }
}

impl<'a> TextOptions<'a> {
    /// The defaults.
    pub fn new() -> TextOptions<'a> {
        TextOptions::default()
    }

    /// The separator between the content and the appended text. Empty: none.
    #[must_use]
    pub fn separator(self, separator: &'a str) -> TextOptions<'a> {
        self.separator_bytes(separator.as_bytes())
    }

    /// The separator between the content and appended bytes. For a text it must be UTF-8.
    #[must_use]
    pub fn separator_bytes(mut self, separator: &'a [u8]) -> TextOptions<'a> {
        self.separator = separator;
        self
    }

    pub(super) fn separator_text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.separator).map_err(|error| {
            Error::new(
                ErrorKind::InvalidText,
                format!(
                    "The separator is not valid UTF-8: look at its byte {}, counted from 0.",
                    error.valid_up_to()
                ),
            )
        })
    }

    /// The encoding for writing, and for reading text without a byte order mark. Except for
    /// [`Encoding::Utf8`], writing to an empty map begins with the byte order mark, so that readers
    /// know the encoding.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> TextOptions<'a> {
        self.encoding = encoding;
        self
    }

    /// How long to wait for the content lock.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> TextOptions<'a> {
        self.timeout = timeout;
        self
    }

    /// A lock that the caller holds on this map. The method then takes none.
    #[must_use]
    pub fn lock(mut self, lock: &'a ContentLock) -> TextOptions<'a> {
        self.lock = Some(lock);
        self
    }
}
