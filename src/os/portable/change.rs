//! What writes to a map: with the content lock and without it. Each write records where the content ends, and
//! is told to those who watch.

use std::cell::Cell;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::lock::LockGuard;
use super::memory::Memory;
use super::object::Object;
use super::words::{self, SharedWords};
use crate::error::Result;
use crate::os::end_word::Look;
use crate::os::errors::not_told;

impl Object {
    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        let before = self.words()?;
        let write = || self.memory().write(self.capacity(), offset, data);
        let done = before.as_ref().map_or_else(write, |shared| shared.end().raw(write));
        if let Some(now) = self.words_after(before.as_ref())? {
            // The first recorder may have made them meanwhile.
            if before.is_none_or(|before| !before.is(&now)) {
                now.end().raw(|| ());
            }
            // The bytes are written even if a watch could not be notified. It is notified with the
            // next change.
            let _ = now.tell_change();
        }
        done
    }

    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, _: &'a LockGuard) -> Result<Change<'a>> {
        let record = self.words()?.map(|shared| {
            let look = shared.end().look();
            (shared, look)
        });
        Ok(Change { object: self, record, begun: Cell::new(false) })
    }

    /// The same after a write: a clean-up program may have removed the words meanwhile, and other
    /// processes share new ones.
    fn words_after(&self, before: Option<&Arc<SharedWords>>) -> Result<Option<Arc<SharedWords>>> {
        match before {
            Some(words) if words.have_a_name() => Ok(Some(words.clone())),
            _ => self.words(),
        }
    }

    /// Notifies all watches of the map of a change.
    pub(crate) fn notify(&self) -> Result<()> {
        self.check_size()?;
        let told = match self.memory() {
            Memory::Shared(..) => self.words()?.map_or(Ok(()), |words| words.tell_change()),
            Memory::File(fd) | Memory::Lent(fd) => words::touch(fd.as_fd()),
        };
        told.map_err(not_told)
    }
}

/// A change of the content, from the first look to the record of its new end. Dropping it notifies
/// the watches of the map.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<(Arc<SharedWords>, Look)>,
    begun: Cell<bool>,
}

impl Change<'_> {
    /// Makes sure that all of the map's bytes are there.
    pub(crate) fn look(&self) -> Result<()> {
        self.object.check_size()
    }

    /// Where the content ends, if that is known without a search.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let (_, look) = self.record.as_ref()?;
        look.known_end.filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.forget();
        self.object.memory().write_up(self.object.capacity(), offset, data)
    }

    /// The same where everything was read since the last look.
    pub(crate) fn rewrite(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.write(offset, data)
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.forget();
        self.object.memory().clear_down(self.object.capacity(), range)
    }

    fn forget(&self) {
        self.begun.set(true);
        if let Some((shared, _)) = &self.record {
            shared.end().forget();
        }
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let Some((shared, look)) = &self.record {
            shared.end().record(*look, end);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let before = self.record.as_ref().map(|(words, _)| words);
        if self.begun.get()
            && let Ok(Some(words)) = self.object.words_after(before)
        {
            let _ = words.tell_change();
        }
    }
}
