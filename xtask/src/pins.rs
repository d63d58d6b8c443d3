//! What is fetched, and the SHA-256 that it must have.

/// A file of somebody else, at one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pin {
    pub(crate) url: &'static str,
    pub(crate) sha256: &'static str,
}

impl Pin {
    /// What the file is called there.
    pub(crate) fn file(self) -> &'static str {
        self.url.rsplit('/').next().unwrap_or(self.url)
    }
}

/// The version of Pester that the tests are written for.
pub(crate) const PESTER_VERSION: &str = "5.7.1";

macro_rules! powershell {
    ($file:literal) => {
        concat!("https://github.com/PowerShell/PowerShell/releases/download/v7.6.5/", $file)
    };
}

/// PowerShell's official release for a runtime identifier. There is none for musl.
pub(crate) fn powershell(rid: &str) -> Option<Pin> {
    let (url, sha256) = match rid {
        "linux-x64" => (
            powershell!("powershell-7.6.5-linux-x64.tar.gz"),
            "b34ab3b19acac1d3d4d0d3cfdb02acf62f457b0b6a962ff008132033f7566844",
        ),
        "linux-arm64" => (
            powershell!("powershell-7.6.5-linux-arm64.tar.gz"),
            "ed4084f215d8bce2edd23aa7cb1f1e7b0818e41363a635a22065d2701b6141df",
        ),
        "osx-x64" => (
            powershell!("powershell-7.6.5-osx-x64.tar.gz"),
            "3db1d177ab39511c1b6b73b05a1630a5db4e8dce22857ca76f14c5d98f2733fd",
        ),
        "osx-arm64" => (
            powershell!("powershell-7.6.5-osx-arm64.tar.gz"),
            "8196d4b4e7c21b7f6df9d45687bb4e42dc8335f330b580d9eb15f3ef5042a8c3",
        ),
        "win-x64" => (
            powershell!("PowerShell-7.6.5-win-x64.zip"),
            "32eb8f6cdce08f86e987d625a2733e54ac3e289ae7e1621b14c0b5bcec2434ea",
        ),
        "win-arm64" => (
            powershell!("PowerShell-7.6.5-win-arm64.zip"),
            "20514a755d16428dc4355c85e0883c859531e71cc3e122670aa1fccdbf96ba7e",
        ),
        _ => return None,
    };
    Some(Pin { url, sha256 })
}

/// Pester, as the PowerShell Gallery has it.
pub(crate) const PESTER: Pin = Pin {
    url: "https://www.powershellgallery.com/api/v2/package/Pester/5.7.1",
    sha256: "4a27904c6814a5fbe4758f8e49861f6a1994aee77b71165a5c43c0371ba6c580",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_whole_checksum_of_the_file_for_its_platform() {
        for rid in ["linux-x64", "linux-arm64", "osx-x64", "osx-arm64", "win-x64", "win-arm64"] {
            let pin = powershell(rid).expect("a pin");
            assert!(pin.url.contains(rid), "{}", pin.url);
            assert!(pin.sha256.len() == 64, "{}", pin.sha256);
        }
        assert!(PESTER.url.ends_with(PESTER_VERSION));
        assert!(powershell("linux-musl-x64").is_none());
    }
}
