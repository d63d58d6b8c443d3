//! What an opened map tells others of its changes, and what it knows of those others.

use std::sync::{Arc, PoisonError};

use super::bytes::Backing;
use super::errors::cannot_watch;
use super::name::SectionName;
use super::object::Object;
use super::section;
use super::signal::{Signal, WORD_RIGHTS};
use crate::error::Result;
use crate::kind::Kind;
use crate::os::errors::not_told;

impl Object {
    /// Tells those who watch the map that it was changed.
    pub(crate) fn notify(&self) -> Result<()> {
        let told = self.signal().map_or(Ok(()), |signal| signal.notify());
        told.map_err(not_told)
    }

    /// What tells of changes. `None`, if nobody can be watching or it is not to be had.
    pub(super) fn signal(&self) -> Option<&Signal> {
        if let Some(signal) = self.signal.get() {
            return Some(signal);
        }
        let signal = Signal::open(&self.signal_name()?, || self.users(WORD_RIGHTS)).ok()?;
        Some(self.signal.get_or_init(|| Arc::new(signal)))
    }

    /// The same for someone who is going to watch.
    pub(super) fn signal_to_watch(&self) -> Result<Arc<Signal>> {
        if let Some(signal) = self.signal.get() {
            return Ok(signal.clone());
        }
        let made = match self.signal_name() {
            Some(name) => Signal::open(&name, || self.users(WORD_RIGHTS)),
            // No other handle can find it. Changes through this one are told.
            None => Signal::private(),
        };
        let made = made.map_err(|error| cannot_watch(self.name.as_ref(), error))?;
        Ok(self.signal.get_or_init(|| Arc::new(made)).clone())
    }

    /// What the signal is found by; `None` for memory without a name.
    fn signal_name(&self) -> Option<SectionName> {
        match self.file_id {
            Some(id) => Some(SectionName::watch_of_file(id.volume, id.file)),
            None => self.name.as_ref().map(SectionName::watch),
        }
    }

    /// Only some may create sections in `Global\`. So whoever creates such a map creates its signal with it, and
    /// everybody holds it who holds the map.
    pub(super) fn hold_global_signal(&self) {
        if self.signal_name().is_some_and(|name| name.global) {
            self.signal();
        }
    }

    /// Whether somebody else holds the map, too. Openings of a file without a name do not know of each other.
    /// `None`: the system does not tell.
    pub(super) fn is_shared(&self) -> Option<bool> {
        if self.kind() == Kind::File {
            return Some(false);
        }
        let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        // What was adopted leads to this section, too, unless it is a file.
        let own = if adopted && self.bytes.backing() != Backing::File { 2 } else { 1 };
        section::count_handles(self.section()).ok().map(|handles| handles > own)
    }
}
