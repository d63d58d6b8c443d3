//! The bytes of an object that the library locks on Linux.

use std::fs::File;
use std::os::fd::AsRawFd;

/// Locked by the holders.
pub const PRESENCE: i64 = 0x7FFF_FFFF_FFFF_FF00;
/// Locked by a process while it creates or removes a name.
pub const GATE: i64 = 0x7FFF_FFFF_FFFF_FF01;
/// Locked by readers and writers of the content.
pub const CONTENT: i64 = 0x7FFF_FFFF_FFFF_FF03;
/// Locked by writes without the content lock.
pub const RAW: i64 = 0x7FFF_FFFF_FFFF_FF04;

/// Locks or unlocks one byte as the library does. On 32 bits, the C library has no function for these offsets.
#[track_caller]
pub fn lock(file: &File, kind: i32, byte: i64) {
    #[cfg(target_pointer_width = "64")]
    const FCNTL: libc::c_long = libc::SYS_fcntl;
    #[cfg(target_pointer_width = "32")]
    const FCNTL: libc::c_long = libc::SYS_fcntl64;
    // SAFETY: all zero is a valid value of a structure of numbers.
    let mut range: libc::flock64 = unsafe { std::mem::zeroed() };
    range.l_type = kind as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = byte;
    range.l_len = 1;
    let command = libc::F_OFD_SETLK;
    // SAFETY: the file is open, and the kernel reads one structure.
    let result = unsafe { libc::syscall(FCNTL, file.as_raw_fd(), command, &raw const range) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}
