//! Files that are met again: found by a path or a descriptor that led to them before.

use std::fs;
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, AsRawFd};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::errors::{no_path, not_opened};
use super::{Inode, length_of};
use crate::error::Result;
use crate::name::Name;

/// A path to what a descriptor leads to, as long as that is open here.
#[cfg(target_os = "linux")]
pub(crate) fn by_number(fd: impl AsFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}

/// Whether a path refers to this file.
pub(crate) fn leads_to(path: &Path, inode: Inode) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| Inode::of(&stat) == inode)
}

/// A path to the file of the descriptor.
pub(crate) fn path_of(descriptor: BorrowedFd<'_>, inode: Inode) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    let path = fs::read_link(by_number(descriptor)).ok();
    #[cfg(target_vendor = "apple")]
    let path = {
        use std::os::unix::ffi::OsStringExt;
        let path = rustix::fs::getpath(descriptor).ok();
        path.map(|path| PathBuf::from(std::ffi::OsString::from_vec(path.into_bytes())))
    };
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    let path = {
        let _ = descriptor;
        None
    };
    path.filter(|path: &PathBuf| leads_to(path, inode))
}

/// Opens a file that was mapped before, and returns its length. `None` if the path now refers to
/// another file or to none. The target is checked before it is opened: opening a device can have
/// effects, opening a FIFO is visible at its other end, and a link can refer to any file.
pub(crate) fn open_again(
    path: &Path,
    inode: Inode,
    writes: bool,
) -> Result<Option<(OwnedFd, u64)>> {
    let failed = |error: Errno| not_opened(path, error.into());
    let is_it = |stat: &Stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && Inode::of(stat) == inode
    };
    // Nothing can come between the look and the opening there.
    #[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
    {
        // A descriptor that stands for the file without having it open.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let stat = rustix::fs::fstat(&file).map_err(failed)?;
        if !is_it(&stat) {
            return Ok(None);
        }
        match reopen(file.as_fd(), writes) {
            // Without /proc it is opened by its path.
            Err(Errno::NOENT) => {}
            opened => {
                return opened.map(|file| Some((file, length_of(&stat)))).map_err(failed);
            }
        }
    }
    match rustix::fs::lstat(path) {
        Ok(stat) if is_it(&stat) => {}
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let flags = access(writes) | OFlags::NOFOLLOW;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::MLINK) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let stat = rustix::fs::fstat(&file).map_err(failed)?;
    Ok(is_it(&stat).then(|| (file, length_of(&stat))))
}

/// The flags for opening such a file again: opening never waits, and a terminal never becomes the
/// controlling terminal.
fn access(writes: bool) -> OFlags {
    let access = if writes { OFlags::RDWR } else { OFlags::RDONLY };
    access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

/// A new description of the file of a descriptor, without its locks and its position.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub(crate) fn reopen(fd: BorrowedFd<'_>, writes: bool) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(by_number(fd), access(writes), Mode::empty())
}

/// The path of a file for a record, without a link as its last component, because such links are
/// not followed.
pub(crate) fn lasting(path: &Path) -> PathBuf {
    let is_link = rustix::fs::lstat(path)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
    let target = if is_link { fs::canonicalize(path).ok() } else { None };
    target.unwrap_or_else(|| path.to_owned())
}

/// The path by which others find the file of a map that gets a name.
pub(crate) fn path_for_others(path: Option<&Path>, name: &Name) -> Result<PathBuf> {
    path.map(lasting).ok_or_else(|| no_path(&name.quoted()))
}
