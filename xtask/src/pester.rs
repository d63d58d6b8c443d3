//! Finding exactly the Pester that the tests are written for.

use std::path::PathBuf;

use crate::archive;
use crate::download::{self, Missing};
use crate::pins::{PESTER, PESTER_VERSION};
use crate::process;
use crate::shell::Shell;
use crate::workspace;

/// The folder of the pinned Pester: `MMF_PESTER`, the module path, or fetched. The tests import it by
/// its version, so that another one there is an error.
pub(crate) fn find(shell: &Shell) -> Result<PathBuf, Missing> {
    if let Some(named) = std::env::var_os("MMF_PESTER") {
        return Ok(PathBuf::from(named));
    }
    let question = format!(
        "(Get-Module -ListAvailable Pester | Where-Object {{ $_.Version -eq '{PESTER_VERSION}' -and \
         -not $_.PrivateData.PSData.Prerelease }} | Select-Object -First 1).ModuleBase"
    );
    let installed = process::run(shell.command().args(["-Command", &question]))?;
    if let Some(folder) = installed.lines().find(|line| !line.is_empty()) {
        return Ok(PathBuf::from(folder.trim()));
    }
    let name = format!("Pester.{PESTER_VERSION}");
    let folder = workspace::downloads().join(&name);
    if !folder.is_dir() {
        let package = workspace::downloads().join(format!("{name}.nupkg"));
        download::fetch(PESTER, &package)?;
        archive::unpack(&package, &folder)?;
    }
    Ok(folder)
}
