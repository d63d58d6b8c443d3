//! The errors that several back ends report, each in one wording. `map` is a map's name in quotes.

use std::io;
use std::path::Path;

use crate::access::Access;
use crate::error::{Error, ErrorKind};
use crate::quoted::shown;

/// No process holds a map of this name. `code` is the system's code for a missing object.
pub(super) fn missing(map: &str, code: i32) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "No process holds a map named {map}: create it, or keep a process running that holds it."
        ),
    )
    .with_os_code(code)
}

/// A map of this name lives.
pub(super) fn exists(map: &str) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!(
            "A map named {map} exists already: open it, create or open it, or choose another name."
        ),
    )
}

/// Others got in between for too long. `undone` is what could not be done: "opened".
pub(super) fn busy(map: &str, undone: &str, why: &str) -> Error {
    let text = format!("The map {map} could not be {undone}: {why}. Try again.");
    Error::new(ErrorKind::Busy, text)
}

/// The system refused something to a map with a name; `verb` is "open" or the like.
pub(super) fn failed(verb: &str, map: &str, error: impl Into<io::Error>) -> Error {
    Error::from_io(format!("{verb} the map {map}"), &error.into())
}

pub(super) fn not_flushed(error: impl Into<io::Error>) -> Error {
    Error::from_io("flush the map", &error.into())
}

pub(super) fn view_not_flushed(error: impl Into<io::Error>) -> Error {
    Error::from_io("flush the view", &error.into())
}

pub(super) fn no_view(len: usize, access: Access, error: impl Into<io::Error>) -> Error {
    Error::from_io(format!("make a view of {len} bytes for {access:?}"), &error.into())
}

pub(super) fn not_told(error: impl Into<io::Error>) -> Error {
    Error::from_io("tell of a change of the map", &error.into())
}

pub(super) fn not_watched(error: impl Into<io::Error>) -> Error {
    Error::from_io("watch the map", &error.into())
}

pub(super) fn not_inherited(error: impl Into<io::Error>) -> Error {
    Error::from_io("change the inheritance", &error.into())
}

pub(super) fn no_file(path: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "The file {} does not exist: check the path, or use the file mode OpenOrCreate.",
            shown(path)
        ),
    )
}

pub(super) fn no_folder(path: &Path) -> Error {
    Error::new(
        ErrorKind::DirectoryNotFound,
        format!("Could not open {}: its folder does not exist. Create it first.", shown(path)),
    )
}

pub(super) fn file_exists(path: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!(
            "The file {} exists already: use the file mode Open or Create, or another path.",
            shown(path)
        ),
    )
}

/// Another program has the file to itself.
pub(super) fn open_exclusively(path: &Path) -> Error {
    Error::new(
        ErrorKind::SharingViolation,
        format!(
            "The file {} is open exclusively in another program: close it there, and try again.",
            shown(path)
        ),
    )
}

pub(super) fn is_a_folder(path: &Path) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!("{} is a folder: give the path of a file.", shown(path)),
    )
}

/// `what` says what else such a path can lead to.
pub(super) fn not_a_file(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::NotAFile,
        format!(
            "{} is not a regular file but {what}, which cannot be mapped: give the path of a file.",
            shown(path)
        ),
    )
}

pub(super) fn file_not_opened(path: &Path, error: impl Into<io::Error>) -> Error {
    Error::from_io(format!("open {}", shown(path)), &error.into())
}

/// A save may not replace the file.
pub(super) fn file_not_written(path: &Path, error: impl Into<io::Error>) -> Error {
    Error::from_io(format!("write {}", shown(path)), &error.into())
}

/// A file map has no permissions of its own.
pub(crate) fn permissions_of_a_file() -> Error {
    Error::new(
        ErrorKind::NotSupported,
        "A file map has the permissions of its file: change them there.",
    )
}
