//! The place of a name, and the properties of the object there.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

pub(super) use crate::os::unix::Inode;

use crate::error::{Error, ErrorKind, Result};
use crate::name::Name;
use crate::os::errors;
use crate::os::unix::again::{by_number, reopen};

/// The folder of all named maps.
pub(super) const FOLDER: &str = "/dev/shm";
/// The longest object name that it holds.
const LONGEST: usize = 255;

/// The place of one name.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: String,
    /// The name for messages.
    pub(super) shown: String,
}

impl Place {
    pub(super) fn of(name: &Name) -> Place {
        Place { path: format!("{FOLDER}/{}", name.object(LONGEST)), shown: name.quoted() }
    }

    /// The place of an object that was found by listing the folder.
    pub(super) fn of_object(object: &str) -> Place {
        Place {
            path: format!("{FOLDER}/{object}"),
            shown: crate::quoted::quoted(&Name::of_object(object)),
        }
    }

    /// Opens the existing object, and never creates one. Does not follow links, and does not wait
    /// for the other end of a FIFO.
    pub(super) fn open(&self, write: bool) -> rustix::io::Result<OwnedFd> {
        let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open(&self.path, flags, Mode::empty())
    }

    /// Opens an unfinished object of this user, after it restores the owner's permission that a
    /// umask removed. It changes this inode even if the name refers to another one meanwhile.
    pub(super) fn permit_and_open(&self, inode: Inode) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&self.path, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        if Inode::of(&stat) != inode || !is_regular(&stat) || stat.st_size > 0 {
            return Err(Errno::NOENT);
        }
        rustix::fs::chmod(by_number(&fd), Mode::RUSR | Mode::WUSR | Mode::SVTX)?;
        reopen(fd.as_fd(), true)
    }

    /// The object that the name refers to now.
    pub(super) fn stat(&self) -> rustix::io::Result<Stat> {
        rustix::fs::statat(rustix::fs::CWD, &self.path, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Whether the name refers to this inode: the only proof that we may remove it.
    pub(super) fn leads_to(&self, inode: Inode) -> rustix::io::Result<bool> {
        match self.stat() {
            Ok(stat) => Ok(Inode::of(&stat) == inode),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn unlink(&self) -> rustix::io::Result<()> {
        rustix::fs::unlink(&self.path)
    }

    /// An error about this name.
    pub(super) fn failed(&self, verb: &str, error: Errno) -> Error {
        errors::failed(verb, &self.shown, error)
    }
}

/// The names of all objects.
pub(super) fn objects() -> Result<Vec<String>> {
    let folder = std::fs::read_dir(FOLDER).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_folder(),
        _ => Error::from_io(format!("list the maps in {FOLDER}"), &error),
    })?;
    Ok(folder.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// The error for a system that has no place for named maps.
pub(super) fn no_folder() -> Error {
    Error::new(
        ErrorKind::NotSupported,
        format!(
            "Named maps live in {FOLDER}, which this system does not have: mount a tmpfs there, or use anonymous maps and file maps."
        ),
    )
}

/// The kind of an object, found from its mode bits. Only this library sets these bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A map.
    Map,
    /// A map that was created read-only.
    ReadOnlyMap,
    /// The record of a named file map.
    Record,
}

/// The bits that marks are made of: sticky, and the three for execution.
pub(super) const MARK_BITS: u32 = 0o1111;

impl Mark {
    pub(super) fn bits(self) -> u32 {
        match self {
            Mark::Map => 0o1000,
            Mark::ReadOnlyMap => 0o1010,
            Mark::Record => 0o1100,
        }
    }

    pub(super) fn of(stat: &Stat) -> Option<Mark> {
        [Mark::Map, Mark::ReadOnlyMap, Mark::Record]
            .into_iter()
            .find(|mark| mark.bits() == stat.st_mode & MARK_BITS)
    }
}

pub(super) fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}
