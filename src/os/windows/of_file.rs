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
use super::system::{BorrowedDescriptor, code_of, kind_of};
use crate::access::Access;
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::name::Name;
use crate::os::errors::exists;
use crate::os::facts::Facts;
use crate::quoted::shown;
use crate::request::Request;

impl Object {
    /// A map of what a handle leads to, on a handle of its own: a file, or a section that another
    /// library made.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedDescriptor<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let handle = descriptor.try_clone_to_owned().map_err(|error| match code_of(&error) {
            ERROR_INVALID_HANDLE => Error::new(
                ErrorKind::InvalidHandle,
                "The handle is not open in this process: give one that is.",
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
                "The handle leads to a directory, a pipe or a device, which cannot be mapped: give that of a file.",
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

    /// A map of the whole of somebody's section.
    fn from_section(
        section: OwnedHandle,
        contents: &Contents,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        if name.is_some() {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "The handle leads to a section, which cannot get another name: leave the name out.",
            ));
        }
        if request.capacity > contents.size {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "The section of the handle has {} bytes and cannot grow to {}: ask for 0, which stands for all of it.",
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
            // The kernel makes the file grow before it finds that the name is taken. And nothing
            // that can be known before may fail after the file was emptied.
            match section::open(name, SECTION_QUERY, false).map_err(|error| code_of(&error)) {
                Err(ERROR_FILE_NOT_FOUND) => {}
                Err(ERROR_INVALID_HANDLE) => return Err(not_a_map(name)),
                _ => return Err(exists(&name.shown)),
            }
        }
        let id = FileId::of(&file).map_err(looking)?;
        let before = file.metadata().map_err(looking)?;
        let size = if request.capacity == 0 { before.len() } else { request.capacity };
        let access = request.rights.access();
        let too_small = |error: &io::Error| {
            Error::new(
                ErrorKind::NoSpace,
                format!("There is not enough room for the file {path_shown} with {size} bytes: make more room, or ask for less."),
            )
            .with_os_code(code_of(error).cast_signed())
        };
        // A section grows its file, but not for private copies.
        if emptied || (access == Access::CopyOnWrite && size > before.len()) {
            fit(&file, &before, size, emptied).map_err(|error| match kind_of(&error) {
                ErrorKind::NoSpace => too_small(&error),
                ErrorKind::AccessDenied => not_open_for(&path_shown, access),
                // Wine's word for the same.
                _ if code_of(&error) == ERROR_INVALID_HANDLE => not_open_for(&path_shown, access),
                ErrorKind::FileMapped => file_mapped(&path_shown),
                _ => Error::from_io(format!("give the file {path_shown} {size} bytes"), &error),
            })?;
        }
        let plan = Plan {
            file: Some(file.as_handle()),
            size,
            access,
            kind: 0,
            name: name.as_ref(),
            security: None,
            inheritable: request.inheritable,
        };
        let made = section::create(&plan).map_err(|error| match code_of(&error) {
            ERROR_ACCESS_DENIED => not_open_for(&path_shown, access),
            ERROR_INVALID_HANDLE if name.is_some() => {
                name.as_ref().map_or_else(|| looking(error), not_a_map)
            }
            _ if kind_of(&error) == ErrorKind::NoSpace => too_small(&error),
            _ => Error::from_io(format!("map the file {path_shown} with {size} bytes"), &error),
        });
        let made = made.inspect_err(|_| {
            if !emptied {
                restore(&file, &before);
            }
        })?;
        let section = match (made, &name) {
            (Some(section), _) => section,
            (None, Some(name)) => {
                // Somebody took it since the look, and the kernel made the file grow all the same.
                if !emptied {
                    restore(&file, &before);
                }
                return Err(exists(&name.shown));
            }
            (None, None) => {
                return Err(nameless_exists());
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
