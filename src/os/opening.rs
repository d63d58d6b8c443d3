//! Opening a file for a map: what the file modes mean on every system.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::access::{Access, FileMode};
use crate::error::{Error, ErrorKind, Result};

/// A file that was opened for a map.
pub(crate) struct Opened {
    pub(crate) file: File,
    /// This call created it: a failure later on removes it again.
    pub(crate) created: bool,
    /// Its content will be removed once nothing else can fail.
    pub(crate) emptied: bool,
}

/// Whether the file is opened for writing, too.
pub(super) fn writes(mode: FileMode, access: Access) -> Result<bool> {
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
    Ok(writes)
}

/// Opens a file as the mode demands, and as the options say. `admit` refuses what cannot be mapped,
/// and `failed` has the words for what the system refuses.
pub(super) fn open(
    path: &Path,
    mode: FileMode,
    mut options: OpenOptions,
    admit: impl Fn(&File) -> Result<()>,
    failed: impl Fn(io::Error) -> Error,
) -> Result<Opened> {
    let found = |file: File, created: bool| {
        admit(&file)?;
        Ok(Opened { file, created, emptied: mode == FileMode::Create })
    };
    if mode != FileMode::CreateNew {
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
    // Another process was faster, or it is a link to a file that does not exist. The system creates
    // that file, because it knows which links may be followed.
    let file = options.create(true).open(path).map_err(&failed)?;
    let created = path.is_symlink() && file.metadata().map_err(&failed)?.len() == 0;
    found(file, created)
}
