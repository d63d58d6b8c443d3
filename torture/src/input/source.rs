//! The source of random choices: an endless stream from a seed, or the bytes of the corpus.

use crate::common::Numbers;

pub(crate) enum Source<'a> {
    Numbers(Numbers),
    Bytes {
        bytes: &'a [u8],
        at: usize,
    },
    /// Like `Numbers`, and records the bytes.
    Recorded {
        numbers: Numbers,
        bytes: Vec<u8>,
    },
}

impl Source<'_> {
    /// Whether all bytes are used.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Source::Bytes { bytes, at } if at >= &bytes.len())
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self {
            Source::Numbers(numbers) => numbers.next() as u8,
            // After the end, all bytes are zero.
            Source::Bytes { bytes, at } => {
                let byte = bytes.get(*at).copied().unwrap_or(0);
                *at += 1;
                byte
            }
            Source::Recorded { numbers, bytes } => {
                let byte = numbers.next() as u8;
                bytes.push(byte);
                byte
            }
        }
    }

    /// A number from 0 to `end` - 1; `end` is at most 256.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.byte() as usize * end / 256
    }

    /// True in one of `many` cases.
    pub(crate) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == many - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn wide(&mut self) -> u64 {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte();
        }
        u64::from_le_bytes(bytes)
    }
}
