//! Files and folders: read, written, copied, listed, removed; and made so that nobody sees half of them.

use std::path::Path;

use crate::Result;

/// Removes a folder that an earlier run may have left.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The text of a file.
pub(crate) fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Writes a file, in a folder that there need not be.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(file.parent().unwrap_or(file))
        .and_then(|()| std::fs::write(file, text))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// Makes a file or a folder under a name of this process, and gives it its own when it is whole.
pub(crate) fn whole<E: From<String>>(
    path: &Path,
    make: impl FnOnce(&Path) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let failed = |error| E::from(format!("{} cannot be written: {error}", path.display()));
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    // There may be nothing to remove.
    let remove = || drop(std::fs::remove_file(part).or_else(|_| std::fs::remove_dir_all(part)));
    // Left behind by a process of this number that was killed.
    remove();
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    let outcome = make(part).and_then(|()| std::fs::rename(part, path).map_err(failed));
    if outcome.is_err() {
        remove();
    }
    outcome
}

/// Copies a file, or a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed =
        |error| format!("{} cannot be copied to {}: {error}", from.display(), to.display());
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(failed)?;
        for entry in std::fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::copy(from, to).map(drop).map_err(failed)
}

/// The files below a folder, sorted, with `/` between the parts of their names.
pub(crate) fn below(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| format!("{} cannot be listed: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
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
