//! What can go wrong, in one table: the number that C sees, its name, and the sentence that says
//! what to do.

use std::fmt;
use std::io;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// Why an operation failed. The numbers are those of the C header and never change: there, 0 is that nothing failed.
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
    /// An argument makes no sense; the sentence says which.
    InvalidArgument = 1, "INVALID_ARGUMENT";
    /// A number lies outside of what is allowed.
    OutOfRange = 2, "OUT_OF_RANGE";
    /// A pointer that is needed is NULL.
    NullArgument = 3, "NULL_ARGUMENT";
    /// The handle was not issued by this library.
    InvalidHandle = 4, "INVALID_HANDLE";
    /// The handle was closed before.
    Closed = 5, "CLOSED";
    /// Text is not valid UTF-8 or UTF-16.
    InvalidText = 6, "INVALID_TEXT";
    /// This operating system cannot do it.
    NotSupported = 7, "NOT_SUPPORTED";
    /// The view or the stream was not opened for this.
    WrongAccess = 8, "WRONG_ACCESS";
    /// No process holds a map of this name, or the file does not exist.
    NotFound = 20, "NOT_FOUND";
    /// A folder of the path does not exist.
    DirectoryNotFound = 21, "DIRECTORY_NOT_FOUND";
    /// The name or the file is taken.
    AlreadyExists = 22, "ALREADY_EXISTS";
    /// A path is longer than the operating system allows.
    PathTooLong = 23, "PATH_TOO_LONG";
    /// The operating system or the map's own access forbids it.
    AccessDenied = 24, "ACCESS_DENIED";
    /// The map was created read-only, and stays so for everybody.
    ReadOnlyMap = 25, "READ_ONLY_MAP";
    /// Another program holds the file in a way that shuts others out.
    SharingViolation = 26, "SHARING_VIOLATION";
    /// Others were deciding about the same name for too long. Trying again is sensible.
    Busy = 27, "BUSY";
    /// The time for waiting is over.
    Timeout = 28, "TIMEOUT";
    /// What stands in the name's place is no map: a link, a pipe, a folder.
    NotAMap = 29, "NOT_A_MAP";
    /// The path of a named file map now leads to another file.
    FileReplaced = 30, "FILE_REPLACED";
    /// The map's name was taken away by another program.
    Orphaned = 31, "ORPHANED";
    /// What the path or the descriptor leads to is not a regular file: a FIFO, a device, a socket.
    NotAFile = 32, "NOT_A_FILE";
    /// There is not enough memory or disk for it.
    NoSpace = 40, "NO_SPACE";
    /// The text or the bytes do not fit into the map.
    TooLong = 41, "TOO_LONG";
    /// More than the process's address space or the operating system can hold.
    TooLarge = 42, "TOO_LARGE";
    /// The file shrank under the map.
    Truncated = 43, "TRUNCATED";
    /// The file cannot change while somebody has it mapped.
    FileMapped = 44, "FILE_MAPPED";
    /// The operating system reported an error that has no status of its own.
    Io = 60, "IO";
    /// A fault of this library. Nothing was changed that it knows of.
    Internal = 61, "INTERNAL";
}

impl ErrorKind {
    /// The kind of a number, if there is one.
    pub fn from_number(number: i32) -> Option<ErrorKind> {
        Self::ALL.iter().copied().find(|kind| *kind as i32 == number)
    }
}

/// A failure: its kind, the operating system's own code if there was one, and a sentence that
/// says what was asked, what is wrong and what to do.
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

    /// An error of the operating system while doing `what` ("create the map 'Test'").
    pub(crate) fn from_io(what: impl fmt::Display, error: &io::Error) -> Self {
        let kind = crate::os::kind_of(error);
        let (cause, advice) = (describe(error), advice(error));
        let new = Self::new(kind, format!("Could not {what}: {cause}.{advice}"));
        match error.raw_os_error() {
            Some(code) => new.with_os_code(code),
            None => new,
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The operating system's code (`errno`, `GetLastError`), if it was the one to refuse.
    pub fn os_code(&self) -> Option<i32> {
        self.os_code
    }

    /// The sentence: what was asked, what is wrong, what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The operating system's words, without the code that std puts behind them.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].trim_end_matches('.').to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}

/// What to do where the system's words do not say it.
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// For programs whose other errors are those of `std::io`. The error itself is inside.
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
