//! The errors that only this back end has.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_PRIVILEGE_NOT_HELD,
};

use super::name::SectionName;
use crate::access::Access;
use crate::error::{Error, ErrorKind};
use crate::os::code::{code_of, kind_of};
use crate::os::errors::{failed, missing, not_watched};

pub(super) fn not_open_for(path_shown: &str, access: Access) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The file {path_shown} is not open for what the access {access:?} needs: open it for reading, and for writing or executing too if the map is or the file is to grow."
        ),
    )
    .with_os_code(ERROR_ACCESS_DENIED.cast_signed())
}

pub(super) fn not_a_map(name: &SectionName) -> Error {
    Error::new(
        ErrorKind::NotAMap,
        format!(
            "The name {} is taken by an object that is not a map, such as an event or a mutex: choose another name.",
            name.shown
        ),
    )
    .with_os_code(ERROR_INVALID_HANDLE.cast_signed())
}

pub(super) fn cannot_watch(name: Option<&SectionName>, error: io::Error) -> Error {
    let global = name.is_some_and(|name| name.global);
    if kind_of(&error) != ErrorKind::NotFound && kind_of(&error) != ErrorKind::AccessDenied {
        return not_watched(error);
    }
    let text = if global {
        "The map cannot be watched: its name is in Global\\, and its creator does not use this library, so nothing reports its changes yet. Setting that up requires the privilege SeCreateGlobalPrivilege: create the map with this library, or watch it from a service or as an administrator."
    } else {
        "The map cannot be watched, because this process may not read its permissions: open it with the right to read them, or ask its creator to allow that."
    };
    Error::new(ErrorKind::NotSupported, text).with_os_code(code_of(&error).cast_signed())
}

pub(super) fn cannot_open(name: &SectionName, error: io::Error) -> Error {
    let code = code_of(&error).cast_signed();
    match kind_of(&error) {
        ErrorKind::NotFound => missing(&name.shown, code),
        ErrorKind::AccessDenied => Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The map {} does not allow you this access: ask its creator for a security descriptor that does, or ask for fewer rights.",
                name.shown
            ),
        )
        .with_os_code(code),
        _ if code == ERROR_INVALID_HANDLE.cast_signed() => not_a_map(name),
        _ if code == ERROR_PRIVILEGE_NOT_HELD.cast_signed() => Error::new(
            ErrorKind::Io,
            format!(
                "The map {} could not be opened with the right AccessSystemSecurity, which requires the privilege SeSecurityPrivilege: enable it, which only administrators can, or open the map without this right.",
                name.shown
            ),
        )
        .with_os_code(code),
        _ => failed("open", &name.shown, error),
    }
}

pub(super) fn cannot_create(name: Option<&SectionName>, capacity: u64, error: io::Error) -> Error {
    let code = code_of(&error).cast_signed();
    let what = name.map_or("an anonymous map".to_owned(), |name| format!("the map {}", name.shown));
    match (kind_of(&error), name) {
        (ErrorKind::NoSpace, _) => Error::new(
            ErrorKind::NoSpace,
            format!(
                "There is not enough memory for {what} of {capacity} bytes: close maps that are not needed, ask for less, or enlarge the page file."
            ),
        )
        .with_os_code(code),
        (ErrorKind::AccessDenied, Some(name)) if name.global => Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The map {} could not be created: names in Global\\ may be created by services and administrators (who have the privilege SeCreateGlobalPrivilege), and opened by all. Use Local\\, or create it there.",
                name.shown
            ),
        )
        .with_os_code(code),
        (ErrorKind::AccessDenied, Some(name)) => Error::new(
            ErrorKind::AccessDenied,
            format!("The name {} is taken by a map that you may not open: choose another name.", name.shown),
        )
        .with_os_code(code),
        (_, Some(name)) if code == ERROR_INVALID_HANDLE.cast_signed() => not_a_map(name),
        _ => Error::from_io(format!("create {what}"), &error),
    }
}

/// Sections without a name never meet each other.
pub(super) fn nameless_exists() -> Error {
    Error::new(ErrorKind::Internal, "A section without a name exists already.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn a_privilege_that_is_missing_is_an_error_as_in_dotnet() {
        let name = SectionName::of(&Name::new("Test").expect("a valid name"));
        let code = ERROR_PRIVILEGE_NOT_HELD.cast_signed();
        let error = cannot_open(&name, io::Error::from_raw_os_error(code));
        assert_eq!((error.kind(), error.os_code()), (ErrorKind::Io, Some(code)));
        assert!(error.message().contains("SeSecurityPrivilege"), "{error}");
    }
}
