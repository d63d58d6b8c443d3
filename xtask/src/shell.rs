//! Finding a PowerShell that works.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::download::{self, Pin};
use crate::error::{Error, Result, unavailable};
use crate::{archive, process, rid, workspace};

/// A PowerShell that has been tried out.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    program: PathBuf,
    pub(crate) version: String,
    /// It starts only without the system's language data.
    invariant: bool,
}

impl Shell {
    /// A command that runs this PowerShell without a profile and without prompts.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.interactive();
        command.arg("-NonInteractive");
        command
    }

    pub(crate) fn interactive(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Tests must not use the network.
        command.env("POWERSHELL_TELEMETRY_OPTOUT", "1").env("POWERSHELL_UPDATECHECK", "Off");
        command.env("NO_COLOR", "1").arg("-NoProfile");
        if self.invariant {
            command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        }
        if cfg!(windows) {
            command.args(["-ExecutionPolicy", "Bypass"]);
        }
        command
    }

    /// The output of a script that must succeed.
    pub(crate) fn output(&self, script: &str) -> Result<String> {
        Ok(process::run(self.command().args(["-Command", script]))?.trim().to_owned())
    }

    fn ask_version(&self) -> Result<String> {
        let mut command = self.command();
        command.args(["-Command", "$PSVersionTable.PSVersion.ToString()"]);
        let output = process::run_within(Duration::from_secs(120), &mut command);
        // Errors of the runtime have many lines; the first two have the reason.
        let output = output.map_err(|error| {
            Error::Unavailable(error.message().lines().take(2).collect::<Vec<_>>().join(" "))
        })?;
        let mut lines = output.lines().rev();
        match lines.find(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
            Some(version) => Ok(version.trim().to_owned()),
            None => unavailable(format!(
                "{} does not print its version: {output}",
                self.program.display()
            )),
        }
    }
}

/// Finds `MMF_PWSH`, PowerShell 7 on PATH, or 5.1 on Windows. If there is none, it downloads the pinned release.
pub(crate) fn find() -> Result<Shell> {
    let named = std::env::var_os("MMF_PWSH").map(PathBuf::from);
    let names = if cfg!(windows) { &["pwsh", "powershell"][..] } else { &["pwsh"] };
    let on_path = names.iter().map(|name| process::find(name));
    let mut reasons = Vec::new();
    for candidate in named.map(Ok).into_iter().chain(on_path) {
        match candidate.and_then(|program| probe(&program)) {
            Ok(shell) => {
                reasons.iter().for_each(|reason| println!("Not used: {reason}."));
                return Ok(shell);
            }
            Err(error) => reasons.push(error.message().to_owned()),
        }
    }
    let reasons = reasons.join("; ");
    let pinned = download::powershell(rid::host()?.rid);
    match pinned.and_then(|pin| release(&pin, &workspace::downloads())) {
        Ok(shell) => {
            println!("Using the pinned release of PowerShell, because: {reasons}.");
            Ok(shell)
        }
        Err(Error::Unavailable(reason)) => unavailable(format!("{reasons}; {reason}")),
        failed => failed,
    }
}

/// Starts a PowerShell and checks its version.
fn probe(program: &Path) -> Result<Shell> {
    let (program, version) = (program.to_owned(), String::new());
    let mut shell = Shell { program, version, invariant: false };
    shell.version = shell.ask_version().or_else(|error| {
        // Small systems lack the language data (ICU) that .NET needs by default.
        shell.invariant = true;
        shell.ask_version().map_err(|_| error)
    })?;
    let Shell { program, version, .. } = &shell;
    if version.starts_with("7.") || (cfg!(windows) && version.starts_with("5.1")) {
        return Ok(shell);
    }
    unavailable(format!("{} is PowerShell {version}; 7 is needed", program.display()))
}

/// Downloads, verifies and unpacks a release, unless that was done before.
fn release(pin: &Pin, downloads: &Path) -> Result<Shell> {
    let file = pin.file_name();
    let archive = downloads.join(file);
    let folder = downloads.join(file.trim_end_matches(".tar.gz").trim_end_matches(".zip"));
    let program = folder.join(workspace::program("pwsh"));
    if !program.is_file() {
        download::fetch(pin, &archive)?;
        archive::unpack(&archive, &folder)?;
        if cfg!(unix) {
            // In the archive, the program is not executable for everybody.
            process::run(Command::new("chmod").arg("755").arg(&program))?;
        }
    }
    probe(&program)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn an_unusable_powershell_is_unavailable_with_its_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pwsh");
        let probed = |text| {
            files::write(&file, &format!("#!/bin/sh\n{text}\n")).expect("a script");
            process::run(Command::new("chmod").arg("755").arg(&file)).expect("chmod");
            probe(&file)
        };
        let reason = |outcome: Result<Shell>| match outcome {
            Err(Error::Unavailable(reason)) => reason,
            other => panic!("{other:?}"),
        };
        let broken = reason(probed("echo 'no such library' >&2; exit 134"));
        assert!(broken.contains("no such library"), "{broken}");
        assert!(reason(probed("echo 6.2.0")).contains("7 is needed"));
        assert_eq!(probed("echo 7.4.1").expect("usable").version, "7.4.1");
        let text = "test \"$DOTNET_SYSTEM_GLOBALIZATION_INVARIANT\" = 1 && echo 7.6.5 || exit 134";
        assert!(probed(text).expect("usable without language data").invariant);
    }

    #[test]
    fn a_release_is_used_only_with_the_right_checksum_and_downloaded_once() {
        if let Err(error) = process::find("curl") {
            crate::not_run::not_run("download", error.message());
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let remote = folder.path().join("made.tar.gz");
        let url = format!("file://{}", remote.display());
        let mut pin = Pin { url, sha256: "0000".to_owned() };
        let downloads = folder.path().join("downloads");
        let found = |pin: &Pin| release(pin, &downloads).map(|shell| shell.version);
        assert!(matches!(found(&pin), Err(Error::Unavailable(_))), "there is no such file");

        let source = folder.path().join("source");
        // Not executable, as in the official release.
        files::write(&source.join("pwsh"), "#!/bin/sh\necho 7.6.5\n").expect("a script");
        archive::pack(&source, "", &remote).expect("an archive");
        assert!(matches!(found(&pin), Err(Error::Failed(why)) if why.contains("SHA-256")));
        assert!(files::list(&downloads).expect("a folder").is_empty(), "nothing is kept");

        pin.sha256 = download::sha256(&remote).expect("a checksum");
        assert_eq!(found(&pin), Ok("7.6.5".to_owned()));
        std::fs::remove_file(&remote).expect("removed");
        assert_eq!(found(&pin), Ok("7.6.5".to_owned()), "it is downloaded once");
        // A file that exists is verified, too.
        std::fs::remove_dir_all(downloads.join("made")).expect("removed");
        pin.sha256 = "0000".to_owned();
        assert!(matches!(found(&pin), Err(Error::Failed(_))));
    }
}
