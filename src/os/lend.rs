//! The descriptor that holds a map, lent for as long as the map lives.

use super::Object;
use crate::os::handle::{BorrowedDescriptor, RawDescriptor};

#[cfg(unix)]
use super::unix::errors::ENDING;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
#[cfg(windows)]
use std::os::windows::io::BorrowedHandle;

impl Object {
    /// The descriptor that holds the map.
    ///
    /// # Panics
    /// If the process is ending and its maps are already closed.
    pub(crate) fn lend(&self) -> BorrowedDescriptor<'_> {
        let descriptor: RawDescriptor = self.descriptor();
        #[cfg(unix)]
        {
            assert!(descriptor >= 0, "{ENDING}");
            // SAFETY: open, and the object closes it in the end only. (The exit handler gives up what
            // the descriptor holds, not the descriptor.)
            unsafe { BorrowedFd::borrow_raw(descriptor) }
        }
        #[cfg(windows)]
        // SAFETY: open, and the object closes it in the end only.
        unsafe {
            BorrowedHandle::borrow_raw(descriptor)
        }
    }
}
