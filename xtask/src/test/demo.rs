//! The demo in each language, and what it does on machines that lack something.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::demo;
use crate::library;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::rid;
use crate::shell;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let mut checks = Checks::new("demo");
    let pwsh = shell::find().map(drop).and_then(|()| Ok(told(&["--shell", "pwsh"])?));
    checks.check_if_possible("the story in PowerShell", pwsh);
    match library::import_tool() {
        _ if demo::c_compiler().is_none() => checks.skip("the story in C", "no C compiler on PATH"),
        Err(reason) if cfg!(windows) => checks.skip("the story in C", &reason),
        _ => checks.check("the story in C", told(&["--shell", "c"])),
    }
    checks.check("the story in Rust", told(&["--shell", "rust"]));
    if cfg!(windows) {
        checks.skip("without a PowerShell", "Windows has one");
    } else {
        checks.check("without PowerShell and network: the story in C", without_network());
        checks.check("without a C compiler, too: the story in Rust", without_compiler());
        if crate::pins::powershell(rid::host()).is_some() {
            checks.check("with a wrong checksum: an error and no story", wrong_checksum());
        } else {
            checks
                .skip("with a wrong checksum", "this platform has no pin, which is as no network");
        }
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

/// A machine on which no PowerShell is installed, and which has fetched nothing but what lies in
/// this folder.
fn bare(downloads: &Path) -> Result<Command> {
    let mut command = command()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("pwsh").exists());
    let without = std::env::join_paths(without).map_err(|error| error.to_string())?;
    command.env("PATH", without).env("MMF_PWSH", "/nowhere/pwsh");
    command.env("MMF_DOWNLOADS", downloads);
    // Nobody listens there.
    command.env("https_proxy", "http://127.0.0.1:1");
    Ok(command)
}

/// A new folder for what is fetched.
fn downloads() -> Result<PathBuf> {
    let folder = workspace::target().join("demo").join("downloads");
    let failed = |error| format!("{}: {error}", folder.display());
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

fn without_network() -> Result<()> {
    let printed = process::run(&mut bare(&downloads()?)?)?;
    let told: Vec<&str> =
        printed.lines().filter(|line| line.starts_with("No PowerShell here")).collect();
    match told.as_slice() {
        [line] if line.contains("/nowhere/pwsh") && line.contains("in C.") => Ok(()),
        _ => Err(printed),
    }
}

/// The linker that Rust programs need is there, but answers as no compiler does.
#[cfg(unix)]
fn without_compiler() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = downloads()?;
    let real = process::find("cc").ok_or("no cc on PATH to link Rust programs with")?;
    let path = std::env::var("PATH").map_err(|error| error.to_string())?;
    let linker = folder.join("cc");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 1\nPATH='{path}' exec '{}' \"$@\"\n",
        real.display()
    );
    std::fs::write(&linker, script)
        .and_then(|()| std::fs::set_permissions(&linker, PermissionsExt::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", linker.display()))?;
    let mut command = bare(&folder)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_default();
    let tools = Path::new(&cargo).parent().unwrap_or(&folder);
    let path = std::env::join_paths([&folder, tools]).map_err(|error| error.to_string())?;
    command.env("PATH", path).env_remove("CC");
    let printed = process::run(&mut command)?;
    if printed.contains("so the same story in Rust.") { Ok(()) } else { Err(printed) }
}

#[cfg(not(unix))]
fn without_compiler() -> Result<()> {
    Err("Windows has a PowerShell".to_owned())
}

fn wrong_checksum() -> Result<()> {
    let folder = downloads()?;
    let Some(pin) = crate::pins::powershell(rid::host()) else {
        return Err(format!("there is no pin for {}", rid::host()));
    };
    let file = folder.join(pin.file());
    std::fs::write(&file, "not PowerShell")
        .map_err(|error| format!("{}: {error}", file.display()))?;
    match process::run(&mut bare(&folder)?) {
        Ok(printed) => Err(printed),
        Err(reason) if reason.contains("SHA-256") && !reason.contains("Three processes") => Ok(()),
        Err(reason) => Err(reason),
    }
}
