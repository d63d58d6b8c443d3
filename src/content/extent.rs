//! Where the content is: the ranges of a map that may hold something, and its exact end.

use std::ops::Range;

use super::encoding::Encoding;
use crate::error::Result;
use crate::os::Object;

/// How much is read at once: enough to keep the system calls few, little enough for the caches.
const PIECE: u64 = 64 * 1024;

/// How much the search for the end looks at first: most maps are full, or empty from far back on.
const FIRST: u64 = 4 * 1024;

/// A map so small that has memory at its very end is not searched for holes: most likely it is
/// full, and then the search costs more than to read over a hole would.
const SMALL: u64 = 1024 * 1024;

/// The content of a map: every byte of it lies in one of the ranges.
pub(crate) struct Data {
    /// In order, and cut off at `end`.
    pub(super) ranges: Vec<Range<u64>>,
    /// Behind the last byte that is not NUL.
    pub(crate) end: u64,
}

impl Data {
    /// Leaves out the first bytes of the map.
    pub(super) fn skip(&mut self, count: u64) {
        for range in &mut self.ranges {
            range.start = range.start.max(count).min(range.end);
        }
    }

    /// How many bytes the ranges have together.
    pub(super) fn length(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }
}

/// Searches the whole map, exactly.
pub(crate) fn all(object: &Object) -> Result<Data> {
    let capacity = object.capacity();
    let mut ranges = if capacity <= SMALL && object.next_data(capacity - 1)?.is_some() {
        vec![Range { start: 0, end: capacity }]
    } else {
        ranges_from(object, 0)?
    };
    while let Some(last) = ranges.last_mut() {
        if let Some(end) = last_byte(object, last)? {
            last.end = end;
            return Ok(Data { ranges, end });
        }
        ranges.pop();
    }
    Ok(Data { ranges, end: 0 })
}

/// The ranges behind `start` that may hold something.
pub(crate) fn ranges_from(object: &Object, start: u64) -> Result<Vec<Range<u64>>> {
    let mut ranges = Vec::new();
    let mut from = start;
    while let Some(range) = object.next_data(from)? {
        from = range.end;
        ranges.push(range);
    }
    Ok(ranges)
}

/// The end of the last byte in the range that is not NUL.
fn last_byte(object: &Object, range: &Range<u64>) -> Result<Option<u64>> {
    let mut piece = Vec::new();
    let mut size = FIRST;
    let mut end = range.end;
    while end > range.start {
        let start = end.saturating_sub(size).max(range.start);
        piece.resize((end - start) as usize, 0);
        object.read_at(start, &mut piece)?;
        match end_of(&piece) {
            0 => (end, size) = (start, PIECE),
            found => return Ok(Some(start + found)),
        }
    }
    Ok(None)
}

/// Behind the last byte of the slice that is not NUL; 0 if there is none.
pub(super) fn end_of(bytes: &[u8]) -> u64 {
    // Whole words first: what is searched is mostly zero.
    let mut end = bytes.len();
    while end >= 16 && bytes[end - 16..end] == [0; 16] {
        end -= 16;
    }
    bytes[..end].iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1)
}

/// Whether the content still ends at `end`, as far as `length` bytes from `start` on can tell.
pub(super) fn is_end(object: &Object, end: u64, start: u64, length: usize) -> Result<bool> {
    let mut seen = vec![0; (start - end) as usize + 1 + length];
    object.read_at(end - 1, &mut seen)?;
    Ok(seen[0] != 0 && end_of(&seen[1..]) == 0)
}

/// The byte order mark that the map begins with.
pub(super) fn mark(object: &Object) -> Result<Option<Encoding>> {
    let mut first = [0; 4];
    let length = object.capacity().min(4) as usize;
    object.read_at(0, &mut first[..length])?;
    Ok(Encoding::of_mark(&first[..length]))
}

/// The bytes of some ranges, piece by piece.
pub(crate) struct Pieces<'a> {
    object: &'a Object,
    /// What is still to be read.
    ranges: &'a [Range<u64>],
    /// Up to where it was read.
    done: u64,
    piece: Vec<u8>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(object: &'a Object, ranges: &'a [Range<u64>]) -> Pieces<'a> {
        Pieces { object, ranges, done: 0, piece: Vec::new() }
    }

    /// Reads the next piece, and gives it with its offset. Pieces begin and end where ranges do, and
    /// a multiple of every code unit behind that.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        while let [range, rest @ ..] = self.ranges {
            let start = range.start.max(self.done);
            if start < range.end {
                let length = (range.end - start).min(PIECE);
                self.piece.resize(length as usize, 0);
                self.object.read_at(start, &mut self.piece)?;
                self.done = start + length;
                return Ok(Some((start, &self.piece)));
            }
            self.ranges = rest;
        }
        Ok(None)
    }
}

/// Writes zeros over everything behind `start` that is not zero, and over nothing else: no page
/// is touched that does not have to be, and none is given back.
pub(super) fn clear(object: &Object, start: u64) -> Result<()> {
    let mut dirty = Vec::new();
    let ranges = ranges_from(object, start)?;
    let mut pieces = Pieces::new(object, &ranges);
    while let Some((offset, piece)) = pieces.next()? {
        let end = end_of(piece);
        if end > 0 {
            let first = piece.iter().position(|byte| *byte != 0).unwrap_or(0);
            dirty.push(offset + first as u64..offset + end);
        }
    }
    let zeros =
        vec![0; dirty.iter().map(|range| range.end - range.start).max().unwrap_or(0) as usize];
    for range in dirty {
        object.write_at(range.start, &zeros[..(range.end - range.start) as usize])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_behind_the_last_byte_that_is_not_nul() {
        for length in 0..70_usize {
            for at in 0..length {
                let mut bytes = vec![0; length];
                bytes[at] = 1;
                assert_eq!(end_of(&bytes), at as u64 + 1);
            }
            assert_eq!(end_of(&vec![0; length]), 0);
        }
    }
}
