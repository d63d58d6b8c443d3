//! The status numbers.

use crate::error::ErrorKind;

/// The result of a function. Numbers are never changed or reused. A later version may add numbers,
/// so treat an unknown one as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum mmf_status_t {
    /// Success. Every other number is a failure.
    MMF_STATUS_OK = 0,

    /// An argument is invalid. The message says which one, and what to pass instead.
    MMF_STATUS_INVALID_ARGUMENT = 1,
    /// A number is outside its range. The message says the limits.
    MMF_STATUS_OUT_OF_RANGE = 2,
    /// A required pointer is NULL.
    MMF_STATUS_NULL_ARGUMENT = 3,
    /// The handle was not issued by this library, or is of another kind.
    MMF_STATUS_INVALID_HANDLE = 4,
    /// The handle was closed before, perhaps by another thread.
    MMF_STATUS_CLOSED = 5,
    /// Text is not valid UTF-8 or UTF-16.
    MMF_STATUS_INVALID_TEXT = 6,
    /// This operating system cannot do it.
    MMF_STATUS_NOT_SUPPORTED = 7,
    /// A view does not have the required access. (For programs that read and write through views.)
    MMF_STATUS_WRONG_ACCESS = 8,

    /// No process holds a map with this name, or the file does not exist. Wait until another
    /// process creates it (`wait_ms`), or create it.
    MMF_STATUS_NOT_FOUND = 20,
    /// A directory of the path does not exist. Create it first.
    MMF_STATUS_DIRECTORY_NOT_FOUND = 21,
    /// The name or the file is taken. Open it, or choose another.
    MMF_STATUS_ALREADY_EXISTS = 22,
    /// A path is longer than the operating system allows.
    MMF_STATUS_PATH_TOO_LONG = 23,
    /// The operating system or the access of the map forbids it. Open the map with more rights, or
    /// ask its owner.
    MMF_STATUS_ACCESS_DENIED = 24,
    /// The map was created read-only and stays read-only for every process.
    MMF_STATUS_READ_ONLY_MAP = 25,
    /// Another program has opened the file exclusively. Try again later.
    MMF_STATUS_SHARING_VIOLATION = 26,
    /// Other processes kept creating or removing this name for too long. Try again.
    MMF_STATUS_BUSY = 27,
    /// The time for waiting is over.
    MMF_STATUS_TIMEOUT = 28,
    /// The name refers to something that is not a map: a link, a FIFO or a directory. Remove it, or
    /// choose another name.
    MMF_STATUS_NOT_A_MAP = 29,
    /// The path of a named file map now refers to another file. Close the map, and map the file
    /// again.
    MMF_STATUS_FILE_REPLACED = 30,
    /// Another program removed the map's name. Its memory stays valid for all processes that hold
    /// it.
    MMF_STATUS_ORPHANED = 31,
    /// The path or the descriptor refers to something that is not a regular file: a FIFO, a device
    /// or a socket. Pass the path of a file.
    MMF_STATUS_NOT_A_FILE = 32,

    /// There is not enough memory or disk space. Nothing was left behind.
    MMF_STATUS_NO_SPACE = 40,
    /// The text or the bytes do not fit into the map. Its content is unchanged.
    MMF_STATUS_TOO_LONG = 41,
    /// More than the address space or the operating system can hold.
    MMF_STATUS_TOO_LARGE = 42,
    /// The file became shorter than the map. Close the map.
    MMF_STATUS_TRUNCATED = 43,
    /// The file cannot change while it is mapped.
    MMF_STATUS_FILE_MAPPED = 44,

    /// The operating system reported an error that has no status of its own; see `os_code`.
    MMF_STATUS_IO = 60,
    /// A fault of this library. Please report the message.
    MMF_STATUS_INTERNAL = 61,
}

macro_rules! numbers_agree {
    ($($constant:ident = $variant:ident,)*) => {
        $(const _: () = assert!(mmf_status_t::$constant as i32 == ErrorKind::$variant as i32);)*

        impl From<ErrorKind> for mmf_status_t {
            fn from(kind: ErrorKind) -> mmf_status_t {
                match kind { $(ErrorKind::$variant => mmf_status_t::$constant,)* }
            }
        }
    };
}

numbers_agree! {
    MMF_STATUS_INVALID_ARGUMENT = InvalidArgument,
    MMF_STATUS_OUT_OF_RANGE = OutOfRange,
    MMF_STATUS_NULL_ARGUMENT = NullArgument,
    MMF_STATUS_INVALID_HANDLE = InvalidHandle,
    MMF_STATUS_CLOSED = Closed,
    MMF_STATUS_INVALID_TEXT = InvalidText,
    MMF_STATUS_NOT_SUPPORTED = NotSupported,
    MMF_STATUS_WRONG_ACCESS = WrongAccess,
    MMF_STATUS_NOT_FOUND = NotFound,
    MMF_STATUS_DIRECTORY_NOT_FOUND = DirectoryNotFound,
    MMF_STATUS_ALREADY_EXISTS = AlreadyExists,
    MMF_STATUS_PATH_TOO_LONG = PathTooLong,
    MMF_STATUS_ACCESS_DENIED = AccessDenied,
    MMF_STATUS_READ_ONLY_MAP = ReadOnlyMap,
    MMF_STATUS_SHARING_VIOLATION = SharingViolation,
    MMF_STATUS_BUSY = Busy,
    MMF_STATUS_TIMEOUT = Timeout,
    MMF_STATUS_NOT_A_MAP = NotAMap,
    MMF_STATUS_FILE_REPLACED = FileReplaced,
    MMF_STATUS_ORPHANED = Orphaned,
    MMF_STATUS_NOT_A_FILE = NotAFile,
    MMF_STATUS_NO_SPACE = NoSpace,
    MMF_STATUS_TOO_LONG = TooLong,
    MMF_STATUS_TOO_LARGE = TooLarge,
    MMF_STATUS_TRUNCATED = Truncated,
    MMF_STATUS_FILE_MAPPED = FileMapped,
    MMF_STATUS_IO = Io,
    MMF_STATUS_INTERNAL = Internal,
}
