//! The Pester suites, run by a fresh PowerShell on the built module.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::alone::alone;
use crate::archive;
use crate::download;
use crate::error::{Result, ensure, not_here};
use crate::files;
use crate::module;
use crate::pins::{self, PESTER_VERSION};
use crate::process;
use crate::report::{Outcome, Row};
use crate::shell::{self, Shell};
use crate::test::wine::{self, windows_path};
use crate::workspace;

const TESTS: &str = "tests/powershell/Invoke-Tests.ps1";

pub(super) fn native() -> Outcome {
    let tests = tests_here()?;
    let _alone = alone();
    // Once as it is, once as an editor runs scripts, and once where every error stops.
    let suites = [
        ("powershell", "Plain"),
        ("powershell: a breakpoint is set", "Breakpoint"),
        ("powershell: errors stop", "Stop"),
    ];
    let run = |(suite, under)| Row::step(suite, run(tests().args(["-Under", under])));
    Ok(suites.map(run).into())
}

/// The module as a user builds and installs it, with a home folder that has nothing in it yet.
pub(super) fn install() -> Outcome {
    if cfg!(windows) {
        return not_here(
            "a home folder for the installation cannot be named by the environment there",
        );
    }
    let tests = tests_here()?;
    let home = workspace::target().join("install tried out");
    files::remove(&home)?;
    fs_err::create_dir_all(&home)?;
    let mut command = tests();
    command.args(["-Only", "install/Install"]).env("XTASK", std::env::current_exe()?);
    command.env("HOME", home).env_remove("XDG_DATA_HOME").env_remove("MMF_LIBRARY");
    // But the programs and crates are those of the real home.
    command.envs(workspace::rust_homes());
    Ok(vec![Row::step("install", run(&mut command))])
}

pub(super) fn windows() -> Outcome {
    let Some(program) = std::env::var_os("MMF_PWSH_WINDOWS") else {
        return not_here("MMF_PWSH_WINDOWS names no PowerShell for Windows");
    };
    let mut command = process::command("script");
    let wine = wine::prepare(&mut command)?;
    process::find("script")?;
    let shell = shell::find()?;
    let pester = pester(&shell)?;
    let module = module::build_windows(&shell)?;
    // It prints only to a terminal, which script(1) makes; the words go through a shell there.
    let line = format!(
        "stty cols 200 rows 50; exec '{}' '{}' -NoProfile -NonInteractive -ExecutionPolicy Bypass \
         -File '{}' -ModulePath '{}' -PesterPath '{}' -Under Wine",
        wine.display(),
        Path::new(&program).display(),
        windows_path(&workspace::root().join(TESTS)),
        windows_path(&module),
        windows_path(&pester)
    );
    command.args(["-qec", &line, "/dev/null"]).env("NO_COLOR", "1");
    Ok(vec![Row::step("powershell-windows", run(&mut command))])
}

/// Finds and builds what runs the tests on this machine, and gives what makes the commands.
fn tests_here() -> Result<impl Fn() -> Command> {
    let shell = shell::find()?;
    let pester = pester(&shell)?;
    println!("PowerShell {}, Pester in {}", shell.version, pester.display());
    let module = module::build(&shell)?;
    Ok(move || {
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join(TESTS));
        command.arg("-ModulePath").arg(&module).arg("-PesterPath").arg(&pester);
        command
    })
}

/// The folder of the pinned Pester: `MMF_PESTER`, the module path, or fetched. The tests import it by
/// its version, so that another one there is an error.
fn pester(shell: &Shell) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("MMF_PESTER") {
        return Ok(PathBuf::from(named));
    }
    let installed = shell.says(&format!(
        "(Get-Module -ListAvailable Pester | Where-Object {{ $_.Version -eq '{PESTER_VERSION}' -and \
         -not $_.PrivateData.PSData.Prerelease }} | Select-Object -First 1).ModuleBase"
    ))?;
    if !installed.is_empty() {
        return Ok(PathBuf::from(installed));
    }
    let folder = workspace::downloads().join(format!("Pester.{PESTER_VERSION}"));
    if !folder.is_dir() {
        let package = folder.with_extension("nupkg");
        download::fetch(&pins::pester(), &package)?;
        archive::unpack(&package, &folder)?;
    }
    Ok(folder)
}

/// Runs a suite, which closes with its totals. One that dies under Wine may do so without a code that
/// says it.
fn run(command: &mut Command) -> Result {
    println!("$ {}", process::shown(command));
    let mut closed = false;
    process::each_line(command, |line| {
        let line = without_colours(line);
        closed |= line.trim_start().starts_with("powershell: ");
        println!("{line}");
    })?;
    ensure(closed, "it ended without its totals")
}

/// A line without the control sequences of a terminal.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A title goes up to the bell, anything else up to its letter.
        let rest = match part.strip_prefix(']') {
            Some(title) => title.split_once('\u{7}'),
            None => part.split_once(|letter: char| letter.is_ascii_alphabetic()),
        };
        text.push_str(rest.map_or("", |(_, rest)| rest));
    }
    text.replace('\r', "")
}
