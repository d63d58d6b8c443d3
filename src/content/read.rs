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
    /// How many code units of UTF-16 it can have: a byte of UTF-8 is one at most, four of UTF-32 two.
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
    /// The content as text: every NUL left out, decoded by its byte order mark or as the options
    /// say. What is not valid becomes U+FFFD.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::Timeout`], [`ErrorKind::Truncated`]. [`ErrorKind::NoSpace`] if
    /// the content is larger than the memory that this process can have.
    pub fn read_text_with(&self, options: &TextOptions<'_>) -> Result<String> {
        self.check_right(Rights::READ)?;
        // Decoded when others may write again.
        let units = self.under_lock(LockMode::Shared, options, || self.code_units(options))?;
        self.decoded(units)
    }

    /// The content as UTF-16 code units: as [`Map::read_text`], for callers whose strings are so.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn read_text_utf16_with(&self, options: &TextOptions<'_>) -> Result<Vec<u16>> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || {
            let found = self.find_text(options)?;
            let most = found.most_units();
            // One more for the NUL that C wants behind them.
            let mut units =
                zeroed(most.saturating_add(1)).ok_or_else(|| self.too_much(&found.data))?;
            let length = self.fill_utf16(&found, &mut units)?;
            units.truncate(length);
            Ok(units)
        })
    }

    /// The content as UTF-16 code units in memory of the caller. Gives how many there are; or, where
    /// the memory has no room for them, how many there can be at most: then it holds nothing of use.
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

    /// The content as bytes, NULs and all, up to its end.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn read_bytes_with(&self, options: &TextOptions<'_>) -> Result<Vec<u8>> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || {
            let data = extent::all(&self.object)?;
            // One more for the NUL that C wants behind them.
            let length = usize::try_from(data.end).unwrap_or(usize::MAX);
            let mut bytes = zeroed(length.saturating_add(1)).ok_or_else(|| self.too_much(&data))?;
            let mut pieces = extent::Pieces::of(&self.object, &data);
            while let Some((offset, piece)) = pieces.next()? {
                let offset = offset as usize;
                bytes[offset..offset + piece.len()].copy_from_slice(piece);
            }
            // A raw write takes no content lock: the end may have come nearer since it was found.
            bytes.truncate(extent::end_of(&bytes) as usize);
            Ok(bytes)
        })
    }

    /// How many bytes the content has, NULs inside counted.
    ///
    /// # Errors
    /// As [`Map::read_text`].
    pub fn content_length_with(&self, options: &TextOptions<'_>) -> Result<u64> {
        self.check_right(Rights::READ)?;
        self.under_lock(LockMode::Shared, options, || Ok(extent::all(&self.object)?.end))
    }

    /// The text, for callers who hold the lock and checked the right to read.
    pub(crate) fn unlocked_text(&self, options: &TextOptions<'_>) -> Result<String> {
        self.decoded(self.code_units(options)?)
    }

    /// The text without NULs and without its mark, not decoded; for callers as above.
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

    /// The text in memory that has room for the most units it can have. Gives how many it has.
    fn fill_utf16(&self, found: &FoundText, units: &mut [u16]) -> Result<usize> {
        // Text is mostly ASCII, which becomes UTF-16 while it is in the caches.
        let mut text = Utf16Text::new(found.encoding, units);
        let mut pieces = extent::Pieces::of(&self.object, &found.data);
        while let Some((offset, piece)) = pieces.next()? {
            text.push(offset, piece).map_err(|_| self.too_much(&found.data))?;
        }
        text.finish().map_err(|_| self.too_much(&found.data))
    }

    /// Memory for so many bytes of content, and for a few more: a last unit that is cut off is filled
    /// up, and C wants a NUL behind all of them.
    fn room_for(&self, bytes: u64, data: &extent::Data) -> Result<Vec<u8>> {
        let mut room = Vec::new();
        let length = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(4);
        room.try_reserve_exact(length).map_err(|_| self.too_much(data))?;
        Ok(room)
    }

    /// The content is larger than this process can hold. Running out of memory must not end it.
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
