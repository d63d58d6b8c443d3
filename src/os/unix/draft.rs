//! A temporary file that replaces its target when it is complete.
//!
//! If the system supports files without a name, it has no name until then, so a killed process
//! leaves nothing. Otherwise, and between the two calls that replace a file, it has a name and a
//! lock. A file with such a name and without a lock is the leftover of a killed process; the next
//! save to that directory removes it.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Gid, Uid};
use rustix::io::Errno;

#[cfg(target_os = "linux")]
use super::again::by_number;
use crate::os::draft::{directory, remove_abandoned, unique};

/// A new file that is not in its place yet. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    target: PathBuf,
    /// Its name, where it has one.
    beside: Option<PathBuf>,
}

impl Draft {
    /// Creates the temporary file in the target's directory. If the target exists, no other user
    /// can read the new file until it has the target's permissions; otherwise it gets those of any
    /// new file.
    pub(crate) fn create(target: &Path) -> io::Result<Draft> {
        remove_abandoned(directory(target), remove_if_abandoned);
        let mode = if target.exists() { 0o600 } else { 0o666 };
        let (file, beside) = match nameless(directory(target), mode) {
            Some(file) => (file, None),
            None => named(target, mode).map(|(file, path)| (file, Some(path)))?,
        };
        Ok(Draft { file, target: target.to_owned(), beside })
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts the file in the target's place, in one step, and makes that last. The target's owner and
    /// permissions stay. With `keep_existing` it is an error if there is a target.
    pub(crate) fn publish(mut self, keep_existing: bool) -> io::Result<()> {
        if let Ok(old) = fs::symlink_metadata(&self.target)
            && old.is_file()
        {
            inherit(&self.file, &old)?;
        }
        self.file.sync_all()?;
        if self.beside.is_none() {
            match link(&self.file, &self.target) {
                // A link does not replace a name. A rename does, and needs a name to begin with.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !keep_existing => {
                    lock(&self.file)?;
                    let beside = unique(&self.target);
                    link(&self.file, &beside)?;
                    self.beside = Some(beside);
                }
                linked => linked?,
            }
        }
        if let Some(beside) = &self.beside {
            if keep_existing {
                fs::hard_link(beside, &self.target)?;
            } else {
                fs::rename(beside, &self.target)?;
                self.beside = None;
            }
        }
        // Not every file system can sync a directory; the file itself is safe by now.
        if let Ok(directory) = File::open(directory(&self.target)) {
            drop(self);
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // The original error is reported.
            let _ = fs::remove_file(beside);
        }
    }
}

/// A file without a name that can get one. `None` if that is not supported here. Any other failure
/// also occurs when a file with a name is created.
#[cfg(target_os = "linux")]
fn nameless(directory: &Path, mode: u32) -> Option<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode).custom_flags(libc::O_TMPFILE);
    // Without /proc it would never get its name.
    options.open(directory).ok().filter(|file| Path::new(&by_number(file)).exists())
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path, _: u32) -> Option<File> {
    None
}

/// Gives a file without a name this one, if it is free.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    rustix::fs::linkat(CWD, by_number(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(Errno::NOSYS.into())
}

/// A file with a name of its own, locked.
fn named(target: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    loop {
        let path = unique(target);
        let file = match OpenOptions::new().write(true).create_new(true).mode(mode).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        // Before it had the lock, another process may have taken it for a leftover.
        if lock(&file).is_ok() && is_at(&file, &path) {
            return Ok((file, path));
        }
    }
}

/// Marks the file as in use, with a shared lock, so that readers of the final file are not blocked.
/// If files cannot be locked, no file is ever taken for a leftover.
fn lock(file: &File) -> rustix::io::Result<()> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Err(Errno::WOULDBLOCK),
        _ => Ok(()),
    }
}

/// Removes the leftover of a killed process. On any failure it stays.
fn remove_if_abandoned(path: &Path) {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    if let Ok(file) = opened
        && file.metadata().is_ok_and(|found| found.is_file() && may_remove(&found))
        && rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        && is_at(&file, path)
    {
        let _ = fs::remove_file(path);
    }
}

/// Only files of this user, because the administrator also saves files of others.
fn may_remove(found: &Metadata) -> bool {
    let user = rustix::process::geteuid();
    user.is_root() || found.uid() == user.as_raw()
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(file), Ok(found)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (file.dev(), file.ino()) == (found.dev(), found.ino())
}

/// Gives a file the owner and the permissions of the file that it replaces, as far as permitted. No
/// user gains permissions: bits for a user or a group that could not be kept are not given to
/// another one, and bits that are not permissions (setuid, and the marks of maps in memory) are
/// never copied.
fn inherit(file: &File, old: &Metadata) -> io::Result<()> {
    let mode = old.mode() & 0o777;
    let owner = Some(Uid::from_raw(old.uid()));
    let mode = if rustix::fs::fchown(file, owner, Some(Gid::from_raw(old.gid()))).is_ok() {
        mode
    } else if file.metadata()?.uid() == old.uid() {
        // Members of the old group now count as others, and the reverse.
        let both = mode >> 3 & mode & 0o7;
        mode & 0o700 | both << 3 | both
    } else {
        mode & 0o700
    };
    file.set_permissions(Permissions::from_mode(mode))
}
