//! Finding exactly the Pester that the tests are written for.

use std::path::PathBuf;

use crate::archive;
use crate::download;
use crate::error::Result;
use crate::pins::{self, PESTER_VERSION};
use crate::shell::Shell;
use crate::workspace;

/// The folder of the pinned Pester: `MMF_PESTER`, the module path, or fetched. The tests import it by
/// its version, so that another one there is an error.
pub(crate) fn find(shell: &Shell) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("MMF_PESTER") {
        return Ok(PathBuf::from(named));
    }
    let installed = shell.says(&format!(
        "(Get-Module -ListAvailable Pester | Where-Object {{ $_.Version -eq '{PESTER_VERSION}' -and \
         -not $_.PrivateData.PSData.Prerelease }} | Select-Object -First 1).ModuleBase"
    ))?;
    if !installed.is_empty() {
        return Ok(PathBuf::from(installed));
    }
    let folder = workspace::downloads().join(format!("Pester.{PESTER_VERSION}"));
    if !folder.is_dir() {
        let package = folder.with_extension("nupkg");
        download::fetch(&pins::pester(), &package)?;
        archive::unpack(&package, &folder)?;
    }
    Ok(folder)
}
