//! Finding a PowerShell that starts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::archive;
use crate::download;
use crate::error::{Error, Result, not_here};
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

    /// What it says to a line of script that must work.
    pub(crate) fn says(&self, script: &str) -> Result<String> {
        Ok(process::run(self.command().args(["-Command", script]))?.trim().to_owned())
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

/// The PowerShell of this machine: `MMF_PWSH`, version 7 on PATH, or 5.1 on Windows; else the pinned
/// release, fetched into the target folder.
pub(crate) fn find() -> Result<Shell> {
    let named = std::env::var_os("MMF_PWSH").map(PathBuf::from);
    let names = if cfg!(windows) { &["pwsh", "powershell"][..] } else { &["pwsh"] };
    let on_path = names.iter().filter_map(|name| process::find(name).ok());
    let mut absent = Vec::new();
    for candidate in named.into_iter().chain(on_path) {
        match probe(&candidate) {
            Ok(shell) => {
                absent.iter().for_each(|reason| println!("Not used: {reason}."));
                return Ok(shell);
            }
            Err(error) => absent.push(error.reason().to_owned()),
        }
    }
    if absent.is_empty() {
        absent.push("no pwsh on PATH".to_owned());
    }
    let absent = absent.join("; ");
    match fetched() {
        Ok(shell) => {
            println!("PowerShell is the pinned release, since {absent}.");
            Ok(shell)
        }
        Err(Error::NotHere(reason)) => not_here(format!("{absent}; {reason}")),
        wrong => wrong,
    }
}

/// Starts a PowerShell once and asks for its version.
fn probe(program: &Path) -> Result<Shell> {
    let (version, invariant) = match ask(program, false) {
        Ok(version) => (version, false),
        // Small systems lack the language data (ICU) that .NET wants by default.
        Err(error) => (ask(program, true).map_err(|_| error)?, true),
    };
    let serves = version.starts_with("7.") || (cfg!(windows) && version.starts_with("5.1"));
    if !serves {
        return not_here(format!("{} is PowerShell {version}; 7 is needed", program.display()));
    }
    Ok(Shell { program: program.to_owned(), version, invariant })
}

fn ask(program: &Path, invariant: bool) -> Result<String> {
    let mut command = start(program, invariant);
    command.args(["-NoProfile", "-NonInteractive", "-Command"]);
    command.arg("$PSVersionTable.PSVersion.ToString()");
    let answer = match process::run_within(Duration::from_secs(120), &mut command) {
        Ok(answer) => answer,
        // Errors of the runtime take several lines, and the first ones tell.
        Err(error) => {
            return not_here(error.reason().lines().take(2).collect::<Vec<_>>().join(" "));
        }
    };
    match answer.lines().rev().find(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
        Some(version) => Ok(version.trim().to_owned()),
        None => not_here(format!("{} does not tell its version: {answer}", program.display())),
    }
}

/// The pinned release for this machine.
fn fetched() -> Result<Shell> {
    release(&pins::powershell(rid::host()?.rid)?, &workspace::downloads())
}

/// A release, fetched, checked and unpacked.
fn release(pin: &Pin, downloads: &Path) -> Result<Shell> {
    let file = pin.file();
    let archive = downloads.join(file);
    let folder = downloads.join(file.trim_end_matches(".tar.gz").trim_end_matches(".zip"));
    let program = folder.join(workspace::program("pwsh"));
    if !program.is_file() {
        download::fetch(pin, &archive)?;
        archive::unpack(&archive, &folder)?;
        if cfg!(unix) {
            // The archive's own mode is not for everybody.
            process::run(Command::new("chmod").arg("755").arg(&program))?;
        }
    }
    probe(&program)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::files;

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
        let absent = |outcome: Result<Shell>| match outcome {
            Err(Error::NotHere(reason)) => reason,
            other => panic!("{other:?}"),
        };
        let broken = absent(probed("echo 'no such library' >&2; exit 134"));
        assert!(broken.contains("no such library"), "{broken}");
        let none = absent(probe(Path::new("/nowhere/pwsh")));
        assert!(none.contains("/nowhere/pwsh"), "{none}");
        assert!(absent(probed("echo 6.2.0")).contains("7 is needed"));
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
        // As in the real one: not executable.
        files::write(&source.join("pwsh"), "#!/bin/sh\necho 7.6.5\n").expect("a script");
        archive::pack(&source, "", &made).expect("an archive");
        let sum = download::sha256(&made).expect("a sum");
        let mut pin = Pin { url: download::tests::url(&made), sha256: sum };

        let downloads = folder.path().join("downloads");
        assert_eq!(release(&pin, &downloads).expect("it serves").version, "7.6.5");
        std::fs::remove_file(&made).expect("removed");
        // It is there now and needs no network; but not for somebody who expects another file.
        assert_eq!(release(&pin, &downloads).expect("it serves").version, "7.6.5");
        std::fs::remove_dir_all(downloads.join("made")).expect("what was unpacked");
        pin.sha256 = "0000".to_owned();
        assert!(matches!(release(&pin, &downloads), Err(Error::Wrong(_))));
    }
}
