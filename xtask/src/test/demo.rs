//! The demo in each language, and what it does on machines that lack something.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::demo;
use crate::error::{Result, ensure, wrong};
use crate::files;
use crate::library;
use crate::pins;
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid;
use crate::shell;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("demo");
    row.check("the story in PowerShell", shell::find().and_then(|_| told("pwsh")));
    row.check("the story in C", in_c());
    row.check("the story in Rust", told("rust"));
    // Windows has a PowerShell.
    if cfg!(unix) {
        row.check("without PowerShell and network: the story in C", without_network());
        row.check("without a C compiler, too: the story in Rust", without_compiler());
        row.check("a wrong checksum is an error", wrong_checksum());
    }
    Ok(vec![row])
}

fn in_c() -> Result {
    demo::c_compiler()?;
    if cfg!(windows) {
        library::import_tool()?;
    }
    told("c")
}

/// The demo itself compares what process A prints; the rest is as the README shows it.
fn told(shell: &str) -> Result {
    let printed = process::run(process::command("xtask demo --shell").arg(shell))?;
    let readme = fs_err::read_to_string(workspace::root().join("README.md"))?;
    let same = !story(&readme).is_empty() && story(&readme) == story(&printed);
    ensure(same, format!("the README does not show this:\n{printed}"))
}

/// What the demo prints after its first line, without the numbers that differ each time.
fn story(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Three processes share a memory"));
    let lines = lines.skip(1).take_while(|line| !line.starts_with("The three programs"));
    lines.map(|line| line.replace(|letter: char| letter.is_ascii_digit(), "")).collect()
}

/// The demo on a machine on which no PowerShell is installed, and which has fetched nothing but what
/// lies in this folder.
fn bare(downloads: &Path) -> Result<Command> {
    let mut command = process::command("xtask demo");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("pwsh").exists());
    command.env("PATH", std::env::join_paths(without)?).env("MMF_PWSH", "/nowhere/pwsh");
    command.env("MMF_DOWNLOADS", downloads);
    // Nobody listens there.
    command.env("https_proxy", "http://127.0.0.1:1");
    Ok(command)
}

/// A new folder with one file in it.
fn folder_with(file: &str, text: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("demo/downloads");
    files::remove(&folder)?;
    files::write(&folder.join(file), text)?;
    Ok(folder)
}

fn without_network() -> Result {
    let printed = process::run(&mut bare(&folder_with("nothing", "")?)?)?;
    let told = printed.lines().find(|line| line.starts_with("No PowerShell here")).unwrap_or("");
    let right = told.contains("/nowhere/pwsh") && told.ends_with("so the same story in C.");
    ensure(right, printed)
}

/// The linker that Rust programs need is there, but answers as no compiler does.
fn without_compiler() -> Result {
    let real = process::find("cc")?;
    let path = std::env::var("PATH")?;
    let real = format!("PATH='{path}' exec '{}' \"$@\"", real.display());
    let linker = format!("#!/bin/sh\n[ \"$1\" = --version ] && exit 1\n{real}\n");
    let folder = folder_with("cc", &linker)?;
    process::run(Command::new("chmod").arg("+x").arg(folder.join("cc")))?;
    let mut command = bare(&folder)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_default();
    let tools = Path::new(&cargo).parent().unwrap_or(&folder);
    let path = std::env::join_paths([&folder, tools])?;
    let printed = process::run(command.env("PATH", path).env_remove("CC"))?;
    ensure(printed.contains("so the same story in Rust."), printed)
}

fn wrong_checksum() -> Result {
    let pin = pins::powershell(rid::host()?.rid)?;
    match process::run(&mut bare(&folder_with(pin.file(), "not PowerShell")?)?) {
        Ok(printed) => wrong(printed),
        Err(error) => {
            let said = error.reason();
            ensure(said.contains("SHA-256") && !said.contains("Three processes"), said)
        }
    }
}
