//! The demo in each language, and what it does on machines that lack something.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::download::Missing;
use crate::process;
use crate::report::{Checks, Row};
use crate::rid;
use crate::shell;
use crate::workspace;

pub(super) fn demo() -> Result<Vec<Row>> {
    let mut checks = Checks::new("demo");
    match shell::find() {
        Ok(_) => checks.check("the story in PowerShell", told(&["--shell", "pwsh"])),
        Err(Missing::Unreachable(reason)) => checks.skip("the story in PowerShell", &reason),
        Err(Missing::Wrong(reason)) => checks.check("the story in PowerShell", Err(reason)),
    }
    checks.check("the story in C", told(&["--shell", "c"]));
    checks.check("the story in Rust", told(&["--shell", "rust"]));
    if cfg!(windows) {
        checks.skip("without a PowerShell", "Windows has one");
    } else {
        checks.check("without PowerShell and network: the story in C", without_network());
        checks.check("with a wrong checksum: an error and no story", wrong_checksum());
    }
    Ok(vec![checks.row])
}

fn command() -> Result<Command> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg("demo");
    Ok(command)
}

/// The demo itself compares what process A prints.
fn told(arguments: &[&str]) -> Result<()> {
    process::run(command()?.args(arguments)).map(drop)
}

/// A machine on which no PowerShell is installed and nothing can be reached.
fn bare() -> Result<Command> {
    let mut command = command()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("pwsh").exists());
    let without = std::env::join_paths(without).map_err(|error| error.to_string())?;
    command.env("PATH", without).env("MMF_PWSH", "/nowhere/pwsh");
    // Nobody listens there.
    command.env("https_proxy", "http://127.0.0.1:1");
    Ok(command)
}

fn without_network() -> Result<()> {
    let folder = workspace::target().join("powershell");
    if folder.exists() {
        return Err(format!("{} is there already, fetched before", folder.display()));
    }
    let printed = process::run(&mut bare()?)?;
    let told: Vec<&str> =
        printed.lines().filter(|line| line.starts_with("No PowerShell here")).collect();
    match told.as_slice() {
        [line] if line.contains("/nowhere/pwsh") && line.contains("in C.") => Ok(()),
        _ => Err(printed),
    }
}

fn wrong_checksum() -> Result<()> {
    let folder = workspace::target().join("a wrong download");
    let file = format!("powershell-{}-{}.tar.gz", crate::pins::POWERSHELL_VERSION, rid::host());
    let file: PathBuf = folder.join("downloads").join(file);
    std::fs::create_dir_all(folder.join("downloads"))
        .and_then(|()| std::fs::write(&file, "not PowerShell"))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    match process::run(bare()?.env("CARGO_TARGET_DIR", &folder)) {
        Ok(printed) => Err(printed),
        Err(reason) if reason.contains("SHA-256") && !reason.contains("Three processes") => Ok(()),
        Err(reason) => Err(reason),
    }
}
