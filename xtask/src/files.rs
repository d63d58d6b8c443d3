//! Files and folders: written, copied, listed, removed; and made so that nobody sees half of them.

use std::path::Path;

use fs_err as fs;

use crate::error::Result;

/// Removes a folder that an earlier run may have left.
pub(crate) fn remove(folder: &Path) -> Result {
    if folder.exists() { Ok(fs::remove_dir_all(folder)?) } else { Ok(()) }
}

/// Makes the folder that a file will lie in.
pub(crate) fn make_room(file: &Path) -> Result {
    Ok(fs::create_dir_all(file.parent().unwrap_or(file))?)
}

/// Writes a file, in a folder that there need not be.
pub(crate) fn write(file: &Path, text: &str) -> Result {
    make_room(file)?;
    Ok(fs::write(file, text)?)
}

/// Makes a file or a folder under a name of this process, and gives it its own when it is whole.
pub(crate) fn whole(path: &Path, make: impl FnOnce(&Path) -> Result) -> Result {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    // There may be nothing to remove.
    let remove = || drop(fs::remove_file(part).or_else(|_| fs::remove_dir_all(part)));
    // Left behind by a process of this number that was killed.
    remove();
    make_room(path)?;
    let outcome = make(part).and_then(|()| Ok(fs::rename(part, path)?));
    if outcome.is_err() {
        remove();
    }
    outcome
}

/// Copies a file, or the files of a folder and of those in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result {
    if from.is_dir() {
        return below(from)?.iter().try_for_each(|file| copy(&from.join(file), &to.join(file)));
    }
    make_room(to)?;
    fs::copy(from, to)?;
    Ok(())
}

/// The files below a folder, sorted, with `/` between the parts of their names.
pub(crate) fn below(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(below(&entry.path())?.iter().map(|file| format!("{name}/{file}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}
