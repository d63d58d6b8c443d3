//! The Windows back end, cross-compiled and run under Wine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Result;
use crate::report::{Outcome, Row};
use crate::test::rust;
use crate::{process, sdk, workspace};

const TRIPLE: &str = "x86_64-pc-windows-gnu";

/// Tests that fail because Wine differs from Windows: lines with the reasons, and below each its tests.
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
    let libraries = workspace::target().join(TRIPLE).join("debug/deps");
    // Under Wine the tests have no compiler, so the C programs are compiled here, with the DLL and the static library.
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

/// A command that starts a program under Wine; add the program as the first argument.
pub(super) fn command() -> Result<Command> {
    let mut command = Command::new(find()?);
    prepare(&mut command)?;
    Ok(command)
}

pub(super) fn find() -> Result<PathBuf> {
    // On Debian, it is not on PATH.
    let debian = Path::new("/usr/lib/wine/wine64");
    match process::find("wine64") {
        Err(_) if debian.is_file() => Ok(debian.to_owned()),
        Err(_) => process::find("wine"),
        found => found,
    }
}

/// Sets the variables that a command needs to start programs under Wine, starts Wine's server, and returns Wine's path.
/// The programs use a Wine prefix below the target folder, and a library that Rust's standard library needs and Wine 8
/// lacks.
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
    // Without the debugger, programs that crash end at once and with the same code as on Windows.
    command.env("WINEDLLOVERRIDES", "winedbg.exe=d");
    // Without this, .NET's runtime crashes in finalizers.
    command.env("DOTNET_EnableWriteXorExecute", "0");
    // By default, the server ends three seconds after the last program, and a program that starts at that moment fails.
    // -p120 makes it wait two minutes, which is longer than any compilation here.
    let beside = wine.with_file_name("wineserver");
    let server = if beside.is_file() { beside } else { PathBuf::from("wineserver") };
    for (program, words) in [(&server, "-p120"), (&wine, "wineboot.exe")] {
        let mut command = Command::new(program);
        command.arg(words).env("WINEDEBUG", "-all").env("WINEPREFIX", &prefix);
        // The server keeps running, so it must not hold our output. If it cannot start, the first program reports that.
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    Ok(wine)
}

/// The path by which programs under Wine find a file of this machine.
pub(super) fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
