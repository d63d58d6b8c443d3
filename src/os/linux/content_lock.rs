//! The content lock: two bytes of the map's own inode, on a description of its own.
//!
//! A description for each holding makes threads, handles and processes exclude each other alike. The
//! kernel frees the lock when the process dies; a forked child's copy is closed at the fork, so
//! that it cannot outlive its owner there.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::locks::{self, Byte};
use crate::error::{Error, Result};
use crate::os::LockMode;
use crate::os::unix::fork::PrivateFd;
use crate::time::{Backoff, Deadline};

/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// A description that a handle keeps between two holdings, so that the next one need not open it.
/// It carries no lock while it lies here. Only ever tried for: in a forked child the mutex may be
/// locked for good.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Option<Description>>);

#[derive(Debug)]
struct Description {
    fd: PrivateFd,
    /// Only such a one can be locked for writing.
    writable: bool,
}

impl Spare {
    fn take(&self, write: bool) -> Option<Description> {
        let spare = self.0.try_lock().ok()?.take()?;
        // A parent's is closed by now. One for reading cannot be locked for writing.
        Some(spare).filter(|spare| spare.fd.is_ours() && (spare.writable || !write))
    }

    fn keep(&self, description: Description) {
        if let Ok(mut slot) = self.0.try_lock()
            && slot.is_none()
        {
            *slot = Some(description);
        }
    }
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct LockGuard {
    description: Option<Description>,
    spare: Option<Arc<Spare>>,
}

impl LockGuard {
    /// Takes the lock on a description of its own. `None`: not to be had in time.
    pub(super) fn take(
        spare: Option<&Arc<Spare>>,
        open: impl FnOnce() -> Result<OwnedFd>,
        mode: LockMode,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let writable = mode == LockMode::Exclusive;
        let description = match spare.and_then(|spare| spare.take(writable)) {
            Some(description) => description,
            None => Description { fd: PrivateFd::new(open)?, writable },
        };
        // Dropped on the way out, it takes back what it got.
        let guard = LockGuard { description: Some(description), spare: spare.cloned() };
        match guard.wait(mode, deadline) {
            Ok(true) => Ok(Some(guard)),
            Ok(false) => Ok(None),
            Err(error) => Err(Error::from_io("lock the map's content", &error.into())),
        }
    }

    fn wait(&self, mode: LockMode, deadline: Deadline) -> rustix::io::Result<bool> {
        let Some(fd) = self.fd() else { return Ok(false) };
        let mut backoff = Backoff::new(deadline, PAUSE);
        match mode {
            // A writer that waits goes first: readers in a loop never starve it.
            LockMode::Shared => attempt(&mut backoff, || {
                Ok(!locks::is_held_for_writing(fd, Byte::Turnstile)?
                    && locks::try_read(fd, Byte::Content)?)
            }),
            LockMode::Exclusive => {
                Ok(attempt(&mut backoff, || locks::try_write(fd, Byte::Turnstile))?
                    && attempt(&mut backoff, || locks::try_write(fd, Byte::Content))?)
            }
        }
    }

    /// The description that carries it. A forked child has none.
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
        let Some(spare) = &self.spare else { return };
        let Some(fd) = description.fd.get() else { return };
        let free =
            locks::unlock(fd, Byte::Content).and_then(|()| locks::unlock(fd, Byte::Turnstile));
        if free.is_ok() {
            spare.keep(description);
        }
    }
}

/// Tries until it works (`true`) or the time is over (`false`).
fn attempt(
    backoff: &mut Backoff,
    mut once: impl FnMut() -> rustix::io::Result<bool>,
) -> rustix::io::Result<bool> {
    loop {
        if once()? {
            return Ok(true);
        }
        if !backoff.wait() {
            return Ok(false);
        }
    }
}
