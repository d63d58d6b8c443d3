//! A map's bytes, wherever they are.

use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::window::Window;
use crate::access::Access;
use crate::error::Result;
use crate::os::unix::bytes;
use crate::os::unix::mapping::Mapping;

/// A map's bytes.
#[derive(Debug)]
pub(super) enum Memory {
    /// Shared memory, and all of it mapped.
    Shared(OwnedFd, Window),
    /// A file.
    File(OwnedFd),
    /// A file through a description that the caller has, too: its position is not ours to move.
    Lent(OwnedFd),
}

impl Memory {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Memory::Shared(fd, _) | Memory::File(fd) | Memory::Lent(fd) => fd.as_fd(),
        }
    }

    pub(super) fn read(&self, capacity: u64, offset: u64, buffer: &mut [u8]) -> Result<()> {
        match self {
            Memory::Shared(fd, window) => window.read(fd.as_fd(), capacity, offset, buffer),
            Memory::File(fd) | Memory::Lent(fd) => {
                bytes::read(fd.as_fd(), capacity, offset, buffer)
            }
        }
    }

    pub(super) fn write(&self, capacity: u64, offset: u64, data: &[u8]) -> Result<()> {
        match self {
            Memory::Shared(fd, window) => {
                self.make_room(capacity, offset..offset + data.len() as u64)?;
                window.write(fd.as_fd(), capacity, offset, data)
            }
            Memory::File(fd) | Memory::Lent(fd) => bytes::write(fd.as_fd(), capacity, offset, data),
        }
    }

    /// Writes in ascending order.
    pub(super) fn write_up(&self, capacity: u64, offset: u64, data: &[u8]) -> Result<()> {
        match self {
            Memory::Shared(fd, window) => {
                self.make_room(capacity, offset..offset + data.len() as u64)?;
                window.write_up(fd.as_fd(), capacity, offset, data)
            }
            Memory::File(fd) | Memory::Lent(fd) => bytes::write(fd.as_fd(), capacity, offset, data),
        }
    }

    /// Clears in descending order.
    pub(super) fn clear_down(&self, capacity: u64, range: Range<u64>) -> Result<()> {
        match self {
            Memory::Shared(fd, window) => window.clear_down(fd.as_fd(), capacity, range),
            Memory::File(fd) | Memory::Lent(fd) => bytes::clear_down(fd.as_fd(), capacity, range),
        }
    }

    /// Makes sure that a write to the range cannot run out of room in the middle.
    pub(super) fn make_room(&self, capacity: u64, range: Range<u64>) -> Result<()> {
        match self {
            // Memory that cannot be had would end the process when it is touched.
            Memory::Shared(fd, _) => bytes::make_room_in_memory(fd.as_fd(), capacity, range),
            Memory::File(fd) | Memory::Lent(fd) => bytes::make_room(fd.as_fd(), capacity, range),
        }
    }

    /// The query moves the position of a descriptor, so it is not used on one that the caller
    /// shares. On a Mac, shared memory cannot report unwritten parts: everything may be data.
    pub(super) fn next_data(&self, capacity: u64, from: u64) -> Result<Option<Range<u64>>> {
        match self {
            Memory::Lent(_) => Ok((from < capacity).then_some(from..capacity)),
            Memory::Shared(fd, _) | Memory::File(fd) => {
                bytes::next_data(fd.as_fd(), capacity, from)
            }
        }
    }

    pub(super) fn view(
        &self,
        capacity: u64,
        offset: u64,
        len: usize,
        access: Access,
    ) -> Result<Mapping> {
        if access == Access::CopyOnWrite && matches!(self, Memory::Shared(..)) {
            return Mapping::copied(len, |copy| self.read(capacity, offset, copy));
        }
        bytes::check_size(self.fd(), capacity)?;
        Mapping::new(self.fd(), offset, len, access)
    }
}
