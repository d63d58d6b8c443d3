//! What refers to an open file or section, under the same names for all systems: a descriptor on Unix, a handle on
//! Windows.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle, RawHandle};

/// A descriptor that other code owns.
#[cfg(unix)]
pub(crate) type RawDescriptor = RawFd;
/// A descriptor that is open for as long as it is borrowed.
#[cfg(unix)]
pub(crate) type BorrowedDescriptor<'fd> = BorrowedFd<'fd>;
/// A descriptor that is closed when it is dropped.
#[cfg(unix)]
pub type OwnedDescriptor = OwnedFd;

/// A handle that other code owns.
#[cfg(windows)]
pub(crate) type RawDescriptor = RawHandle;
/// A handle that is open for as long as it is borrowed.
#[cfg(windows)]
pub(crate) type BorrowedDescriptor<'handle> = BorrowedHandle<'handle>;
/// A handle that is closed when it is dropped.
#[cfg(windows)]
pub type OwnedDescriptor = OwnedHandle;

/// Lends a descriptor for as long as its owner lives.
pub(crate) fn lend(descriptor: &OwnedDescriptor) -> BorrowedDescriptor<'_> {
    #[cfg(unix)]
    return descriptor.as_fd();
    #[cfg(windows)]
    return descriptor.as_handle();
}
