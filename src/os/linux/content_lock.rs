//! The content lock: two bytes of the map's own inode, on a description of its own.
//!
//! A description per holding makes threads, handles and processes exclude each other alike. The
//! kernel frees the lock when the process dies; a forked child's copy is closed at the fork, so
//! that it cannot outlive its owner there.

use std::os::fd::OwnedFd;
use std::time::Duration;

use super::locks::{self, Byte};
use crate::error::{Error, Result};
use crate::os::LockMode;
use crate::os::unix::fork::PrivateFd;
use crate::time::{Backoff, Deadline};

/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct LockGuard(PrivateFd);

impl LockGuard {
    /// Takes the lock on a fresh description. `None`: not to be had in time.
    pub(super) fn take(
        open: impl FnOnce() -> Result<OwnedFd>,
        mode: LockMode,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let fd = PrivateFd::new(open)?;
        let taken = match fd.get() {
            Some(fd) => {
                let mut backoff = Backoff::new(deadline, PAUSE);
                match mode {
                    LockMode::Shared => wait(&mut backoff, || {
                        // A writer that waits goes first: readers in a loop never starve it.
                        Ok(!locks::is_held_for_writing(fd, Byte::Turnstile)?
                            && locks::try_read(fd, Byte::Content)?)
                    }),
                    LockMode::Exclusive => {
                        wait(&mut backoff, || locks::try_write(fd, Byte::Turnstile)).and_then(
                            |first| {
                                Ok(first
                                    && wait(&mut backoff, || locks::try_write(fd, Byte::Content))?)
                            },
                        )
                    }
                }
            }
            None => Ok(false),
        };
        match taken {
            Ok(true) => Ok(Some(LockGuard(fd))),
            Ok(false) => Ok(None),
            Err(error) => Err(Error::from_io("lock the map's content", &error.into())),
        }
    }

    /// Whether this process has it. A forked child does not have its parent's.
    pub(crate) fn is_held(&self) -> bool {
        self.0.is_ours()
    }
}

/// Tries until it works (`true`) or the time is over (`false`).
fn wait(
    backoff: &mut Backoff,
    mut attempt: impl FnMut() -> rustix::io::Result<bool>,
) -> rustix::io::Result<bool> {
    loop {
        if attempt()? {
            return Ok(true);
        }
        if !backoff.wait() {
            return Ok(false);
        }
    }
}
