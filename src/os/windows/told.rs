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
    /// Notifies the watches of the map of a change.
    pub(crate) fn notify(&self) -> Result<()> {
        let told = self.signal().map_or(Ok(()), |signal| signal.notify());
        told.map_err(not_told)
    }

    /// The signal for changes. `None` if the map cannot be watched or the signal cannot be opened.
    pub(super) fn signal(&self) -> Option<&Signal> {
        if let Some(signal) = self.signal.get() {
            return Some(signal);
        }
        let signal = Signal::open(&self.signal_name()?, || self.users(WORD_RIGHTS)).ok()?;
        Some(self.signal.get_or_init(|| Arc::new(signal)))
    }

    /// The same for a new watch.
    pub(super) fn signal_to_watch(&self) -> Result<Arc<Signal>> {
        if let Some(signal) = self.signal.get() {
            return Ok(signal.clone());
        }
        let made = match self.signal_name() {
            Some(name) => Signal::open(&name, || self.users(WORD_RIGHTS)),
            // No other handle can find it. Changes through this handle are reported.
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

    /// Only some users may create sections in `Global\`. So the creator of such a map creates its
    /// signal with it, and every holder of the map holds the signal.
    pub(super) fn hold_global_signal(&self) {
        if self.signal_name().is_some_and(|name| name.global) {
            self.signal();
        }
    }

    /// Whether another handle holds the map. Handles of a file without a name do not know of each
    /// other. `None` if the system does not provide this.
    pub(super) fn is_shared(&self) -> Option<bool> {
        if self.kind() == Kind::File {
            return Some(false);
        }
        let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        // The adopted handle also refers to this section, unless it is a file.
        let own = if adopted && self.bytes.backing() != Backing::File { 2 } else { 1 };
        section::count_handles(self.section()).ok().map(|handles| handles > own)
    }
}
