//! Writing, copying, listing, removing and replacing files and folders.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::error::Result;

pub(crate) fn remove(folder: &Path) -> Result {
    if folder.exists() { Ok(fs::remove_dir_all(folder)?) } else { Ok(()) }
}

pub(crate) fn create_parent(path: &Path) -> Result {
    Ok(fs::create_dir_all(path.parent().unwrap_or(path))?)
}

/// Writes a file, and creates its folder if necessary.
pub(crate) fn write(file: &Path, text: &str) -> Result {
    create_parent(file)?;
    Ok(fs::write(file, text)?)
}

/// A path beside `path` that no other process uses.
pub(crate) fn temporary(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{extension}", std::process::id()));
    PathBuf::from(name)
}

/// Has `make` create a file or a folder under a temporary name, and renames it when it is complete.
pub(crate) fn create_whole(path: &Path, make: impl FnOnce(&Path) -> Result) -> Result {
    let part = &temporary(path, "part");
    let remove = || drop(fs::remove_file(part).or_else(|_| fs::remove_dir_all(part)));
    // A killed process with the same id may have left one.
    remove();
    create_parent(path)?;
    let outcome = make(part).and_then(|()| Ok(fs::rename(part, path)?));
    if outcome.is_err() {
        remove();
    }
    outcome
}

/// Copies a file, or all files below a folder.
pub(crate) fn copy(from: &Path, to: &Path) -> Result {
    if from.is_dir() {
        return list(from)?.iter().try_for_each(|file| copy(&from.join(file), &to.join(file)));
    }
    create_parent(to)?;
    fs::copy(from, to)?;
    Ok(())
}

/// The relative paths of all files below a folder, sorted, with `/` as separator.
pub(crate) fn list(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(list(&entry.path())?.iter().map(|file| format!("{name}/{file}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}
