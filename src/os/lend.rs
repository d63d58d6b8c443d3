//! Descriptors that are lent for as long as their owner lives.

use super::{BorrowedDescriptor, Object, OwnedDescriptor, RawDescriptor};

#[cfg(unix)]
use super::unix::errors::ENDING;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(windows)]
use std::os::windows::io::{AsHandle, BorrowedHandle};

/// One that somebody owns.
pub(crate) fn lend(descriptor: &OwnedDescriptor) -> BorrowedDescriptor<'_> {
    #[cfg(unix)]
    return descriptor.as_fd();
    #[cfg(windows)]
    return descriptor.as_handle();
}

impl Object {
    /// The one that holds the map.
    ///
    /// # Panics
    /// When the process is ending, and its maps were closed already.
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
