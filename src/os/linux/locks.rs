//! Locks on single bytes of an inode, far beyond the end of any map. They belong to the open file
//! description, so they distinguish threads, forks and handles of one process.

use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Errno;

/// What a byte stands for.
#[derive(Clone, Copy, Debug)]
#[repr(i64)]
pub(super) enum Byte {
    /// Read-locked by every holder, for as long as it holds. Never write-locked, only asked for.
    Presence = 0x7FFF_FFFF_FFFF_FF00,
    /// Read-locked while opening, write-locked while removing: for the few calls of one decision.
    Gate = 0x7FFF_FFFF_FFFF_FF01,
    /// The content lock itself.
    Content = 0x7FFF_FFFF_FFFF_FF03,
    /// Read-locked by raw writes, write-locked while the end of the content is recorded.
    Raw = 0x7FFF_FFFF_FFFF_FF04,
}

/// Bytes to lock: some have a fixed meaning (see [`Byte`]), others are tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes {
    pub(super) start: i64,
    pub(super) length: i64,
}

impl Bytes {
    /// The content lock and, behind it, what keeps raw writes out: one call takes both or neither.
    pub(super) const CONTENT_AND_RAW: Bytes = Bytes { start: Byte::Content as i64, length: 2 };
    /// As far as any lock can reach.
    const ALL: Bytes = Bytes { start: 0, length: 0 };
}

impl From<Byte> for Bytes {
    fn from(byte: Byte) -> Bytes {
        Bytes { start: byte as i64, length: 1 }
    }
}

/// The layout of the kernel: 64-bit offsets on every architecture, independent of the libc.
#[repr(C)]
struct Range {
    kind: libc::c_short,
    whence: libc::c_short,
    #[cfg(target_pointer_width = "64")]
    start: i64,
    #[cfg(target_pointer_width = "64")]
    length: i64,
    #[cfg(target_pointer_width = "32")]
    start: Split,
    #[cfg(target_pointer_width = "32")]
    length: Split,
    pid: libc::pid_t,
}

/// A 64-bit number where 32-bit architectures put it: aligned to four bytes on x86.
#[cfg(target_pointer_width = "32")]
#[cfg_attr(target_arch = "x86", repr(C, packed(4)))]
#[cfg_attr(not(target_arch = "x86"), repr(C))]
struct Split(i64);

#[cfg(target_pointer_width = "64")]
const FCNTL: libc::c_long = libc::SYS_fcntl;
#[cfg(target_pointer_width = "32")]
const FCNTL: libc::c_long = libc::SYS_fcntl64;

fn call(
    fd: impl AsFd,
    command: libc::c_int,
    kind: i32,
    bytes: impl Into<Bytes>,
) -> rustix::io::Result<Range> {
    let Bytes { start, length } = bytes.into();
    #[cfg(target_pointer_width = "32")]
    let (start, length) = (Split(start), Split(length));
    let mut range = Range {
        kind: kind as libc::c_short,
        whence: libc::SEEK_SET as libc::c_short,
        start,
        length,
        // Must be 0 for locks of a description.
        pid: 0,
    };
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open for the call, and the kernel reads and writes one `flock`
    // structure in the layout above.
    let result = unsafe { libc::syscall(FCNTL, fd, command, &raw mut range) };
    if result == -1 {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    }
    Ok(range)
}

fn set(fd: impl AsFd, kind: i32, bytes: impl Into<Bytes>) -> rustix::io::Result<bool> {
    match call(fd, libc::F_OFD_SETLK, kind, bytes) {
        Ok(_) => Ok(true),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes or keeps a lock for reading. `false` if it is locked for writing.
pub(super) fn try_read(fd: impl AsFd, bytes: impl Into<Bytes>) -> rustix::io::Result<bool> {
    set(fd, libc::F_RDLCK, bytes)
}

/// Takes a lock for writing, or upgrades one for reading. `false` if another description has a
/// lock; then the old lock is kept.
pub(super) fn try_write(fd: impl AsFd, bytes: impl Into<Bytes>) -> rustix::io::Result<bool> {
    set(fd, libc::F_WRLCK, bytes)
}

/// Lets a lock go.
pub(super) fn unlock(fd: impl AsFd, bytes: impl Into<Bytes>) -> rustix::io::Result<()> {
    set(fd, libc::F_UNLCK, bytes).map(drop)
}

/// Lets all locks of a description go. The kernel needs no memory for that, as it may for a part of them.
pub(super) fn unlock_all(fd: impl AsFd) -> rustix::io::Result<()> {
    unlock(fd, Bytes::ALL)
}

/// Whether any other description has the lock. Nothing is changed by asking.
pub(super) fn is_held_by_others(fd: impl AsFd, byte: Byte) -> rustix::io::Result<bool> {
    let range = call(fd, libc::F_OFD_GETLK, libc::F_WRLCK, byte)?;
    Ok(i32::from(range.kind) != libc::F_UNLCK)
}

/// Whether any other description has the lock for writing.
pub(super) fn is_held_for_writing(fd: impl AsFd, byte: Byte) -> rustix::io::Result<bool> {
    Ok(find(fd, byte.into(), false)?.is_some())
}

/// Some lock that other descriptions have on these bytes, of the kind that excludes readers
/// (`write`: or writers).
pub(super) fn find(fd: impl AsFd, bytes: Bytes, write: bool) -> rustix::io::Result<Option<Bytes>> {
    let kind = if write { libc::F_WRLCK } else { libc::F_RDLCK };
    let range = call(fd, libc::F_OFD_GETLK, kind, bytes)?;
    if i32::from(range.kind) == libc::F_UNLCK {
        return Ok(None);
    }
    #[cfg(target_pointer_width = "64")]
    let (start, length) = (range.start, range.length);
    #[cfg(target_pointer_width = "32")]
    let (start, length) = (range.start.0, range.length.0);
    Ok(Some(Bytes { start, length }))
}
