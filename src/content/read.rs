//! Reading the content.

use super::encoding::Encoding;
use super::extent;
use super::options::TextOptions;
use super::utf16::Utf16Text;
use crate::access::Rights;
use crate::error::{Error, ErrorKind, Result};
use crate::lock_mode::LockMode;
use crate::map::Map;
use crate::os::zeroed::zeroed;

/// A text in a map, found but not read.
struct FoundText {
    encoding: Encoding,
    /// Where it is, without its byte order mark.
    data: extent::Data,
}

impl FoundText {
    /// The most UTF-16 code units that it can have: one for each byte of UTF-8, two for four bytes
    /// of UTF-32.
    fn most_units(&self) -> usize {
        let units = match self.encoding.unit() {
            1 => self.data.length(),
            // A last unit can be cut off by the end of the content.
            _ => self.data.length() / 2 + 2,
        };
        usize::try_from(units).unwrap_or(usize::MAX)
    }
}

impl Map {
    /// The content as text: without NULs, decoded according to its byte order mark or the options.
    /// Invalid bytes become U+FFFD.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::Timeout`], [`ErrorKind::Truncated`]. [`ErrorKind::NoSpace`] if
    /// the content is larger than the memory that this process can have.
    pub fn read_text_with(&self, options: &TextOptions<'_>) -> Result<String> {
        self.check_right(Rights::READ)?;
        // Decoded after the lock is released, so that others can write again.
        let units = self.under_lock(LockMode::Shared, options, || self.code_units(options))?;
        self.decoded(units)
    }

    /// The content as UTF-16 code units, otherwise as [`Map::read_text`].
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn read_text_utf16_with(&self, options: &TextOptions<'_>) -> Result<Vec<u16>> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || {
            let found = self.find_text(options)?;
            let most = found.most_units();
            // One more for the NUL that C needs at the end.
            let mut units =
                zeroed(most.saturating_add(1)).ok_or_else(|| self.too_much(&found.data))?;
            let length = self.fill_utf16(&found, &mut units)?;
            units.truncate(length);
            Ok(units)
        })
    }

    /// Writes the content as UTF-16 code units into memory of the caller. Returns how many there
    /// are. If the memory is too small, returns the most that there can be, and the memory does not
    /// contain the text.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    ///
    /// # Example
    /// ```
    /// use mmf::{MapOptions, TextOptions};
    ///
    /// let map = MapOptions::new().create_anonymous(4096)?;
    /// let options = TextOptions::default();
    /// map.replace_text_with("text", &options)?;
    /// let mut units = vec![0; map.read_text_utf16_into_with(&mut [], &options)?];
    /// let length = map.read_text_utf16_into_with(&mut units, &options)?;
    /// assert_eq!(String::from_utf16_lossy(&units[..length]), "text");
    /// # Ok::<(), mmf::Error>(())
    /// ```
    pub fn read_text_utf16_into_with(
        &self,
        buffer: &mut [u16],
        options: &TextOptions<'_>,
    ) -> Result<usize> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || {
            let found = self.find_text(options)?;
            match found.most_units() {
                most if most > buffer.len() => Ok(most),
                _ => self.fill_utf16(&found, buffer),
            }
        })
    }

    /// The content as bytes, including NULs inside.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn read_bytes_with(&self, options: &TextOptions<'_>) -> Result<Vec<u8>> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || {
            let data = extent::all(&self.object)?;
            // One more for the NUL that C needs at the end.
            let length = usize::try_from(data.end).unwrap_or(usize::MAX);
            let mut bytes = zeroed(length.saturating_add(1)).ok_or_else(|| self.too_much(&data))?;
            let mut pieces = extent::Pieces::of(&self.object, &data);
            while let Some((offset, piece)) = pieces.next()? {
                let offset = offset as usize;
                bytes[offset..offset + piece.len()].copy_from_slice(piece);
            }
            // A raw write takes no content lock, so the end may have moved back since it was found.
            bytes.truncate(extent::end_of(&bytes) as usize);
            Ok(bytes)
        })
    }

    /// The length of the content in bytes, including NULs inside.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn content_length_with(&self, options: &TextOptions<'_>) -> Result<u64> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || Ok(extent::all(&self.object)?.end))
    }

    /// The text. The caller holds the lock and has checked the right to read.
    pub(crate) fn unlocked_text(&self, options: &TextOptions<'_>) -> Result<String> {
        self.decoded(self.code_units(options)?)
    }

    /// The text without NULs and without its mark, not decoded. The caller holds the lock and has
    /// checked the right to read.
    fn code_units(&self, options: &TextOptions<'_>) -> Result<(FoundText, Vec<u8>)> {
        let found = self.find_text(options)?;
        let mut bytes = self.room_for(found.data.length(), &found.data)?;
        let mut pieces = extent::Pieces::of(&self.object, &found.data);
        while let Some((offset, piece)) = pieces.next()? {
            found
                .encoding
                .push_without_nul(offset, piece, &mut bytes)
                .map_err(|_| self.too_much(&found.data))?;
        }
        Ok((found, bytes))
    }

    fn decoded(&self, (found, bytes): (FoundText, Vec<u8>)) -> Result<String> {
        found.encoding.decode(bytes).map_err(|_| self.too_much(&found.data))
    }

    /// Where the text is, and in which encoding.
    fn find_text(&self, options: &TextOptions<'_>) -> Result<FoundText> {
        let mut data = extent::all(&self.object)?;
        let mark = data.mark(&self.object)?;
        data.skip(mark.map_or(0, |encoding| encoding.mark().len() as u64));
        Ok(FoundText { encoding: mark.unwrap_or(options.encoding), data })
    }

    /// Writes the text into memory that is large enough for any such text. Returns its number of
    /// code units.
    fn fill_utf16(&self, found: &FoundText, units: &mut [u16]) -> Result<usize> {
        // Text is mostly ASCII, which becomes UTF-16 while it is in the caches.
        let mut text = Utf16Text::new(found.encoding, units);
        let mut pieces = extent::Pieces::of(&self.object, &found.data);
        while let Some((offset, piece)) = pieces.next()? {
            text.push(offset, piece).map_err(|_| self.too_much(&found.data))?;
        }
        text.finish().map_err(|_| self.too_much(&found.data))
    }

    /// Memory for this many bytes of content and a few more: an incomplete last unit is filled up,
    /// and C needs a NUL at the end.
    fn room_for(&self, bytes: u64, data: &extent::Data) -> Result<Vec<u8>> {
        let mut room = Vec::new();
        let length = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(4);
        room.try_reserve_exact(length).map_err(|_| self.too_much(data))?;
        Ok(room)
    }

    /// The content is larger than the memory of this process. Running out of memory must not end
    /// the process.
    fn too_much(&self, data: &extent::Data) -> Error {
        Error::new(
            ErrorKind::NoSpace,
            format!(
                "{} has {} bytes of content, and this process does not have enough memory for them: read a part, by offset and size, or make a view.",
                self.shown(),
                data.end
            ),
        )
    }
}
