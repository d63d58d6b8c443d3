//! Where things lie in the checkout.

use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where everything goes that is built.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Where everything goes that is fetched: `MMF_DOWNLOADS`, which several checkouts may share.
pub(crate) fn downloads() -> PathBuf {
    match std::env::var_os("MMF_DOWNLOADS") {
        Some(folder) => root().join(folder),
        None => target().join("downloads"),
    }
}

/// A path as somebody in the root of the checkout would write it.
pub(crate) fn relative(path: &Path) -> PathBuf {
    path.strip_prefix(root()).unwrap_or(path).to_owned()
}

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
