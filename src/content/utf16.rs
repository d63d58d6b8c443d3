//! Reading as UTF-16, straight into the memory of the caller.

use std::collections::TryReserveError;

use super::encoding::Encoding;

/// Builds UTF-16 from a text that comes in pieces.
pub(super) struct Utf16Text<'a> {
    encoding: Encoding,
    /// A buffer for as many code units as the text can have.
    units: &'a mut [u16],
    /// How many of them are filled: the beginning of the text, as far as it is ASCII without NULs.
    done: usize,
    /// The rest of the text, without NULs: a character can span two pieces.
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

/// Converts leading ASCII without NULs to UTF-16, except perhaps a few bytes at its end. Returns
/// how many.
fn widen(bytes: &[u8], units: &mut [u16]) -> usize {
    // In blocks that the compiler can vectorize: each block is checked and widened at once.
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
}
