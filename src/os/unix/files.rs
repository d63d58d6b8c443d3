//! Files by path: opened for a map, and replaced by a saved one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::mapping::Mapping;
use super::{Inode, bytes};
use crate::access::{Access, FileMode};
use crate::error::{Error, Result, Status};
use crate::options::shown;

/// A file that was opened for a map.
pub(crate) struct Opened {
    pub(crate) file: File,
    /// This call created it: a failure later on removes it again.
    pub(crate) created: bool,
}

/// Opens a file as the mode and the map's access demand.
pub(crate) fn open_file(path: &Path, mode: FileMode, access: Access) -> Result<Opened> {
    // A copy-on-write map reads the file; .NET asks for writing all the same, and refuses a file
    // that cannot be written. So do we.
    let writes = access.writes() || access == Access::CopyOnWrite;
    if !writes && matches!(mode, FileMode::CreateNew | FileMode::Create) {
        return Err(Error::new(
            Status::InvalidArgument,
            format!(
                "A new file cannot be mapped for {access:?} alone, since it is empty: use ReadWrite, or the file mode Open."
            ),
        ));
    }
    let mut options = OpenOptions::new();
    // Non-blocking, or a pipe in the file's place would be waited for.
    options.read(true).write(writes).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let failed = |error: io::Error| failure(path, &error);
    loop {
        let existing = match mode {
            FileMode::CreateNew => Err(io::Error::from_raw_os_error(libc::ENOENT)),
            FileMode::Create => options.clone().truncate(true).open(path),
            FileMode::Open | FileMode::OpenOrCreate => options.open(path),
        };
        match existing {
            Ok(file) => {
                check_kind(path, &file)?;
                return Ok(Opened { file, created: false });
            }
            Err(error) if mode == FileMode::Open || error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            Err(_) => {}
        }
        match options.clone().write(true).create_new(true).open(path) {
            Ok(file) => return Ok(Opened { file, created: true }),
            // Somebody was faster: open theirs.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && mode != FileMode::CreateNew => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

fn check_kind(path: &Path, file: &File) -> Result<()> {
    let kind = file.metadata().map_err(|error| failure(path, &error))?.file_type();
    if kind.is_dir() {
        return Err(folder(path));
    }
    if kind.is_file() { Ok(()) } else { Err(not_a_file(path)) }
}

fn not_a_file(path: &Path) -> Error {
    Error::new(
        Status::NotAFile,
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
                Status::DirectoryNotFound,
                format!(
                    "Could not open {}: its folder does not exist. Create it first.",
                    shown(path)
                ),
            )
            .with_os_code(libc::ENOENT);
        }
        return Error::new(
            Status::NotFound,
            format!(
                "The file {} does not exist: check the path, or use the file mode OpenOrCreate.",
                shown(path)
            ),
        )
        .with_os_code(libc::ENOENT);
    }
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Error::new(
            Status::AlreadyExists,
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
        Status::AccessDenied,
        format!("{} is a folder: give the path of a file.", shown(path)),
    )
}

/// A new file beside the target, for its new contents. If the target exists, nobody else can read
/// it until it has the target's permissions; if not, it gets those of any new file.
pub(crate) fn unique_file(target: &Path) -> io::Result<(File, PathBuf)> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    let mode = if target.exists() { 0o600 } else { 0o666 };
    loop {
        let random = RandomState::new().build_hasher().finish();
        let mut unique = name.clone();
        // A long name keeps its beginning, so that the whole stays within what a folder can hold.
        if unique.len() > 200 {
            use std::os::unix::ffi::{OsStrExt, OsStringExt};
            unique = std::ffi::OsString::from_vec(unique.as_bytes()[..200].to_vec());
        }
        unique.push(format!(".{random:016x}.tmp"));
        let path = target.with_file_name(unique);
        match OpenOptions::new().write(true).create_new(true).mode(mode).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Puts the finished file in the target's place, in one step, and makes that last. The target's
/// owner and mode stay; a new file gets the mode that any new file would get.
pub(crate) fn replace_file(
    file: File,
    beside: &Path,
    target: &Path,
    keep_existing: bool,
) -> io::Result<()> {
    // A new file has its mode from its birth.
    if let Ok(old) = fs::metadata(target) {
        // Another user's file stays theirs where we may say so, and becomes ours where not.
        let _ = rustix::fs::fchown(
            &file,
            Some(rustix::fs::Uid::from_raw(old.uid())),
            Some(rustix::fs::Gid::from_raw(old.gid())),
        );
        file.set_permissions(old.permissions())?;
    }
    if keep_existing {
        // A link fails where a name exists; a rename would replace it.
        fs::hard_link(beside, target)?;
        fs::remove_file(beside)?;
    } else {
        fs::rename(beside, target)?;
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Not every file system can sync a folder; the file itself is safe by now.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Refuses a descriptor that no map of this access can be made of.
pub(crate) fn check_descriptor(descriptor: BorrowedFd<'_>, access: Access) -> Result<Stat> {
    let looking = |error: Errno| Error::from_io("look at the descriptor", &error.into());
    let stat = rustix::fs::fstat(descriptor).map_err(looking)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Error::new(
            Status::NotAFile,
            "The descriptor leads to a directory, a FIFO, a device or a socket, which cannot be mapped: give that of a file or of shared memory.",
        ));
    }
    let flags = rustix::fs::fcntl_getfl(descriptor).map_err(looking)?;
    let mode = flags & OFlags::ACCMODE;
    #[cfg(target_os = "linux")]
    let only_path = flags.contains(OFlags::PATH);
    #[cfg(not(target_os = "linux"))]
    let only_path = false;
    if mode == OFlags::WRONLY || (access.writes() && mode != OFlags::RDWR) || only_path {
        return Err(Error::new(
            Status::AccessDenied,
            format!(
                "The descriptor is not open for what the access {access:?} needs: open it for reading, and for writing too if the map is to be written."
            ),
        ));
    }
    Ok(stat)
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
    #[cfg(target_os = "linux")]
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
#[cfg(target_os = "linux")]
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

/// Gives a file the map's size, with the disk reserved, or leaves it as it was.
pub(crate) fn grow(data: &OwnedFd, length: u64, capacity: u64) -> Result<()> {
    bytes::check_file_size_limit(capacity)?;
    bytes::reserve(data.as_fd(), length..capacity, FallocateFlags::empty()).map_err(|error| {
        // The error that led here is the one to tell.
        let _ = rustix::fs::ftruncate(data, length);
        bytes::no_space("the file", capacity, error)
    })
}

/// Says when a map is made what a view for execution would say later: many systems mount
/// `/dev/shm` without execution.
pub(crate) fn check_executable(view: Result<Mapping>) -> Result<()> {
    view.map(drop).map_err(|error| {
        let denied = Error::new(
            Status::AccessDenied,
            "The system does not let this map's memory be executed (its file system is mounted without execution, or a policy forbids it): ask for access without execution, or map a file elsewhere.",
        );
        match error.os_code() {
            Some(code) => denied.with_os_code(code),
            None => denied,
        }
    })
}
