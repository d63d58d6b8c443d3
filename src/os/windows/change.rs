//! What writes to a map: with the content lock and without it. Each write records where the content ends, and
//! is told to those who watch.

use std::cell::Cell;
use std::ops::Range;

use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;

use super::lock::LockGuard;
use super::object::Object;
use super::signal::Signal;
use super::word::SharedWord;
use crate::error::Result;
use crate::kind::Kind;
use crate::os::end_word::{EndWord, Look};

impl Object {
    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let done = self.write_raw(offset, bytes);
        // A failed write may have written something, so it is reported, too. If the report fails,
        // the write does not.
        let _ = self.notify();
        done
    }

    fn write_raw(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        if let Some(word) = self.end_word() {
            return word.raw(|| self.bytes.write(offset, bytes));
        }
        let done = self.bytes.write(offset, bytes);
        // Another process may have created it meanwhile.
        if let Some(word) = self.end_word() {
            word.raw(|| ());
        }
        done
    }

    /// The end word. Files, and memory without a name whose handle was passed on, have none,
    /// because other programs write to them without it.
    fn end_word(&self) -> Option<&EndWord> {
        if let Some(shared) = self.word.get() {
            return Some(shared.word());
        }
        let name = self.name.as_ref().filter(|_| self.kind() == Kind::Named)?;
        // If the map's security descriptor cannot be read, another process must create it.
        let security = || self.section_security(DACL_SECURITY_INFORMATION).ok();
        let shared = SharedWord::open(&name.word(), security).ok()?;
        Some(self.word.get_or_init(|| shared).word())
    }

    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, _: &'a LockGuard) -> Result<Change<'a>> {
        let record = self.end_word().map(|word| (word, word.look()));
        Ok(Change { object: self, record, signal: self.signal(), began: Cell::new(false) })
    }
}

/// A change of the content, from the look at it to the record of its new end.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<(&'a EndWord, Look)>,
    signal: Option<&'a Signal>,
    /// Something may have been written.
    began: Cell<bool>,
}

impl Change<'_> {
    /// Makes sure that all of the map's bytes are there.
    pub(crate) fn look(&self) -> Result<()> {
        self.object.check_size()
    }

    /// Where the content ends, if that is known without a search.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let (_, look) = self.record?;
        look.known_end.filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.begin();
        self.object.bytes.write_up(offset, data)
    }

    /// The same where everything was read since the last look.
    pub(crate) fn rewrite(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.write(offset, data)
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.begin();
        self.object.bytes.clear_down(range)
    }

    fn begin(&self) {
        if self.began.replace(true) {
            return;
        }
        if let Some((word, _)) = self.record {
            word.forget();
        }
        if let Some(signal) = self.signal {
            signal.begin_change();
        }
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let Some((word, look)) = self.record {
            word.record(look, end);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        // Also of a change that failed half-way.
        if let Some(signal) = self.signal.filter(|_| self.began.get()) {
            signal.end_change();
        }
    }
}
