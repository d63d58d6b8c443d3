//! Laying out the PowerShell module: its files, and the libraries under `runtimes`.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::library::{self, Form};
use crate::rid::{self, Platform};
use crate::workspace;

/// What the module is called, and its folder.
pub(crate) const NAME: &str = "System.IO.MemoryMappedFiles.Commands";

/// The module for this machine.
pub(crate) fn build() -> Result<PathBuf> {
    let host = rid::ALL.iter().find(|platform| platform.rid == rid::host());
    let host = host.ok_or("There is no runtime identifier for this machine.")?;
    let library = library::build_here(host, Form::Shared)?;
    lay_out(&workspace::target().join("module"), &[(host, library)])
}

/// The module for 64-bit Windows, cross-built; beside the one for this machine.
pub(crate) fn build_windows() -> Result<PathBuf> {
    let windows = rid::ALL.iter().find(|platform| platform.rid == "win-x64");
    let windows = windows.ok_or("There is no runtime identifier for Windows.")?;
    let library = library::build(windows, Form::Shared)?;
    lay_out(&workspace::target().join("module-windows"), &[(windows, library)])
}

/// Copies the module's files into `folder/NAME`, and each library to its place in it.
pub(crate) fn lay_out(folder: &Path, libraries: &[(&Platform, PathBuf)]) -> Result<PathBuf> {
    let module = folder.join(NAME);
    remove(&module)?;
    copy(&workspace::root().join("powershell").join(NAME), &module)?;
    remove(&module.join("runtimes"))?;
    for (platform, library) in libraries {
        let place = module.join("runtimes").join(platform.rid).join("native");
        copy(library, &place.join(platform.library()))?;
    }
    Ok(module)
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", folder.display()))
        }
        _ => Ok(()),
    }
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
