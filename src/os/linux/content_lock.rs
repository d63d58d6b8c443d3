//! The content lock: a byte of the map's own inode, on a description of its own.
//!
//! A description for each holding makes threads, handles and processes exclude each other alike. The
//! kernel frees the lock when the process dies; a forked child's copy is closed at the fork, so
//! that it cannot outlive its owner there.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::locks::{self, Byte, Bytes};
use super::tickets::Tickets;
use crate::error::{Error, ErrorKind, Result};
use crate::lock_mode::LockMode;
use crate::os::unix::fork::{self, PrivateFd};
use crate::os::unix::queue::{self, KeptPlace};
use crate::time::{Backoff, Deadline};

/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// The description for the locks of a handle. It is opened with the handle, because this process
/// may not be permitted to open it later. It carries no lock while it is stored here.
#[derive(Debug)]
pub(super) struct Spare {
    slot: Mutex<Slot>,
    place: KeptPlace,
    generation: u32,
}

#[derive(Debug, Default)]
struct Slot {
    description: Option<Description>,
    /// It was here, and comes back.
    lent: bool,
}

/// A description for locks, which forked children do not share.
#[derive(Debug)]
pub(super) struct Description {
    fd: PrivateFd,
    /// Only such a one can be locked for writing.
    writable: bool,
}

impl Description {
    /// Takes over what `open` opens, for writing if that is so.
    pub(super) fn new<E>(
        writable: bool,
        open: impl FnOnce() -> std::result::Result<OwnedFd, E>,
    ) -> std::result::Result<Description, E> {
        Ok(Description { fd: PrivateFd::new(open)?, writable })
    }

    /// The descriptor, in the process that opened it.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd.get()
    }

    /// A parent's is closed by now, and one for reading cannot be locked for writing.
    fn will_do(&self, write: bool) -> bool {
        self.fd.is_ours() && (self.writable || !write)
    }
}

impl Spare {
    pub(super) fn new(description: Option<Description>) -> Arc<Spare> {
        let slot = Mutex::new(Slot { description, lent: false });
        Arc::new(Spare { slot, place: KeptPlace::default(), generation: fork::generation() })
    }

    /// Takes the description, if it is here and will do. Never waits, so that an exit handler may
    /// call it.
    pub(super) fn take(&self, write: bool) -> Option<Description> {
        let mut slot = self.slot.try_lock().ok()?;
        let taken = slot.description.take_if(|it| it.will_do(write));
        slot.lent |= taken.is_some();
        taken
    }

    /// Whether the description is here, or comes back to this process.
    fn is_ours(&self, write: bool) -> bool {
        let Some(slot) = self.slot() else { return false };
        slot.lent || slot.description.as_ref().is_some_and(|it| it.will_do(write))
    }

    /// A forked child may find the mutex locked for good.
    fn slot(&self) -> Option<MutexGuard<'_, Slot>> {
        match self.generation == fork::generation() {
            true => Some(self.slot.lock().unwrap_or_else(PoisonError::into_inner)),
            false => self.slot.try_lock().ok(),
        }
    }

    fn keep(&self, description: Description) {
        let Some(mut slot) = self.slot() else { return };
        let better = match &slot.description {
            None => true,
            Some(kept) => !kept.fd.is_ours() || (description.writable && !kept.writable),
        };
        if better {
            *slot = Slot { description: Some(description), lent: false };
        }
    }
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct LockGuard {
    description: Option<Description>,
    spare: Arc<Spare>,
    /// It was taken together with the byte *Raw*, and goes together with it.
    with_raw: bool,
}

/// What a lock is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// What its owner likes, for as long as that takes: raw writes go on.
    Any,
    /// One change of the content, whose new end is to be recorded: raw writes are kept out, if none is
    /// under way.
    RecordedChange,
}

impl LockGuard {
    /// Takes the lock on a description of its own: the handle's, or one that `open` opens.
    /// `None`: it could not be acquired in time.
    pub(super) fn take(
        spare: &Arc<Spare>,
        open: impl Fn() -> Result<OwnedFd>,
        mode: LockMode,
        purpose: Use,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let writable = mode == LockMode::Exclusive;
        let mut backoff = Backoff::new(deadline, PAUSE);
        let description = loop {
            if let Some(description) = spare.take(writable) {
                break description;
            }
            match Description::new(writable, &open) {
                Ok(description) => break description,
                // Not permitted any more: other threads give back what the handle has.
                Err(error)
                    if error.kind() == ErrorKind::AccessDenied && spare.is_ours(writable) =>
                {
                    if !backoff.wait() {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(error),
            }
        };
        // Dropped on the way out, it takes back what it got.
        let description = Some(description);
        let mut guard = LockGuard { description, spare: spare.clone(), with_raw: false };
        match guard.wait(mode, purpose, deadline) {
            Ok(true) => Ok(Some(guard)),
            Ok(false) => Ok(None),
            Err(error) => Err(Error::from_io("lock the map's content", &error.into())),
        }
    }

    fn wait(
        &mut self,
        mode: LockMode,
        purpose: Use,
        deadline: Deadline,
    ) -> rustix::io::Result<bool> {
        let Some(fd) = self.fd() else { return Ok(false) };
        let taken = queue::wait(&Tickets::new(fd, mode), &self.spare.place, deadline, || {
            if purpose == Use::RecordedChange && locks::try_write(fd, Bytes::CONTENT_AND_RAW)? {
                return Ok(Some(true));
            }
            // A raw write may be in the way, and a change does not wait for it.
            let taken = match mode {
                LockMode::Shared => locks::try_read(fd, Byte::Content)?,
                LockMode::Exclusive => locks::try_write(fd, Byte::Content)?,
            };
            Ok(taken.then_some(false))
        })?;
        self.with_raw = taken == Some(true);
        Ok(taken.is_some())
    }

    /// Whether raw writes are kept out for as long as it is held.
    pub(super) fn keeps_raw_writes_out(&self) -> bool {
        self.with_raw
    }

    /// The description that carries the lock. A forked child has none.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.description.as_ref().and_then(|it| it.fd.get())
    }

    /// Whether this process has it. A forked child does not have its parent's.
    pub(crate) fn is_held(&self) -> bool {
        self.description.as_ref().is_some_and(|it| it.fd.is_ours())
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Where it cannot be kept, closing it takes the locks back.
        let Some(description) = self.description.take() else { return };
        let Some(fd) = description.fd.get() else { return };
        if locks::unlock_all(fd).is_ok() {
            self.spare.keep(description);
        }
    }
}
