//! Files by path: opened for a map, and replaced by a saved one.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::{
    ERROR_USER_MAPPED_FILE, GENERIC_EXECUTE, GENERIC_READ, GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ID_INFO, FILE_NAME_NORMALIZED, FileIdInfo,
    GetFileInformationByHandle, GetFileInformationByHandleEx, GetFinalPathNameByHandleW,
};

use crate::access::{Access, FileMode};
use crate::error::{Error, ErrorKind, Result};
use crate::os::code::{code_of, kind_of};
use crate::os::errors;
use crate::os::opening::{self, Opened};

/// Removes a file that a failed call created, unless another process has written to it. The system
/// refuses while the file is mapped.
pub(crate) fn remove_created(path: &Path) {
    // A link to it was there before.
    let Ok(path) = std::fs::canonicalize(path) else { return };
    if std::fs::metadata(&path).is_ok_and(|found| found.len() == 0) {
        // That it cannot be removed is not the news here.
        let _ = std::fs::remove_file(path);
    }
}

/// Opens a file for the mode and the map's access. Other processes may open it at the same time
/// with any access, because they must be able to map it, too.
pub(crate) fn open_file(path: &Path, mode: FileMode, access: Access) -> Result<Opened> {
    let writes = opening::writes(mode, access)?;
    let mut options = OpenOptions::new();
    options.read(true).write(writes);
    if access.executes() {
        let writing = if writes { GENERIC_WRITE } else { 0 };
        options.access_mode(GENERIC_READ | GENERIC_EXECUTE | writing);
    }
    let admit = |file: &File| check_kind(path, file);
    opening::open(path, mode, options, admit, |error| not_opened(path, error))
}

/// A file could not be opened.
fn not_opened(path: &Path, error: io::Error) -> Error {
    let refused = match kind_of(&error) {
        // A folder is refused in the same words as a file that one may not open.
        ErrorKind::AccessDenied if path.is_dir() => errors::is_a_folder(path),
        ErrorKind::NotFound => errors::no_file(path),
        ErrorKind::DirectoryNotFound => errors::no_folder(path),
        ErrorKind::AlreadyExists => errors::file_exists(path),
        ErrorKind::SharingViolation => errors::open_exclusively(path),
        _ => return errors::file_not_opened(path, error),
    };
    refused.with_os_code(code_of(&error).cast_signed())
}

/// Pipes and consoles have paths, too.
fn check_kind(path: &Path, file: &File) -> Result<()> {
    if is_disk_file(file) {
        return Ok(());
    }
    Err(errors::not_a_file(path, "a pipe or a device"))
}

/// Whether a handle refers to a file that can be mapped.
pub(super) fn is_disk_file(file: &impl AsHandle) -> bool {
    use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, GetFileType};
    // SAFETY: the handle is open for as long as it is borrowed.
    let kind = unsafe { GetFileType(file.as_handle().as_raw_handle()) };
    kind == FILE_TYPE_DISK
}

/// Gives a file the size of a map if its section will not, or leaves it unchanged. Its old content
/// is removed last, when there is space for the new size.
pub(super) fn fit(file: &File, before: &Metadata, size: u64, emptied: bool) -> io::Result<()> {
    let fitted = || -> io::Result<()> {
        if size > before.len() {
            file.set_len(size)?;
        }
        if emptied {
            file.set_len(0)?;
        }
        Ok(())
    };
    fitted().inspect_err(|_| restore(file, before))?;
    // The room was there a moment ago.
    if emptied { file.set_len(size) } else { Ok(()) }
}

/// Gives a file its old size and time again, if they changed. The original error is reported.
pub(super) fn restore(file: &File, before: &Metadata) {
    if file.metadata().is_ok_and(|now| now.len() != before.len()) {
        let _ = file.set_len(before.len());
        let _ = before.modified().and_then(|time| file.set_modified(time));
    }
}

pub(super) fn file_mapped(path_shown: &str) -> Error {
    Error::new(
        ErrorKind::FileMapped,
        format!(
            "The file {path_shown} cannot be emptied while it is mapped: close its maps and views in all programs, or use the file mode Open."
        ),
    )
    .with_os_code(ERROR_USER_MAPPED_FILE.cast_signed())
}

/// The identity of a file on this machine, independent of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    pub(super) volume: u64,
    pub(super) file: u128,
}

impl FileId {
    pub(super) fn of(file: &impl AsHandle) -> io::Result<FileId> {
        let handle = file.as_handle().as_raw_handle();
        let mut found = FILE_ID_INFO::default();
        // SAFETY: the handle is open, and the result has the size that is told.
        let done = unsafe {
            GetFileInformationByHandleEx(
                handle,
                FileIdInfo,
                (&raw mut found).cast(),
                size_of::<FILE_ID_INFO>() as u32,
            )
        };
        if done != 0 {
            let file = u128::from_le_bytes(found.FileId.Identifier);
            return Ok(FileId { volume: found.VolumeSerialNumber, file });
        }
        // Older file systems have 64 bits for it.
        let mut found = BY_HANDLE_FILE_INFORMATION::default();
        // SAFETY: the handle is open, and the result is a variable of ours.
        if unsafe { GetFileInformationByHandle(handle, &raw mut found) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let file = u128::from(found.nFileIndexHigh) << 32 | u128::from(found.nFileIndexLow);
        Ok(FileId { volume: found.dwVolumeSerialNumber.into(), file })
    }

    /// The identity of the file at a path. This needs no rights and disturbs no other program.
    pub(super) fn at(path: &Path) -> io::Result<FileId> {
        FileId::of(&OpenOptions::new().access_mode(0).open(path)?)
    }
}

/// Where a file is now, in the form that people write.
pub(super) fn final_path(file: &impl AsHandle) -> Option<PathBuf> {
    let mut path = vec![0_u16; 32_768];
    // SAFETY: the handle is open, and the path has the room that is told.
    let length = unsafe {
        GetFinalPathNameByHandleW(
            file.as_handle().as_raw_handle(),
            path.as_mut_ptr(),
            path.len() as u32,
            FILE_NAME_NORMALIZED,
        )
    } as usize;
    let path = OsString::from_wide(path.get(..length)?).into_string().ok()?;
    let path = match (path.strip_prefix("\\\\?\\UNC\\"), path.strip_prefix("\\\\?\\")) {
        (Some(share), _) => format!("\\\\{share}"),
        (None, Some(local)) => local.to_owned(),
        (None, None) => path,
    };
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// Refuses a file that a save may not replace: one that its user may not write. Another program
/// that has it open finds out by itself: the file is not replaced then.
pub(crate) fn check_replaceable(path: &Path, forced: bool) -> Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Err(error) if !forced => Err(errors::file_not_written(path, error)),
        _ => Ok(()),
    }
}
