//! What is fetched, and the SHA-256 that it must have.

use crate::error::{Result, not_here};

/// A file of somebody else, at one version.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) url: String,
    pub(crate) sha256: String,
}

impl Pin {
    /// What the file is called there.
    pub(crate) fn file(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }
}

const POWERSHELL: &str = "https://github.com/PowerShell/PowerShell/releases/download/v7.6.5";

/// PowerShell's official release for a runtime identifier, which is part of the file's name. There is none for musl.
pub(crate) fn powershell(rid: &str) -> Result<Pin> {
    let mut lines = include_str!("../powershell.sha256").lines();
    let found = lines.find(|line| line.contains(&format!("-{rid}.")));
    match found.and_then(|line| line.split_once("  ")) {
        Some((sum, file)) => {
            Ok(Pin { url: format!("{POWERSHELL}/{file}"), sha256: sum.to_owned() })
        }
        None => not_here(format!("there is no pinned PowerShell for {rid}")),
    }
}

/// The version of Pester that the tests are written for.
pub(crate) const PESTER_VERSION: &str = "5.7.1";

/// Pester, as the PowerShell Gallery has it.
pub(crate) fn pester() -> Pin {
    Pin {
        url: format!("https://www.powershellgallery.com/api/v2/package/Pester/{PESTER_VERSION}"),
        sha256: "4a27904c6814a5fbe4758f8e49861f6a1994aee77b71165a5c43c0371ba6c580".to_owned(),
    }
}
