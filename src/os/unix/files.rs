//! Files by path: opened for a map, and removed or replaced when nobody needs them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, SeekFrom};
use rustix::io::Errno;

use super::Inode;
use super::again::leads_to;
use super::errors::not_opened;
use crate::access::{Access, FileMode};
use crate::error::{Error, ErrorKind, Result};
use crate::os::errors;
use crate::os::opening::{self, Opened};
use crate::quoted::shown;
use crate::time::{Backoff, Deadline};

/// How long to look again for a file that other processes are removing or locking just now.
const PATIENCE: Duration = Duration::from_millis(4);
/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// Opens a file as the mode and the map's access demand.
pub(crate) fn open_file(path: &Path, mode: FileMode, access: Access) -> Result<Opened> {
    let mut backoff = Backoff::new(Deadline::after(PATIENCE), PAUSE);
    loop {
        let outcome = open_once(path, mode, access);
        let again = match &outcome {
            // Another call created it, failed and removed it: see `remove_created`.
            Ok(opened) => !opened.created && is_removed(&opened.file),
            Err(error) => {
                error.kind() == ErrorKind::SharingViolation && mode != FileMode::CreateNew
            }
        };
        if !again || !backoff.wait() {
            return outcome;
        }
    }
}

fn is_removed(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.nlink() == 0)
}

/// Removes a file that a call created before it failed, unless another process maps it or has
/// written to it since. A process that has opened it without locking it yet finds it removed, and looks again.
pub(crate) fn remove_created(path: &Path) {
    // A link to it was there before.
    let Ok(path) = fs::canonicalize(path) else { return };
    let Ok(file) = File::open(&path) else { return };
    remove_unused(&path, &file);
}

/// Removes the file at `path` if it is still `file`, empty, and not mapped.
fn remove_unused(path: &Path, file: &File) {
    let unused = rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
    let empty = rustix::fs::seek(file, SeekFrom::Data(0)) == Err(Errno::NXIO);
    let still_there = rustix::fs::fstat(file).is_ok_and(|it| leads_to(path, Inode::of(&it)));
    if unused && empty && still_there {
        // The caller reports why its own call failed; a file that stays is not the news.
        let _ = fs::remove_file(path);
    }
}

fn open_once(path: &Path, mode: FileMode, access: Access) -> Result<Opened> {
    let writes = opening::writes(mode, access)?;
    // To open a device does things already: a tape is wound back.
    if mode != FileMode::CreateNew
        && let Ok(seen) = fs::metadata(path)
    {
        check_kind(path, seen.file_type())?;
    }
    let mut options = OpenOptions::new();
    // Non-blocking, or a pipe in the file's place would be waited for.
    options.read(true).write(writes).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound if mode != FileMode::Open && path.is_symlink() => {
            leads_nowhere(path)
        }
        _ => not_opened(path, error),
    };
    let admit = |file: &File| {
        check_kind(path, file.metadata().map_err(failed)?.file_type())?;
        lock_shared(file, path)
    };
    opening::open(path, mode, options, admit, failed)
}

/// How long another lock is treated as temporary: a process that checks whether a file is a
/// leftover locks it for a moment, and the file may then already be in its final place.
const PASSING: Duration = Duration::from_millis(20);

/// Takes a shared lock on a mapped file, as .NET does for every file that it opens. So a file that
/// is opened exclusively (`FileShare.None`) is not mapped, and a mapped file cannot be opened
/// exclusively. The lock belongs to the description and lasts as long as that is open anywhere, for
/// example in a view or a forked child. So it is never unlocked, only closed.
pub(crate) fn lock_shared(file: impl AsFd, path: &Path) -> Result<()> {
    if is_remote(&file) {
        return Ok(());
    }
    let mut backoff = Backoff::new(Deadline::after(PASSING), PASSING / 10);
    let locked = loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) if backoff.wait() => {}
            outcome => break outcome,
        }
    };
    match locked {
        Err(Errno::WOULDBLOCK) => {
            Err(errors::open_exclusively(path).with_os_code(libc::EWOULDBLOCK))
        }
        // On a file system without such locks, no process can have one.
        _ => Ok(()),
    }
}

/// Whether the file is on another machine. There such a lock becomes one on all bytes, that of the
/// content lock among them, and writing may need it.
fn is_remote(file: impl AsFd) -> bool {
    let Ok(system) = rustix::fs::fstatfs(file) else { return false };
    #[cfg(target_os = "linux")]
    {
        // NFS, SMB in its two versions, CIFS.
        [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42].contains(&(system.f_type as u32))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let name = system.f_fstypename.iter().take_while(|byte| **byte != 0);
        let name: Vec<u8> = name.map(|byte| *byte as u8).collect();
        [b"nfs".as_slice(), b"smbfs", b"cifs"].contains(&name.as_slice())
    }
}

fn check_kind(path: &Path, kind: fs::FileType) -> Result<()> {
    if kind.is_dir() {
        return Err(errors::is_a_folder(path));
    }
    if kind.is_file() {
        return Ok(());
    }
    Err(errors::not_a_file(path, "a FIFO, a device or a socket"))
}

fn leads_nowhere(path: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "Could not create {}: it is a link to a file in a directory that does not exist. Create that directory, or remove the link.",
            shown(path)
        ),
    )
    .with_os_code(libc::ENOENT)
}

/// Refuses a file that a save may not replace: a file that its user may not write (renaming would
/// circumvent that), and a file that another program has opened exclusively. With `force`, only the
/// second.
pub(crate) fn check_replaceable(path: &Path, forced: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
    match options.write(true).custom_flags(flags).open(path) {
        Ok(file) => lock_shared(&file, path),
        Err(_) if forced => match options.write(false).read(true).open(path) {
            Ok(file) => lock_shared(&file, path),
            Err(_) => Ok(()),
        },
        Err(error) => Err(errors::file_not_written(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_created_file_is_removed_and_only_while_nobody_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("created");
        let create = || File::create_new(&path).unwrap();

        let created = create();
        remove_unused(&path, &created);
        assert!(!path.exists());

        // Another process put its own file in the place meanwhile.
        let created = create();
        let other = folder.path().join("other");
        fs::write(&other, "").unwrap();
        fs::rename(&other, &path).unwrap();
        remove_unused(&path, &created);
        assert!(path.exists());
        fs::remove_file(&path).unwrap();

        let created = create();
        fs::write(&path, "text").unwrap();
        remove_unused(&path, &created);
        assert_eq!(fs::read(&path).unwrap(), b"text");
        fs::remove_file(&path).unwrap();

        let created = create();
        let user = File::open(&path).unwrap();
        rustix::fs::flock(&user, FlockOperation::NonBlockingLockShared).unwrap();
        remove_unused(&path, &created);
        assert!(path.exists());
        drop(user);
        remove_unused(&path, &created);
        assert!(!path.exists());
    }
}
