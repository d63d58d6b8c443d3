//! Bytes become text.

use std::collections::TryReserveError;

use super::encoding::Encoding;

impl Encoding {
    /// Adds the bytes at `offset` of the map, without code units that are NUL.
    pub(super) fn push_without_nul(
        self,
        offset: u64,
        bytes: &[u8],
        to: &mut Vec<u8>,
    ) -> Result<(), TryReserveError> {
        let unit = self.unit() as usize;
        to.try_reserve(bytes.len() + unit)?;
        if unit == 1 {
            // Text is the common case, and it has no NUL: one search, one copy. `contains` looks at
            // many bytes at once, which `position` does not.
            if !bytes.contains(&0) {
                to.extend_from_slice(bytes);
                return Ok(());
            }
            let mut rest = bytes;
            while let Some(nul) = rest.iter().position(|byte| *byte == 0) {
                to.extend_from_slice(&rest[..nul]);
                let next = rest[nul..].iter().position(|byte| *byte != 0);
                rest = next.map_or(&[], |skip| &rest[nul + skip..]);
            }
            to.extend_from_slice(rest);
            return Ok(());
        }
        debug_assert_eq!(offset % unit as u64, 0, "pieces begin at whole code units");
        for code in bytes.chunks(unit) {
            if code.iter().any(|byte| *byte != 0) {
                to.extend_from_slice(code);
                // The end of the content cut off zeros of the last unit.
                to.resize(to.len() + unit - code.len(), 0);
            }
        }
        Ok(())
    }

    /// Whole code units as a string. Invalid units become U+FFFD.
    pub(super) fn decode(self, bytes: Vec<u8>) -> Result<String, TryReserveError> {
        let mut text = String::new();
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => match String::from_utf8(bytes) {
                Ok(valid) => return Ok(valid),
                Err(error) => {
                    for chunk in error.as_bytes().utf8_chunks() {
                        text.try_reserve(
                            chunk.valid().len() + char::REPLACEMENT_CHARACTER.len_utf8(),
                        )?;
                        text.push_str(chunk.valid());
                        if !chunk.invalid().is_empty() {
                            text.push(char::REPLACEMENT_CHARACTER);
                        }
                    }
                }
            },
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let units = self.decode_utf16(&bytes)?;
                // Three bytes of UTF-8 at most for each.
                text.try_reserve(units.len().saturating_mul(3))?;
                text.extend(
                    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)),
                );
            }
            Encoding::Utf32Le | Encoding::Utf32Be => {
                text.try_reserve(bytes.len())?;
                text.extend(self.chars_of_utf32(&bytes));
            }
        }
        Ok(text)
    }

    /// Whole code units as UTF-16. Invalid units become U+FFFD.
    pub(super) fn decode_utf16(self, bytes: &[u8]) -> Result<Vec<u16>, TryReserveError> {
        let mut units: Vec<u16> = Vec::new();
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => {
                // The conversion requires one more unit than there are bytes.
                units.try_reserve_exact(bytes.len() + 1)?;
                units.resize(bytes.len() + 1, 0);
                let length = encoding_rs::mem::convert_utf8_to_utf16(bytes, &mut units);
                units.truncate(length);
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                units.try_reserve_exact(bytes.len() / 2)?;
                units.extend(bytes.as_chunks::<2>().0.iter().map(|pair| match self {
                    Encoding::Utf16Le => u16::from_le_bytes(*pair),
                    _ => u16::from_be_bytes(*pair),
                }));
                encoding_rs::mem::ensure_utf16_validity(&mut units);
            }
            Encoding::Utf32Le | Encoding::Utf32Be => {
                // Two units at most for each four bytes.
                units.try_reserve_exact(bytes.len() / 2)?;
                let mut pair = [0; 2];
                for c in self.chars_of_utf32(bytes) {
                    units.extend_from_slice(c.encode_utf16(&mut pair));
                }
            }
        }
        Ok(units)
    }

    fn chars_of_utf32(self, bytes: &[u8]) -> impl Iterator<Item = char> + '_ {
        bytes.as_chunks::<4>().0.iter().map(move |four| {
            let code = match self {
                Encoding::Utf32Le => u32::from_le_bytes(*four),
                _ => u32::from_be_bytes(*four),
            };
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\u{e4}\u{20ac}\u{1f600}z";

    #[test]
    fn every_encoding_reads_what_it_wrote() {
        for encoding in Encoding::ALL {
            let mut bytes = encoding.mark().to_vec();
            encoding.encode(TEXT, &mut bytes);
            assert_eq!(bytes.len() - encoding.mark().len(), encoding.length_of(TEXT) as usize);
            let found = Encoding::of_mark(&bytes);
            assert_eq!(found, Some(encoding).filter(|it| *it != Encoding::Utf8));
            let body = bytes[encoding.mark().len()..].to_vec();
            assert_eq!(
                encoding.decode_utf16(&body).expect("room"),
                TEXT.encode_utf16().collect::<Vec<_>>()
            );
            assert_eq!(encoding.decode(body).expect("room"), TEXT);
        }
    }

    #[test]
    fn nuls_are_left_out_by_code_unit() {
        let mut to = Vec::new();
        Encoding::Utf8.push_without_nul(0, b"\0a\0\0b\0", &mut to).expect("room");
        assert_eq!(to, b"ab");
        to.clear();
        Encoding::Utf16Le.push_without_nul(2, b"a\0\0\0\0\x01b", &mut to).expect("room");
        assert_eq!(to, b"a\0\0\x01b\0");
    }

    #[test]
    fn what_is_not_valid_becomes_the_replacement_character() {
        let bytes = b"a\xFFb\xE2\x82c".to_vec();
        assert_eq!(
            Encoding::Utf8.decode_utf16(&bytes).expect("room"),
            "a\u{fffd}b\u{fffd}c".encode_utf16().collect::<Vec<_>>()
        );
        assert_eq!(Encoding::Utf8.decode(bytes).expect("room"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(Encoding::Utf16Le.decode(b"\x00\xD8a\0".to_vec()).expect("room"), "\u{fffd}a");
        assert_eq!(
            Encoding::Utf32Be.decode(b"\0\x11\0\0\0\0\0a".to_vec()).expect("room"),
            "\u{fffd}a"
        );
    }
}
