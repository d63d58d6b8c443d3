//! Fetching a pinned file: by curl, checked, then laid in its place.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result, ensure};
use crate::files;
use crate::pins::Pin;
use crate::process;

/// Fetches a file into `path`, unless it lies there already. What lies there is checked, too.
pub(crate) fn fetch(pin: &Pin, path: &Path) -> Result {
    if path.is_file() {
        return check(pin, path);
    }
    let curl = process::find("curl")?;
    println!("fetching {}", pin.url);
    let protocol = if cfg!(test) { "=file" } else { "=https" };
    files::whole(path, |part| {
        let mut command = Command::new(curl);
        command.args(["--fail", "--location", "--proto", protocol, "--silent", "--show-error"]);
        command.args(["--connect-timeout", "20", "--speed-time", "60", "--speed-limit", "1000"]);
        let output = command.arg("--output").arg(part).arg(&pin.url).output();
        let output =
            output.map_err(|error| Error::NotHere(format!("curl does not start: {error}")))?;
        if output.status.success() {
            return check(pin, part);
        }
        let why = String::from_utf8_lossy(&output.stderr);
        let sentence = format!("{} cannot be fetched ({})", pin.file(), why.trim());
        // 23 is about this machine's disk; all others say that nothing whole came.
        let here = output.status.code() == Some(23);
        Err(if here { Error::Wrong(sentence) } else { Error::NotHere(sentence) })
    })
}

fn check(pin: &Pin, file: &Path) -> Result {
    let sum = sha256(file)?;
    ensure(
        sum == pin.sha256,
        format!(
            "{} from {} has the SHA-256 {sum}; {} was expected. It is not used. Delete the file if it is there, and find out who changed it.",
            file.display(),
            pin.url,
            pin.sha256
        ),
    )
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> Result<String> {
    let hash = Sha256::digest(fs_err::read(file)?);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The SHA-256 of "hello".
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    /// What curl calls a file of this machine.
    pub(crate) fn url(file: &Path) -> String {
        format!("file://{}", file.display())
    }

    /// Without curl nothing can be fetched, here as elsewhere.
    pub(crate) fn has_curl() -> bool {
        let found = process::find("curl").is_ok();
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
        let pin = Pin { url: url(&there), sha256: HELLO.to_owned() };
        let here = folder.path().join("here");
        let fetched = || fetch(&pin, &here.join("file"));
        assert!(matches!(fetched(), Err(Error::NotHere(_))), "there is nothing");
        std::fs::write(&there, "hallo").expect("a file");
        assert!(matches!(fetched(), Err(Error::Wrong(why)) if why.contains(HELLO)));
        assert!(files::below(folder.path()).expect("the folder") == ["there"], "nothing is kept");
        std::fs::write(&there, "hello").expect("a file");
        assert_eq!(fetched(), Ok(()));
        assert_eq!(files::below(&here).expect("the folder"), ["file"]);
        // It lies there, and is checked all the same.
        std::fs::remove_file(&there).expect("removed");
        assert_eq!(fetched(), Ok(()));
        std::fs::write(here.join("file"), "hallo").expect("a file");
        assert!(matches!(fetched(), Err(Error::Wrong(_))));
    }
}
