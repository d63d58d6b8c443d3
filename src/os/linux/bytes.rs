//! A map's bytes: read, written and flushed.

use std::ops::Range;

use super::object::Object;
use crate::access::Access;
use crate::error::Result;
use crate::kind::Kind;
use crate::os::errors::not_flushed;
use crate::os::unix::bytes;
use crate::os::unix::mapping::Mapping;

impl Object {
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.with(|fd| bytes::read(fd, self.capacity(), offset, buffer))
    }

    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.with(|fd| {
            let write = || bytes::write(fd, self.capacity(), offset, data);
            if !self.medium(fd).keeps_records {
                return write();
            }
            self.raw.during(fd, || self.fresh(false), write)
        })
    }

    /// Makes sure that a write to the range cannot run out of room in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        self.with(|fd| bytes::make_room(fd, self.capacity(), range))
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        true
    }

    /// Whether all of the map's bytes are still there.
    pub(crate) fn check_size(&self) -> Result<()> {
        self.with(|fd| bytes::check_size(fd, self.capacity()))
    }

    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.with(|fd| bytes::next_data(fd, self.capacity(), from))
    }

    pub(crate) fn flush(&self) -> Result<()> {
        if matches!(self.kind(), Kind::Named | Kind::Anonymous) {
            return Ok(());
        }
        self.with(|fd| rustix::fs::fsync(fd).map_err(not_flushed))
    }

    /// Maps a range. The caller has checked that it is inside and that the rights permit it.
    pub(crate) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Mapping> {
        self.with_unlocked(|fd| {
            bytes::check_size(fd, self.capacity())?;
            Mapping::new(fd, offset, len, access)
        })
    }
}
