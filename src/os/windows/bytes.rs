//! The bytes of a section: copied in and out through windows of its memory.
//!
//! A section can be neither read nor written by a call, so a handle maps the part that it copies
//! and keeps the last such window: most copies are small and near each other.

use std::io;
use std::ops::Range as Bounds;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::sync::{Mutex, PoisonError};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Memory::{
    FILE_MAP_READ, FILE_MAP_WRITE, PAGE_READONLY, PAGE_READWRITE,
};

use super::memory::{Range, mapped_for};
use super::section;
use crate::access::{Access, Rights};
use crate::error::{Error, ErrorKind, Result};
use crate::os::code::code_of;
use crate::os::errors::no_view;

/// The windows' size: whole steps of views, on every machine.
const WINDOW: u64 = 1 << 20;

/// How much is cleared by one call at most.
const CLEARED: usize = 4096;

/// How much is mapped at once to look for memory that was taken, or to flush.
#[cfg(target_pointer_width = "64")]
const SPAN: u64 = 1 << 40;
/// How much is mapped at once to look for memory that was taken, or to flush.
#[cfg(target_pointer_width = "32")]
const SPAN: u64 = 1 << 26;

/// What the section's memory is backed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backing {
    /// The page file, and all of it taken at creation.
    Memory,
    /// The page file, page by page as it is needed.
    Delayed,
    /// A file.
    File,
}

#[derive(Debug)]
pub(super) struct Bytes {
    section: OwnedHandle,
    size: u64,
    backing: Backing,
    /// Whether the handle may read. If not, memory that is mapped for writing can be read anyway.
    reads: bool,
    window: Mutex<Option<Window>>,
}

#[derive(Debug)]
struct Window {
    range: Range,
    start: u64,
    writable: bool,
}

impl Bytes {
    pub(super) fn new(section: OwnedHandle, size: u64, backing: Backing, rights: Rights) -> Bytes {
        let reads = rights.contains(Rights::READ) || rights.contains(Rights::COPY_ON_WRITE);
        Bytes { section, size, backing, reads, window: Mutex::new(None) }
    }

    pub(super) fn section(&self) -> BorrowedHandle<'_> {
        self.section.as_handle()
    }

    pub(super) fn backing(&self) -> Backing {
        self.backing
    }

    /// Reads. The caller checked that the bytes lie inside.
    pub(super) fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let failed = |error: &io::Error| fault("read", error);
        let mut done = 0;
        while done < bytes.len() {
            let window =
                self.window(offset + done as u64, false).map_err(|error| failed(&error))?;
            let at = (offset + done as u64 - window.start) as usize;
            let count = (bytes.len() - done).min(window.range.len() - at);
            let part = &mut bytes[done..done + count];
            match self.backing {
                Backing::Memory => window.range.copy_out(at, part),
                Backing::Delayed => self.read_taken(&window.range, at, part)?,
                Backing::File => {
                    window.range.fetch(at, part).map_err(|error| self.truncated("read", &error))?;
                }
            }
            self.keep(window);
            done += count;
        }
        Ok(())
    }

    /// Copies the allocated parts; the rest is zeros and stays untouched.
    fn read_taken(&self, range: &Range, at: usize, bytes: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            let (taken, same) = range.state(at + done).map_err(|error| fault("read", &error))?;
            let end = done.saturating_add(same).min(bytes.len());
            let part = &mut bytes[done..end];
            if taken {
                range.copy_out(at + done, part)
            } else {
                part.fill(0)
            }
            done = end;
        }
        Ok(())
    }

    /// Writes. The caller checked that the bytes lie inside and may be written.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.make_room(offset..offset + bytes.len() as u64)?;
        self.each_part(offset..offset + bytes.len() as u64, |window, at, part| match self.backing {
            Backing::File => self.store(window, at, &bytes[part]),
            Backing::Memory | Backing::Delayed => {
                window.copy_in(at, &bytes[part]);
                Ok(())
            }
        })
    }

    /// Writes in ascending order. The caller checked as for [`Bytes::write`].
    pub(super) fn write_up(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.make_room(offset..offset + bytes.len() as u64)?;
        self.each_part(offset..offset + bytes.len() as u64, |window, at, part| {
            match self.backing {
                // By the kernel, which ends a process between its calls only.
                Backing::File => self.store(window, at, &bytes[part]),
                Backing::Memory | Backing::Delayed => {
                    window.copy_up(at, &bytes[part]);
                    Ok(())
                }
            }
        })
    }

    /// Clears a range within one step of windows in descending order.
    pub(super) fn clear_down(&self, range: Bounds<u64>) -> Result<()> {
        let length = (range.end - range.start) as usize;
        let zeros = [0; CLEARED];
        debug_assert!(length <= CLEARED, "the core clears page by page");
        self.each_part(range, |window, at, part| match self.backing {
            Backing::File => self.store(window, at, &zeros[part]),
            Backing::Memory | Backing::Delayed => {
                window.clear_down(at, part.len());
                Ok(())
            }
        })
    }

    /// Commits memory for a range, so that writing to it cannot fail in the middle.
    pub(super) fn make_room(&self, range: Bounds<u64>) -> Result<()> {
        if self.backing != Backing::Delayed {
            return Ok(());
        }
        self.each_part(range, |window, at, part| {
            window
                .commit(at, part.len(), PAGE_READWRITE)
                .map_err(|error| no_memory(part.len(), &error))
        })
    }

    fn store(&self, window: &Range, at: usize, bytes: &[u8]) -> Result<()> {
        window.store(at, bytes).map_err(|error| self.truncated("write", &error))
    }

    /// Runs `work` for the parts of a range that lie in one window each: with where the part is in
    /// the window, and which of the range's bytes it is.
    fn each_part(
        &self,
        range: Bounds<u64>,
        mut work: impl FnMut(&Range, usize, Bounds<usize>) -> Result<()>,
    ) -> Result<()> {
        let length = (range.end - range.start) as usize;
        let mut done = 0;
        while done < length {
            let offset = range.start + done as u64;
            let window = self.window(offset, true).map_err(|error| fault("write", &error))?;
            let at = (offset - window.start) as usize;
            let count = (length - done).min(window.range.len() - at);
            let worked = work(&window.range, at, done..done + count);
            self.keep(window);
            worked?;
            done += count;
        }
        Ok(())
    }

    /// The window that contains an offset: the cached one, if it fits.
    fn window(&self, offset: u64, write: bool) -> io::Result<Window> {
        let start = offset - offset % WINDOW;
        let kept = self.window.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept
            && kept.start == start
            && (kept.writable || !write)
        {
            return Ok(kept);
        }
        let writable = write || !self.reads;
        let access = if writable { FILE_MAP_WRITE } else { FILE_MAP_READ };
        let len = (self.size - start).min(WINDOW) as usize;
        let range = Range::map(self.section(), start, len, access)?;
        Ok(Window { range, start, writable })
    }

    fn keep(&self, window: Window) {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner) = Some(window);
    }

    /// The next range at or after `from` that may contain bytes other than NUL: the allocated parts
    /// of delayed memory.
    pub(super) fn next_data(&self, from: u64) -> Result<Option<Bounds<u64>>> {
        if from >= self.size {
            return Ok(None);
        }
        if self.backing != Backing::Delayed {
            return Ok(Some(from..self.size));
        }
        let mut start = from;
        while start < self.size {
            let len = (self.size - start).min(SPAN) as usize;
            let failed = |error: io::Error| fault("look through", &error);
            let range = Range::map(self.section(), start, len, self.looking()).map_err(failed)?;
            let mut at = 0;
            while at < len {
                let (taken, same) = range.state(at).map_err(failed)?;
                let end = at.saturating_add(same).min(len);
                if taken {
                    return Ok(Some(start + at as u64..start + end as u64));
                }
                at = end;
            }
            start += len as u64;
        }
        Ok(None)
    }

    /// Maps a part for a view. Delayed memory is allocated before it is touched.
    pub(super) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Range> {
        let failed = |error| no_view(len, access, error);
        let range = Range::map(self.section(), offset, len, mapped_for(access)).map_err(failed)?;
        if self.backing == Backing::Delayed {
            let taken = if access == Access::CopyOnWrite {
                // The pages to copy belong to the section, not to the view, so they are allocated
                // there.
                Range::map(self.section(), offset, len, FILE_MAP_READ)
                    .and_then(|shared| shared.commit(0, len, PAGE_READONLY))
            } else {
                range.commit(0, len, section::protection(access))
            };
            taken.map_err(|error| no_memory(len, &error))?;
        }
        Ok(range)
    }

    /// Hands all that was written to the file system.
    pub(super) fn flush(&self) -> io::Result<()> {
        let mut start = 0;
        while start < self.size {
            let len = (self.size - start).min(SPAN) as usize;
            Range::map(self.section(), start, len, self.looking())?.flush()?;
            start += len as u64;
        }
        Ok(())
    }

    /// Whether the section itself forbids writing, independent of the handle's rights.
    pub(super) fn forbids_writing(&self) -> bool {
        Range::map(self.section(), 0, 1, FILE_MAP_WRITE).is_err_and(|error| {
            // The first is for what the section is, the second for what the handle may do.
            matches!(code_of(&error), ERROR_INVALID_PARAMETER | ERROR_ACCESS_DENIED)
        })
    }

    fn looking(&self) -> u32 {
        if self.reads { FILE_MAP_READ } else { FILE_MAP_WRITE }
    }

    /// The pages are mapped with the required access, so copying cannot fail for another reason.
    fn truncated(&self, verb: &str, error: &io::Error) -> Error {
        Error::new(
            ErrorKind::Truncated,
            format!(
                "Could not {verb} the map: its file does not give all of its {} bytes any more. Restore the file or the way to it, or close the map and create it again.",
                self.size
            ),
        )
        .with_os_code(code_of(error).cast_signed())
    }
}

fn fault(verb: &str, error: &io::Error) -> Error {
    Error::from_io(format!("{verb} the map"), error)
}

fn no_memory(len: usize, error: &io::Error) -> Error {
    let found = Error::from_io(format!("take memory for {len} bytes of the map"), error);
    if found.kind() != ErrorKind::NoSpace {
        return found;
    }
    Error::new(
        ErrorKind::NoSpace,
        format!(
            "There is not enough memory for {len} bytes of the map, whose memory is taken when it is used: close what is not needed, or enlarge the page file."
        ),
    )
    .with_os_code(error.raw_os_error().unwrap_or(0))
}
