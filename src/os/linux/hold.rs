//! The descriptors of an opened map, which the exit handler shares with it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::presence::Presence;
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::errors::ENDING;
use crate::os::unix::exit::Holder;

#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// Holds the name. The bytes of a named map in memory go through it, too.
    pub(super) presence: Option<Presence>,
    /// The same memory without a lock. A mapping keeps its description's locks alive, and a view
    /// must not hold the name.
    pub(super) unlocked: Option<OwnedFd>,
    /// The bytes of anything else.
    pub(super) data: Option<OwnedFd>,
    /// A descriptor that the caller gave away: closed with the map.
    pub(super) adopted: Option<OwnedFd>,
}

impl Descriptors {
    /// Those of a file, or of memory without a holder.
    pub(super) fn of(data: OwnedFd) -> Descriptors {
        Descriptors { data: Some(data), ..Descriptors::default() }
    }

    pub(super) fn bytes(&self) -> Option<BorrowedFd<'_>> {
        match (&self.data, &self.presence) {
            (Some(data), _) => Some(data.as_fd()),
            (None, Some(presence)) => Some(presence.as_fd()),
            (None, None) => None,
        }
    }

    /// What views are mapped from.
    fn unlocked(&self) -> Option<BorrowedFd<'_>> {
        self.data.as_ref().or(self.unlocked.as_ref()).map(OwnedFd::as_fd)
    }
}

/// The descriptors of a handle. Every use locks them for reading, so the exit handler can recognize
/// a handle in use and skip it.
#[derive(Debug)]
pub(super) struct Hold(RwLock<Descriptors>);

impl Hold {
    pub(super) fn new(descriptors: Descriptors) -> Arc<Hold> {
        Arc::new(Hold(RwLock::new(descriptors)))
    }

    pub(super) fn descriptors(&self) -> RwLockReadGuard<'_, Descriptors> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with the descriptor of the map's bytes.
    pub(super) fn with<T>(&self, work: impl FnOnce(BorrowedFd<'_>) -> Result<T>) -> Result<T> {
        work(self.descriptors().bytes().ok_or_else(ending)?)
    }

    /// Works with what views are mapped from.
    pub(super) fn with_unlocked<T>(
        &self,
        work: impl FnOnce(BorrowedFd<'_>) -> Result<T>,
    ) -> Result<T> {
        work(self.descriptors().unlocked().ok_or_else(ending)?)
    }

    /// Takes a descriptor over, to be closed with the others.
    pub(super) fn adopt(&self, descriptor: OwnedFd) {
        self.change().adopted = Some(descriptor);
    }

    pub(super) fn close(&self) {
        let mut descriptors = self.change();
        // The name is removed first: after a close, a new file could get the same inode number.
        drop(descriptors.presence.take());
        *descriptors = Descriptors::default();
    }

    fn change(&self) -> RwLockWriteGuard<'_, Descriptors> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder for Hold {
    fn leave_at_exit(&self) {
        let Ok(mut descriptors) = self.0.try_write() else { return };
        if let Some(presence) = descriptors.presence.take() {
            presence.leave_at_exit();
        }
    }
}

fn ending() -> Error {
    Error::new(ErrorKind::Closed, ENDING)
}
