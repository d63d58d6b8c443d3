//! The calls that make, open and ask sections.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, GetLastError, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS,
    RtlNtStatusToDosError,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE, OpenFileMappingW,
    PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_PROTECTION_FLAGS, PAGE_READONLY,
    PAGE_READWRITE, PAGE_WRITECOPY, SECTION_QUERY,
};

use super::name::SectionName;
use super::security::{self, Descriptor};
use crate::access::{Access, Rights};

/// What a section is asked to be.
pub(super) struct Plan<'a> {
    /// The file; `None` for memory.
    pub(super) file: Option<BorrowedHandle<'a>>,
    pub(super) size: u64,
    pub(super) access: Access,
    /// `SEC_RESERVE`, or nothing.
    pub(super) kind: PAGE_PROTECTION_FLAGS,
    pub(super) name: Option<&'a SectionName>,
    pub(super) security: Option<&'a Descriptor>,
    pub(super) inheritable: bool,
}

/// Creates the section. `None`: one of this name lives.
pub(super) fn create(plan: &Plan<'_>) -> io::Result<Option<OwnedHandle>> {
    let attributes = security::attributes(plan.security, plan.inheritable);
    // SAFETY: the attributes and what they point to live beyond the call, the name ends with a
    // NUL, and the file's handle is open.
    let handle = unsafe {
        CreateFileMappingW(
            plan.file.map_or(INVALID_HANDLE_VALUE, |file| file.as_raw_handle()),
            &raw const attributes,
            protection(plan.access) | plan.kind,
            (plan.size >> 32) as u32,
            plan.size as u32,
            plan.name.map_or(ptr::null(), |name| name.wide.as_ptr()),
        )
    };
    // SAFETY: only reads this thread's number.
    let code = unsafe { GetLastError() };
    let handle = owned(handle, code)?;
    // The handle of the one that lives is closed again by dropping it.
    Ok((code != ERROR_ALREADY_EXISTS).then_some(handle))
}

/// Opens the section of this name with rights of the system, given as bits.
pub(super) fn open(name: &SectionName, access: u32, inheritable: bool) -> io::Result<OwnedHandle> {
    // SAFETY: the name ends with a NUL.
    let handle = unsafe { OpenFileMappingW(access, inheritable.into(), name.wide.as_ptr()) };
    // SAFETY: only reads this thread's number.
    let code = unsafe { GetLastError() };
    owned(handle, code)
}

fn owned(handle: HANDLE, code: u32) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    // SAFETY: the system has just returned this handle, so only this code owns it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// The system's bits for the rights of a handle. Asking a section for its size is one more.
pub(super) fn access_of(rights: Rights) -> u32 {
    let standard = rights.number().cast_unsigned() & 0xFFFF_0000;
    let mut access = standard | SECTION_QUERY;
    if rights == Rights::COPY_ON_WRITE {
        // A private copy begins with the current bytes. Together with other rights it has no
        // effect.
        access |= FILE_MAP_READ;
    }
    for (right, bit) in [
        (Rights::READ, FILE_MAP_READ),
        (Rights::WRITE, FILE_MAP_WRITE),
        (Rights::EXECUTE, FILE_MAP_EXECUTE),
    ] {
        if rights.contains(right) {
            access |= bit;
        }
    }
    access
}

/// The protection of pages that are for this access.
pub(super) fn protection(access: Access) -> PAGE_PROTECTION_FLAGS {
    match access {
        Access::Read => PAGE_READONLY,
        Access::ReadWrite | Access::Write => PAGE_READWRITE,
        Access::CopyOnWrite => PAGE_WRITECOPY,
        Access::ReadExecute => PAGE_EXECUTE_READ,
        Access::ReadWriteExecute => PAGE_EXECUTE_READWRITE,
    }
}

/// What the kernel says about a section.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    base: usize,
    /// `SEC_` bits.
    pub(super) attributes: u32,
    /// Bytes.
    pub(super) size: i64,
}

#[link(name = "ntdll")]
unsafe extern "system" {
    fn NtQuerySection(
        section: HANDLE,
        class: i32,
        facts: *mut Facts,
        length: usize,
        returned: *mut usize,
    ) -> NTSTATUS;

    fn NtQueryObject(
        object: HANDLE,
        class: i32,
        answer: *mut c_void,
        length: u32,
        returned: *mut u32,
    ) -> NTSTATUS;
}

/// The path of an object in the kernel: its length in bytes, and a pointer to the text, which
/// follows in memory.
#[repr(C)]
struct ObjectName {
    length: u16,
    room: u16,
    text: *const u16,
    behind: [u16; 32_768],
}

/// The path of a section in the kernel's folders. `None` if it has none or the system does not
/// provide it.
pub(super) fn path_of(section: BorrowedHandle<'_>) -> Option<String> {
    const NAME: i32 = 1;
    let mut name =
        Box::new(ObjectName { length: 0, room: 0, text: ptr::null(), behind: [0; 32_768] });
    // SAFETY: the structure is of the size that is told and laid out as the kernel writes it.
    let status = unsafe {
        NtQueryObject(
            section.as_raw_handle(),
            NAME,
            (&raw mut *name).cast(),
            size_of::<ObjectName>() as u32,
            ptr::null_mut(),
        )
    };
    let units = usize::from(name.length) / 2;
    if status < 0 || units == 0 || units > name.behind.len() {
        return None;
    }
    // The text begins at the first unit after the structure's fields.
    Some(String::from_utf16_lossy(&name.behind[..units]))
}

/// What the kernel says about any object.
#[repr(C)]
#[derive(Default)]
struct ObjectFacts {
    attributes: u32,
    access: u32,
    handles: u32,
    pointers: u32,
    rest: [u32; 10],
}

/// The number of handles of an object, in all processes.
pub(super) fn count_handles(object: BorrowedHandle<'_>) -> io::Result<u32> {
    const BASIC: i32 = 0;
    let mut facts = ObjectFacts::default();
    // SAFETY: the facts are of the size that is told and laid out as the kernel writes them.
    let status = unsafe {
        NtQueryObject(
            object.as_raw_handle(),
            BASIC,
            (&raw mut facts).cast(),
            size_of::<ObjectFacts>() as u32,
            ptr::null_mut(),
        )
    };
    if status < 0 { Err(from_status(status)) } else { Ok(facts.handles) }
}

/// Asks a section what it is; its handle must have the right to query.
pub(super) fn query(section: BorrowedHandle<'_>) -> io::Result<Facts> {
    const BASIC: i32 = 0;
    let mut facts = Facts::default();
    // SAFETY: the facts are of the size that is told and laid out as the kernel writes them.
    let status = unsafe {
        NtQuerySection(
            section.as_raw_handle(),
            BASIC,
            &raw mut facts,
            size_of::<Facts>(),
            ptr::null_mut(),
        )
    };
    if status < 0 { Err(from_status(status)) } else { Ok(facts) }
}

/// An error of the kernel's own kind, as Win32 code.
pub(super) fn from_status(status: NTSTATUS) -> io::Error {
    // SAFETY: takes and gives numbers.
    let code = unsafe { RtlNtStatusToDosError(status) };
    io::Error::from_raw_os_error(code.cast_signed())
}
