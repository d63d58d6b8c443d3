//! Finding the content: the ranges of a map that may contain data, and its exact end.

use std::ops::Range;

use super::encoding::Encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::os::{Change, Object};

/// How much is read at once: enough to keep the system calls few, little enough for the caches.
const PIECE: u64 = 64 * 1024;

/// How much the search for the end reads first, from either side: most maps are full, or empty
/// except for a short beginning.
const FIRST: u64 = 4 * 1024;

/// How many bytes the longest byte order mark has.
const MARK: usize = 4;

/// The most that one call clears. The page size of every system is a multiple of it.
const CLEAR: usize = 4096;

/// A map so small that has a hole, and memory at its very end, is not searched for more holes: most likely
/// it is full, and then the search costs more than to read over a hole would.
const SMALL: u64 = 1024 * 1024;

/// The content of a map: every byte of it lies in one of the ranges.
pub(crate) struct Data {
    /// In order, and not beyond `end`.
    pub(super) ranges: Vec<Range<u64>>,
    /// The offset after the last byte that is not NUL.
    pub(crate) end: u64,
    /// The start and the bytes of the only range, if the search for the end has read all of it:
    /// most texts are short and need not be read again.
    read: Option<(u64, Vec<u8>)>,
}

impl Data {
    /// The byte order mark that the map begins with.
    pub(super) fn mark(&self, object: &Object) -> Result<Option<Encoding>> {
        match &self.read {
            Some((0, bytes)) => Ok(Encoding::of_mark(bytes)),
            _ => Ok(Head::read(object, None)?.mark()),
        }
    }

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
    object.check_size()?;
    all_seen(object)
}

/// The same where it was seen that all of the map's bytes are there. Where the content ends within the first
/// bytes, up to [`FIRST`], they are what is read last.
pub(super) fn all_seen(object: &Object) -> Result<Data> {
    let mut ranges = likely_ranges(object)?;
    while let Some(last) = ranges.last_mut() {
        if let Some((end, whole)) = last_byte(object, last)? {
            last.end = end;
            let start = last.start;
            let read = whole.filter(|_| ranges.len() == 1).map(|piece| (start, piece.0));
            return Ok(Data { ranges, end, read });
        }
        ranges.pop();
    }
    Ok(Data { ranges, end: 0, read: None })
}

/// The ranges that may contain data, always including the first page: most texts lie within it, and
/// then one query after it is enough. What is behind the end of a file that was cut short looks
/// like a hole, so the size has to be looked at before.
fn likely_ranges(object: &Object) -> Result<Vec<Range<u64>>> {
    let capacity = object.capacity();
    let first = FIRST.min(capacity);
    let mut ranges = vec![Range { start: 0, end: first }];
    let mut from = first;
    while let Some(range) = object.next_data(from)? {
        let is_behind_hole = range.start > from;
        from = range.end;
        if is_behind_hole && capacity <= SMALL && object.next_data(capacity - 1)?.is_some() {
            return Ok(vec![Range { start: 0, end: capacity }]);
        }
        add_range(range, &mut ranges);
    }
    Ok(ranges)
}

/// Only the ranges that may contain data.
pub(crate) fn ranges(object: &Object) -> Result<Vec<Range<u64>>> {
    object.check_size()?;
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(range) = object.next_data(from)? {
        from = range.end;
        add_range(range, &mut ranges);
    }
    Ok(ranges)
}

fn add_range(range: Range<u64>, ranges: &mut Vec<Range<u64>>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// The end of the last byte in the range that is not NUL, and all bytes of the range up to there if they were
/// read at once.
fn last_byte(object: &Object, range: &Range<u64>) -> Result<Option<(u64, Option<Piece>)>> {
    let mut piece = Piece::default();
    let mut size = FIRST;
    let mut end = range.end;
    while end > range.start {
        let start = end.saturating_sub(size).max(range.start);
        match end_of(piece.read(object, start..end)?) {
            0 => (end, size) = (start, PIECE),
            found => {
                let is_whole = start == range.start;
                return Ok(Some((start + found, is_whole.then_some(piece))));
            }
        }
    }
    Ok(None)
}

/// The index after the last byte of the slice that is not NUL; 0 if there is none.
pub(super) fn end_of(bytes: &[u8]) -> u64 {
    // Many at once first, by what processors can compare together: what is searched is mostly zero.
    let mut rest = bytes;
    while let Some((before, last)) = rest.split_last_chunk::<64>()
        && last.iter().fold(0, |all, byte| all | byte) == 0
    {
        rest = before;
    }
    rest.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1)
}

/// The first bytes of a map: as many as a text and what is appended to it mostly lie within, or enough for a
/// byte order mark.
pub(super) struct Head {
    bytes: [u8; FIRST as usize],
    length: usize,
}

impl Head {
    /// Reads it, up to `end` and what may follow there if that is near.
    pub(super) fn read(object: &Object, end: Option<u64>) -> Result<Head> {
        let is_near = end.is_some_and(|end| end < FIRST);
        let wanted = if is_near { FIRST } else { MARK as u64 };
        let length = wanted.min(object.capacity()) as usize;
        let mut bytes = [0; FIRST as usize];
        object.read_at(0, &mut bytes[..length])?;
        Ok(Head { bytes, length })
    }

    /// The byte order mark that the map begins with.
    pub(super) fn mark(&self) -> Option<Encoding> {
        Encoding::of_mark(&self.bytes[..self.length])
    }

    /// Whether the content ends at `end`, as far as the bytes up to `to` can tell.
    pub(super) fn is_end(&self, object: &Object, end: u64, to: u64) -> Result<bool> {
        // The last byte of the content first, with what follows it in one read.
        let mut last = usize::from(end > 0);
        let mut start = end - last as u64;
        if to <= self.length as u64 {
            return Ok(is_end_in(&self.bytes[start as usize..to as usize], last));
        }
        let mut piece = Piece::default();
        while start < to {
            let next = (start + PIECE).min(to);
            if !is_end_in(piece.read(object, start..next)?, last) {
                return Ok(false);
            }
            (start, last) = (next, 0);
        }
        Ok(true)
    }
}

/// Whether the first bytes, `last` of them, are content, and those behind them are not.
fn is_end_in(bytes: &[u8], last: usize) -> bool {
    let (content, behind) = bytes.split_at(last);
    content != [0] && end_of(behind) == 0
}

/// A buffer for reading a part of a map.
#[derive(Default)]
struct Piece(Vec<u8>);

impl Piece {
    fn read(&mut self, object: &Object, range: Range<u64>) -> Result<&[u8]> {
        let length = (range.end - range.start) as usize;
        self.0.truncate(length);
        self.0.try_reserve(length - self.0.len()).map_err(|_| {
            Error::new(
                ErrorKind::NoSpace,
                "This process does not have enough memory to read the map: close what is not needed.",
            )
        })?;
        self.0.resize(length, 0);
        object.read_at(range.start, &mut self.0)?;
        Ok(&self.0)
    }
}

/// The bytes of some ranges, piece by piece.
pub(crate) struct Pieces<'a> {
    object: &'a Object,
    /// The ranges that are not read yet.
    ranges: &'a [Range<u64>],
    /// The offset up to which it was read.
    done: u64,
    piece: Piece,
    /// Bytes that were read before, with their offset.
    read: Option<(u64, &'a [u8])>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(object: &'a Object, ranges: &'a [Range<u64>]) -> Pieces<'a> {
        Pieces { object, ranges, done: 0, piece: Piece::default(), read: None }
    }

    /// The ranges of the content.
    pub(super) fn of(object: &'a Object, data: &'a Data) -> Pieces<'a> {
        let read = data.read.as_ref().map(|(start, bytes)| (*start, bytes.as_slice()));
        Pieces { read, ..Pieces::new(object, &data.ranges) }
    }

    /// Reads the next piece, and returns it with its offset. Within a range, pieces have a size
    /// that is a multiple of every code unit.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        while let [range, rest @ ..] = self.ranges {
            let start = range.start.max(self.done);
            if start < range.end {
                let end = range.end.min(start + PIECE);
                self.done = end;
                if let Some((before, bytes)) = self.read {
                    return Ok(Some((
                        start,
                        &bytes[(start - before) as usize..(end - before) as usize],
                    )));
                }
                return Ok(Some((start, self.piece.read(self.object, start..end)?)));
            }
            self.ranges = rest;
        }
        Ok(None)
    }
}

/// Clears the content from its end down to `down_to`. Pages that are already clear are not touched,
/// and no page is freed.
pub(super) fn clear_down(
    object: &Object,
    change: &Change<'_>,
    data: &Data,
    down_to: u64,
) -> Result<()> {
    let mut piece = Piece::default();
    for range in data.ranges.iter().rev() {
        let mut end = range.end;
        let floor = range.start.max(down_to);
        while end > floor {
            let start = ((end - 1) / PIECE * PIECE).max(floor);
            let bytes = piece.read(object, start..end)?;
            // Runs of bytes in pages that are not clear, the last one first.
            let mut dirty = end_of(bytes) as usize;
            while dirty > 0 {
                let page = dirty.next_multiple_of(CLEAR) - CLEAR;
                let first = bytes[page..dirty].iter().position(|byte| *byte != 0).unwrap_or(0);
                change.clear(start + (page + first) as u64..start + dirty as u64)?;
                dirty = end_of(&bytes[..page]) as usize;
            }
            end = start;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_behind_the_last_byte_that_is_not_nul() {
        for length in 0..200_usize {
            for at in 0..length {
                let mut bytes = vec![0; length];
                bytes[at] = 1;
                assert_eq!(end_of(&bytes), at as u64 + 1);
            }
            assert_eq!(end_of(&vec![0; length]), 0);
        }
    }
}
