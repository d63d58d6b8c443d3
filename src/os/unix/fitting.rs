//! Giving a file the size of the map that is made of it.

use std::os::fd::BorrowedFd;

use rustix::fs::{FallocateFlags, Stat};
use rustix::io::Errno;

use super::{Inode, bytes, length_of, look};
use crate::error::Result;

/// The changes that a file needs before it has all bytes of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitting {
    /// The file as it was found.
    before: Stat,
    capacity: u64,
    emptied: bool,
}

impl Fitting {
    /// A capacity of 0 stands for the file's own length.
    pub(crate) fn new(data: BorrowedFd<'_>, capacity: u64, emptied: bool) -> Result<Fitting> {
        let before = look(data)?;
        let capacity = if capacity == 0 { length_of(&before) } else { capacity };
        Ok(Fitting { before, capacity, emptied })
    }

    /// The file.
    pub(crate) fn inode(&self) -> Inode {
        Inode::of(&self.before)
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Whether the file stays as it is.
    pub(crate) fn is_none(&self) -> bool {
        !self.emptied && self.capacity <= length_of(&self.before)
    }

    /// Gives the file the map's size, with reserved disk space, or leaves it unchanged. Its old
    /// content is removed last, when there is space for the new size.
    pub(crate) fn run(&self, data: BorrowedFd<'_>) -> Result<()> {
        if self.is_none() {
            return Ok(());
        }
        let capacity = self.capacity;
        let no_space = |error| bytes::no_space("the file", capacity, error);
        bytes::check_file_size_limit(capacity)?;
        // The file keeps its length until nothing can fail, so a process that maps it meanwhile
        // never loses bytes again.
        let before = length_of(&self.before);
        let from = if self.emptied { 0 } else { before };
        let empty = || if self.emptied { rustix::fs::ftruncate(data, 0) } else { Ok(()) };
        self.hold_room(data, from).and_then(|()| empty()).map_err(|error| {
            if bytes::size(data).is_ok_and(|length| length == before) {
                self.undo(data);
            }
            no_space(error)
        })?;
        bytes::grow(data, from..capacity, FallocateFlags::empty()).map_err(|error| {
            if !self.emptied {
                self.undo(data);
            }
            no_space(error)
        })
    }

    /// Makes sure that there is room for the map's bytes from there on, and leaves those of the file.
    fn hold_room(&self, data: BorrowedFd<'_>, from: u64) -> rustix::io::Result<()> {
        let has = u64::try_from(self.before.st_blocks).unwrap_or(0).saturating_mul(512);
        let needed = (self.capacity - from).saturating_sub(if self.emptied { has } else { 0 });
        if let Ok(system) = rustix::fs::fstatvfs(data)
            && system.f_blocks > 0
            && needed / system.f_frsize.max(1) > system.f_bfree
        {
            return Err(Errno::NOSPC);
        }
        // A quota is met only by asking for the room itself.
        bytes::reserve_behind(data, from..self.capacity)
    }

    /// Undoes the reservation. The original error is reported.
    fn undo(&self, data: BorrowedFd<'_>) {
        let _ = rustix::fs::ftruncate(data, length_of(&self.before));
        let keep = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
        let times = rustix::fs::Timestamps {
            last_access: keep,
            last_modification: rustix::fs::Timespec {
                tv_sec: self.before.st_mtime as _,
                tv_nsec: self.before.st_mtime_nsec as _,
            },
        };
        let _ = rustix::fs::futimens(data, &times);
    }
}
