//! A view's memory.

use std::os::fd::{AsRawFd, BorrowedFd};

use memmap2::{MmapOptions, MmapRaw};

use crate::access::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::os::errors;

/// Mapped memory, unmapped when dropped. It keeps the memory alive, not the map's name: it is made
/// from a description that carries no lock.
#[derive(Debug)]
pub(crate) struct Mapping {
    memory: MmapRaw,
    shared: bool,
}

impl Mapping {
    /// Maps a range of the descriptor's file. The caller has checked that it is inside.
    pub(crate) fn new(
        fd: BorrowedFd<'_>,
        offset: u64,
        len: usize,
        access: Access,
    ) -> Result<Mapping> {
        let fd = fd.as_raw_fd();
        let mut options = MmapOptions::new();
        options.offset(offset).len(len);
        let memory = match access {
            Access::Read => options.map_raw_read_only(fd),
            Access::ReadWrite | Access::Write => options.map_raw(fd),
            Access::CopyOnWrite => {
                // SAFETY: the descriptor is open for the call, and the memory is only ever used
                // through raw pointers, so that no reference meets a change by others.
                unsafe { options.map_copy(fd) }.map(MmapRaw::from)
            }
            Access::ReadExecute => {
                // SAFETY: as above.
                unsafe { options.map_exec(fd) }.map(MmapRaw::from)
            }
            Access::ReadWriteExecute => options.map_raw(fd).and_then(make_executable),
        };
        let memory = memory.map_err(|error| errors::no_view(len, access, error))?;
        Ok(Mapping { memory, shared: access != Access::CopyOnWrite })
    }

    /// Private memory, filled before it is visible: a copy, for systems that cannot map shared
    /// memory copy-on-write.
    #[cfg_attr(
        all(target_os = "linux", not(mmf_backend = "portable")),
        expect(dead_code, reason = "Linux makes such copies itself")
    )]
    pub(crate) fn copied(
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Mapping> {
        let mut memory = MmapOptions::new()
            .len(len)
            .map_anon()
            .map_err(|error| errors::no_view(len, Access::CopyOnWrite, error))?;
        fill(&mut memory)?;
        Ok(Mapping { memory: MmapRaw::from(memory), shared: false })
    }

    pub(crate) fn pointer(&self) -> *mut u8 {
        self.memory.as_mut_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.memory.len()
    }

    pub(crate) fn flush(&self) -> Result<()> {
        if !self.shared {
            return Ok(());
        }
        self.memory.flush().map_err(errors::view_not_flushed)
    }

    /// Copies out. The caller has checked that the range is inside.
    pub(crate) fn copy_out(&self, offset: usize, bytes: &mut [u8]) {
        debug_assert!(offset + bytes.len() <= self.len());
        let from = self.pointer().wrapping_add(offset);
        // SAFETY: the range lies inside of the mapping (checked by the caller), `bytes` is memory
        // of our own and so cannot overlap with it.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
    }

    /// Copies in. The caller has checked that the range is inside and may be written.
    pub(crate) fn copy_in(&self, offset: usize, bytes: &[u8]) {
        debug_assert!(offset + bytes.len() <= self.len());
        let to = self.pointer().wrapping_add(offset);
        // SAFETY: the range lies inside of the mapping (checked by the caller), which was mapped
        // for writing; `bytes` is memory of our own and so cannot overlap with it.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }
}

/// Says when a map is made what a view for execution would say later: many systems mount
/// `/dev/shm` without execution.
pub(crate) fn check_executable(view: Result<Mapping>) -> Result<()> {
    view.map(drop).map_err(|error| {
        let denied = Error::new(
            ErrorKind::AccessDenied,
            "The system does not let this map's memory be executed (its file system is mounted without execution, or a policy forbids it): ask for access without execution, or map a file elsewhere.",
        );
        match error.os_code() {
            Some(code) => denied.with_os_code(code),
            None => denied,
        }
    })
}

/// memmap2 knows no memory that is both written and executed.
fn make_executable(memory: MmapRaw) -> std::io::Result<MmapRaw> {
    use rustix::mm::MprotectFlags;
    let page = rustix::param::page_size();
    let start = memory.as_mut_ptr();
    let lead = start.addr() % page;
    if memory.len() > 0 {
        let flags = MprotectFlags::READ | MprotectFlags::WRITE | MprotectFlags::EXEC;
        // SAFETY: the range is that of the mapping, down to the page that it begins in, and
        // nobody has a reference into it yet.
        unsafe {
            rustix::mm::mprotect(start.wrapping_sub(lead).cast(), memory.len() + lead, flags)
        }?;
    }
    Ok(memory)
}
