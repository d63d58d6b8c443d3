//! The errors that only the Unix back ends have in common, each in one wording. `map` is a map's
//! name in quotes.

use std::io;
use std::path::Path;

use super::owner;
use crate::error::{Error, ErrorKind};
use crate::os::errors;
use crate::quoted::shown;

/// At its end a process gives up what its handles hold, those that are in use excepted.
pub(in crate::os) const ENDING: &str = "The map was closed: the process is ending.";

pub(in crate::os) fn missing(map: &str) -> Error {
    errors::missing(map, libc::ENOENT)
}

pub(in crate::os) fn exists(map: &str) -> Error {
    errors::exists(map).with_os_code(libc::EEXIST)
}

/// A user who is not trusted has the name.
pub(in crate::os) fn taken(map: &str, uid: u32) -> Error {
    let owner = owner::describe(uid);
    Error::new(
        ErrorKind::AlreadyExists,
        format!("A map named {map} exists already and belongs to {owner}: choose another name."),
    )
    .with_os_code(libc::EEXIST)
}

/// A user who is not trusted has the map.
pub(in crate::os) fn untrusted(map: &str, uid: u32) -> Error {
    let owner = owner::describe(uid);
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The map {map} belongs to {owner}, who is not trusted: only your own maps and root's are opened unless you name another trusted owner. Do so, or choose another name."
        ),
    )
}

/// `place`: where it can be seen.
pub(in crate::os) fn not_a_map(map: &str, place: Option<&str>) -> Error {
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    Error::new(
        ErrorKind::NotAMap,
        format!(
            "{map} is not a map: it is a link, a directory or a FIFO{place}. Choose another name, or remove it."
        ),
    )
}

/// An object of another program has no size yet, and may never get one.
pub(in crate::os) fn foreign_in_the_making(map: &str) -> Error {
    let why = "another program is creating it and has not given it a size yet";
    errors::busy(map, "opened", why)
}

pub(in crate::os) fn truncated(map: &str, size: u64) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!(
            "Another program truncated the map {map} to {size} bytes while processes hold it: close it in all of them, then create it again."
        ),
    )
}

/// The path of a named file map leads to another file by now, or to none.
pub(in crate::os) fn replaced(map: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::FileReplaced,
        format!(
            "The file {} of the map {map} was replaced or removed while the map lives: close the map everywhere and map the new file, or put the old one back.",
            shown(path)
        ),
    )
}

/// A map that is to have a name is of a file that has none.
pub(in crate::os) fn no_path(map: &str) -> Error {
    Error::new(
        ErrorKind::NotSupported,
        format!(
            "The map {map} cannot be named: its file has no path by which others could find it."
        ),
    )
}

/// A file could not be opened.
pub(super) fn not_opened(path: &Path, error: io::Error) -> Error {
    let refused = match error.kind() {
        io::ErrorKind::NotFound => {
            let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
            match parent.is_some_and(|parent| !parent.exists()) {
                true => errors::no_folder(path),
                false => errors::no_file(path),
            }
        }
        io::ErrorKind::AlreadyExists => errors::file_exists(path),
        io::ErrorKind::IsADirectory => errors::is_a_folder(path),
        _ => return errors::file_not_opened(path, error),
    };
    match error.raw_os_error() {
        Some(code) => refused.with_os_code(code),
        None => refused,
    }
}
