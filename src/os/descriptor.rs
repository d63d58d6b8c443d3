//! Descriptors as the numbers that C has for them: `int` on Unix, `HANDLE` on Windows, both within
//! an `intptr_t`.

use crate::error::{Error, ErrorKind, Result};
use crate::os::handle::{BorrowedDescriptor, OwnedDescriptor, RawDescriptor};

#[cfg(unix)]
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd};
#[cfg(windows)]
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, IntoRawHandle};

/// The number of a descriptor.
pub(crate) fn number(descriptor: RawDescriptor) -> isize {
    #[cfg(unix)]
    return descriptor as isize;
    #[cfg(windows)]
    return descriptor.addr().cast_signed();
}

/// Gives a descriptor away as its number.
pub(crate) fn into_number(descriptor: OwnedDescriptor) -> isize {
    #[cfg(unix)]
    return number(descriptor.into_raw_fd());
    #[cfg(windows)]
    return number(descriptor.into_raw_handle());
}

/// A borrowed descriptor from a number. The caller still owns it.
///
/// # Safety
/// The descriptor stays open while the result exists.
pub(crate) unsafe fn borrow<'a>(number: isize) -> Result<BorrowedDescriptor<'a>> {
    #[cfg(unix)]
    {
        let fd = RawDescriptor::try_from(number).ok().filter(|fd| *fd >= 0);
        let fd = fd.ok_or_else(|| no_descriptor(number))?;
        // SAFETY: the query is sound for any number.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            return Err(no_descriptor(number).with_os_code(libc::EBADF));
        }
        // SAFETY: open as just seen, and it stays open as the caller promises.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }
    #[cfg(windows)]
    {
        // 0 is no handle, and -1 to -6 stand for this process, its thread and their tokens.
        if number == 0 || (-6..=-1).contains(&number) {
            return Err(no_descriptor(number));
        }
        // SAFETY: no pointer but a number in its clothes; it stays open as the caller promises.
        Ok(unsafe { BorrowedHandle::borrow_raw(number as RawDescriptor) })
    }
}

/// Takes a descriptor over that was borrowed.
///
/// # Safety
/// The caller owns the descriptor and gives it up.
pub(crate) unsafe fn take_over(descriptor: BorrowedDescriptor<'_>) -> OwnedDescriptor {
    #[cfg(unix)]
    // SAFETY: open, since it is borrowed, and given up as the caller promises.
    return unsafe { OwnedDescriptor::from_raw_fd(descriptor.as_raw_fd()) };
    #[cfg(windows)]
    // SAFETY: open, since it is borrowed, and given up as the caller promises.
    return unsafe { OwnedDescriptor::from_raw_handle(descriptor.as_raw_handle()) };
}

fn no_descriptor(number: isize) -> Error {
    Error::new(
        ErrorKind::InvalidHandle,
        format!("The descriptor {number} is not open in this process: use one that is."),
    )
}
