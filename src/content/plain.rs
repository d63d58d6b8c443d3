//! The methods for the content without options. They use the defaults of [`TextOptions`].

use super::options::TextOptions;
use crate::error::Result;
use crate::map::Map;

impl Map {
    /// Replaces the content with a text.
    ///
    /// # Errors
    /// As [`Map::replace_text_with`].
    pub fn replace_text(&self, text: &str) -> Result<()> {
        self.replace_text_with(text, &TextOptions::new())
    }

    /// Appends a text to the content, after CR LF if there is content.
    ///
    /// # Errors
    /// As [`Map::append_text_with`].
    pub fn append_text(&self, text: &str) -> Result<()> {
        self.append_text_with(text, &TextOptions::new())
    }

    /// The content as text: without NULs, decoded according to its byte order mark or as UTF-8.
    /// Invalid bytes become U+FFFD.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_text(&self) -> Result<String> {
        self.read_text_with(&TextOptions::new())
    }

    /// The content as UTF-16 code units, otherwise as [`Map::read_text`].
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_text_utf16(&self) -> Result<Vec<u16>> {
        self.read_text_utf16_with(&TextOptions::new())
    }

    /// Writes the content as UTF-16 code units into memory of the caller. See
    /// [`Map::read_text_utf16_into_with`].
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_text_utf16_into(&self, buffer: &mut [u16]) -> Result<usize> {
        self.read_text_utf16_into_with(buffer, &TextOptions::new())
    }

    /// Replaces the content with bytes, unchanged.
    ///
    /// # Errors
    /// As [`Map::replace_bytes_with`].
    pub fn replace_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.replace_bytes_with(bytes, &TextOptions::new())
    }

    /// Appends bytes to the content, unchanged, after CR LF if there is content.
    ///
    /// # Errors
    /// As [`Map::append_bytes_with`].
    pub fn append_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.append_bytes_with(bytes, &TextOptions::new())
    }

    /// The content as bytes, including NULs inside.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_bytes(&self) -> Result<Vec<u8>> {
        self.read_bytes_with(&TextOptions::new())
    }

    /// The length of the content in bytes, including NULs inside.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn content_length(&self) -> Result<u64> {
        self.content_length_with(&TextOptions::new())
    }
}
