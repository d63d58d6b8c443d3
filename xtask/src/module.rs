//! Laying out the PowerShell module: its files, and the libraries under `runtimes`.

use std::path::{Path, PathBuf};

use crate::dotnet::{self, Assemblies};
use crate::error::Result;
use crate::files;
use crate::library::Libraries;
use crate::rid::{self, Platform};
use crate::shell::Shell;
use crate::workspace;

/// What the module is called, and its folder.
pub(crate) const NAME: &str = "System.IO.MemoryMappedFiles.Commands";

/// Whoever has the library has the licences of what is in it.
pub(crate) const NOTICES: [&str; 3] = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"];

/// Copies them to the root of a package or among its documents.
pub(crate) fn copy_notices(folder: &Path) -> Result {
    let root = workspace::root();
    NOTICES.iter().try_for_each(|text| files::copy(&root.join(text), &folder.join(text)))
}

/// The module for this machine.
pub(crate) fn build(shell: &Shell) -> Result<PathBuf> {
    here(&Assemblies::build(shell)?)
}

/// The module for this machine, of assemblies that are compiled.
pub(crate) fn here(assemblies: &Assemblies) -> Result<PathBuf> {
    let host = rid::host()?;
    let library = Libraries::here(host)?.shared;
    lay_out(&workspace::target().join("module"), assemblies, &[(host, library)])
}

/// The module for 64-bit Windows, cross-built; beside the one for this machine.
pub(crate) fn build_windows(shell: &Shell) -> Result<PathBuf> {
    let assemblies = Assemblies::build(shell)?;
    let windows = rid::named("win-x64")?;
    let library = Libraries::packaged(windows)?.shared;
    lay_out(&workspace::target().join("module-windows"), &assemblies, &[(windows, library)])
}

/// Copies the module's files into `folder/NAME`, and the assemblies and each library to their places in it.
pub(crate) fn lay_out(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[(&Platform, PathBuf)],
) -> Result<PathBuf> {
    let (root, module) = (workspace::root(), folder.join(NAME));
    files::remove(&module)?;
    files::copy(&root.join("powershell").join(NAME), &module)?;
    copy_notices(&module)?;
    for file in dotnet::FILES {
        files::copy(&assemblies.folder.join(file), &module.join(file))?;
    }
    // Someone may have put a library there to work with the sources.
    files::remove(&module.join("runtimes"))?;
    copy_runtimes(&module, libraries)?;
    Ok(module)
}

/// Copies each library to where .NET looks for it, below the folder of an assembly or package.
pub(crate) fn copy_runtimes(folder: &Path, libraries: &[(&Platform, PathBuf)]) -> Result {
    for (platform, library) in libraries {
        let place = folder.join("runtimes").join(platform.rid).join("native");
        files::copy(library, &place.join(platform.library_for_dotnet()))?;
    }
    Ok(())
}
