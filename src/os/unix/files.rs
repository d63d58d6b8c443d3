//! Files by path: opened for a map, and replaced by a saved one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FallocateFlags, FileType, FlockOperation, Mode, OFlags, SeekFrom, Stat};
use rustix::io::Errno;

use super::mapping::Mapping;
use super::{Inode, bytes};
use crate::access::{Access, FileMode};
use crate::error::{Error, ErrorKind, Result};
use crate::quoted::shown;
use crate::time::{Backoff, Deadline};

/// A file that was opened for a map.
pub(crate) struct Opened {
    pub(crate) file: File,
    /// This call created it: a failure later on removes it again.
    pub(crate) created: bool,
    /// It is to lose what is in it, once nothing else can fail.
    pub(crate) emptied: bool,
}

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

/// Removes the file that `path` leads to if it is still `file`, empty, and mapped by nobody.
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
    // A copy-on-write map reads the file; .NET asks for writing all the same, and refuses a file
    // that cannot be written. So do we.
    let writes = access.writes() || access == Access::CopyOnWrite;
    if !writes && matches!(mode, FileMode::CreateNew | FileMode::Create) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "A new file cannot be mapped for {access:?} alone, since it is empty: use ReadWrite, or the file mode Open."
            ),
        ));
    }
    let mut options = OpenOptions::new();
    // Non-blocking, or a pipe in the file's place would be waited for.
    options.read(true).write(writes).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let failed = |error: io::Error| failure(path, &error);
    let found = |file: File, created: bool| {
        check_kind(path, file.metadata().map_err(failed)?.file_type())?;
        lock_shared(&file, path)?;
        Ok(Opened { file, created, emptied: mode == FileMode::Create })
    };
    if mode != FileMode::CreateNew {
        // To open a device does things already: a tape is wound back.
        if let Ok(seen) = fs::metadata(path) {
            check_kind(path, seen.file_type())?;
        }
        match options.open(path) {
            Ok(file) => return found(file, false),
            Err(error) if mode == FileMode::Open || error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            Err(_) => {}
        }
    }
    options.write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => return found(file, true),
        Err(error)
            if error.kind() == io::ErrorKind::AlreadyExists && mode != FileMode::CreateNew => {}
        Err(error) => return Err(failed(error)),
    }
    // Somebody was faster, or it is a link to a file that does not exist. That is created by the
    // system, which knows whose links may be followed.
    match options.create(true).open(path) {
        Ok(file) => {
            let created = path.is_symlink() && file.metadata().map_err(failed)?.len() == 0;
            found(file, created)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(leads_nowhere(path)),
        Err(error) => Err(failed(error)),
    }
}

/// For how long another lock is taken for one that goes by: whoever wants to know whether a file is
/// abandoned locks it for a moment, and by then it may be in the place that it was made for.
const PASSING: Duration = Duration::from_millis(20);

/// Locks a file that is mapped, shared, as .NET locks every file that it opens: one that a program
/// has to itself (`FileShare.None`) is not mapped, and one that is mapped nobody gets to himself.
/// The lock belongs to the description: it lasts as long as that is open anywhere, in a view or a
/// forked child, and so it is never unlocked but only closed.
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
        Err(Errno::WOULDBLOCK) => Err(Error::new(
            ErrorKind::SharingViolation,
            format!(
                "The file {} is open exclusively in another program: close it there, and try again.",
                shown(path)
            ),
        )
        .with_os_code(libc::EWOULDBLOCK)),
        // A file system without such locks has nobody who could have one.
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
        return Err(folder(path));
    }
    if kind.is_file() { Ok(()) } else { Err(not_a_file(path)) }
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

fn not_a_file(path: &Path) -> Error {
    Error::new(
        ErrorKind::NotAFile,
        format!(
            "{} is not a regular file but a FIFO, a device or a socket, which cannot be mapped: give the path of a file.",
            shown(path)
        ),
    )
}

fn failure(path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
        if parent.is_some_and(|parent| !parent.exists()) {
            return Error::new(
                ErrorKind::DirectoryNotFound,
                format!(
                    "Could not open {}: its folder does not exist. Create it first.",
                    shown(path)
                ),
            )
            .with_os_code(libc::ENOENT);
        }
        return Error::new(
            ErrorKind::NotFound,
            format!(
                "The file {} does not exist: check the path, or use the file mode OpenOrCreate.",
                shown(path)
            ),
        )
        .with_os_code(libc::ENOENT);
    }
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Error::new(
            ErrorKind::AlreadyExists,
            format!(
                "The file {} exists already: use the file mode Open or Create, or another path.",
                shown(path)
            ),
        )
        .with_os_code(libc::EEXIST);
    }
    if error.kind() == io::ErrorKind::IsADirectory {
        return folder(path).with_os_code(libc::EISDIR);
    }
    Error::from_io(format!("open {}", shown(path)), error)
}

fn folder(path: &Path) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!("{} is a folder: give the path of a file.", shown(path)),
    )
}

/// Refuses a file that a save may not replace: one that its user may not write (renaming would get
/// around that), and one that another program has to itself. Forced, the second only.
pub(crate) fn check_replaceable(path: &Path, forced: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
    match options.write(true).custom_flags(flags).open(path) {
        Ok(file) => lock_shared(&file, path),
        Err(_) if forced => match options.write(false).read(true).open(path) {
            Ok(file) => lock_shared(&file, path),
            Err(_) => Ok(()),
        },
        Err(error) => Err(Error::from_io(format!("write {}", shown(path)), &error)),
    }
}

/// Refuses a descriptor that no map of this access and capacity can be made of.
pub(crate) fn check_descriptor(
    descriptor: BorrowedFd<'_>,
    access: Access,
    capacity: u64,
) -> Result<Stat> {
    let looking = |error: Errno| Error::from_io("look at the descriptor", &error.into());
    let stat = rustix::fs::fstat(descriptor).map_err(looking)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Error::new(
            ErrorKind::NotAFile,
            "The descriptor leads to a directory, a FIFO, a device or a socket, which cannot be mapped: give that of a file or of shared memory.",
        ));
    }
    let flags = rustix::fs::fcntl_getfl(descriptor).map_err(looking)?;
    let mode = flags & OFlags::ACCMODE;
    #[cfg(target_os = "linux")]
    let only_path = flags.contains(OFlags::PATH);
    #[cfg(not(target_os = "linux"))]
    let only_path = false;
    let writes = access.writes() || grows_unwritten(access, &stat, capacity);
    if mode == OFlags::WRONLY || (writes && mode != OFlags::RDWR) || only_path {
        return Err(Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The descriptor is not open for what the access {access:?} needs: open it for reading, and for writing too if the map is to be written or the file to grow."
            ),
        ));
    }
    Ok(stat)
}

/// Whether the file has to grow for a map that is never written.
pub(crate) fn grows_unwritten(access: Access, stat: &Stat, capacity: u64) -> bool {
    access == Access::CopyOnWrite && capacity > length_of(stat)
}

pub(crate) fn length_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// A path that leads to what the descriptor leads to.
pub(crate) fn path_of(descriptor: BorrowedFd<'_>, inode: Inode) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    let path = {
        use std::os::fd::AsRawFd;
        fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd())).ok()
    };
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

/// Whether a path leads to this file.
pub(crate) fn leads_to(path: &Path, inode: Inode) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| Inode::of(&stat) == inode)
}

/// Opens a file that was mapped before, and tells its length. Nothing, if the path leads to another
/// file or to none now. What it leads to is looked at before it is opened: opening a device does
/// things, opening a pipe is seen at its other end, and a link leads to whatever its maker wants.
pub(crate) fn open_again(
    path: &Path,
    inode: Inode,
    writes: bool,
) -> Result<Option<(OwnedFd, u64)>> {
    let failed = |error: Errno| failure(path, &error.into());
    let is_it = |stat: &Stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && Inode::of(stat) == inode
    };
    let length = |stat: &Stat| u64::try_from(stat.st_size).unwrap_or(0);
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
                return opened.map(|file| Some((file, length(&stat)))).map_err(failed);
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
    Ok(is_it(&stat).then(|| (file, length(&stat))))
}

/// The flags to open for a map what was opened before: whatever is met, nobody is waited for, and
/// no terminal becomes ours.
fn access(writes: bool) -> OFlags {
    let access = if writes { OFlags::RDWR } else { OFlags::RDONLY };
    access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

/// A fresh description of what a descriptor leads to, without its locks and its position.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub(crate) fn reopen(fd: BorrowedFd<'_>, writes: bool) -> rustix::io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    rustix::fs::open(format!("/proc/self/fd/{}", fd.as_raw_fd()), access(writes), Mode::empty())
}

/// The path by which others find a file, for a record: not through a link in the last place, which
/// nobody follows from there.
pub(crate) fn lasting(path: &Path) -> PathBuf {
    let is_link = rustix::fs::lstat(path)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
    let target = if is_link { fs::canonicalize(path).ok() } else { None };
    target.unwrap_or_else(|| path.to_owned())
}

/// What has to be done to a file before all of a map's bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitting {
    /// The file as it was found.
    before: Stat,
    capacity: u64,
    emptied: bool,
}

impl Fitting {
    /// A capacity of 0 stands for the file's own length.
    pub(crate) fn new(before: Stat, capacity: u64, emptied: bool) -> Fitting {
        let capacity = if capacity == 0 { length_of(&before) } else { capacity };
        Fitting { before, capacity, emptied }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Whether the file stays as it is.
    pub(crate) fn is_none(&self) -> bool {
        !self.emptied && self.capacity <= length_of(&self.before)
    }

    /// Gives the file the map's size, with the disk reserved, or leaves it as it was. What was in
    /// it goes last, when there is room for what comes.
    pub(crate) fn run(&self, data: &OwnedFd) -> Result<()> {
        if self.is_none() {
            return Ok(());
        }
        let capacity = self.capacity;
        let no_space = |error| bytes::no_space("the file", capacity, error);
        bytes::check_file_size_limit(capacity)?;
        // The file keeps its length until nothing can fail: whoever maps it meanwhile never sees
        // bytes that are taken away again.
        let before = length_of(&self.before);
        let from = if self.emptied { 0 } else { before };
        let empty = || if self.emptied { rustix::fs::ftruncate(data, 0) } else { Ok(()) };
        self.hold_room(data, from).and_then(|()| empty()).map_err(|error| {
            if bytes::size(data.as_fd()).is_ok_and(|length| length == before) {
                self.undo(data);
            }
            no_space(error)
        })?;
        bytes::grow(data.as_fd(), from..capacity, FallocateFlags::empty()).map_err(|error| {
            if !self.emptied {
                self.undo(data);
            }
            no_space(error)
        })
    }

    /// Makes sure that there is room for the map's bytes from there on, and leaves those of the file.
    fn hold_room(&self, data: &OwnedFd, from: u64) -> rustix::io::Result<()> {
        let has = u64::try_from(self.before.st_blocks).unwrap_or(0).saturating_mul(512);
        let needed = (self.capacity - from).saturating_sub(if self.emptied { has } else { 0 });
        if let Ok(system) = rustix::fs::fstatvfs(data)
            && system.f_blocks > 0
            && needed / system.f_frsize.max(1) > system.f_bfree
        {
            return Err(Errno::NOSPC);
        }
        // A quota is met only by asking for the room itself.
        bytes::reserve_behind(data.as_fd(), from..self.capacity)
    }

    /// Takes back what was reserved. The error that led here is the one to tell.
    fn undo(&self, data: &OwnedFd) {
        let _ = rustix::fs::ftruncate(data, length_of(&self.before));
        let keep = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
        let times = rustix::fs::Timestamps {
            last_access: keep,
            last_modification: rustix::fs::Timespec {
                tv_sec: self.before.st_mtime as _,
                tv_nsec: self.before.st_mtime_nsec as _,
            },
        };
        let _ = rustix::fs::futimens(data, &times);
    }
}

/// Says when a map is made what a view for execution would say later: many systems mount
/// `/dev/shm` without execution.
pub(crate) fn check_executable(view: Result<Mapping>) -> Result<()> {
    view.map(drop).map_err(|error| {
        let denied = Error::new(
            ErrorKind::AccessDenied,
            "The system does not let this map's memory be executed (its file system is mounted without execution, or a policy forbids it): ask for access without execution, or map a file elsewhere.",
        );
        match error.os_code() {
            Some(code) => denied.with_os_code(code),
            None => denied,
        }
    })
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
