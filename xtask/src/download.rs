//! Fetching a pinned file: by curl, checked, then laid in its place.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::files;
use crate::pins::Pin;
use crate::process;

/// Why there is no file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is not to be had from here: no network, no curl, the server refuses. One may do without.
    Unreachable(String),
    /// Something came, and it is not what was asked for, or there is no room for it. Nobody may go
    /// on as if nothing had happened.
    Wrong(String),
}

impl Missing {
    /// The sentence to print.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Missing::Unreachable(reason) | Missing::Wrong(reason) => reason,
        }
    }
}

/// Fetches a file into `path`, unless it lies there already. What lies there is checked, too.
pub(crate) fn fetch(pin: Pin, path: &Path) -> Result<(), Missing> {
    if path.is_file() {
        return check(pin, path);
    }
    let Some(curl) = process::find("curl") else {
        return Err(Missing::Unreachable(format!("no curl on PATH to fetch {} with", pin.url)));
    };
    println!("fetching {}", pin.url);
    let protocol = if cfg!(test) { "=file" } else { "=https" };
    files::whole(path, |part| {
        let mut command = Command::new(curl);
        command.args(["--fail", "--location", "--proto", protocol, "--silent", "--show-error"]);
        command.args(["--connect-timeout", "20", "--speed-time", "60", "--speed-limit", "1000"]);
        let output = command.arg("--output").arg(part).arg(pin.url).output();
        let output = output
            .map_err(|error| Missing::Unreachable(format!("curl does not start: {error}")))?;
        if output.status.success() {
            return check(pin, part);
        }
        let why = String::from_utf8_lossy(&output.stderr);
        let sentence = format!("{} cannot be fetched ({})", pin.file(), why.trim());
        // 23 is about this machine's disk; all others say that nothing whole came.
        let here = output.status.code() == Some(23);
        Err(if here { Missing::Wrong(sentence) } else { Missing::Unreachable(sentence) })
    })
}

fn check(pin: Pin, file: &Path) -> Result<(), Missing> {
    let sum = sha256(file)
        .map_err(|error| Missing::Wrong(format!("{} cannot be read: {error}", file.display())))?;
    if sum == pin.sha256 {
        return Ok(());
    }
    Err(Missing::Wrong(format!(
        "{} from {} has the SHA-256 {sum}; {} was expected. It is not used. Delete the file if it is there, and find out who changed it.",
        file.display(),
        pin.url,
        pin.sha256
    )))
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> std::io::Result<String> {
    let hash = Sha256::digest(std::fs::read(file)?);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The SHA-256 of "hello".
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    /// What curl calls a file of this machine.
    pub(crate) fn url(file: &Path) -> &'static str {
        format!("file://{}", file.display()).leak()
    }

    /// Without curl nothing can be fetched, here as elsewhere.
    pub(crate) fn has_curl() -> bool {
        let found = process::find("curl").is_some();
        if !found {
            crate::not_run::not_run("download", "no curl on PATH");
        }
        found
    }

    #[test]
    fn only_what_was_asked_for_is_kept_and_only_what_is_wrong_is_alarming() {
        if !has_curl() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("there");
        let pin = Pin { url: url(&there), sha256: HELLO };
        let here = folder.path().join("here");
        let fetched = || fetch(pin, &here.join("file"));
        assert!(matches!(fetched(), Err(Missing::Unreachable(_))), "there is nothing");
        std::fs::write(&there, "hallo").expect("a file");
        assert!(matches!(fetched(), Err(Missing::Wrong(why)) if why.contains(HELLO)));
        assert!(files::below(folder.path()).expect("the folder") == ["there"], "nothing is kept");
        std::fs::write(&there, "hello").expect("a file");
        assert_eq!(fetched(), Ok(()));
        assert_eq!(files::below(&here).expect("the folder"), ["file"]);
        // It lies there, and is checked all the same.
        std::fs::remove_file(&there).expect("removed");
        assert_eq!(fetched(), Ok(()));
        std::fs::write(here.join("file"), "hallo").expect("a file");
        assert!(matches!(fetched(), Err(Missing::Wrong(_))));
    }
}
