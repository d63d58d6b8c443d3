//! The record of a map: properties that the presence stores because the object itself cannot.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::key::{hex, unhex};
use super::presence::open_inside;
use crate::error::{Error, Result};
use crate::os::unix::{Inode, bytes};

pub(super) const FINISHED: &str = "record";
pub(super) const ASIDE: &str = "record.new";

/// The first line: what it is, and in which version.
const TITLE: &str = "mmf record 1";
/// The last line: a record without it was cut short.
const END: &str = "end";

/// The known properties of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The name that opens it.
    pub(super) name: String,
    /// Its exact size, which a Mac's objects do not keep.
    pub(super) capacity: u64,
    /// It was created for reading only.
    pub(super) read_only: bool,
    /// For a named file map: where its bytes are.
    pub(super) file: Option<FileRecord>,
}

/// The file of a named file map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileRecord {
    pub(super) path: PathBuf,
    pub(super) inode: Inode,
}

impl Record {
    /// Writes the record into a presence, first to a temporary file, so that no process reads half
    /// of it.
    pub(super) fn write(&self, presence: BorrowedFd<'_>) -> Result<()> {
        let text = self.to_text();
        bytes::check_file_size_limit(text.len() as u64)?;
        write_aside(presence, text.as_bytes())
            .and_then(|()| rustix::fs::renameat(presence, ASIDE, presence, FINISHED))
            .map_err(|error| Error::from_io("write down what the map is", &error.into()))
    }

    /// The record of a presence, if it is there and whole.
    pub(super) fn read(presence: BorrowedFd<'_>) -> rustix::io::Result<Option<Record>> {
        let Some(file) = open_inside(presence, FINISHED, OFlags::RDONLY)? else { return Ok(None) };
        let mut text = Vec::new();
        let mut piece = [0; 1024];
        loop {
            match rustix::io::read(file.as_fd(), &mut piece) {
                Ok(0) => return Ok(std::str::from_utf8(&text).ok().and_then(Record::from_text)),
                Ok(count) => text.extend_from_slice(&piece[..count]),
                Err(Errno::INTR) => {}
                Err(_) => return Ok(None),
            }
        }
    }

    pub(super) fn to_text(&self) -> String {
        let access = if self.read_only { "read" } else { "write" };
        let mut text = format!(
            "{TITLE}\nname {}\ncapacity {}\naccess {access}\n",
            hex(self.name.as_bytes()),
            self.capacity
        );
        if let Some(file) = &self.file {
            let path = hex(file.path.as_os_str().as_bytes());
            let _ = writeln!(text, "file {} {} {path}", file.inode.device, file.inode.number);
        }
        text.push_str(END);
        text.push('\n');
        text
    }

    fn from_text(text: &str) -> Option<Record> {
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return None;
        }
        let name = String::from_utf8(unhex(lines.next()?.strip_prefix("name ")?)?).ok()?;
        let capacity = lines.next()?.strip_prefix("capacity ")?.parse().ok()?;
        if capacity == 0 {
            return None;
        }
        let read_only = match lines.next()? {
            "access read" => true,
            "access write" => false,
            _ => return None,
        };
        let mut next = lines.next()?;
        let mut file = None;
        if let Some(rest) = next.strip_prefix("file ") {
            let mut parts = rest.split(' ');
            let inode =
                Inode { device: parts.next()?.parse().ok()?, number: parts.next()?.parse().ok()? };
            let path = PathBuf::from(OsString::from_vec(unhex(parts.next()?)?));
            // Relative to nothing that two processes have in common.
            if !path.is_absolute() {
                return None;
            }
            file = Some(FileRecord { path, inode });
            next = lines.next()?;
        }
        (next == END && lines.next().is_none()).then_some(Record {
            name,
            capacity,
            read_only,
            file,
        })
    }
}

fn write_aside(presence: BorrowedFd<'_>, mut text: &[u8]) -> rustix::io::Result<()> {
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(presence, ASIDE, flags, Mode::RUSR | Mode::WUSR)?;
    while !text.is_empty() {
        match rustix::io::write(&file, text) {
            Ok(count) => text = &text[count..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> [Record; 2] {
        let file = FileRecord {
            path: PathBuf::from("/a b/\nc"),
            inode: Inode { device: u64::MAX, number: 7 },
        };
        let memory =
            Record { name: "Test\n".to_owned(), capacity: 5000, read_only: true, file: None };
        [memory.clone(), Record { file: Some(file), read_only: false, ..memory }]
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for record in records() {
            assert_eq!(Record::from_text(&record.to_text()), Some(record));
        }
    }

    #[test]
    fn a_record_that_was_cut_short_is_none() {
        for record in records() {
            let text = record.to_text();
            for end in 0..text.len() - 1 {
                assert_eq!(Record::from_text(&text[..end]), None, "cut at {end}");
            }
        }
    }

    #[test]
    fn a_record_of_no_bytes_or_of_a_relative_path_is_none() {
        let [memory, file] = records();
        assert_eq!(Record::from_text(&Record { capacity: 0, ..memory }.to_text()), None);
        let place = FileRecord { path: PathBuf::from("c"), ..file.file.clone().expect("a file") };
        assert_eq!(Record::from_text(&Record { file: Some(place), ..file }.to_text()), None);
    }
}
