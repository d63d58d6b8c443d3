//! The Windows back end, cross-built and run under Wine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::cargo;
use crate::download::Missing;
use crate::process;
use crate::report::{Checks, Outcome, Row};
use crate::sdk;
use crate::test::rust::{self, LeftOut};
use crate::test::{missing, needs};
use crate::workspace;

const TRIPLE: &str = "x86_64-pc-windows-gnu";

/// How long Wine's server waits for the next program: longer than anything takes to compile here.
const SERVER_SECONDS: u32 = 120;

/// Tests that fail because Wine differs from Windows.
const WINE_GETS_WRONG: &LeftOut = &[
    (
        "Wine lets others map a read-only section for writing.",
        &[
            "a_map_that_was_created_read_only_stays_so_for_everybody",
            "create_or_open::original_read_requested_read_write",
            "info_tells_whether_a_map_can_be_written",
            "the_original_is_read_only_and_read_write_is_asked_for",
        ],
    ),
    (
        "Wine does not tell other views that the last page of a reserved section was committed.",
        &["what_lies_far_apart_is_all_there_in_delayed_maps_of_every_size"],
    ),
    (
        "Wine does not tell the final path of a file with a long name.",
        &["a_long_file_name_can_be_saved_to"],
    ),
];

pub(super) fn suite() -> Outcome {
    let wine = Wine::find()?;
    needs(&["x86_64-w64-mingw32-gcc"])?;
    let mut command = cargo::command();
    wine.prepare(&mut command)?;
    command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &wine.program);
    command.env("MMF_STRESS_KILLS", "100").env("MMF_KILLS", "60");
    // All of Wine's processes share one server, and nobody has tried yet what it makes of tests side by side.
    command.env("RUST_TEST_THREADS", "1");
    let target = workspace::target().join(TRIPLE).join("debug");
    let peer = target.join("win32_peer.exe");
    compile("gcc", "c99", "tests/c/win32_peer.c", &peer, &["-municode".into()])?;
    command.env("MMF_WIN32_PEER", windows_path(&peer));
    let mut rows = rust::library("windows", &mut command, TRIPLE, WINE_GETS_WRONG)?;
    rows.push(programs(&wine, &target.join("deps")));
    Ok(rows)
}

/// The C programs of the native suite, which has no compiler under Wine: compiled here, in both
/// languages, against the DLL and against the static library.
fn programs(wine: &Wine, libraries: &Path) -> Row {
    let mut checks = Checks::new("windows: C and C++");
    for (language, compiler, standard) in [("C", "gcc", "c99"), ("C++", "g++", "c++17")] {
        for (kind, library) in [("DLL", "libmmf.dll.a"), ("static library", "libmmf.a")] {
            let program = libraries.join(format!("life {language} {kind}.exe"));
            let linked = [libraries.join(library)];
            let outcome = compile(compiler, standard, "tests/c/life.c", &program, &linked)
                .and_then(|()| live(wine, &program));
            checks.check(&format!("the whole life of a map in {language}, {kind}"), outcome);
        }
    }
    checks.row
}

fn live(wine: &Wine, program: &Path) -> Result<()> {
    let folder = workspace::target().join("wine").join("life");
    // What the last program left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = Command::new(&wine.program);
    wine.prepare(&mut command)?;
    command.arg(program).arg(format!("mmf-life-{}", std::process::id())).arg(windows_path(&folder));
    let printed = process::run(&mut command)?;
    if printed.trim_end() == "the whole life" { Ok(()) } else { Err(printed) }
}

fn compile(
    compiler: &str,
    standard: &str,
    source: &str,
    program: &Path,
    libraries: &[PathBuf],
) -> Result<()> {
    let root = workspace::root();
    if let Some(folder) = program.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut command = Command::new(format!("x86_64-w64-mingw32-{compiler}"));
    command.arg(format!("-std={standard}")).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    command.arg("-I").arg(root.join("include")).arg("-o").arg(program);
    command.arg("-x").arg(if standard.starts_with("c++") { "c++" } else { "c" });
    command.arg(root.join(source)).args(["-x", "none"]).args(libraries);
    command.args(sdk::static_libraries("win-x64").iter().map(|name| format!("-l{name}")));
    command.arg("-static");
    process::run(&mut command).map(drop)
}

/// Wine, as this machine has it.
pub(super) struct Wine {
    pub(super) program: PathBuf,
}

impl Wine {
    pub(super) fn find() -> std::result::Result<Wine, Missing> {
        // Debian keeps it off PATH.
        let debian = Path::new("/usr/lib/wine/wine64");
        let program = process::find("wine64")
            .or_else(|| debian.is_file().then(|| debian.to_owned()))
            .or_else(|| process::find("wine"));
        match program {
            Some(program) => Ok(Wine { program }),
            None => missing("no wine64 on PATH (Debian: wine64)"),
        }
    }

    /// Sets what a command needs to start programs under Wine: a prefix of our own, silence, and
    /// the one library that Wine 8 lacks and Rust's standard library asks for. Its server runs then.
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
        self.keep_running(&folder.join("prefix"));
        Ok(())
    }

    /// Starts Wine's server and services, for longer than the three seconds that they would wait
    /// behind the last program: one that starts while they go away is cut off.
    fn keep_running(&self, prefix: &Path) {
        let beside = self.program.with_file_name("wineserver");
        let server = beside.is_file().then_some(beside).or_else(|| process::find("wineserver"));
        let Some(server) = server else { return };
        let mut start = Command::new(server);
        start.arg(format!("-p{SERVER_SECONDS}"));
        let mut boot = Command::new(&self.program);
        boot.arg("wineboot.exe").env("WINEDEBUG", "-all");
        for mut command in [start, boot] {
            // They stay, and whoever waits for the end of our output must not wait for theirs. What
            // runs already is as good, and what does not start is told of by the first program.
            let _ = command
                .env("WINEPREFIX", prefix)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// How Wine calls a file of this machine.
pub(super) fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
