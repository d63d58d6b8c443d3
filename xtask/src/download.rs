//! Downloading pinned files with curl, which knows the system's proxies and certificates.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result, ensure, unavailable};
use crate::{files, process};

/// A file on the web, in one version.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) url: String,
    pub(crate) sha256: String,
}

impl Pin {
    pub(crate) fn file_name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }
}

const POWERSHELL: &str = "https://github.com/PowerShell/PowerShell/releases/download/v7.6.5";

/// The official PowerShell release for a platform. There is none for musl.
pub(crate) fn powershell(rid: &str) -> Result<Pin> {
    let mut lines = include_str!("../powershell.sha256").lines();
    let line = lines.find(|line| line.contains(&format!("-{rid}.")));
    let Some((sha256, file)) = line.and_then(|line| line.split_once("  ")) else {
        return unavailable(format!("there is no pinned PowerShell for {rid}"));
    };
    Ok(Pin { url: format!("{POWERSHELL}/{file}"), sha256: sha256.to_owned() })
}

/// The version of Pester that the tests are written for.
pub(crate) const PESTER_VERSION: &str = "5.7.1";

pub(crate) fn pester() -> Pin {
    Pin {
        url: format!("https://www.powershellgallery.com/api/v2/package/Pester/{PESTER_VERSION}"),
        sha256: "4a27904c6814a5fbe4758f8e49861f6a1994aee77b71165a5c43c0371ba6c580".to_owned(),
    }
}

/// Downloads a file to `path` unless it exists. The checksum is verified in both cases.
pub(crate) fn fetch(pin: &Pin, path: &Path) -> Result {
    if path.is_file() {
        return verify(pin, path);
    }
    let curl = process::find("curl")?;
    println!("Downloading {}", pin.url);
    let protocol = if cfg!(test) { "=file" } else { "=https" };
    files::create_whole(path, |part| {
        let mut command = Command::new(curl);
        command.args(["--fail", "--location", "--proto", protocol, "--silent", "--show-error"]);
        command.args(["--connect-timeout", "20", "--speed-time", "60", "--speed-limit", "1000"]);
        let output = command.arg("--output").arg(part).arg(&pin.url).output();
        let output = output.map_err(|error| Error::Unavailable(format!("curl: {error}")))?;
        if output.status.success() {
            return verify(pin, part);
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        unavailable(format!("{} cannot be downloaded ({})", pin.file_name(), reason.trim()))
    })
}

fn verify(pin: &Pin, file: &Path) -> Result {
    let sum = sha256(file)?;
    let (path, Pin { url, sha256 }) = (file.display(), pin);
    ensure(
        sum == *sha256,
        format!(
            "{path} from {url} has the SHA-256 {sum}, but {sha256} was expected. It was not used. If the file exists, \
             delete it, and find out who changed it."
        ),
    )
}

pub(crate) fn sha256(file: &Path) -> Result<String> {
    let hash = Sha256::digest(fs_err::read(file)?);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}
