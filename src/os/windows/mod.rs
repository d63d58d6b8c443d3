//! Windows: the kernel's own sections.
//!
//! A named section is what the design wants a named map to be: it is found by name, and it is gone
//! with its last handle. So a map's handle is a section handle and nothing else has to be kept in
//! step. [`object`] has what the core sees, [`section`] the calls that make and open sections,
//! [`memory`] the mapped memory, [`lock`] the content lock, [`watch`] and [`signal`] what tells of
//! changes.

mod bytes;
mod draft;
mod file;
mod list;
mod lock;
mod memory;
mod name;
mod object;
mod section;
mod security;
mod signal;
mod watch;
mod word;

use std::io;

use windows_sys::Win32::Foundation as win32;

use crate::error::ErrorKind;

pub(crate) use draft::Draft;
pub(crate) use file::{check_replaceable, open_file, remove_created};
pub(crate) use list::list;
pub(crate) use lock::LockGuard;
pub(crate) use memory::Mapping;
pub(crate) use object::{Change, Identity, Object};
pub(crate) use watch::Watch;

/// A handle that somebody else owns.
pub(crate) type RawDescriptor = std::os::windows::io::RawHandle;
/// A handle that is open for as long as it is borrowed.
pub(crate) type BorrowedDescriptor<'handle> = std::os::windows::io::BorrowedHandle<'handle>;
/// A handle that is closed when it is dropped.
pub type OwnedDescriptor = std::os::windows::io::OwnedHandle;

/// How messages call this back end.
pub const NAME: &str = "Windows";
/// A map in memory has exactly the bytes that were asked for, for openers too; else whole pages.
pub const EXACT_SIZES: bool = false;
/// Several may hold the content lock for reading.
pub const SHARED_LOCKS: bool = false;
/// Maps have a permission mode and an owner.
pub const PERMISSION_MODES: bool = false;
/// Maps have a Windows security descriptor.
pub const SECURITY_DESCRIPTORS: bool = true;
/// After all holders were killed the memory is given back by the next operation, not at once.
pub const LEFTOVER_AFTER_KILL: bool = false;
/// Maps of other programs are told from our own, and never removed.
pub const TELLS_FOREIGN: bool = false;
/// Another program can take a living map's name away.
pub const CAN_BE_ORPHANED: bool = false;
/// A name that was taken away so can be given to another map while the old one lives.
pub const ORPHANED_NAME_IS_FREE: bool = false;
/// A watch tells at once that a map was orphaned, truncated or left by all others; else when it wakes anyway.
pub const WATCHES_LIFE: bool = false;
/// The folder that named maps can be seen in, if there is one.
pub const FOLDER: Option<&str> = None;

/// Whether a path leads to the memory of a map that lives. Sections have no paths.
pub(crate) fn is_living_object(_: &std::path::Path) -> crate::error::Result<bool> {
    Ok(false)
}

/// A full sweep. The system keeps nothing of processes that ended.
pub(crate) fn sweep() -> crate::error::Result<u64> {
    Ok(0)
}

/// The status that stands for an error of the system, after .NET's own table.
pub(crate) fn kind_of(error: &io::Error) -> ErrorKind {
    match code_of(error) {
        win32::ERROR_FILE_NOT_FOUND => ErrorKind::NotFound,
        win32::ERROR_PATH_NOT_FOUND => ErrorKind::DirectoryNotFound,
        win32::ERROR_ACCESS_DENIED => ErrorKind::AccessDenied,
        win32::ERROR_FILE_EXISTS | win32::ERROR_ALREADY_EXISTS => ErrorKind::AlreadyExists,
        win32::ERROR_FILENAME_EXCED_RANGE => ErrorKind::PathTooLong,
        win32::ERROR_SHARING_VIOLATION | win32::ERROR_LOCK_VIOLATION => ErrorKind::SharingViolation,
        win32::ERROR_DISK_FULL
        | win32::ERROR_HANDLE_DISK_FULL
        | win32::ERROR_COMMITMENT_LIMIT
        | win32::ERROR_NOT_ENOUGH_MEMORY
        | win32::ERROR_OUTOFMEMORY
        | win32::ERROR_NO_SYSTEM_RESOURCES => ErrorKind::NoSpace,
        win32::ERROR_FILE_TOO_LARGE => ErrorKind::TooLarge,
        win32::ERROR_USER_MAPPED_FILE => ErrorKind::FileMapped,
        win32::ERROR_INVALID_FUNCTION | win32::ERROR_NOT_SUPPORTED => ErrorKind::NotSupported,
        _ => ErrorKind::Io,
    }
}

/// The Win32 code of an error; COM's form of it is taken apart.
fn code_of(error: &io::Error) -> u32 {
    const WIN32_IN_HRESULT: u32 = 0x8007_0000;
    let code = error.raw_os_error().unwrap_or(0).cast_unsigned();
    if code & 0xFFFF_0000 == WIN32_IN_HRESULT { code & 0xFFFF } else { code }
}

/// Text as Win32 wants it: UTF-16 with a NUL behind it. The caller knows that there is none inside.
fn wide(text: impl AsRef<std::ffi::OsStr>) -> Vec<u16> {
    use std::os::windows::ffi::OsStrExt;
    text.as_ref().encode_wide().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section e.8 of the error table: what .NET makes of the codes that it tells apart.
    #[test]
    fn codes_have_the_status_that_dotnet_gives_them() {
        for (code, status) in [
            (2, ErrorKind::NotFound),
            (3, ErrorKind::DirectoryNotFound),
            (5, ErrorKind::AccessDenied),
            (32, ErrorKind::SharingViolation),
            (80, ErrorKind::AlreadyExists),
            (183, ErrorKind::AlreadyExists),
            (112, ErrorKind::NoSpace),
            (1455, ErrorKind::NoSpace),
            (206, ErrorKind::PathTooLong),
            (1224, ErrorKind::FileMapped),
            (87, ErrorKind::Io),
            (0x8007_0005_u32.cast_signed(), ErrorKind::AccessDenied),
        ] {
            assert_eq!(kind_of(&io::Error::from_raw_os_error(code)), status, "{code}");
        }
    }
}
