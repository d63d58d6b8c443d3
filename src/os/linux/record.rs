//! The record of a named file map: which file the name stands for. Written once, before it is
//! published, and never after.

use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::place::{Inode, Place};
use crate::access::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::bytes;

const HEADER: &str = "mmf-file 1";
/// Longer than any path that the system takes.
const LONGEST: u64 = 16 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) inode: Inode,
    pub(super) access: Access,
    pub(super) capacity: u64,
    pub(super) path: PathBuf,
}

impl Record {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = format!(
            "{HEADER}\n{} {} {} {}\n",
            self.inode.device, self.inode.number, self.access as i32, self.capacity
        )
        .into_bytes();
        text.extend_from_slice(self.path.as_os_str().as_bytes());
        text
    }

    /// Reads the record that an object of `size` bytes is. The caller has seen that its owner may
    /// say which file is opened.
    pub(super) fn read(fd: impl AsFd, size: u64, place: &Place) -> Result<Record> {
        let size = size.min(LONGEST);
        let mut text = vec![0; size as usize];
        bytes::read(fd.as_fd(), size, 0, &mut text)?;
        Record::parse(&text).ok_or_else(|| {
            Error::new(
                ErrorKind::NotAMap,
                format!("The record of the file map {} ({}) cannot be read: another program changed it. Remove it.", place.shown, place.path),
            )
        })
    }

    fn parse(text: &[u8]) -> Option<Record> {
        let mut lines = text.splitn(3, |byte| *byte == b'\n');
        if lines.next()? != HEADER.as_bytes() {
            return None;
        }
        let numbers = std::str::from_utf8(lines.next()?).ok()?;
        let mut numbers = numbers.split(' ');
        let device = numbers.next()?.parse().ok()?;
        let number = numbers.next()?.parse().ok()?;
        let access = Access::from_number(numbers.next()?.parse().ok()?).ok()?;
        let capacity = numbers.next()?.parse().ok()?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(lines.next()?.to_vec()));
        // Relative to nothing that two processes have in common, and no map has no bytes.
        let sound = capacity > 0 && path.is_absolute();
        sound.then_some(Record { inode: Inode { device, number }, access, capacity, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"/a\n\xFFb".to_vec()));
        let inode = Inode { device: 7, number: u64::MAX };
        let record = Record { inode, access: Access::CopyOnWrite, capacity: 1 << 40, path };
        assert_eq!(Record::parse(&record.write()), Some(record));
        assert!(Record::parse(b"mmf-file 1\n1 2 3 4\n/a").is_some());
        for wrong in
            ["mmf-file 2\n1 2 3 4\n/a", "mmf-file 1\n1 2 3 4\na", "mmf-file 1\n1 2 3 0\n/a"]
        {
            assert_eq!(Record::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Record::parse(b""), None);
    }
}
