//! What the error codes of the operating system mean: the status that stands for each, after .NET's own table, and
//! the sentence around it.

use std::fmt;
use std::io;

#[cfg(windows)]
use windows_sys::Win32::Foundation as win32;

use crate::error::{Error, ErrorKind};

/// The status that stands for an error of the system.
#[cfg(unix)]
pub(super) fn kind_of(error: &io::Error) -> ErrorKind {
    match error.raw_os_error().unwrap_or(0) {
        libc::ENOENT => ErrorKind::NotFound,
        libc::ENOTDIR => ErrorKind::DirectoryNotFound,
        libc::EACCES | libc::EPERM | libc::EBADF | libc::EROFS | libc::EISDIR => {
            ErrorKind::AccessDenied
        }
        libc::EEXIST => ErrorKind::AlreadyExists,
        libc::ENAMETOOLONG => ErrorKind::PathTooLong,
        libc::EWOULDBLOCK | libc::ETXTBSY => ErrorKind::SharingViolation,
        libc::ENOSPC | libc::EDQUOT => ErrorKind::NoSpace,
        libc::EFBIG => ErrorKind::OutOfRange,
        libc::ENOMEM | libc::EOVERFLOW => ErrorKind::TooLarge,
        libc::ENODEV | libc::ENOSYS | libc::EOPNOTSUPP => ErrorKind::NotSupported,
        _ => ErrorKind::Io,
    }
}

/// The status that stands for an error of the system.
#[cfg(windows)]
pub(super) fn kind_of(error: &io::Error) -> ErrorKind {
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
#[cfg(windows)]
pub(super) fn code_of(error: &io::Error) -> u32 {
    const WIN32_IN_HRESULT: u32 = 0x8007_0000;
    let code = error.raw_os_error().unwrap_or(0).cast_unsigned();
    if code & 0xFFFF_0000 == WIN32_IN_HRESULT { code & 0xFFFF } else { code }
}

impl Error {
    /// An error of the operating system while doing `what` ("create the map 'Test'").
    pub(crate) fn from_io(what: impl fmt::Display, error: &io::Error) -> Self {
        let kind = kind_of(error);
        let (cause, advice) = (describe(error), advice(error));
        let new = Self::new(kind, format!("Could not {what}: {cause}.{advice}"));
        match error.raw_os_error() {
            Some(code) => new.with_os_code(code),
            None => new,
        }
    }
}

/// The message of the operating system, without the code that std appends.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].trim_end_matches('.').to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}

/// What to do, if the system's message does not say it.
fn advice(error: &io::Error) -> &'static str {
    #[cfg(unix)]
    if let Some(libc::EMFILE | libc::ENFILE) = error.raw_os_error() {
        return " Close what is not needed, or raise the limit (ulimit -n).";
    }
    match error.kind() {
        io::ErrorKind::OutOfMemory => " Close what is not needed, or ask for less.",
        _ => "",
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    /// What .NET makes of the codes that it tells apart.
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
