//! The demo in each language, and what it does on machines that lack something.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::demo;
use crate::library;
use crate::pins;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::rid;
use crate::shell;
use crate::test::readme;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let mut checks = Checks::new("demo");
    let pwsh = shell::find().and_then(|_| Ok(told("pwsh")?));
    checks.check_if_possible("the story in PowerShell", pwsh);
    match library::import_tool() {
        _ if demo::c_compiler().is_none() => checks.skip("the story in C", "no C compiler on PATH"),
        Err(reason) if cfg!(windows) => checks.skip("the story in C", &reason),
        _ => checks.check("the story in C", told("c")),
    }
    checks.check("the story in Rust", told("rust"));
    // Windows has a PowerShell.
    if cfg!(unix) {
        checks.check("without PowerShell and network: the story in C", without_network());
        checks.check("without a C compiler, too: the story in Rust", without_compiler());
        match pins::powershell(rid::host()) {
            Some(pin) => checks.check("a wrong checksum is an error", wrong_checksum(pin.file())),
            None => checks.skip("a wrong checksum is an error", "this platform has no pin"),
        }
    }
    Ok(vec![checks.row])
}

fn command() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    command.arg("demo");
    Ok(command)
}

/// The demo itself compares what process A prints; the rest is as the README shows it.
fn told(shell: &str) -> Result<()> {
    let printed = process::run(command()?.args(["--shell", shell]))?;
    let readme = workspace::root().join("README.md");
    let readme = std::fs::read_to_string(readme).map_err(|error| format!("README.md: {error}"))?;
    let shown = readme::blocks(&readme).map(|(_, text)| text);
    let shown = shown.filter(|text| text.starts_with("Three processes share")).map(story);
    let from = printed.find("Three processes share").unwrap_or(0);
    if shown.collect::<Vec<_>>() == [story(&printed[from..])] {
        return Ok(());
    }
    Err(format!("the README does not show this:\n{printed}"))
}

/// What the demo prints, without the language and the numbers that differ each time.
fn story(printed: &str) -> String {
    let lines = printed.lines().filter(|line| !line.starts_with("The three programs"));
    let line = |line: &str| match line.split_once("(pid ").or_else(|| line.split_once(", in ")) {
        Some((before, after)) => {
            format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest))
        }
        None => line.to_owned(),
    };
    lines.map(line).collect::<Vec<_>>().join("\n").trim_end().to_owned()
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

/// A new folder with one file in it.
fn folder_with(file: &str, text: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("demo").join("downloads");
    // There may be none yet.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(file), text))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn without_network() -> Result<()> {
    let printed = process::run(&mut bare(&folder_with("nothing", "")?)?)?;
    let told =
        |line: &&str| line.starts_with("No PowerShell here") && line.contains("/nowhere/pwsh");
    match printed.lines().find(told) {
        Some(line) if line.ends_with("so the same story in C.") => Ok(()),
        _ => Err(printed),
    }
}

/// The linker that Rust programs need is there, but answers as no compiler does.
fn without_compiler() -> Result<()> {
    let real = process::find("cc").ok_or("no cc on PATH to link Rust programs with")?;
    let path = std::env::var("PATH").map_err(|error| error.to_string())?;
    let real = format!("PATH='{path}' exec '{}' \"$@\"", real.display());
    let linker = format!("#!/bin/sh\n[ \"$1\" = --version ] && exit 1\n{real}\n");
    let folder = folder_with("cc", &linker)?;
    process::run(Command::new("chmod").arg("+x").arg(folder.join("cc")))?;
    let mut command = bare(&folder)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_default();
    let tools = Path::new(&cargo).parent().unwrap_or(&folder);
    let path = std::env::join_paths([&folder, tools]).map_err(|error| error.to_string())?;
    let printed = process::run(command.env("PATH", path).env_remove("CC"))?;
    if printed.contains("so the same story in Rust.") { Ok(()) } else { Err(printed) }
}

fn wrong_checksum(file: &str) -> Result<()> {
    match process::run(&mut bare(&folder_with(file, "not PowerShell")?)?) {
        Err(reason) if reason.contains("SHA-256") && !reason.contains("Three processes") => Ok(()),
        Ok(printed) | Err(printed) => Err(printed),
    }
}
