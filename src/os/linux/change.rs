//! Changes of the content, and the record of where it ends.

use std::cell::Cell;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use super::content_lock::LockGuard;
use super::end_record::EndRecord;
use super::locks::{self, Byte};
use super::object::Object;
use crate::error::Result;
use crate::kind::Kind;
use crate::os::unix::bytes;

impl Object {
    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, lock: &'a LockGuard) -> Result<Change<'a>> {
        self.with(|fd| {
            let record = self.medium(fd).record;
            let records = lock.keeps_raw_writes_out();
            let mut change =
                Change { object: self, record, records, raw: None, seen: Cell::new(None) };
            if !records
                && self.records_ends(fd)
                && let Some(raw) = lock.fd()
                && let Ok(true) = locks::try_write(raw, Byte::Raw)
            {
                change.records = true;
                change.raw = Some(raw);
            }
            Ok(change)
        })
    }

    /// Whether changes record where the content ends. A file's times are its user's. A foreign program stores
    /// through mappings, which no record would notice.
    pub(super) fn records_ends(&self, fd: BorrowedFd<'_>) -> bool {
        let ours = matches!(self.kind(), Kind::Named | Kind::Anonymous) && !self.is_foreign();
        ours && self.medium(fd).record.is_some()
    }
}

/// A change of the content, from the look at it to the record of its new end.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<EndRecord>,
    /// Raw writes are kept out meanwhile, so that the new end can be recorded.
    records: bool,
    /// The description that keeps them out, if the content lock does not do so anyway.
    raw: Option<BorrowedFd<'a>>,
    /// For how many bytes the map has memory, as far as the last look told.
    seen: Cell<Option<u64>>,
}

impl Change<'_> {
    /// Makes sure that all of the map's bytes are there.
    pub(crate) fn look(&self) -> Result<()> {
        self.object.check_size()?;
        self.seen.set(Some(0));
        Ok(())
    }

    /// The end of the content, if it is recorded. No raw write can run at this point.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let record = self.record?;
        // If the record cannot be read, the search finds the end.
        let capacity = self.object.capacity();
        let stat = self.object.with(|fd| bytes::look_at_all(fd, capacity)).ok()?;
        self.seen.set(Some(bytes::reserved(&stat)));
        record.end_of(&stat).filter(|end| *end <= capacity)
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.object.with(|fd| bytes::write(fd, self.object.capacity(), offset, data))
    }

    /// The same where everything was read since the last look, which proves that it was there.
    pub(crate) fn rewrite(&self, offset: u64, data: &[u8]) -> Result<()> {
        let Some(seen) = self.seen.take() else { return self.write(offset, data) };
        let capacity = self.object.capacity();
        self.object.with(|fd| bytes::write_seen(fd, capacity, seen, offset, data))
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.object.with(|fd| bytes::clear_down(fd, self.object.capacity(), range))
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let Some(record) = self.record
            && self.records
        {
            // Where it cannot be recorded the time is that of the last write, and the next one searches.
            let _ = self.object.with(|fd| Ok(record.write(fd, end)));
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if let Some(raw) = self.raw {
            // If the lock stays, it is released with the content lock's description.
            let _ = locks::unlock(raw, Byte::Raw);
        }
    }
}
