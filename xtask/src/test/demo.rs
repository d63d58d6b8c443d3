//! The demo in each language, and on machines that lack something.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Result, ensure, fail};
use crate::report::{Outcome, Row};
use crate::{demo, download, files, library, process, rid, shell, workspace};

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("demo");
    row.check("the demo runs in PowerShell", shell::find().and_then(|_| run("pwsh")));
    row.check("the demo runs in C", in_c());
    row.check("the demo runs in Rust", run("rust"));
    // Windows always has a PowerShell.
    if cfg!(unix) {
        row.check("without PowerShell and network, it runs in C", without_network());
        row.check("without a C compiler, it runs in Rust", without_compiler());
        row.check("a wrong checksum is an error", wrong_checksum());
    }
    Ok(vec![row])
}

fn in_c() -> Result {
    demo::c_compiler()?;
    if cfg!(windows) {
        library::import_tool()?;
    }
    run("c")
}

/// Runs the demo, which itself checks what process A prints, and compares its output with the README.
fn run(shell: &str) -> Result {
    let printed = process::run(process::command("xtask demo --shell").arg(shell))?;
    let readme = fs_err::read_to_string(workspace::root().join("README.md"))?;
    let same = !actions(&readme).is_empty() && actions(&readme) == actions(&printed);
    ensure(same, format!("the README does not show this output:\n{printed}"))
}

/// The lines that the demo prints after its first line, without digits, because process ids differ each time.
fn actions(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Three processes share a memory"));
    let lines = lines.skip(1).take_while(|line| !line.starts_with("The three programs"));
    lines.map(|line| line.replace(|letter: char| letter.is_ascii_digit(), "")).collect()
}

/// The demo on a machine without PowerShell and without network, which has downloaded only what is in this folder.
fn bare_demo(downloads: &Path) -> Result<Command> {
    let mut command = process::command("xtask demo");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("pwsh").exists());
    command.env("PATH", std::env::join_paths(without)?).env("MMF_PWSH", "/nowhere/pwsh");
    command.env("MMF_DOWNLOADS", downloads);
    // No program listens on this port.
    command.env("https_proxy", "http://127.0.0.1:1");
    Ok(command)
}

fn folder_with(file: &str, text: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("demo/downloads");
    files::remove(&folder)?;
    files::write(&folder.join(file), text)?;
    Ok(folder)
}

fn without_network() -> Result {
    let printed = process::run(&mut bare_demo(&folder_with("nothing", "")?)?)?;
    let reason = printed.lines().find(|line| line.starts_with("No PowerShell")).unwrap_or("");
    let right = reason.contains("/nowhere/pwsh") && reason.ends_with("running the programs in C.");
    ensure(right, printed)
}

/// Rust programs need `cc` as linker, so a script passes on all calls but the one that looks for a compiler.
fn without_compiler() -> Result {
    let cc = process::find("cc")?;
    let path = std::env::var("PATH")?;
    let linker = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 1\nPATH='{path}' exec '{}' \"$@\"\n",
        cc.display()
    );
    let folder = folder_with("cc", &linker)?;
    process::run(Command::new("chmod").arg("+x").arg(folder.join("cc")))?;
    let mut command = bare_demo(&folder)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_default();
    let tools = Path::new(&cargo).parent().unwrap_or(&folder);
    let path = std::env::join_paths([&folder, tools])?;
    let printed = process::run(command.env("PATH", path).env_remove("CC"))?;
    ensure(printed.contains("running the programs in Rust."), printed)
}

fn wrong_checksum() -> Result {
    let pin = download::powershell(rid::host()?.rid)?;
    match process::run(&mut bare_demo(&folder_with(pin.file_name(), "not PowerShell")?)?) {
        Ok(printed) => fail(format!("the demo ran:\n{printed}")),
        Err(error) => {
            let message = error.message();
            ensure(message.contains("SHA-256") && !message.contains("Three processes"), message)
        }
    }
}
