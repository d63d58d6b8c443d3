//! The content lock as an object, for several steps under one lock.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::lock_mode::{LockMode, LockOwner};
use crate::map::Map;
use crate::os::{Identity, LockGuard};
use crate::time::Deadline;

/// The content lock of a map, held until it is dropped. It belongs to the process that took it:
/// a forked child does not have it, and the system frees it when the process dies.
///
/// ```
/// use mmf::{MapOptions, TextOptions};
/// use std::time::Duration;
///
/// let map = MapOptions::new().create_anonymous(64)?;
/// let lock = map.lock_exclusive(Duration::from_secs(5))?;
/// let under = TextOptions::new().lock(&lock);
/// let count: u32 = map.read_text_with(&under)?.parse().unwrap_or(0);
/// map.replace_text_with(&(count + 1).to_string(), &under)?;
/// drop(lock);
/// # Ok::<(), mmf::Error>(())
/// ```
#[derive(Debug)]
pub struct ContentLock {
    guard: LockGuard,
    mode: LockMode,
    identity: Identity,
}

impl Map {
    /// Takes the content lock for reading. Others can read at the same time, but not change the
    /// content.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if it could not be acquired in time, [`ErrorKind::Io`].
    pub fn lock_shared(&self, timeout: Duration) -> Result<ContentLock> {
        ContentLock::take(self, LockMode::Shared, LockOwner::AnyThread, timeout)
    }

    /// Takes the content lock for changing. Until the lock is dropped, others in any process can
    /// neither read nor change the content through the text methods.
    ///
    /// # Errors
    /// As [`Map::lock_shared`].
    pub fn lock_exclusive(&self, timeout: Duration) -> Result<ContentLock> {
        ContentLock::take(self, LockMode::Exclusive, LockOwner::AnyThread, timeout)
    }
}

impl ContentLock {
    pub(crate) fn take(
        map: &Map,
        mode: LockMode,
        owner: LockOwner,
        timeout: Duration,
    ) -> Result<ContentLock> {
        match map.object.lock(mode, owner, Deadline::after(timeout))? {
            Some(guard) => Ok(ContentLock { guard, mode, identity: map.object.identity() }),
            None => Err(Error::new(
                ErrorKind::Timeout,
                format!(
                    "{} is locked by others: its content lock could not be acquired within {}. Try again, or wait longer.",
                    map.shown(),
                    seconds(timeout)
                ),
            )),
        }
    }

    /// Whether the lock was taken for reading or for changing.
    pub fn mode(&self) -> LockMode {
        self.mode
    }

    pub(crate) fn guard(&self) -> &LockGuard {
        &self.guard
    }

    /// Refuses a lock of another map, a lock of a weaker kind, or a lock of the parent process.
    pub(crate) fn check_covers(&self, map: &Map, mode: LockMode) -> Result<()> {
        if !self.guard.is_held() {
            return Err(Error::new(
                ErrorKind::Closed,
                "The lock belongs to the process that this one was forked from: take one here.",
            ));
        }
        if self.identity != map.object.identity() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{} is not the map that the given lock belongs to: take its own lock.",
                    map.shown()
                ),
            ));
        }
        if mode == LockMode::Exclusive && self.mode == LockMode::Shared {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{} is to be changed under a lock for reading: take the exclusive one.",
                    map.shown()
                ),
            ));
        }
        Ok(())
    }
}

fn seconds(time: Duration) -> String {
    match time.as_millis() {
        ms if ms < 1000 => format!("{ms} ms"),
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
