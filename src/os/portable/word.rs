//! The end word of a named map: a small file in its presence, mapped by everybody who writes.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::presence::open_inside;
use crate::os::end_word::EndWord;
use crate::os::unix::Inode;

pub(super) const FILE: &str = "end";

/// The word, mapped.
#[derive(Debug)]
pub(super) struct SharedWord {
    inode: Inode,
    memory: MmapRaw,
}

impl SharedWord {
    /// Opens the word of a presence, and makes it if it is missing. Nothing, if it cannot be made: then
    /// nobody records anything. An error, if nothing at all can be opened.
    pub(super) fn open(presence: BorrowedFd<'_>) -> rustix::io::Result<Option<SharedWord>> {
        if let Some(word) = SharedWord::find(presence)? {
            return Ok(Some(word));
        }
        match make(presence) {
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => Err(error),
            _ => SharedWord::find(presence),
        }
    }

    fn find(presence: BorrowedFd<'_>) -> rustix::io::Result<Option<SharedWord>> {
        let Some(file) = open_inside(presence, FILE, OFlags::RDWR)? else { return Ok(None) };
        let stat = rustix::fs::fstat(&file)?;
        // Whole from the start; what is shorter is not ours, and touching it would be a signal.
        if stat.st_size < size_of::<EndWord>() as i64 {
            return Ok(None);
        }
        let memory = MmapOptions::new().len(size_of::<EndWord>()).map_raw(file.as_fd().as_raw_fd());
        let memory =
            memory.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::NOMEM))?;
        Ok(Some(SharedWord { inode: Inode::of(&stat), memory }))
    }

    /// Whether others who look now find this one: a cleaner of files may have taken it.
    pub(super) fn is_in_place(&self, presence: BorrowedFd<'_>) -> bool {
        rustix::fs::statat(presence, FILE, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| Inode::of(&stat) == self.inode)
    }

    pub(super) fn is(&self, other: &SharedWord) -> bool {
        self.inode == other.inode
    }

    pub(super) fn word(&self) -> &EndWord {
        // SAFETY: the mapping is as long as a word and begins at a page, as mapped above; it holds atomic
        // numbers, for which all bits are valid and which others may change at any time; and it lives as
        // long as the reference.
        unsafe { &*self.memory.as_mut_ptr().cast::<EndWord>() }
    }
}

/// Makes the word, whole before it has its name.
fn make(presence: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let aside = format!("{FILE}.{:016x}", RandomState::new().build_hasher().finish());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(presence, aside.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
    // Written, not only sized: a full disk is an error here, and a signal in a mapping.
    let zeros = [0; size_of::<EndWord>()];
    let made = match crate::os::unix::bytes::check_file_size_limit(zeros.len() as u64) {
        Ok(()) => rustix::io::write(&file, &zeros).and_then(|written| {
            if written < zeros.len() {
                return Err(Errno::NOSPC);
            }
            rustix::fs::linkat(presence, aside.as_str(), presence, FILE, AtFlags::empty())
        }),
        Err(_) => Err(Errno::FBIG),
    };
    let _ = rustix::fs::unlinkat(presence, aside.as_str(), AtFlags::empty());
    made
}
