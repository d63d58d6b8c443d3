//! Maps of a file that is open, and of a section that somebody else opened.

use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE,
};
use windows_sys::Win32::System::Memory::SECTION_QUERY;

use super::bytes::Backing;
use super::contents::{Contents, contents_of};
use super::errors::{nameless_exists, not_a_map, not_open_for};
use super::file::{FileId, file_mapped, final_path, fit, is_disk_file, restore};
use super::name::{SectionName, lock_of_file};
use super::object::{Identity, Object};
use super::section::{self, Plan};
use crate::access::Access;
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::name::Name;
use crate::os::code::{code_of, kind_of};
use crate::os::errors::exists;
use crate::os::facts::Facts;
use crate::os::handle::BorrowedDescriptor;
use crate::quoted::shown;
use crate::request::Request;

impl Object {
    /// A map of the object of a handle, on a handle of its own: a file, or a section that another
    /// library created.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedDescriptor<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let handle = descriptor.try_clone_to_owned().map_err(|error| match code_of(&error) {
            ERROR_INVALID_HANDLE => Error::new(
                ErrorKind::InvalidHandle,
                "The handle is not open in this process: use one that is.",
            )
            .with_os_code(ERROR_INVALID_HANDLE.cast_signed()),
            _ => Error::from_io("use the handle", &error),
        })?;
        if let Ok(contents) = contents_of(handle.as_handle()) {
            return Object::from_section(handle, &contents, name, request);
        }
        let file = File::from(handle);
        let found = file.metadata().ok().filter(|found| found.is_file() && is_disk_file(&file));
        let Some(found) = found else {
            return Err(Error::new(
                ErrorKind::NotAFile,
                "The handle refers to a directory, a pipe or a device, which cannot be mapped: give that of a file.",
            ));
        };
        let path = final_path(&file);
        check_file_capacity(
            path.as_deref().unwrap_or(Path::new("of the handle")),
            found.len(),
            request.capacity,
            request.rights.access(),
        )?;
        Object::of_file(file, false, path, name, request)
    }

    /// A map of a whole section of another program.
    fn from_section(
        section: OwnedHandle,
        contents: &Contents,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        if name.is_some() {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "The handle refers to a section, which cannot get another name: leave the name out.",
            ));
        }
        if request.capacity > contents.size {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "The section of the handle has {} bytes and cannot grow to {}: ask for 0, which means all of it.",
                    contents.size, request.capacity
                ),
            ));
        }
        let name = section::path_of(section.as_handle()).and_then(|path| SectionName::at(&path));
        let object = Object::of_section(section, contents, name, request.rights);
        if request.inheritable {
            object.set_inheritable(true)?;
        }
        Ok(object)
    }

    pub(in crate::os) fn of_file(
        file: File,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path_shown = path.as_deref().map_or("of the handle".to_owned(), shown);
        let looking =
            |error: io::Error| Error::from_io(format!("look at the file {path_shown}"), &error);
        let name = name.map(SectionName::of);
        if let Some(name) = &name {
            check_free(name)?;
        }
        let id = FileId::of(&file).map_err(looking)?;
        let before = file.metadata().map_err(looking)?;
        let size = if request.capacity == 0 { before.len() } else { request.capacity };
        let plan = Plan {
            file: Some(file.as_handle()),
            size,
            access: request.rights.access(),
            kind: 0,
            name: name.as_ref(),
            security: None,
            inheritable: request.inheritable,
        };
        // A section grows its file, but not for private copies.
        if emptied || (plan.access == Access::CopyOnWrite && size > before.len()) {
            fit(&file, &before, size, emptied)
                .map_err(|error| not_fitted(&error, &path_shown, &plan))?;
        }
        let section = match section::create(&plan) {
            Ok(Some(section)) => section,
            failed => {
                // The kernel makes the file grow also if the name was taken since the look.
                if !emptied {
                    restore(&file, &before);
                }
                return Err(match (failed, &name) {
                    (Err(error), _) => not_mapped(&error, &path_shown, &plan),
                    (_, Some(name)) => exists(&name.shown),
                    (_, None) => nameless_exists(),
                });
            }
        };
        let kind = if name.is_some() { Kind::NamedFile } else { Kind::File };
        let facts = Facts { path, ..Facts::new(kind, size, request.rights) };
        let mut object = Object::new(section, Backing::File, facts);
        object.file_id = Some(id);
        object.identity = Identity::Named(lock_of_file(id.volume, id.file));
        object.read_only = false.into();
        object.name = name;
        object.file = Some(Arc::new(file));
        Ok(object)
    }
}

/// Refuses a name that is taken, before the file is touched: the kernel makes the file grow before it finds that
/// out, and nothing that can be known before may fail after the file was emptied.
fn check_free(name: &SectionName) -> Result<()> {
    match section::open(name, SECTION_QUERY, false).map_err(|error| code_of(&error)) {
        Err(ERROR_FILE_NOT_FOUND) => Ok(()),
        Err(ERROR_INVALID_HANDLE) => Err(not_a_map(name)),
        _ => Err(exists(&name.shown)),
    }
}

/// The file could not be given its new size.
fn not_fitted(error: &io::Error, path_shown: &str, plan: &Plan<'_>) -> Error {
    match kind_of(error) {
        ErrorKind::NoSpace => too_small(error, path_shown, plan.size),
        ErrorKind::AccessDenied => not_open_for(path_shown, plan.access),
        // Wine's word for the same.
        _ if code_of(error) == ERROR_INVALID_HANDLE => not_open_for(path_shown, plan.access),
        ErrorKind::FileMapped => file_mapped(path_shown),
        _ => Error::from_io(format!("give the file {path_shown} {} bytes", plan.size), error),
    }
}

/// No section could be made of the file.
fn not_mapped(error: &io::Error, path_shown: &str, plan: &Plan<'_>) -> Error {
    match (code_of(error), plan.name) {
        (ERROR_ACCESS_DENIED, _) => not_open_for(path_shown, plan.access),
        (ERROR_INVALID_HANDLE, Some(name)) => not_a_map(name),
        _ if kind_of(error) == ErrorKind::NoSpace => too_small(error, path_shown, plan.size),
        _ => Error::from_io(format!("map the file {path_shown} with {} bytes", plan.size), error),
    }
}

/// There is no room for the size that the file is to have.
fn too_small(error: &io::Error, path_shown: &str, size: u64) -> Error {
    Error::new(
        ErrorKind::NoSpace,
        format!("There is not enough room for the file {path_shown} with {size} bytes: make more room, or ask for less."),
    )
    .with_os_code(code_of(error).cast_signed())
}
