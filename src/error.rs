//! Errors: their kinds with the numbers and names of the C header, and the message of an error.

use std::fmt;
use std::io;

/// The result of operations of this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// Why an operation failed. The numbers are those of the C header and never change; in C, 0
        /// means success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum ErrorKind { $($(#[$doc])* $variant = $number,)* }

        impl ErrorKind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[ErrorKind] = &[$(ErrorKind::$variant,)*];

            /// The name that the C header gives this kind, without `MMF_STATUS_`.
            pub fn name(self) -> &'static str {
                match self { $(ErrorKind::$variant => $name,)* }
            }
        }
    };
}

statuses! {
    /// An argument is invalid. The message says which one.
    InvalidArgument = 1, "INVALID_ARGUMENT";
    /// A number is outside its range.
    OutOfRange = 2, "OUT_OF_RANGE";
    /// A required pointer is NULL.
    NullArgument = 3, "NULL_ARGUMENT";
    /// The handle was not issued by this library.
    InvalidHandle = 4, "INVALID_HANDLE";
    /// The handle was closed before.
    Closed = 5, "CLOSED";
    /// Text is not valid UTF-8 or UTF-16.
    InvalidText = 6, "INVALID_TEXT";
    /// This operating system cannot do it.
    NotSupported = 7, "NOT_SUPPORTED";
    /// The view or the stream does not have the required access.
    WrongAccess = 8, "WRONG_ACCESS";
    /// No process holds a map with this name, or the file does not exist.
    NotFound = 20, "NOT_FOUND";
    /// A directory of the path does not exist.
    DirectoryNotFound = 21, "DIRECTORY_NOT_FOUND";
    /// The name or the file is taken.
    AlreadyExists = 22, "ALREADY_EXISTS";
    /// A path is longer than the operating system allows.
    PathTooLong = 23, "PATH_TOO_LONG";
    /// The operating system or the map's own access forbids it.
    AccessDenied = 24, "ACCESS_DENIED";
    /// The map was created read-only and stays read-only for every process.
    ReadOnlyMap = 25, "READ_ONLY_MAP";
    /// Another program has opened the file exclusively.
    SharingViolation = 26, "SHARING_VIOLATION";
    /// Other processes kept creating or removing this name for too long. Try again.
    Busy = 27, "BUSY";
    /// The time for waiting is over.
    Timeout = 28, "TIMEOUT";
    /// The name refers to something that is not a map: a link, a FIFO or a directory.
    NotAMap = 29, "NOT_A_MAP";
    /// The path of a named file map now refers to another file.
    FileReplaced = 30, "FILE_REPLACED";
    /// Another program removed the map's name.
    Orphaned = 31, "ORPHANED";
    /// The path or the descriptor refers to something that is not a regular file: a FIFO, a device
    /// or a socket.
    NotAFile = 32, "NOT_A_FILE";
    /// There is not enough memory or disk space.
    NoSpace = 40, "NO_SPACE";
    /// The text or the bytes do not fit into the map.
    TooLong = 41, "TOO_LONG";
    /// More than the process's address space or the operating system can hold.
    TooLarge = 42, "TOO_LARGE";
    /// The file became shorter than the map.
    Truncated = 43, "TRUNCATED";
    /// The file cannot change while it is mapped.
    FileMapped = 44, "FILE_MAPPED";
    /// The operating system reported an error that has no status of its own.
    Io = 60, "IO";
    /// A fault of this library. As far as the library knows, nothing was changed.
    Internal = 61, "INTERNAL";
}

impl ErrorKind {
    /// The kind of a number, if there is one.
    pub fn from_number(number: i32) -> Option<ErrorKind> {
        Self::ALL.iter().copied().find(|kind| *kind as i32 == number)
    }
}

/// An error: its kind, the code of the operating system if there was one, and a message that says
/// what was asked, what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    os_code: Option<i32>,
    message: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, os_code: None, message: message.into() }
    }

    pub(crate) fn with_os_code(mut self, code: i32) -> Self {
        self.os_code = Some(code);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The code of the operating system (`errno`, `GetLastError`), if the failure came from there.
    pub fn os_code(&self) -> Option<i32> {
        self.os_code
    }

    /// The message: what was asked, what is wrong, what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// For programs that use errors of `std::io`. The `io::Error` contains this error.
impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error.kind {
            ErrorKind::InvalidArgument
            | ErrorKind::OutOfRange
            | ErrorKind::NullArgument
            | ErrorKind::InvalidHandle
            | ErrorKind::WrongAccess
            | ErrorKind::NotAMap
            | ErrorKind::NotAFile => io::ErrorKind::InvalidInput,
            ErrorKind::InvalidText => io::ErrorKind::InvalidData,
            ErrorKind::NotSupported => io::ErrorKind::Unsupported,
            ErrorKind::NotFound | ErrorKind::DirectoryNotFound => io::ErrorKind::NotFound,
            ErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            ErrorKind::PathTooLong => io::ErrorKind::InvalidFilename,
            ErrorKind::AccessDenied | ErrorKind::ReadOnlyMap => io::ErrorKind::PermissionDenied,
            ErrorKind::SharingViolation | ErrorKind::Busy | ErrorKind::FileMapped => {
                io::ErrorKind::ResourceBusy
            }
            ErrorKind::Timeout => io::ErrorKind::TimedOut,
            ErrorKind::NoSpace => io::ErrorKind::StorageFull,
            ErrorKind::TooLong | ErrorKind::TooLarge => io::ErrorKind::FileTooLarge,
            ErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
            ErrorKind::Closed
            | ErrorKind::FileReplaced
            | ErrorKind::Orphaned
            | ErrorKind::Io
            | ErrorKind::Internal => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_number() {
        let mut last = 0;
        for &kind in ErrorKind::ALL {
            assert!(kind as i32 > last, "{} is out of order", kind.name());
            last = kind as i32;
            assert_eq!(ErrorKind::from_number(last), Some(kind));
        }
        assert_eq!(ErrorKind::from_number(0), None, "nothing failed");
        assert_eq!(ErrorKind::from_number(-1), None);
        assert_eq!(ErrorKind::from_number(999), None);
    }
}
