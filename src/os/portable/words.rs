//! The numbers that all writers to a named map share: a small file in its presence, mapped by every
//! handle.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;

use super::presence::open_inside;
use super::tick::Tick;
use crate::os::end_word::EndWord;
use crate::os::unix::Inode;
use crate::os::unix::bytes::check_file_size_limit;

pub(super) const FILE: &str = "words";

/// The content of the file.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Words {
    pub(super) end: EndWord,
    pub(super) tick: Tick,
    /// How many handles were opened so far.
    pub(super) opened: AtomicU64,
    /// A byte of it is written to wake the watches, which wait for writes to the file. Never read.
    pub(super) wake: AtomicU64,
}

/// The file, mapped.
#[derive(Debug)]
pub(super) struct SharedWords {
    inode: Inode,
    file: OwnedFd,
    memory: MmapRaw,
}

impl SharedWords {
    /// Opens the words of a presence, and creates them if they are missing. `None` if they cannot
    /// be created: then nothing is recorded or reported. An error if no file can be opened at all.
    pub(super) fn open(presence: BorrowedFd<'_>) -> rustix::io::Result<Option<SharedWords>> {
        if let Some(words) = SharedWords::find(presence)? {
            return Ok(Some(words));
        }
        match make(presence) {
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => Err(error),
            _ => SharedWords::find(presence),
        }
    }

    fn find(presence: BorrowedFd<'_>) -> rustix::io::Result<Option<SharedWords>> {
        let Some(file) = open_inside(presence, FILE, OFlags::RDWR)? else { return Ok(None) };
        let stat = rustix::fs::fstat(&file)?;
        // The file is complete from the start. A shorter one is not ours, and touching it would
        // raise a signal.
        if stat.st_size < size_of::<Words>() as i64 {
            return Ok(None);
        }
        let memory = MmapOptions::new().len(size_of::<Words>()).map_raw(file.as_fd().as_raw_fd());
        let memory =
            memory.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::NOMEM))?;
        Ok(Some(SharedWords { inode: Inode::of(&stat), file, memory }))
    }

    /// Whether other processes find these words now: a clean-up program may have removed them.
    pub(super) fn is_in_place(&self, presence: BorrowedFd<'_>) -> bool {
        rustix::fs::statat(presence, FILE, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| Inode::of(&stat) == self.inode)
    }

    /// Whether no cleaner took them since they were found: asked faster than where the name leads.
    pub(super) fn have_a_name(&self) -> bool {
        rustix::fs::fstat(&self.file).is_ok_and(|stat| stat.st_nlink > 0)
    }

    pub(super) fn is(&self, other: &SharedWords) -> bool {
        self.inode == other.inode
    }

    /// The file, for waiting until [`SharedWords::wake`] is called by any process.
    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The end of the content.
    pub(super) fn end(&self) -> &EndWord {
        &self.words().end
    }

    /// The count of changes.
    pub(super) fn tick(&self) -> &Tick {
        &self.words().tick
    }

    /// How many handles were opened so far.
    pub(super) fn opened(&self) -> &AtomicU64 {
        &self.words().opened
    }

    fn words(&self) -> &Words {
        // SAFETY: the mapping is as long as the words and begins at a page, as mapped above; they are atomic
        // numbers, for which all bits are valid and which others may change at any time; and it lives as
        // long as the reference.
        unsafe { &*self.memory.as_mut_ptr().cast::<Words>() }
    }

    /// Tells of a change that was made before.
    pub(super) fn tell_change(&self) -> rustix::io::Result<()> {
        self.tick().advance(|| self.write_to_wake())
    }

    /// Wakes the watches without a change: they look at the map's state.
    pub(super) fn wake(&self) {
        if self.tick().is_armed() {
            let _ = self.write_to_wake();
        }
    }

    fn write_to_wake(&self) -> rustix::io::Result<()> {
        let place = offset_of!(Words, wake) as u64;
        loop {
            // Past the limit for files a write would end the process.
            let woken = match check_file_size_limit(place + 1) {
                Ok(()) => rustix::io::pwrite(&self.file, &[0], place).map(drop),
                Err(_) => touch(self.file.as_fd()),
            };
            if woken != Err(Errno::INTR) {
                return woken;
            }
        }
    }

    /// Counts a handle that was opened.
    pub(super) fn count_opening(&self) {
        self.opened().fetch_add(1, Ordering::SeqCst);
    }
}

/// Changes a file's times, which is reported to its watches like a write.
pub(super) fn touch(file: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now })
}

/// Makes the words, whole before they have their name.
fn make(presence: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let aside = format!("{FILE}.{:016x}", RandomState::new().build_hasher().finish());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(presence, aside.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
    // Written, not only sized: a full disk is an error here, and a signal in a mapping.
    let zeros = [0; size_of::<Words>()];
    let made = match check_file_size_limit(zeros.len() as u64) {
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
