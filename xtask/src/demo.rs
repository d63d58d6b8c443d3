//! `cargo xtask demo`: three processes share a map named "Test".

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use pico_args::Arguments;

use crate::error::{Error, Result, ensure, fail, unavailable};
use crate::{finish, install, module, process, shell, workspace};

/// What process A prints in every language.
const EXPECTED: [&str; 5] = [
    "Start Process B and press ENTER to continue.",
    "Start Process C and press ENTER to continue.",
    "Process A says: Hello World!",
    "Process B says: Hello World!",
    "Process C says: Hello World!",
];

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let shell: Option<String> = arguments.opt_value_from_str("--shell")?;
    finish(arguments)?;
    run(match shell.as_deref() {
        Some("pwsh") => in_powershell(&shell::find()?)?,
        Some("c") => in_c(&c_compiler()?)?,
        Some("rust") => in_rust()?,
        Some(other) => return fail(format!("--shell must be pwsh, c or rust, not '{other}'.")),
        None => in_available_language()?,
    })
}

/// PowerShell; if it is unavailable, C; without a C compiler, Rust.
fn in_available_language() -> Result<Demo> {
    match shell::find() {
        Err(Error::Unavailable(reason)) => match c_compiler() {
            Ok(compiler) => {
                println!("No PowerShell ({reason}): running the programs in C.");
                in_c(&compiler)
            }
            Err(_) => {
                println!(
                    "No PowerShell ({reason}) and no C compiler: running the programs in Rust."
                );
                in_rust()
            }
        },
        shell => in_powershell(&shell?),
    }
}

pub(crate) struct Demo {
    pub(crate) language: String,
    pub(crate) sources: &'static str,
    /// Processes A, B and C.
    pub(crate) programs: [Command; 3],
}

fn in_powershell(shell: &shell::Shell) -> Result<Demo> {
    let module = module::build(&module::Assemblies::build(shell)?)?;
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
    Ok(Demo { language, sources: "examples/powershell", programs })
}

/// Finds a C compiler that starts: the one that `CC` names, or one on PATH.
pub(crate) fn c_compiler() -> Result<PathBuf> {
    let named = std::env::var_os("CC").map(PathBuf::from);
    let on_path = ["cc", "gcc", "clang"].into_iter().filter_map(|name| process::find(name).ok());
    let starts = |compiler: &PathBuf| process::run(Command::new(compiler).arg("--version")).is_ok();
    match named.into_iter().chain(on_path).find(starts) {
        Some(compiler) => Ok(compiler),
        None => unavailable("no C compiler on PATH (CC, cc, gcc, clang)"),
    }
}

const NAMES: [&str; 3] = ["process_a", "process_b", "process_c"];

/// Compiles the C programs against an installed SDK, as users do.
fn in_c(compiler: &Path) -> Result<Demo> {
    let prefix = install::sdk_in_target()?;
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
            // Windows looks for the DLL in the current folder.
            command.current_dir(prefix.join("bin"));
        }
        command
    });
    Ok(Demo { language: "C".to_owned(), sources: "examples/c", programs })
}

fn in_rust() -> Result<Demo> {
    let mut command = process::command("cargo build --package mmf");
    command.args(NAMES.iter().flat_map(|name| ["--example", name]));
    println!("Building the three programs");
    process::run_in_terminal(&mut command)?;
    let folder = workspace::target().join("debug/examples");
    let programs = NAMES.map(|name| Command::new(folder.join(workspace::program(name))));
    Ok(Demo { language: "Rust".to_owned(), sources: "examples", programs })
}

/// Runs the three processes and checks what process A prints.
pub(crate) fn run(Demo { language, sources, programs }: Demo) -> Result {
    let _lock = lock_test_map();
    println!("\nThree processes share a memory-mapped file named \"Test\", in {language}.\n");
    let [mut a, mut b, mut c] = programs;
    let mut a = process::start(a.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let id = a.id();
    println!("  process A  starts (pid {id}), creates the map and writes a line into it");
    let (mut input, output) = a.stdin.take().zip(a.stdout.take()).ok_or("it has no streams")?;
    let mut printed = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("cannot read what process A prints: {error}"))?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        // PowerShell prints an empty line after ENTER.
        if line.is_empty() {
            continue;
        }
        println!("           | {line}");
        if line == EXPECTED[0] {
            run_other("process B", &mut b, &mut input)?;
        } else if line == EXPECTED[1] {
            run_other("process C", &mut c, &mut input)?;
        }
        printed.push(line);
    }
    let status = a.wait()?;
    ensure(
        status.success() && printed == EXPECTED,
        format!("Process A ended with {status}; it should have printed:\n{}", EXPECTED.join("\n")),
    )?;
    println!("  process A  ends: nobody holds the map now, so it is gone");
    println!("\nThe three programs are in {sources}. Others: cargo xtask demo --shell pwsh|c|rust");
    Ok(())
}

/// Waits until no other run on this machine uses the map "Test", which the demo and the documents use. Keep the
/// result as long as the map is used; the system releases the lock of a killed process.
pub(crate) fn lock_test_map() -> Option<File> {
    let path = std::env::temp_dir().join("mmf-example.lock");
    // Another user may have created the file; then this user can only read it.
    let file = File::open(&path)
        .or_else(|_| OpenOptions::new().create(true).append(true).open(&path))
        .ok()?;
    if file.try_lock().is_err() {
        println!("Waiting for another run on this machine that uses the map \"Test\".");
        // If the lock fails, two runs may meet; then the second one reports that the map exists.
        file.lock().ok()?;
    }
    Some(file)
}

/// Runs process B or C, and then presses ENTER in process A.
fn run_other(name: &str, command: &mut Command, input: &mut ChildStdin) -> Result {
    let child = process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let action = "opens the map by its name, appends a line and ends";
    println!("  {name}  starts (pid {}), {action}", child.id());
    let output = child.wait_with_output()?;
    let (status, printed) = (output.status, String::from_utf8_lossy(&output.stdout));
    ensure(status.success(), format!("{name} ended with {status}: {printed}"))?;
    println!("  process A  gets an ENTER");
    let written = input.write_all(if cfg!(windows) { b"\r\n" } else { b"\n" });
    Ok(written.map_err(|error| format!("cannot write to process A: {error}"))?)
}
