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

/// PowerShell's official releases, whose names have the runtime identifier. There is none for musl.
const RELEASES: [(&str, &str); 6] = [
    (
        "powershell-7.6.5-linux-x64.tar.gz",
        "b34ab3b19acac1d3d4d0d3cfdb02acf62f457b0b6a962ff008132033f7566844",
    ),
    (
        "powershell-7.6.5-linux-arm64.tar.gz",
        "ed4084f215d8bce2edd23aa7cb1f1e7b0818e41363a635a22065d2701b6141df",
    ),
    (
        "powershell-7.6.5-osx-x64.tar.gz",
        "3db1d177ab39511c1b6b73b05a1630a5db4e8dce22857ca76f14c5d98f2733fd",
    ),
    (
        "powershell-7.6.5-osx-arm64.tar.gz",
        "8196d4b4e7c21b7f6df9d45687bb4e42dc8335f330b580d9eb15f3ef5042a8c3",
    ),
    (
        "PowerShell-7.6.5-win-x64.zip",
        "32eb8f6cdce08f86e987d625a2733e54ac3e289ae7e1621b14c0b5bcec2434ea",
    ),
    (
        "PowerShell-7.6.5-win-arm64.zip",
        "20514a755d16428dc4355c85e0883c859531e71cc3e122670aa1fccdbf96ba7e",
    ),
];

/// The release for a runtime identifier.
pub(crate) fn powershell(rid: &str) -> Result<Pin> {
    match RELEASES.iter().find(|(file, _)| file.contains(&format!("-{rid}."))) {
        Some((file, sum)) => {
            Ok(Pin { url: format!("{POWERSHELL}/{file}"), sha256: sum.to_string() })
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
