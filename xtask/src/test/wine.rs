//! The Windows back end, cross-built and run under Wine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::cargo;
use crate::process;
use crate::report::Row;
use crate::test::rust;
use crate::workspace;

const TRIPLE: &str = "x86_64-pc-windows-gnu";

/// Tests that fail because Wine differs from Windows, each with what Wine does.
pub(super) const WINE_GETS_WRONG: &[(&str, &str)] = &[(
    "a_map_that_was_created_read_only_stays_so_for_everybody",
    "Wine lets others map a read-only section for writing.",
)];

pub(super) fn native() -> Result<Vec<Row>> {
    let wine = match Wine::find("windows") {
        Ok(wine) => wine,
        Err(row) => return Ok(vec![row]),
    };
    if let Some(rows) = rust::lacks("windows", TRIPLE, &["x86_64-w64-mingw32-gcc"]) {
        return Ok(rows);
    }
    let mut command = cargo::command();
    wine.prepare(&mut command)?;
    command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &wine.program);
    command.env("MMF_STRESS_KILLS", "100");
    command.env("MMF_WIN32_PEER", windows_path(&native_peer()?));
    command.args(["test", "--package", "mmf", "--no-fail-fast", "--target", TRIPLE]);
    command.arg("--target-dir").arg(workspace::target().join("windows"));
    command.args(["--", "--show-output"]);
    for (test, reason) in WINE_GETS_WRONG {
        println!("left out, because Wine differs: {test}: {reason}");
        command.args(["--skip", test]);
    }
    println!("$ {}", process::shown(&command));
    let mut rows = cargo::test("windows", &mut command)?;
    if let Some(first) = rows.first_mut() {
        first.skipped += WINE_GETS_WRONG.len() as u64;
    }
    Ok(rows)
}

/// The native program that shares maps with ours, compiled.
fn native_peer() -> Result<PathBuf> {
    let program = workspace::target().join("wine").join("win32_peer.exe");
    let source = workspace::root().join("tests/c/win32_peer.c");
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    compiler.args(["-municode", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"]);
    process::run(compiler.arg(&program).arg(source))?;
    Ok(program)
}

/// Wine, as this machine has it.
pub(super) struct Wine {
    pub(super) program: PathBuf,
}

impl Wine {
    /// Wine, or the row that says why there is none.
    pub(super) fn find(suite: &str) -> std::result::Result<Wine, Row> {
        // Debian keeps it off PATH.
        let debian = Path::new("/usr/lib/wine/wine64");
        let program = process::find("wine64")
            .or_else(|| debian.is_file().then(|| debian.to_owned()))
            .or_else(|| process::find("wine"));
        program
            .map(|program| Wine { program })
            .ok_or_else(|| Row::not_run(suite, "no wine64 on PATH (Debian: wine64)"))
    }

    /// Sets what a command needs to start programs under Wine: a prefix of our own, silence, and
    /// the one library that Wine 8 lacks and Rust's standard library asks for.
    pub(super) fn prepare(&self, command: &mut Command) -> Result<()> {
        let folder = workspace::target().join("wine");
        let library = folder.join("bcryptprimitives.dll");
        std::fs::create_dir_all(folder.join("prefix"))
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        let source = workspace::root().join("xtask/wine/bcryptprimitives.c");
        let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
        compiler.args(["-shared", "-O2", "-o"]).arg(&library).arg(source).arg("-ladvapi32");
        process::run(&mut compiler)?;
        command.env("WINEPREFIX", folder.join("prefix"));
        command.env("WINEDEBUG", "-all");
        // Programs that are meant to crash do so at once, and with the code that Windows gives.
        command.env("WINEDLLOVERRIDES", "winedbg.exe=d");
        command.env("WINEPATH", windows_path(&folder));
        Ok(())
    }
}

/// How Wine calls a file of this machine.
pub(super) fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
