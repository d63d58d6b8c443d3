//! A temporary file that replaces its target when it is complete.
//!
//! Until then the system will delete it when it is closed, so a killed process leaves nothing. At
//! the moment of the replacement it is only open. A file that no process has open is the leftover
//! of a process that was killed at that moment; the next save to that directory removes it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::path::{Path, PathBuf};
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, ERROR_SHARING_VIOLATION,
    GENERIC_READ, GENERIC_WRITE,
};
use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_DISPOSITION_INFO, FILE_FLAG_DELETE_ON_CLOSE, FileDispositionInfo,
    MOVEFILE_WRITE_THROUGH, MoveFileExW, SetFileInformationByHandle, WRITE_DAC,
};

use super::security::Descriptor;
use super::wide::wide;
use crate::os::code::code_of;
use crate::os::draft::{directory, remove_abandoned, unique};
use crate::time::{Backoff, Deadline};

/// A new file that is not in its place yet. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    target: PathBuf,
    beside: PathBuf,
    published: bool,
}

impl Draft {
    /// Begins a file for the target's place, in the same directory.
    pub(crate) fn create(target: &Path) -> io::Result<Draft> {
        remove_abandoned(directory(target), remove_if_abandoned);
        loop {
            let beside = unique(target);
            match OpenOptions::new()
                .access_mode(GENERIC_READ | GENERIC_WRITE | WRITE_DAC | DELETE)
                .write(true)
                .create_new(true)
                .open(&beside)
            {
                Ok(file) => {
                    let target = target.to_owned();
                    let draft = Draft { file, target, beside, published: false };
                    // If the file system cannot do that, dropping the draft removes the file.
                    let _ = draft.delete_on_close(true);
                    return Ok(draft);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts the file in the target's place, in one step. The permissions of the target are kept; a
    /// new file inherits those of its directory. With `keep_existing`, an existing target is an
    /// error.
    pub(crate) fn publish(mut self, keep_existing: bool) -> io::Result<()> {
        self.file.sync_all()?;
        if keep_existing {
            self.delete_on_close(false)?;
            move_file(&self.beside, &self.target)?;
            self.published = true;
            return Ok(());
        }
        let readonly = match File::open(&self.target) {
            Ok(old) => self.inherit(&old)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if readonly {
            // The caller asked for it to be replaced all the same; the system would not.
            set_readonly(&self.target, false)?;
        }
        // It stays open until it is in its place, so no process takes it for a leftover.
        let renamed = self.delete_on_close(false).and_then(|()| rename(&self.beside, &self.target));
        self.published = renamed.is_ok();
        if readonly {
            set_readonly(&self.target, true)?;
        }
        renamed
    }

    /// Gives the file the rights of the one that it replaces, and says whether that is read-only.
    fn inherit(&self, old: &File) -> io::Result<bool> {
        let rights = Descriptor::of(old.as_handle(), DACL_SECURITY_INFORMATION)
            .and_then(|rights| rights.apply(self.file.as_handle()));
        match rights.map_err(|error| code_of(&error)) {
            // On file systems without permissions there are none to keep.
            Ok(()) | Err(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED) => {}
            Err(code) => return Err(io::Error::from_raw_os_error(code.cast_signed())),
        }
        Ok(old.metadata()?.permissions().readonly())
    }

    fn delete_on_close(&self, delete: bool) -> io::Result<()> {
        let asked = FILE_DISPOSITION_INFO { DeleteFile: delete };
        // SAFETY: the handle is open, and the structure is of the class and the size that are told.
        let done = unsafe {
            SetFileInformationByHandle(
                self.file.as_raw_handle(),
                FileDispositionInfo,
                (&raw const asked).cast(),
                size_of::<FILE_DISPOSITION_INFO>() as u32,
            )
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published && self.delete_on_close(true).is_err() {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Removes leftovers of killed processes: a file that can be opened exclusively is not open in
/// another process.
fn remove_if_abandoned(path: &Path) {
    let mut options = OpenOptions::new();
    options.access_mode(DELETE).share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    let _ = options.open(path);
}

/// Renames over a target that another process may have open for a moment: another save, a virus
/// scanner.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    const PAUSE: Duration = Duration::from_millis(20);
    let mut backoff = Backoff::new(Deadline::after(PATIENCE), PAUSE);
    loop {
        match fs::rename(from, to) {
            Err(error)
                if matches!(code_of(&error), ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION)
                    && backoff.wait() => {}
            done => return done,
        }
    }
}

fn set_readonly(path: &Path, readonly: bool) -> io::Result<()> {
    let mut flags = fs::metadata(path)?.permissions();
    flags.set_readonly(readonly);
    fs::set_permissions(path, flags)
}

/// Renames, unless the target exists.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from), wide(to));
    // SAFETY: both paths end with a NUL.
    let done = unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::mem::ManuallyDrop;
    use std::os::windows::io::{FromRawHandle, OwnedHandle};

    use super::*;

    /// Does to a draft what the system does to one whose process is killed.
    fn kill(draft: ManuallyDrop<Draft>) -> PathBuf {
        // SAFETY: it is open, because nothing closed it, and the draft is not used from here on.
        drop(unsafe { OwnedHandle::from_raw_handle(draft.file.as_raw_handle()) });
        draft.beside.clone()
    }

    #[test]
    fn a_killed_process_leaves_nothing_that_the_next_save_does_not_remove() {
        let folder = tempfile::tempdir().expect("a folder");
        let draft = || {
            let draft = Draft::create(&folder.path().join("target")).expect("a draft");
            assert!(draft.beside.exists());
            ManuallyDrop::new(draft)
        };
        assert!(!kill(draft()).exists(), "the system deletes it");
        // In the moment in which it is to stay.
        let open = draft();
        open.delete_on_close(false).expect("it is to stay");
        drop(ManuallyDrop::into_inner(draft()));
        assert!(open.beside.exists(), "somebody has it open");
        let left = kill(open);
        assert!(left.exists());
        drop(ManuallyDrop::into_inner(draft()));
        assert!(!left.exists(), "abandoned, and removed");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
