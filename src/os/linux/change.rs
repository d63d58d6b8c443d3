//! Changes of the content, and the record of where it ends.

use std::ops::Range;
use std::os::fd::BorrowedFd;

use super::content_lock::LockGuard;
use super::end_record::EndRecord;
use super::locks::{self, Byte};
use super::object::Object;
use crate::error::Result;
use crate::kind::Kind;
use crate::os::unix::{bytes, look};

impl Object {
    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, lock: &'a LockGuard) -> Result<Change<'a>> {
        self.with(|fd| {
            let record = self.medium(fd).record;
            let mut change = Change { object: self, record, raw: None };
            if record.is_none() {
                return Ok(change);
            }
            // A file's times are its user's. A foreign program stores through mappings, which no
            // record would notice.
            let ours = matches!(self.kind(), Kind::Named | Kind::Anonymous) && !self.is_foreign();
            if ours
                && let Some(raw) = lock.fd()
                && let Ok(true) = locks::try_write(raw, Byte::Raw)
            {
                change.raw = Some(raw);
            }
            Ok(change)
        })
    }
}

/// A change of the content, from the look at it to the record of its new end.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<EndRecord>,
    /// The description that keeps raw writes out meanwhile, so that the new end can be recorded.
    raw: Option<BorrowedFd<'a>>,
}

impl Change<'_> {
    /// Where the content ends, if that is recorded. Raw writes are kept out by now, so that none comes between.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let record = self.record?;
        // What cannot be looked at is told by the search.
        let stat = self.object.with(look).ok()?;
        record.end_of(&stat).filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.object.with(|fd| bytes::write(fd, self.object.capacity(), offset, data))
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.object.with(|fd| bytes::clear_down(fd, self.object.capacity(), range))
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let (Some(record), Some(_)) = (self.record, self.raw) {
            // Where it cannot be recorded the time is that of the last write, and the next one searches.
            let _ = self.object.with(|fd| Ok(record.write(fd, end)));
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if let Some(raw) = self.raw {
            // If it stays, it goes with the content lock's description.
            let _ = locks::unlock(raw, Byte::Raw);
        }
    }
}
