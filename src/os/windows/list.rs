//! The named maps that live, found in the folders in which the kernel keeps names.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{NtOpenDirectoryObject, NtQueryDirectoryObject};
use windows_sys::Win32::Foundation::{STATUS_NO_MORE_ENTRIES, UNICODE_STRING};
use windows_sys::Win32::System::Memory::{FILE_MAP_READ, SECTION_QUERY};

use super::contents::{contents_of, file_of};
use super::name::{self, SectionName};
use super::section;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::map_info::MapInfo;
use crate::security::Permissions;

/// Where the kernel keeps the names of all sessions, and of session 0.
const GLOBAL: &str = "\\BaseNamedObjects";

pub(crate) fn list() -> Result<Vec<MapInfo>> {
    let mut folders = vec![(GLOBAL.to_owned(), true)];
    match name::session() {
        Some(0) | None => folders[0].1 = false,
        Some(session) => folders.push((format!("\\Sessions\\{session}{GLOBAL}"), false)),
    }
    let mut found = Vec::new();
    for (folder, global) in folders {
        let sections = sections(&folder)
            .map_err(|error| Error::from_io(format!("list the names in {folder}"), &error))?;
        found.extend(sections.iter().filter_map(|object| inspect(object, global)));
    }
    Ok(found)
}

/// The maps in the kernel's folders. Sections that may not be queried are left out: Windows itself
/// has many.
fn inspect(object: &str, global: bool) -> Option<MapInfo> {
    let name = SectionName::of_object(object, global);
    let reading = section::open(&name, SECTION_QUERY | FILE_MAP_READ, false);
    let section = reading.or_else(|_| section::open(&name, SECTION_QUERY, false)).ok()?;
    let contents = contents_of(section.as_handle()).ok()?;
    let mut info = MapInfo {
        name: format!("{}{}", if global { "Global\\" } else { "" }, name::of_object(object)),
        kind: Kind::Named,
        path: None,
        capacity: contents.size,
        permissions: Permissions::default(),
        owner: None,
        trusted: true,
        foreign: false,
    };
    if contents.file {
        info.kind = Kind::NamedFile;
        info.path = file_of(section.as_handle()).map(|found| found.path);
    }
    Some(info)
}

fn sections(folder: &str) -> io::Result<Vec<String>> {
    let folder = open(folder)?;
    let mut names = Vec::new();
    let mut entry = Entry { words: vec![0_u64; 8192] };
    let mut place = 0;
    let mut restart = true;
    loop {
        // SAFETY: the folder is open, the words have the room that is told, and the place is a
        // variable of ours.
        let status = unsafe {
            NtQueryDirectoryObject(
                folder.as_raw_handle(),
                entry.words.as_mut_ptr().cast(),
                (entry.words.len() * 8) as u32,
                true,
                restart,
                &raw mut place,
                ptr::null_mut(),
            )
        };
        match status {
            STATUS_NO_MORE_ENTRIES => return Ok(names),
            // One entry always fits: 64 KiB is more than a name can have.
            status if status < 0 => return Err(section::from_status(status)),
            _ => {}
        }
        restart = false;
        let name = entry.text(0);
        if entry.text(1) == "Section" && !name::is_word(&name) {
            names.push(name);
        }
    }
}

/// What the kernel writes for one name: name and kind as two texts, which follow in memory.
struct Entry {
    words: Vec<u64>,
}

impl Entry {
    fn text(&self, which: usize) -> String {
        let start: *const UNICODE_STRING = self.words.as_ptr().cast();
        let start = start.wrapping_add(which);
        // SAFETY: the kernel wrote two of them to the beginning of the words, which are aligned.
        let text = unsafe { start.read() };
        if text.Buffer.is_null() {
            return String::new();
        }
        // SAFETY: the kernel points to as many units within the words, which are borrowed here.
        let units = unsafe { std::slice::from_raw_parts(text.Buffer, text.Length as usize / 2) };
        String::from_utf16_lossy(units)
    }
}

fn open(folder: &str) -> io::Result<OwnedHandle> {
    const DIRECTORY_QUERY: u32 = 1;
    let mut units: Vec<u16> = folder.encode_utf16().collect();
    let bytes = (units.len() * 2) as u16;
    let text = UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: units.as_mut_ptr() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        ObjectName: &raw const text,
        ..OBJECT_ATTRIBUTES::default()
    };
    let mut handle = ptr::null_mut();
    // SAFETY: the attributes and what they point to live beyond the call; the handle goes to a
    // variable of ours.
    let status =
        unsafe { NtOpenDirectoryObject(&raw mut handle, DIRECTORY_QUERY, &raw const attributes) };
    if status < 0 {
        return Err(section::from_status(status));
    }
    // SAFETY: the kernel has just returned this handle, so only this code owns it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}
