//! Mapped memory, and the calls that ask and change it.

use std::ffi::c_void;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::path::PathBuf;
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use windows_sys::Win32::Foundation::{ERROR_LOCK_VIOLATION, HANDLE, NTSTATUS};
use windows_sys::Win32::System::Memory::{
    FILE_MAP, FILE_MAP_COPY, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE, FlushViewOfFile,
    MEM_COMMIT, MEMORY_BASIC_INFORMATION, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile,
    PAGE_PROTECTION_FLAGS, UnmapViewOfFile, VirtualAlloc, VirtualQuery,
};
use windows_sys::Win32::System::ProcessStatus::K32GetMappedFileNameW;
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::section::from_status;
use crate::access::Access;
use crate::error::Result;
use crate::os::code::code_of;
use crate::os::errors::view_not_flushed;
use crate::os::ordered;
use crate::time::{Backoff, Deadline};

// What Win32's own calls for this do around the kernel's is meant for debuggers: they change the
// protection of pages to write to them.
#[link(name = "ntdll")]
unsafe extern "system" {
    fn NtReadVirtualMemory(
        process: HANDLE,
        from: *const c_void,
        to: *mut c_void,
        length: usize,
        done: *mut usize,
    ) -> NTSTATUS;
    fn NtWriteVirtualMemory(
        process: HANDLE,
        to: *mut c_void,
        from: *const c_void,
        length: usize,
        done: *mut usize,
    ) -> NTSTATUS;
}

/// The machine's sizes: a page, and the step in which views can begin.
pub(super) struct Sizes {
    pub(super) page: u64,
    pub(super) step: u64,
}

pub(super) fn sizes() -> &'static Sizes {
    static SIZES: OnceLock<Sizes> = OnceLock::new();
    SIZES.get_or_init(|| {
        let mut info = SYSTEM_INFO::default();
        // SAFETY: fills in a variable of ours.
        unsafe { GetSystemInfo(&raw mut info) };
        Sizes { page: info.dwPageSize.into(), step: info.dwAllocationGranularity.into() }
    })
}

/// A range of a section in memory, unmapped when dropped.
pub(super) struct Range {
    base: MEMORY_MAPPED_VIEW_ADDRESS,
    /// The distance from the base to the range: views begin at multiples of the granularity.
    lead: usize,
    len: usize,
}

// SAFETY: mapped memory can be used on any thread; all access goes through raw pointers whose users
// check the range.
unsafe impl Send for Range {}
// SAFETY: as above.
unsafe impl Sync for Range {}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Range").field("pointer", &self.pointer()).field("len", &self.len).finish()
    }
}

impl Range {
    /// Maps `len` bytes, at least one, from an offset that needs no alignment.
    pub(super) fn map(
        section: BorrowedHandle<'_>,
        offset: u64,
        len: usize,
        access: FILE_MAP,
    ) -> io::Result<Range> {
        let start = offset - offset % sizes().step;
        let lead = (offset - start) as usize;
        let all = lead.checked_add(len).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: the section's handle is open; the system checks the range against its size.
        let base = unsafe {
            MapViewOfFile(section.as_raw_handle(), access, (start >> 32) as u32, start as u32, all)
        };
        if base.Value.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Range { base, lead, len })
    }

    pub(super) fn pointer(&self) -> *mut u8 {
        self.base.Value.cast::<u8>().wrapping_add(self.lead)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What the pages at an offset are, and how many bytes from there on are the same.
    pub(super) fn state(&self, at: usize) -> io::Result<(bool, usize)> {
        let address = self.pointer().wrapping_add(at);
        let found = look(address.cast())?;
        let end = found.BaseAddress.addr() + found.RegionSize;
        Ok((found.State == MEM_COMMIT, end - address.addr()))
    }

    /// Allocates the pages of a part. Pages that are already allocated do not change.
    pub(super) fn commit(
        &self,
        at: usize,
        len: usize,
        protection: PAGE_PROTECTION_FLAGS,
    ) -> io::Result<()> {
        let address: *const c_void = self.pointer().wrapping_add(at).cast();
        // SAFETY: the part is inside the range (every caller limits it); existing bytes do not
        // change.
        let done = unsafe { VirtualAlloc(address, len, MEM_COMMIT, protection) };
        if done.is_null() { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Copies out the allocated bytes. The caller has checked the part.
    pub(super) fn copy_out(&self, at: usize, bytes: &mut [u8]) {
        debug_assert!(at + bytes.len() <= self.len);
        let from = self.pointer().wrapping_add(at);
        // SAFETY: the part lies inside of the range (checked by the caller); `bytes` is memory of
        // our own and cannot overlap with it.
        unsafe { ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), bytes.len()) };
    }

    /// Copies in. The caller checked the part, and that the range is mapped for writing.
    pub(super) fn copy_in(&self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= self.len);
        let to = self.pointer().wrapping_add(at);
        // SAFETY: the part lies inside of the range, which is mapped for writing (both checked by
        // the caller); `bytes` is memory of our own and cannot overlap with it.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }

    /// Copies in from the first byte to the last: what a kill leaves is a beginning. The caller
    /// checked as for [`Range::copy_in`].
    pub(super) fn copy_up(&self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= self.len);
        // SAFETY: as in `copy_in`.
        unsafe { ordered::copy_up(bytes, self.pointer().wrapping_add(at)) };
    }

    /// Clears from the last byte to the first. The caller checked as for [`Range::copy_in`].
    pub(super) fn clear_down(&self, at: usize, length: usize) {
        debug_assert!(at + length <= self.len);
        // SAFETY: as in `copy_in`.
        unsafe { ordered::clear_down(self.pointer().wrapping_add(at), length) };
    }

    /// Copies out by the kernel: a page that its disk or network does not give is an error here,
    /// where touching it would end the process.
    pub(super) fn fetch(&self, at: usize, bytes: &mut [u8]) -> io::Result<()> {
        debug_assert!(at + bytes.len() <= self.len);
        // SAFETY: `bytes` has the length that is told; the kernel checks where it copies from.
        let status = unsafe {
            NtReadVirtualMemory(
                this_process(),
                self.pointer().wrapping_add(at).cast(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                ptr::null_mut(),
            )
        };
        if status < 0 { Err(from_status(status)) } else { Ok(()) }
    }

    /// Copies in by the kernel, as [`Range::fetch`].
    pub(super) fn store(&self, at: usize, bytes: &[u8]) -> io::Result<()> {
        debug_assert!(at + bytes.len() <= self.len);
        // SAFETY: the part lies inside of the range (checked by the caller), so that no other
        // memory of this process is changed; `bytes` has the length that is told.
        let status = unsafe {
            NtWriteVirtualMemory(
                this_process(),
                self.pointer().wrapping_add(at).cast(),
                bytes.as_ptr().cast(),
                bytes.len(),
                ptr::null_mut(),
            )
        };
        if status < 0 { Err(from_status(status)) } else { Ok(()) }
    }

    /// Passes the changes to the file system. This can fail for a moment while the file system
    /// writes the pages.
    pub(super) fn flush(&self) -> io::Result<()> {
        const PATIENCE: Duration = Duration::from_secs(5);
        const PAUSE: Duration = Duration::from_millis(20);
        let mut backoff = Backoff::new(Deadline::after(PATIENCE), PAUSE);
        loop {
            // SAFETY: the range is mapped for as long as this lives.
            let done = unsafe { FlushViewOfFile(self.pointer().cast(), self.len) };
            if done != 0 {
                return Ok(());
            }
            let error = io::Error::last_os_error();
            if code_of(&error) != ERROR_LOCK_VIOLATION || !backoff.wait() {
                return Err(error);
            }
        }
    }
}

fn this_process() -> HANDLE {
    // SAFETY: gives a constant that stands for the process.
    unsafe { GetCurrentProcess() }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: mapped by us, and not unmapped by other code.
        unsafe { UnmapViewOfFile(self.base) };
    }
}

/// How many bytes a section has that may be mapped and not be asked.
pub(super) fn whole(section: BorrowedHandle<'_>) -> io::Result<u64> {
    // No length is all of it.
    let range = Range::map(section, 0, 0, FILE_MAP_READ)
        .or_else(|_| Range::map(section, 0, 0, FILE_MAP_WRITE))?;
    let mut size = 0;
    loop {
        let address = range.base.Value.wrapping_byte_add(size);
        let found = look(address)?;
        if found.AllocationBase != range.base.Value {
            return Ok(size as u64);
        }
        size += found.RegionSize;
    }
}

/// The path that the kernel knows a section's file by, in a form that can be opened. `None`: there
/// is no file, or it is not to be found.
pub(super) fn mapped_file(section: BorrowedHandle<'_>) -> Option<PathBuf> {
    let range = Range::map(section, 0, 1, FILE_MAP_READ)
        .or_else(|_| Range::map(section, 0, 1, FILE_MAP_WRITE))
        .ok()?;
    let mut path = vec![0_u16; 32_768];
    // SAFETY: asks about memory that is mapped; the path has the room that is told.
    let length = unsafe {
        K32GetMappedFileNameW(
            this_process(),
            range.pointer().cast(),
            path.as_mut_ptr(),
            path.len() as u32,
        )
    } as usize;
    let path = String::from_utf16(path.get(..length)?).ok().filter(|path| !path.is_empty())?;
    // The kernel names the device; Win32 finds that from the root of all names.
    Some(match path.strip_prefix("\\??\\") {
        Some(rest) => PathBuf::from(format!("\\\\?\\{rest}")),
        None => PathBuf::from(format!("\\\\?\\GLOBALROOT{path}")),
    })
}

fn look(address: *const c_void) -> io::Result<MEMORY_BASIC_INFORMATION> {
    let mut found = MEMORY_BASIC_INFORMATION::default();
    let room = size_of::<MEMORY_BASIC_INFORMATION>();
    // SAFETY: asks about an address, which need not be valid, and fills in a variable of ours.
    let filled = unsafe { VirtualQuery(address, &raw mut found, room) };
    if filled == 0 { Err(io::Error::last_os_error()) } else { Ok(found) }
}

/// How a view of this access is mapped: its pages get just these rights.
pub(super) fn mapped_for(access: Access) -> FILE_MAP {
    match access {
        Access::Read => FILE_MAP_READ,
        // There are no pages that can be written and not read.
        Access::Write => FILE_MAP_WRITE,
        Access::ReadWrite => FILE_MAP_READ | FILE_MAP_WRITE,
        Access::CopyOnWrite => FILE_MAP_COPY,
        Access::ReadExecute => FILE_MAP_READ | FILE_MAP_EXECUTE,
        Access::ReadWriteExecute => FILE_MAP_READ | FILE_MAP_WRITE | FILE_MAP_EXECUTE,
    }
}

/// A view's memory, unmapped when dropped. It keeps the memory alive, not the map's name.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// Nothing, for an empty view.
    range: Option<Range>,
    len: usize,
    /// The file to flush to, if writes go to a file.
    file: Option<Arc<File>>,
}

impl Mapping {
    pub(super) fn new(range: Option<Range>, file: Option<Arc<File>>) -> Mapping {
        let len = range.as_ref().map_or(0, Range::len);
        Mapping { range, len, file }
    }

    pub(crate) fn pointer(&self) -> *mut u8 {
        self.range.as_ref().map_or(NonNull::dangling().as_ptr(), Range::pointer)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn flush(&self) -> Result<()> {
        let Some(range) = &self.range else { return Ok(()) };
        let failed = view_not_flushed;
        range.flush().map_err(failed)?;
        // So far the file system has it. The disk does only then.
        self.file.as_ref().map_or(Ok(()), |file| file.sync_all()).map_err(failed)
    }

    /// Copies out. The caller has checked that the part is inside.
    pub(crate) fn copy_out(&self, offset: usize, bytes: &mut [u8]) {
        if let Some(range) = &self.range {
            range.copy_out(offset, bytes);
        }
    }

    /// Copies in. The caller has checked that the part is inside and may be written.
    pub(crate) fn copy_in(&self, offset: usize, bytes: &[u8]) {
        if let Some(range) = &self.range {
            range.copy_in(offset, bytes);
        }
    }
}
