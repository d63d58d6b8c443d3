//! Raw writes: bytes at an offset, without the content lock.
//!
//! The end of the content may be recorded only if no write happened since it was found. So raw
//! writes share a lock on the byte *Raw*, and recording takes it exclusively. While a raw write
//! runs, nothing is recorded.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::locks::{self, Byte};
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::fork;
use crate::time::{Backoff, Deadline};

/// How long a raw write waits for a recorder, which needs microseconds unless it is stopped.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// The raw writes through one handle that are under way. They share the lock of its description.
#[derive(Debug)]
pub(super) struct RawWrites {
    count: Mutex<usize>,
    /// A forked child shares the description, and with it the lock, which it must not take back.
    generation: u32,
}

impl RawWrites {
    pub(super) fn new() -> RawWrites {
        RawWrites { count: Mutex::new(0), generation: fork::generation() }
    }

    /// Runs a write while no end is recorded. `fresh` opens a description of the same memory.
    pub(super) fn during<T>(
        &self,
        fd: BorrowedFd<'_>,
        fresh: impl FnOnce() -> Result<OwnedFd>,
        write: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if fork::generation() != self.generation {
            // Closing it takes the lock back.
            let own = fresh()?;
            lock(&own)?;
            return write();
        }
        {
            let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
            if *count == 0 {
                lock(fd)?;
            }
            *count += 1;
        }
        let _end = Ends { writes: self, fd };
        write()
    }
}

/// The end of one raw write, however it ends.
struct Ends<'a> {
    writes: &'a RawWrites,
    fd: BorrowedFd<'a>,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        let mut count = self.writes.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            // If it stays, nothing is recorded until the handle is closed, and appends search.
            let _ = locks::unlock(self.fd, Byte::Raw);
        }
    }
}

fn lock(fd: impl std::os::fd::AsFd) -> Result<()> {
    let mut backoff = Backoff::new(Deadline::after(PATIENCE), PAUSE);
    loop {
        match locks::try_read(&fd, Byte::Raw) {
            Ok(true) => return Ok(()),
            Ok(false) if backoff.wait() => {}
            Ok(false) => {
                return Err(Error::new(
                    ErrorKind::Busy,
                    "The map could not be written: a process that is changing its content was stopped in the middle. Let it continue, or end it, and try again.",
                ));
            }
            Err(error) => return Err(Error::from_io("write the map", &error.into())),
        }
    }
}
