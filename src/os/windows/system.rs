//! The system's own: its handles, its texts, and the numbers of its errors.

use std::io;

use windows_sys::Win32::Foundation as win32;

use crate::error::ErrorKind;

/// A handle that somebody else owns.
pub(crate) type RawDescriptor = std::os::windows::io::RawHandle;
/// A handle that is open for as long as it is borrowed.
pub(crate) type BorrowedDescriptor<'handle> = std::os::windows::io::BorrowedHandle<'handle>;
/// A handle that is closed when it is dropped.
pub type OwnedDescriptor = std::os::windows::io::OwnedHandle;

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
pub(super) fn code_of(error: &io::Error) -> u32 {
    const WIN32_IN_HRESULT: u32 = 0x8007_0000;
    let code = error.raw_os_error().unwrap_or(0).cast_unsigned();
    if code & 0xFFFF_0000 == WIN32_IN_HRESULT { code & 0xFFFF } else { code }
}

/// Text as Win32 wants it: UTF-16 with a NUL behind it. The caller knows that there is none inside.
pub(super) fn wide(text: impl AsRef<std::ffi::OsStr>) -> Vec<u16> {
    use std::os::windows::ffi::OsStrExt;
    text.as_ref().encode_wide().chain([0]).collect()
}

#[cfg(test)]
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
