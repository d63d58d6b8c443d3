//! The verbs of the content without options: the defaults of [`TextOptions`].

use super::options::TextOptions;
use crate::error::Result;
use crate::map::Map;

impl Map {
    /// Replaces the content by a text. Nothing of the old one is left.
    ///
    /// # Errors
    /// As [`Map::replace_text_with`].
    pub fn replace_text(&self, text: &str) -> Result<()> {
        self.replace_text_with(text, &TextOptions::new())
    }

    /// Appends a text behind the content, with CR LF between if there is content.
    ///
    /// # Errors
    /// As [`Map::append_text_with`].
    pub fn append_text(&self, text: &str) -> Result<()> {
        self.append_text_with(text, &TextOptions::new())
    }

    /// The content as text: every NUL left out, decoded by its byte order mark or as UTF-8. What is
    /// not valid becomes U+FFFD.
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

    /// The content as UTF-16 code units in memory of the caller, as [`Map::read_text_utf16_into_with`]
    /// gives them.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_text_utf16_into(&self, buffer: &mut [u16]) -> Result<usize> {
        self.read_text_utf16_into_with(buffer, &TextOptions::new())
    }

    /// Replaces the content by bytes as they are. Nothing of the old one is left.
    ///
    /// # Errors
    /// As [`Map::replace_bytes_with`].
    pub fn replace_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.replace_bytes_with(bytes, &TextOptions::new())
    }

    /// Appends bytes as they are behind the content, with CR LF between if there is content.
    ///
    /// # Errors
    /// As [`Map::append_bytes_with`].
    pub fn append_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.append_bytes_with(bytes, &TextOptions::new())
    }

    /// The content as bytes, NULs and all, up to its end.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn read_bytes(&self) -> Result<Vec<u8>> {
        self.read_bytes_with(&TextOptions::new())
    }

    /// How many bytes the content has, NULs inside counted.
    ///
    /// # Errors
    /// As [`Map::read_text_with`].
    pub fn content_length(&self) -> Result<u64> {
        self.content_length_with(&TextOptions::new())
    }
}
