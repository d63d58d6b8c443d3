//! The Pester suites, run by a new PowerShell process on the built module.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::demo::lock_test_map;
use crate::error::{Result, ensure, unavailable};
use crate::library::Libraries;
use crate::report::{Outcome, Row};
use crate::test::wine::{self, windows_path};
use crate::{archive, download, files, module, process, rid, shell, workspace};

const TESTS: &str = "tests/powershell/Invoke-Tests.ps1";

pub(super) fn native() -> Outcome {
    let tests = tests_here()?;
    let _lock = lock_test_map();
    // Editors run scripts with breakpoints, and many users stop at every error.
    let suites = [
        ("powershell", "Plain"),
        ("powershell: a breakpoint is set", "Breakpoint"),
        ("powershell: errors stop", "Stop"),
    ];
    let run = |(suite, under)| Row::step(suite, run(tests().args(["-Under", under])));
    Ok(suites.map(run).into())
}

/// Builds and installs the module as a user does, with an empty home folder.
pub(super) fn install() -> Outcome {
    if cfg!(windows) {
        return unavailable("on Windows, no variable can set the home folder for PowerShell");
    }
    let tests = tests_here()?;
    let home = workspace::target().join("install tried out");
    files::remove(&home)?;
    fs_err::create_dir_all(&home)?;
    let mut command = tests();
    command.args(["-Only", "install/Install"]).env("XTASK", std::env::current_exe()?);
    command.env("HOME", home).env_remove("XDG_DATA_HOME").env_remove("MMF_LIBRARY");
    command.envs(workspace::rust_homes());
    Ok(vec![Row::step("install", run(&mut command))])
}

pub(super) fn windows() -> Outcome {
    let Some(program) = std::env::var_os("MMF_PWSH_WINDOWS") else {
        return unavailable("MMF_PWSH_WINDOWS names no PowerShell for Windows");
    };
    let mut command = process::command("script");
    let wine = wine::prepare(&mut command)?;
    process::find("script")?;
    let shell = shell::find()?;
    let pester = pester(&shell)?;
    let folder = workspace::target().join("module-windows");
    let libraries = [Libraries::packaged(rid::named("win-x64")?)?];
    let module = module::lay_out(&folder, &module::Assemblies::build(&shell)?, &libraries)?;
    // This PowerShell prints only to a terminal, which script(1) provides. script passes the words to a shell.
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

/// Prepares the tests on this machine, and returns a function that makes commands to run them.
fn tests_here() -> Result<impl Fn() -> Command> {
    let shell = shell::find()?;
    let pester = pester(&shell)?;
    println!("PowerShell {}, Pester in {}", shell.version, pester.display());
    let module = module::build(&module::Assemblies::build(&shell)?)?;
    Ok(move || {
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join(TESTS));
        command.arg("-ModulePath").arg(&module).arg("-PesterPath").arg(&pester);
        command
    })
}

/// The folder of the pinned Pester: `MMF_PESTER`, one on the module path, or a download.
fn pester(shell: &shell::Shell) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("MMF_PESTER") {
        return Ok(PathBuf::from(named));
    }
    let version = download::PESTER_VERSION;
    let installed = shell.output(&format!(
        "(Get-Module -ListAvailable Pester | Where-Object {{ $_.Version -eq '{version}' -and \
         -not $_.PrivateData.PSData.Prerelease }} | Select-Object -First 1).ModuleBase"
    ))?;
    if !installed.is_empty() {
        return Ok(PathBuf::from(installed));
    }
    let folder = workspace::downloads().join(format!("Pester.{version}"));
    if !folder.is_dir() {
        let package = folder.with_extension("nupkg");
        download::fetch(&download::pester(), &package)?;
        archive::unpack(&package, &folder)?;
    }
    Ok(folder)
}

/// Runs a suite, which must print its totals: under Wine, PowerShell may crash with the exit code 0.
fn run(command: &mut Command) -> Result {
    println!("$ {}", process::shown(command));
    let mut finished = false;
    process::each_line(process::LONGEST_SILENCE, command, |line| {
        let line = without_escapes(line);
        finished |= line.trim_start().starts_with("powershell: ");
        println!("{line}");
    })?;
    ensure(finished, "it ended without its totals")
}

/// Removes the control sequences of a terminal from a line.
fn without_escapes(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A title ends with a bell, all other sequences with a letter.
        let rest = match part.strip_prefix(']') {
            Some(title) => title.split_once('\u{7}'),
            None => part.split_once(|letter: char| letter.is_ascii_alphabetic()),
        };
        text.push_str(rest.map_or("", |(_, rest)| rest));
    }
    text.replace('\r', "")
}
