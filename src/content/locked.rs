//! Work that is done under the content lock.

use super::options::TextOptions;
use crate::error::Result;
use crate::lock::ContentLock;
use crate::lock_mode::{LockMode, LockOwner};
use crate::map::Map;

impl Map {
    /// Runs `work` under the content lock, as [`Map::with_lock`] does, without the lock itself.
    pub(crate) fn under_lock<T>(
        &self,
        mode: LockMode,
        options: &TextOptions<'_>,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.with_lock(mode, options, |_| work())
    }

    /// Runs `work` under the content lock: the caller's, or one that is taken for it.
    pub(super) fn with_lock<T>(
        &self,
        mode: LockMode,
        options: &TextOptions<'_>,
        work: impl FnOnce(&ContentLock) -> Result<T>,
    ) -> Result<T> {
        if let Some(lock) = options.lock {
            lock.check_covers(self, mode)?;
            return work(lock);
        }
        work(&ContentLock::take(self, mode, LockOwner::ThisThread, options.timeout)?)
    }
}
