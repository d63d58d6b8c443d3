//! `cargo xtask demo`: three processes share a map named "Test".

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use pico_args::Arguments;

use crate::alone::alone;
use crate::error::{Error, Result, ensure, not_here, wrong};
use crate::finish;
use crate::install;
use crate::module;
use crate::process;
use crate::shell::{self, Shell};
use crate::workspace;

/// What process A prints, in whatever language it is written.
const EXPECTED: [&str; 5] = [
    "Start Process B and press ENTER to continue.",
    "Start Process C and press ENTER to continue.",
    "Process A says: Hello World!",
    "Process B says: Hello World!",
    "Process C says: Hello World!",
];

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let wanted: Option<String> = arguments.opt_value_from_str("--shell")?;
    finish(arguments)?;
    play(match wanted.as_deref() {
        Some("pwsh") => in_powershell(&shell::find()?)?,
        Some("c") => in_c(&c_compiler()?)?,
        Some("rust") => in_rust()?,
        Some(other) => return wrong(format!("--shell is pwsh, c or rust, not '{other}'.")),
        None => what_is_here()?,
    })
}

/// PowerShell; without one and without a network C; without a compiler Rust.
fn what_is_here() -> Result<Cast> {
    let reason = match shell::find() {
        Ok(shell) => return in_powershell(&shell),
        Err(Error::NotHere(reason)) => reason,
        Err(wrong) => return Err(wrong),
    };
    if let Ok(compiler) = c_compiler() {
        println!("No PowerShell here ({reason}), so the same story in C.");
        return in_c(&compiler);
    }
    println!("No PowerShell here ({reason}) and no C compiler, so the same story in Rust.");
    in_rust()
}

/// The three programs of the story.
pub(crate) struct Cast {
    pub(crate) language: String,
    /// Where a person finds them.
    pub(crate) sources: &'static str,
    /// Processes A, B and C.
    pub(crate) programs: [Command; 3],
}

fn in_powershell(shell: &Shell) -> Result<Cast> {
    let module = module::build(shell)?;
    let mut path = vec![module.parent().unwrap_or(&module).to_owned()];
    path.extend(std::env::var_os("PSModulePath").iter().flat_map(std::env::split_paths));
    let path = std::env::join_paths(path)?;
    let folder = workspace::root().join("examples/powershell");
    let programs = ["process-a.ps1", "process-b.ps1", "process-c.ps1"].map(|name| {
        let mut command = shell.interactive();
        command.env("PSModulePath", &path).arg("-File").arg(folder.join(name));
        command
    });
    let language = format!("PowerShell {}", shell.version);
    Ok(Cast { language, sources: "examples/powershell", programs })
}

/// The C compiler that `CC` names, or one on PATH; one that does not start is none.
pub(crate) fn c_compiler() -> Result<PathBuf> {
    let named = std::env::var_os("CC").map(PathBuf::from);
    let found = ["cc", "gcc", "clang"].into_iter().filter_map(|name| process::find(name).ok());
    let starts = |compiler: &PathBuf| process::run(Command::new(compiler).arg("--version")).is_ok();
    match named.into_iter().chain(found).find(starts) {
        Some(compiler) => Ok(compiler),
        None => not_here("no C compiler on PATH (CC, cc, gcc, clang)"),
    }
}

/// The names of the programs in C and in Rust.
const NAMES: [&str; 3] = ["process_a", "process_b", "process_c"];

/// The C programs are built as anybody would build them, against an installed SDK.
fn in_c(compiler: &Path) -> Result<Cast> {
    let prefix = install::sdk_here()?;
    let folder = workspace::target().join("demo");
    fs_err::create_dir_all(&folder)?;
    println!("Compiling the three programs");
    for name in NAMES {
        let mut command = Command::new(compiler);
        command.current_dir(workspace::root());
        command.args(["-std=c99", "-o"]).arg(folder.join(workspace::program(name)));
        command.arg(format!("examples/c/{name}.c")).arg("-I").arg(prefix.join("include"));
        command.arg("-L").arg(prefix.join("lib")).arg("-lmmf");
        if !cfg!(windows) {
            command.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
        }
        println!("$ {}", process::shown(&command));
        process::run(&mut command)?;
    }
    let programs = NAMES.map(|name| {
        let mut command = Command::new(folder.join(workspace::program(name)));
        if cfg!(windows) {
            // Where it finds the library.
            command.current_dir(prefix.join("bin"));
        }
        command
    });
    Ok(Cast { language: "C".to_owned(), sources: "examples/c", programs })
}

fn in_rust() -> Result<Cast> {
    let mut command = process::command("cargo build --package mmf");
    command.args(NAMES.iter().flat_map(|name| ["--example", name]));
    println!("Building the three programs");
    process::pass(&mut command)?;
    let folder = workspace::target().join("debug/examples");
    let programs = NAMES.map(|name| Command::new(folder.join(workspace::program(name))));
    Ok(Cast { language: "Rust".to_owned(), sources: "examples", programs })
}

/// Runs the story and checks what process A printed.
pub(crate) fn play(cast: Cast) -> Result {
    let _alone = alone();
    let Cast { language, sources, programs } = cast;
    println!("\nThree processes share a memory-mapped file named \"Test\", in {language}.\n");
    let [mut a, mut b, mut c] = programs;
    let mut a = process::start(a.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let does = "creates the map and writes a line into it";
    tell("process A", &format!("starts (pid {}), {does}", a.id()));
    let (mut input, output) = a.stdin.take().zip(a.stdout.take()).ok_or("it has no streams")?;
    let mut printed = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("what process A prints is lost: {error}"))?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        // PowerShell answers a pressed ENTER with an empty line.
        if line.is_empty() {
            continue;
        }
        println!("           | {line}");
        if line == EXPECTED[0] {
            other(&mut b, "process B")?;
            press_enter(&mut input)?;
        } else if line == EXPECTED[1] {
            other(&mut c, "process C")?;
            press_enter(&mut input)?;
        }
        printed.push(line);
    }
    let status = a.wait()?;
    ensure(
        status.success() && printed == EXPECTED,
        format!("Process A ended with {status}; it should have printed:\n{}", EXPECTED.join("\n")),
    )?;
    tell("process A", "ends: nobody holds the map now, so it is gone");
    println!("\nThe three programs are in {sources}. Others: cargo xtask demo --shell pwsh|c|rust");
    Ok(())
}

/// A line of the story, with its subject in bold where that can be seen.
fn tell(who: &str, what: &str) {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        println!("  \x1b[1m{who}\x1b[0m  {what}");
    } else {
        println!("  {who}  {what}");
    }
}

fn press_enter(input: &mut ChildStdin) -> Result {
    tell("process A", "gets an ENTER");
    let newline: &[u8] = if cfg!(windows) { b"\r\n" } else { b"\n" };
    Ok(input.write_all(newline).map_err(|error| format!("process A takes no input: {error}"))?)
}

/// Runs one of the others to its end.
fn other(command: &mut Command, name: &str) -> Result {
    let child = process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let does = "opens the map by its name, appends a line and ends";
    tell(name, &format!("starts (pid {}), {does}", child.id()));
    let output = child.wait_with_output()?;
    let (status, said) = (output.status, String::from_utf8_lossy(&output.stdout));
    ensure(status.success(), format!("{name} ended with {status}: {said}"))
}
