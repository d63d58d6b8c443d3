//! How text becomes bytes and bytes become text: pure, and the same on every system.

use std::collections::TryReserveError;

/// The encoding of a map's content. The numbers are those of the C header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Encoding {
    /// UTF-8 without a byte order mark: what every program can read.
    #[default]
    Utf8 = 0,
    /// UTF-8 with a byte order mark.
    Utf8Mark = 1,
    /// UTF-16, little end first, with a byte order mark.
    Utf16Le = 2,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be = 3,
    /// UTF-32, little end first, with a byte order mark.
    Utf32Le = 4,
    /// UTF-32, big end first, with a byte order mark.
    Utf32Be = 5,
}

impl Encoding {
    /// Every encoding, in the order of their numbers.
    pub const ALL: [Encoding; 6] = [
        Encoding::Utf8,
        Encoding::Utf8Mark,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Utf32Le,
        Encoding::Utf32Be,
    ];

    /// The byte order mark that content in this encoding begins with.
    pub fn mark(self) -> &'static [u8] {
        match self {
            Encoding::Utf8 => b"",
            Encoding::Utf8Mark => b"\xEF\xBB\xBF",
            Encoding::Utf16Le => b"\xFF\xFE",
            Encoding::Utf16Be => b"\xFE\xFF",
            Encoding::Utf32Le => b"\xFF\xFE\0\0",
            Encoding::Utf32Be => b"\0\0\xFE\xFF",
        }
    }

    /// The encoding whose mark the bytes begin with, the longest one first, since that of UTF-32
    /// begins as that of UTF-16 does. Bytes behind the mark's own two of a UTF-16 text can be NUL
    /// where a map is cleared, so an empty UTF-32 mark needs all of its four.
    pub(super) fn of_mark(bytes: &[u8]) -> Option<Encoding> {
        [
            Encoding::Utf8Mark,
            Encoding::Utf32Be,
            Encoding::Utf32Le,
            Encoding::Utf16Le,
            Encoding::Utf16Be,
        ]
        .into_iter()
        .find(|encoding| bytes.starts_with(encoding.mark()))
    }

    /// Bytes in a code unit.
    pub(super) fn unit(self) -> u64 {
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => 1,
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
            Encoding::Utf32Le | Encoding::Utf32Be => 4,
        }
    }

    /// How many bytes the text has in this encoding.
    pub(super) fn length_of(self, text: &str) -> u64 {
        let units = match self.unit() {
            1 => text.len(),
            2 => text.encode_utf16().count(),
            _ => text.chars().count(),
        };
        (units as u64).saturating_mul(self.unit())
    }

    /// Adds the text in this encoding. The caller has reserved memory for [`Encoding::length_of`] bytes.
    pub(super) fn encode(self, text: &str, to: &mut Vec<u8>) {
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => to.extend_from_slice(text.as_bytes()),
            Encoding::Utf16Le => {
                text.encode_utf16().for_each(|unit| to.extend_from_slice(&unit.to_le_bytes()));
            }
            Encoding::Utf16Be => {
                text.encode_utf16().for_each(|unit| to.extend_from_slice(&unit.to_be_bytes()));
            }
            Encoding::Utf32Le => {
                text.chars().for_each(|c| to.extend_from_slice(&u32::from(c).to_le_bytes()));
            }
            Encoding::Utf32Be => {
                text.chars().for_each(|c| to.extend_from_slice(&u32::from(c).to_be_bytes()));
            }
        }
    }

    /// Adds the bytes that lie at `offset` of the map, without the code units that are NUL.
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
                // A last unit that the content's end cut through ended in zeros.
                to.resize(to.len() + unit - code.len(), 0);
            }
        }
        Ok(())
    }

    /// Whole code units as a string; what is not valid becomes U+FFFD.
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

    /// Whole code units as UTF-16; what is not valid becomes U+FFFD.
    fn decode_utf16(self, bytes: &[u8]) -> Result<Vec<u16>, TryReserveError> {
        let mut units: Vec<u16> = Vec::new();
        match self {
            Encoding::Utf8 | Encoding::Utf8Mark => {
                // One more unit than bytes is what the conversion asks for.
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

/// UTF-16 made of text that comes in pieces.
pub(super) struct Utf16Text<'a> {
    encoding: Encoding,
    /// Room for as many code units as the text can have.
    units: &'a mut [u16],
    /// How many of them stand for the beginning of the text, as far as it is ASCII without NULs.
    done: usize,
    /// What comes behind it, without NULs: characters can lie across pieces.
    rest: Vec<u8>,
}

impl<'a> Utf16Text<'a> {
    pub(super) fn new(encoding: Encoding, units: &'a mut [u16]) -> Utf16Text<'a> {
        Utf16Text { encoding, units, done: 0, rest: Vec::new() }
    }

    /// Adds the bytes that lie at `offset` of the map.
    pub(super) fn push(&mut self, offset: u64, bytes: &[u8]) -> Result<(), TryReserveError> {
        let mut plain = 0;
        if self.encoding.unit() == 1 && self.rest.is_empty() {
            plain = widen(bytes, &mut self.units[self.done..]);
            self.done += plain;
        }
        if plain == bytes.len() {
            return Ok(());
        }
        self.encoding.push_without_nul(offset + plain as u64, &bytes[plain..], &mut self.rest)
    }

    /// How many code units the text has.
    pub(super) fn finish(self) -> Result<usize, TryReserveError> {
        let rest = self.encoding.decode_utf16(&self.rest)?;
        self.units[self.done..self.done + rest.len()].copy_from_slice(&rest);
        Ok(self.done + rest.len())
    }
}

/// ASCII without NULs as UTF-16, as far as the bytes are that, but for some at the end. Gives how many.
fn widen(bytes: &[u8], units: &mut [u16]) -> usize {
    // In blocks that compilers turn into vector instructions, each looked at and widened at once.
    const BLOCK: usize = 256;
    let mut done = 0;
    for (block, room) in bytes.chunks(BLOCK).zip(units.chunks_mut(BLOCK)) {
        if !block.iter().fold(true, |plain, byte| plain & (byte.wrapping_sub(1) < 0x7F)) {
            break;
        }
        for (unit, byte) in room.iter_mut().zip(block) {
            *unit = u16::from(*byte);
        }
        done += block.len();
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\u{e4}\u{20ac}\u{1f600}z";

    #[test]
    fn pieces_become_the_same_as_the_whole() {
        let pieces: [&[u8]; 5] = [b"abc", b"d\0e", b"f\xE2", b"\x82\xACg", b"h"];
        for first in 0..pieces.len() {
            let mut units = [0; 20];
            let mut text = Utf16Text::new(Encoding::Utf8, &mut units);
            for piece in &pieces[first..] {
                text.push(0, piece).expect("room");
            }
            let length = text.finish().expect("room");
            let whole: Vec<u8> =
                pieces[first..].concat().into_iter().filter(|byte| *byte != 0).collect();
            assert_eq!(
                String::from_utf16_lossy(&units[..length]),
                String::from_utf8_lossy(&whole),
                "from piece {first}"
            );
        }
    }

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
