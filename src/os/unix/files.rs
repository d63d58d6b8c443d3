//! Files by path: opened for a map, and replaced by a saved one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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
    if !kind.is_file() {
        return Err(Error::new(
            Status::NotSupported,
            format!(
                "{} is no ordinary file and cannot be mapped: give the path of a file.",
                shown(path)
            ),
        ));
    }
    Ok(())
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
