//! The Windows back end, cross-built and run under Wine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Result;
use crate::process;
use crate::report::{Outcome, Row};
use crate::sdk;
use crate::test::rust;
use crate::workspace;

const TRIPLE: &str = "x86_64-pc-windows-gnu";

/// Has Wine's server wait two minutes for the next program: longer than anything takes to compile here.
const SERVER_STAYS: &str = "-p120";

/// Tests that fail because Wine differs from Windows.
const WINE_GETS_WRONG: &str = "Left out:
Wine lets others map a read-only section for writing:
    a_map_that_was_created_read_only_is_read_only_for_everyone
    create_or_open::original_read_requested_read_write
    info_shows_whether_a_map_can_be_written
    the_map_is_read_only_and_read_write_is_requested
Wine does not tell other views that the last page of a reserved section was committed:
    text_is_read_from_far_apart_places_of_delayed_maps
Wine does not tell the final path of a file with a long name:
    a_long_file_name_can_be_saved_to
";

pub(super) fn suite() -> Outcome {
    process::find("make")?;
    let mut command = process::command("cargo");
    let wine = prepare(&mut command)?;
    command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", wine);
    command.env("MMF_STRESS_KILLS", "100");
    let libraries = workspace::target().join(TRIPLE).join("debug/deps");
    // The C programs of the native suite, which has no compiler under Wine: compiled here, in both
    // languages, against the DLL and against the static library.
    let make = |programs: &str| {
        fs_err::create_dir_all(&libraries)?;
        let mut command = process::command("make --keep-going -C tests/c");
        let wine = prepare(&mut command)?;
        command.args([programs, &format!("STATIC={}", sdk::static_flags("win-x64"))]);
        command.arg(format!("OUT={}", libraries.display()));
        process::show(command.arg(format!("RUN={}", wine.display())))
    };
    make("win32_peer")?;
    command.env("MMF_WIN32_PEER", windows_path(&libraries.join("win32_peer.exe")));
    let mut rows = rust::library("windows", &mut command, TRIPLE, WINE_GETS_WRONG)?;
    rows.push(Row::step("windows: C and C++", make("lives")));
    Ok(rows)
}

/// A command that starts a program, to be added, under Wine.
pub(super) fn command() -> Result<Command> {
    let mut command = Command::new(find()?);
    prepare(&mut command)?;
    Ok(command)
}

pub(super) fn find() -> Result<PathBuf> {
    // Debian keeps it off PATH.
    let debian = Path::new("/usr/lib/wine/wine64");
    match process::find("wine64") {
        Err(_) if debian.is_file() => Ok(debian.to_owned()),
        Err(_) => process::find("wine"),
        found => found,
    }
}

/// Sets what a command needs to start programs under Wine, which it gives: a prefix of our own, silence, and
/// the one library that Wine 8 lacks and Rust's standard library asks for. Its server runs then.
pub(super) fn prepare(command: &mut Command) -> Result<PathBuf> {
    let wine = find()?;
    process::find("x86_64-w64-mingw32-gcc")?;
    let folder = workspace::target().join("wine");
    let prefix = folder.join("prefix");
    fs_err::create_dir_all(&prefix)?;
    let mut compiler = process::command(
        "x86_64-w64-mingw32-gcc -shared -O2 xtask/wine/bcryptprimitives.c -ladvapi32 -o",
    );
    process::run(compiler.arg(folder.join("bcryptprimitives.dll")))?;
    command.env("WINEPREFIX", &prefix).env("WINEPATH", windows_path(&folder));
    command.env("WINEDEBUG", "-all");
    // Programs that are meant to crash do so at once, and with the code that Windows gives.
    command.env("WINEDLLOVERRIDES", "winedbg.exe=d");
    // .NET's runtime dies in its finalizers without it.
    command.env("DOTNET_EnableWriteXorExecute", "0");
    // Its server and services are started for longer than the three seconds that they would wait behind the
    // last program: one that starts while they go away is cut off.
    let beside = wine.with_file_name("wineserver");
    let server = if beside.is_file() { beside } else { PathBuf::from("wineserver") };
    for (program, words) in [(&server, SERVER_STAYS), (&wine, "wineboot.exe")] {
        let mut command = Command::new(program);
        command.arg(words).env("WINEDEBUG", "-all").env("WINEPREFIX", &prefix);
        // They stay, and whoever waits for the end of our output must not wait for theirs. What
        // runs already is as good, and what does not start is told of by the first program.
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    Ok(wine)
}

/// How Wine calls a file of this machine.
pub(super) fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
