//! All of a map's shared memory, mapped: its bytes are copied through this, since a Mac's objects
//! cannot be read or written through their descriptor.

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use memmap2::{MmapOptions, MmapRaw};

#[cfg(any(target_os = "macos", target_os = "linux"))]
use super::{presence, shm};
use crate::error::{Error, ErrorKind, Result};
use crate::os::ordered;
#[cfg(any(target_os = "macos", target_os = "linux"))]
use crate::os::unix::Inode;
use crate::os::unix::bytes;

/// The whole object in this process's memory.
pub(super) struct Window(Memory);

enum Memory {
    #[cfg(any(target_os = "macos", target_os = "linux"))]
    Crate(shared_memory::Shmem),
    Own(MmapRaw),
}

// SAFETY: a window is memory that other processes change at any time anyhow. It is only touched by
// copying through raw pointers, and nothing of its description changes until it is dropped.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// Maps the object of the name, for reading and writing. The descriptor is of the same object.
    #[cfg(any(target_os = "macos", target_os = "linux"))]
    pub(super) fn open(object: &str, fd: BorrowedFd<'_>, capacity: u64) -> Result<Window> {
        use shared_memory::ShmemError;
        let opened = shared_memory::ShmemConf::new().os_id(shm::os_name(object)).open();
        // The crate opens by name. Where objects have numbers, a check shows that it opened the
        // same object; on a Mac they have none.
        let same = match shm::look(object).map_err(presence::looking)? {
            shm::Seen::Object(_, stat) => Some(Inode::of(&stat)) == Inode::of_file(fd),
            _ => false,
        };
        let replaced = || {
            let message =
                "Another program replaced the map by another one just now: open it again.";
            Error::new(ErrorKind::Orphaned, message)
        };
        let memory = match opened {
            _ if !same => return Err(replaced()),
            Ok(memory) => memory,
            Err(ShmemError::MapOpenFailed(code) | ShmemError::UnknownOsError(code)) => {
                return Err(mapping(capacity, &io::Error::from_raw_os_error(code as i32)));
            }
            Err(error) => {
                let message = format!("Could not map the map's memory: {error}.");
                return Err(Error::new(ErrorKind::Io, message));
            }
        };
        // Never its owner: the crate's owner removes the object when it leaves.
        if memory.is_owner() || (memory.len() as u64) < capacity {
            return Err(replaced());
        }
        Ok(Window(Memory::Crate(memory)))
    }

    /// Maps the object behind the descriptor, for reading and writing.
    #[cfg(not(any(target_os = "macos", target_os = "linux")))]
    pub(super) fn open(_: &str, fd: BorrowedFd<'_>, capacity: u64) -> Result<Window> {
        Window::map(fd, capacity, false)
    }

    /// Maps an object that this user may only read.
    pub(super) fn open_read_only(fd: BorrowedFd<'_>, capacity: u64) -> Result<Window> {
        Window::map(fd, capacity, true)
    }

    fn map(fd: BorrowedFd<'_>, capacity: u64, read_only: bool) -> Result<Window> {
        let failed = |error: io::Error| mapping(capacity, &error);
        let len = usize::try_from(capacity)
            .map_err(|_| failed(io::Error::from_raw_os_error(libc::ENOMEM)))?;
        let mut options = MmapOptions::new();
        let fd = fd.as_fd().as_raw_fd();
        options.len(len);
        let memory = if read_only { options.map_raw_read_only(fd) } else { options.map_raw(fd) };
        memory.map(|memory| Window(Memory::Own(memory))).map_err(failed)
    }

    fn pointer(&self) -> *mut u8 {
        match &self.0 {
            #[cfg(any(target_os = "macos", target_os = "linux"))]
            Memory::Crate(memory) => memory.as_ptr(),
            Memory::Own(memory) => memory.as_mut_ptr(),
        }
    }

    fn len(&self) -> usize {
        match &self.0 {
            #[cfg(any(target_os = "macos", target_os = "linux"))]
            Memory::Crate(memory) => memory.len(),
            Memory::Own(memory) => memory.len(),
        }
    }

    /// Copies bytes out. The descriptor shows whether they still exist: touching a truncated object
    /// (which a Mac does not allow) would end the process.
    pub(super) fn read(
        &self,
        fd: BorrowedFd<'_>,
        capacity: u64,
        offset: u64,
        to: &mut [u8],
    ) -> Result<()> {
        let from = self.place(fd, capacity, offset, to.len())?;
        // SAFETY: `place` checked that the range lies inside of the mapping and is backed; `to` is
        // memory of our own and so cannot overlap with it.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    /// Copies bytes in. The caller checked that the handle is for writing.
    pub(super) fn write(
        &self,
        fd: BorrowedFd<'_>,
        capacity: u64,
        offset: u64,
        from: &[u8],
    ) -> Result<()> {
        let to = self.place(fd, capacity, offset, from.len())?;
        // SAFETY: as in `read`; the caller has the right to write, so the mapping is writable.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Ok(())
    }

    /// Copies in from the first byte to the last: what a kill leaves is a beginning.
    pub(super) fn write_up(
        &self,
        fd: BorrowedFd<'_>,
        capacity: u64,
        offset: u64,
        from: &[u8],
    ) -> Result<()> {
        let to = self.place(fd, capacity, offset, from.len())?;
        // SAFETY: as in `write`.
        unsafe { ordered::copy_up(from, to) };
        Ok(())
    }

    /// Clears from the last byte to the first. The caller checked that the handle is for writing.
    pub(super) fn clear_down(
        &self,
        fd: BorrowedFd<'_>,
        capacity: u64,
        range: Range<u64>,
    ) -> Result<()> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let to = self.place(fd, capacity, range.start, length)?;
        // SAFETY: as in `write`.
        unsafe { ordered::clear_down(to, length) };
        Ok(())
    }

    fn place(&self, fd: BorrowedFd<'_>, capacity: u64, offset: u64, len: usize) -> Result<*mut u8> {
        bytes::check_size(fd, capacity)?;
        let start = usize::try_from(offset).ok();
        let start =
            start.filter(|start| start.checked_add(len).is_some_and(|end| end <= self.len()));
        start.map(|start| self.pointer().wrapping_add(start)).ok_or_else(|| {
            Error::new(
                ErrorKind::OutOfRange,
                format!("{len} bytes at offset {offset} reach beyond the map."),
            )
        })
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn mapping(capacity: u64, error: &io::Error) -> Error {
    Error::from_io(format!("map the map's {capacity} bytes"), error)
}
