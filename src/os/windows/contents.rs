//! What a section is: memory or a file, and how much of it.

use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::BorrowedHandle;
use std::path::PathBuf;

use windows_sys::Win32::System::Memory::{SEC_FILE, SEC_RESERVE};

use super::file::{FileId, final_path};
use super::memory::{self, sizes};
use super::section;

/// What a section is.
pub(super) struct Contents {
    pub(super) size: u64,
    pub(super) file: bool,
    pub(super) delayed: bool,
}

/// Asks a section what it is. One that may not be asked is mapped and looked at.
pub(super) fn contents_of(section: BorrowedHandle<'_>) -> io::Result<Contents> {
    let contents = match section::query(section) {
        Ok(found) => Contents {
            size: found.size.cast_unsigned(),
            file: found.attributes & SEC_FILE != 0,
            delayed: found.attributes & SEC_RESERVE != 0,
        },
        Err(_) => Contents {
            size: memory::whole(section)?,
            file: memory::mapped_file(section).is_some(),
            // It may be: then the memory is asked before it is touched.
            delayed: true,
        },
    };
    // Memory comes in whole pages, and all of it is the map's. A file ends where it ends.
    let size =
        if contents.file { contents.size } else { contents.size.next_multiple_of(sizes().page) };
    Ok(Contents { size, ..contents })
}

/// The file behind a section.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) id: FileId,
}

pub(super) fn file_of(section: BorrowedHandle<'_>) -> Option<Found> {
    let path = memory::mapped_file(section)?;
    // This needs no rights and disturbs no other program.
    let file = OpenOptions::new().access_mode(0).open(&path).ok()?;
    let id = FileId::of(&file).ok()?;
    Some(Found { path: final_path(&file).unwrap_or(path), id })
}
