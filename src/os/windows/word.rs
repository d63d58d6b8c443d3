//! The end word of a map in memory: a small section beside it, mapped by everybody who writes. The kernel
//! removes it with its last handle, as it does the map.

use std::io;
use std::os::windows::io::{AsHandle, OwnedHandle};

use windows_sys::Win32::System::Memory::{FILE_MAP_READ, FILE_MAP_WRITE};

use super::memory::Range;
use super::name::SectionName;
use super::section::{self, Plan};
use super::security::Descriptor;
use crate::access::Access;
use crate::os::end_word::EndWord;

/// The word, mapped.
#[derive(Debug)]
pub(super) struct SharedWord {
    range: Range,
    #[expect(dead_code, reason = "held, and never looked at: it keeps the name")]
    section: OwnedHandle,
}

impl SharedWord {
    /// Opens the word of a map, and makes it if it is missing, for whoever may use the map.
    pub(super) fn open(map: &SectionName, security: Option<&Descriptor>) -> io::Result<SharedWord> {
        let name = map.word();
        let opened = SharedWord::find(&name);
        let Some(security) = security.filter(|_| opened.is_err()) else { return opened };
        let plan = Plan {
            file: None,
            size: size_of::<EndWord>() as u64,
            access: Access::ReadWrite,
            kind: 0,
            name: Some(&name),
            security: Some(security),
            inheritable: false,
        };
        match section::create(&plan)? {
            Some(section) => SharedWord::map(section),
            // Somebody was faster.
            None => SharedWord::find(&name),
        }
    }

    fn find(name: &SectionName) -> io::Result<SharedWord> {
        SharedWord::map(section::open(name, FILE_MAP_READ | FILE_MAP_WRITE, false)?)
    }

    fn map(section: OwnedHandle) -> io::Result<SharedWord> {
        let access = FILE_MAP_READ | FILE_MAP_WRITE;
        let range = Range::map(section.as_handle(), 0, size_of::<EndWord>(), access)?;
        Ok(SharedWord { range, section })
    }

    pub(super) fn word(&self) -> &EndWord {
        // SAFETY: the range is as long as a word and begins at a page, as mapped above; it holds atomic
        // numbers, for which all bits are valid and which others may change at any time; and it lives as
        // long as the reference.
        unsafe { &*self.range.pointer().cast::<EndWord>() }
    }
}
