//! Finding exactly the Pester that the tests are written for.

use std::path::{Path, PathBuf};

use crate::archive;
use crate::download::{self, Missing};
use crate::pins;
use crate::process;
use crate::shell::Shell;
use crate::workspace;

/// The folder of the pinned Pester: `MMF_PESTER`, the module path, or fetched.
pub(crate) fn find(shell: &Shell) -> Result<PathBuf, Missing> {
    if let Some(named) = std::env::var_os("MMF_PESTER") {
        let folder = PathBuf::from(named);
        if is_pinned(&folder) {
            return Ok(folder);
        }
        println!(
            "no Pester yet: MMF_PESTER ({}) is not Pester {}",
            folder.display(),
            pins::PESTER_VERSION
        );
    }
    if let Some(folder) = installed(shell) {
        return Ok(folder);
    }
    let name = format!("Pester.{}", pins::PESTER_VERSION);
    let folder = workspace::downloads().join(&name);
    if !is_pinned(&folder) {
        let package = workspace::downloads().join(format!("{name}.nupkg"));
        download::fetch(pins::PESTER, &package)?;
        archive::unpack(&package, &folder).map_err(Missing::Wrong)?;
    }
    if is_pinned(&folder) {
        return Ok(folder);
    }
    Err(Missing::Wrong(format!(
        "{} has no Pester {} in it",
        folder.display(),
        pins::PESTER_VERSION
    )))
}

/// The one on the module path, as this PowerShell sees it.
fn installed(shell: &Shell) -> Option<PathBuf> {
    let question = format!(
        "Get-Module -ListAvailable Pester | Where-Object {{ $_.Version -eq '{}' -and -not $_.PrivateData.PSData.Prerelease }} | Select-Object -First 1 -ExpandProperty ModuleBase",
        pins::PESTER_VERSION
    );
    let answer = process::run(shell.command().args(["-Command", &question])).ok()?;
    let folder = PathBuf::from(answer.trim());
    is_pinned(&folder).then_some(folder)
}

fn is_pinned(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Pester.psd1")).is_ok_and(|manifest| {
        manifest.lines().any(|line| {
            let mut sides = line.split('=').map(str::trim);
            sides.next() == Some("ModuleVersion")
                && sides.next() == Some(&format!("'{}'", pins::PESTER_VERSION))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_serves() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!is_pinned(folder.path()));
        let manifest = folder.path().join("Pester.psd1");
        std::fs::write(&manifest, "@{\n    ModuleVersion     = '5.7.1'\n}").expect("a manifest");
        assert!(is_pinned(folder.path()));
        std::fs::write(&manifest, "@{\n    ModuleVersion = '5.7.10'\n}").expect("a manifest");
        assert!(!is_pinned(folder.path()));
    }
}
