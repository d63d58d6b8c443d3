//! Finding a PowerShell that starts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::archive;
use crate::download::{self, Missing};
use crate::pins::{self, Pin};
use crate::process;
use crate::rid;
use crate::workspace;

/// A PowerShell that was started once.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    program: PathBuf,
    /// As it says itself.
    pub(crate) version: String,
    /// It starts only without the system's language data.
    invariant: bool,
}

impl Shell {
    /// A command that runs this PowerShell without profile and without asking anybody.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.interactive();
        command.arg("-NonInteractive");
        command
    }

    /// The folder where this user's modules lie.
    pub(crate) fn user_modules(&self) -> Result<PathBuf, String> {
        // The first one on the path is the user's own; -NoProfile keeps it so.
        let question = "($env:PSModulePath -split [IO.Path]::PathSeparator)[0]";
        let answer = process::run(self.command().args(["-Command", question]))?;
        Ok(PathBuf::from(answer.trim()))
    }

    /// A command that runs this PowerShell without profile.
    pub(crate) fn interactive(&self) -> Command {
        let mut command = start(&self.program, self.invariant);
        command.arg("-NoProfile");
        if cfg!(windows) {
            command.args(["-ExecutionPolicy", "Bypass"]);
        }
        command
    }
}

fn start(program: &Path, invariant: bool) -> Command {
    let mut command = Command::new(program);
    // No telemetry, no look for updates: a test talks to nobody.
    command.env("POWERSHELL_TELEMETRY_OPTOUT", "1").env("POWERSHELL_UPDATECHECK", "Off");
    command.env("NO_COLOR", "1");
    if invariant {
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    }
    command
}

/// The PowerShell of this machine: `MMF_PWSH`, version 7 on PATH, or 5.1 on Windows; else why
/// there is none.
pub(crate) fn find_here() -> Result<Shell, Vec<String>> {
    let mut absent = Vec::new();
    for candidate in candidates() {
        match probe(&candidate) {
            Ok(shell) => {
                for reason in absent {
                    println!("Not used: {reason}.");
                }
                return Ok(shell);
            }
            Err(reason) => absent.push(reason),
        }
    }
    if absent.is_empty() {
        absent.push("no pwsh on PATH".to_owned());
    }
    Err(absent)
}

/// The PowerShell of this machine, else the pinned release, fetched into the target folder.
pub(crate) fn find() -> Result<Shell, Missing> {
    let mut absent = match find_here() {
        Ok(shell) => return Ok(shell),
        Err(absent) => absent,
    };
    match fetch() {
        Ok(shell) => {
            println!("PowerShell is the pinned release, since {}.", absent.join("; "));
            Ok(shell)
        }
        Err(Missing::Unreachable(reason)) => {
            absent.push(reason);
            Err(Missing::Unreachable(absent.join("; ")))
        }
        Err(wrong) => Err(wrong),
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(named) = std::env::var_os("MMF_PWSH") {
        found.push(PathBuf::from(named));
    }
    found.extend(process::find("pwsh"));
    if cfg!(windows) {
        found.extend(process::find("powershell"));
    }
    found
}

/// Starts a PowerShell once and asks for its version.
fn probe(program: &Path) -> Result<Shell, String> {
    let version = ask(program, false);
    let (version, invariant) = match version {
        Ok(version) => (version, false),
        // Small systems lack the language data (ICU) that .NET wants by default.
        Err(reason) => (ask(program, true).map_err(|_| reason)?, true),
    };
    let serves = version.starts_with("7.") || (cfg!(windows) && version.starts_with("5.1"));
    if !serves {
        return Err(format!("{} is PowerShell {version}; 7 is needed", program.display()));
    }
    Ok(Shell { program: program.to_owned(), version, invariant })
}

fn ask(program: &Path, invariant: bool) -> Result<String, String> {
    let mut command = start(program, invariant);
    command.args([
        "-NoProfile",
        "-NonInteractive",
        "-Command",
        "$PSVersionTable.PSVersion.ToString()",
    ]);
    let output = process::run_within(Duration::from_secs(120), &mut command);
    // Errors of the runtime take several lines, and the first ones tell.
    let answer = output.map_err(|error| error.lines().take(2).collect::<Vec<_>>().join(" "))?;
    match answer.lines().rev().find(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
        Some(version) => Ok(version.trim().to_owned()),
        None => Err(format!("{} does not tell its version: {answer}", program.display())),
    }
}

/// The pinned release, fetched, checked and unpacked.
fn fetch() -> Result<Shell, Missing> {
    let rid = rid::host();
    match pins::powershell(rid) {
        Some(pin) => release(pin, &workspace::downloads()),
        None => Err(Missing::Unreachable(format!("there is no pinned PowerShell for {rid}"))),
    }
}

fn release(pin: Pin, downloads: &Path) -> Result<Shell, Missing> {
    let file = pin.file();
    let archive = downloads.join(file);
    let folder = downloads.join(file.trim_end_matches(".tar.gz").trim_end_matches(".zip"));
    let program = folder.join(format!("pwsh{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        download::fetch(pin, &archive)?;
        archive::unpack(&archive, &folder).map_err(Missing::Wrong)?;
        executable(&program).map_err(Missing::Wrong)?;
    }
    probe(&program).map_err(Missing::Unreachable)
}

/// The archive's own mode is not for everybody.
#[cfg(unix)]
fn executable(program: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{} cannot be made executable: {error}", program.display()))
}

#[cfg(not(unix))]
fn executable(_program: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(folder: &Path, text: &str) -> PathBuf {
        let file = folder.join("pwsh");
        std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("a script");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        file
    }

    #[test]
    fn one_that_does_not_start_is_absent_with_its_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let broken = script(folder.path(), "echo 'no such library' >&2; exit 134");
        let reason = probe(&broken).expect_err("it is broken");
        assert!(reason.contains("no such library"), "{reason}");
        let none = probe(Path::new("/nowhere/pwsh")).expect_err("it is not there");
        assert!(none.contains("/nowhere/pwsh"), "{none}");
    }

    #[test]
    fn an_old_one_is_absent_and_a_new_one_serves() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = script(folder.path(), "echo 6.2.0");
        assert!(probe(&old).expect_err("it is old").contains("7 is needed"));
        let new = script(folder.path(), "echo 7.4.1");
        assert_eq!(probe(&new).expect("it serves").version, "7.4.1");
    }

    #[test]
    fn one_that_lacks_language_data_is_started_without() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "test \"$DOTNET_SYSTEM_GLOBALIZATION_INVARIANT\" = 1 && echo 7.6.5 || exit 134";
        assert!(probe(&script(folder.path(), text)).expect("it serves").invariant);
    }

    #[test]
    fn a_fetched_release_is_checked_unpacked_and_started() {
        if !download::tests::has_curl() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let made = folder.path().join("made.tar.gz");
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(
            std::fs::File::create(&made).expect("a file"),
            flate2::Compression::fast(),
        ));
        let script = b"#!/bin/sh\necho 7.6.5\n";
        let mut header = tar::Header::new_gnu();
        header.set_size(script.len() as u64);
        // As in the real one: not executable.
        header.set_mode(0o644);
        archive.append_data(&mut header, "pwsh", &script[..]).expect("an entry");
        archive.into_inner().expect("an archive").finish().expect("a stream");
        let sum: &'static str = download::sha256(&made).expect("a sum").leak();
        let bytes = std::fs::read(&made).expect("its bytes");
        let answer = [
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()).into_bytes(),
            bytes,
        ];
        let (address, thread) = download::tests::server(answer.concat());
        let url: &'static str = format!("{address}.tar.gz").leak();

        let wrong = Pin { url, sha256: "0000" };
        let right = Pin { url, sha256: sum };
        let downloads = folder.path().join("downloads");
        let shell = release(right, &downloads).expect("it serves");
        assert_eq!(shell.version, "7.6.5");
        thread.join().expect("the server");
        // It is there now and needs no server; but not for somebody who expects another file.
        assert_eq!(release(right, &downloads).expect("it serves").version, "7.6.5");
        std::fs::remove_dir_all(downloads.join("file")).expect("what was unpacked");
        assert!(matches!(release(wrong, &downloads), Err(Missing::Wrong(_))));
    }
}
