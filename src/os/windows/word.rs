//! Words that processes share beside a map: each is a small section that all of its users map. The
//! kernel removes it with its last handle, like the map.

use std::io;
use std::marker::PhantomData;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};

use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;
use windows_sys::Win32::Storage::FileSystem::READ_CONTROL;
use windows_sys::Win32::System::Memory::{FILE_MAP_READ, FILE_MAP_WRITE};

use super::memory::Range;
use super::name::SectionName;
use super::section::{self, Plan};
use super::security::Descriptor;
use crate::access::Access;
use crate::os::code::code_of;
use crate::os::end_word::EndWord;

/// What such a section holds.
///
/// # Safety
/// It consists of atomic numbers: all bit patterns are valid, and other processes may change them
/// at any time. Its size and its alignment are at most a page.
pub(super) unsafe trait Word {}

// SAFETY: four atomic numbers.
unsafe impl Word for EndWord {}

/// A word, mapped.
#[derive(Debug)]
pub(super) struct SharedWord<W> {
    range: Range,
    /// Held also because it keeps the name.
    section: OwnedHandle,
    word: PhantomData<W>,
}

impl<W: Word> SharedWord<W> {
    /// Opens the word with this name, and creates it if it is missing and its permissions are
    /// known.
    pub(super) fn open(
        name: &SectionName,
        users: impl FnOnce() -> Option<Descriptor>,
    ) -> io::Result<SharedWord<W>> {
        let missing = match SharedWord::find(name) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let Some(users) = users() else { return Err(missing) };
        match section::create(&SharedWord::<W>::plan(Some(name), Some(&users))) {
            Ok(Some(section)) => SharedWord::map(section),
            // Another process was faster.
            Ok(None) => SharedWord::find(name),
            // To create one that exists takes more rights than to open it.
            Err(error) => SharedWord::find(name).map_err(|_| error),
        }
    }

    /// A word of this process, which no other finds.
    pub(super) fn private() -> io::Result<SharedWord<W>> {
        let made = section::create(&SharedWord::<W>::plan(None, None))?;
        SharedWord::map(made.ok_or(io::ErrorKind::AlreadyExists)?)
    }

    fn plan<'a>(name: Option<&'a SectionName>, security: Option<&'a Descriptor>) -> Plan<'a> {
        Plan {
            file: None,
            size: size_of::<W>() as u64,
            access: Access::ReadWrite,
            kind: 0,
            name,
            security,
            inheritable: false,
        }
    }

    fn find(name: &SectionName) -> io::Result<SharedWord<W>> {
        const USED: u32 = FILE_MAP_READ | FILE_MAP_WRITE;
        let opened = match section::open(name, USED | READ_CONTROL, false) {
            // Reading the permissions may be denied; the word is needed anyway.
            Err(error) if code_of(&error) == ERROR_ACCESS_DENIED => {
                section::open(name, USED, false)
            }
            other => other,
        };
        SharedWord::map(opened?)
    }

    fn map(section: OwnedHandle) -> io::Result<SharedWord<W>> {
        let access = FILE_MAP_READ | FILE_MAP_WRITE;
        let range = Range::map(section.as_handle(), 0, size_of::<W>(), access)?;
        Ok(SharedWord { range, section, word: PhantomData })
    }

    pub(super) fn section(&self) -> BorrowedHandle<'_> {
        self.section.as_handle()
    }

    pub(super) fn word(&self) -> &W {
        // SAFETY: the range is as long as a word and begins at a page, as mapped above; a word consists of atomic
        // numbers, for which all bits are valid and which others may change at any time; and it lives as long as
        // the reference.
        unsafe { &*self.range.pointer().cast::<W>() }
    }
}
