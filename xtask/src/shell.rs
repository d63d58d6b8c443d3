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
    let named = std::env::var_os("MMF_PWSH").map(PathBuf::from);
    let old = if cfg!(windows) { process::find("powershell") } else { None };
    let mut absent = Vec::new();
    for candidate in named.into_iter().chain(process::find("pwsh")).chain(old) {
        match probe(&candidate) {
            Ok(shell) => {
                absent.iter().for_each(|reason| println!("Not used: {reason}."));
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
    let absent = match find_here() {
        Ok(shell) => return Ok(shell),
        Err(absent) => absent.join("; "),
    };
    let rid = rid::host();
    let fetched = match pins::powershell(rid) {
        Some(pin) => release(pin, &workspace::downloads()),
        None => Err(Missing::Unreachable(format!("there is no pinned PowerShell for {rid}"))),
    };
    match fetched {
        Ok(_) => println!("PowerShell is the pinned release, since {absent}."),
        Err(Missing::Unreachable(reason)) => {
            return Err(Missing::Unreachable(format!("{absent}; {reason}")));
        }
        Err(Missing::Wrong(_)) => {}
    }
    fetched
}

/// Starts a PowerShell once and asks for its version.
fn probe(program: &Path) -> Result<Shell, String> {
    let (version, invariant) = match ask(program, false) {
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
    command.args(["-NoProfile", "-NonInteractive", "-Command"]);
    command.arg("$PSVersionTable.PSVersion.ToString()");
    let output = process::run_within(Duration::from_secs(120), &mut command);
    // Errors of the runtime take several lines, and the first ones tell.
    let answer = output.map_err(|error| error.lines().take(2).collect::<Vec<_>>().join(" "))?;
    match answer.lines().rev().find(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
        Some(version) => Ok(version.trim().to_owned()),
        None => Err(format!("{} does not tell its version: {answer}", program.display())),
    }
}

/// A pinned release, fetched, checked and unpacked.
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
    fn one_that_does_not_serve_is_absent_with_its_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let probed = |text| probe(&script(folder.path(), text));
        let broken = probed("echo 'no such library' >&2; exit 134").expect_err("it is broken");
        assert!(broken.contains("no such library"), "{broken}");
        let none = probe(Path::new("/nowhere/pwsh")).expect_err("it is not there");
        assert!(none.contains("/nowhere/pwsh"), "{none}");
        assert!(probed("echo 6.2.0").expect_err("it is old").contains("7 is needed"));
        assert_eq!(probed("echo 7.4.1").expect("it serves").version, "7.4.1");
        let text = "test \"$DOTNET_SYSTEM_GLOBALIZATION_INVARIANT\" = 1 && echo 7.6.5 || exit 134";
        assert!(probed(text).expect("it serves without language data").invariant);
    }

    #[test]
    fn a_fetched_release_is_checked_unpacked_and_started() {
        if !download::tests::has_curl() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let made = folder.path().join("made.tar.gz");
        let source = folder.path().join("source");
        std::fs::create_dir(&source).expect("a folder");
        // As in the real one: not executable.
        std::fs::write(source.join("pwsh"), "#!/bin/sh\necho 7.6.5\n").expect("a script");
        archive::pack(&source, "", &made).expect("an archive");
        let sum: &'static str = download::sha256(&made).expect("a sum").leak();
        let url = download::tests::url(&made);

        let downloads = folder.path().join("downloads");
        let fetched = |sha256| release(Pin { url, sha256 }, &downloads);
        assert_eq!(fetched(sum).expect("it serves").version, "7.6.5");
        std::fs::remove_file(&made).expect("removed");
        // It is there now and needs no network; but not for somebody who expects another file.
        assert_eq!(fetched(sum).expect("it serves").version, "7.6.5");
        std::fs::remove_dir_all(downloads.join("made")).expect("what was unpacked");
        assert!(matches!(fetched("0000"), Err(Missing::Wrong(_))));
    }
}
