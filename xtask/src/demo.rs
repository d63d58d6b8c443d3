//! `cargo xtask demo`: three processes share a map named "Test".

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use crate::Result;
use crate::alone::alone;
use crate::arguments::Arguments;
use crate::cargo;
use crate::download::Missing;
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

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let wanted = arguments.option("--shell")?;
    arguments.finish()?;
    play(match wanted.as_deref() {
        Some("pwsh") => in_powershell(&shell::find().map_err(|it| it.reason().to_owned())?)?,
        Some("c") => in_c(&c_compiler().ok_or("no C compiler on PATH (CC, cc, gcc, clang)")?)?,
        Some("rust") => in_rust()?,
        Some(other) => return Err(format!("--shell is pwsh, c or rust, not '{other}'.")),
        None => what_is_here()?,
    })
}

/// PowerShell; without one and without a network C; without a compiler Rust.
fn what_is_here() -> Result<Cast> {
    let reason = match shell::find() {
        Ok(shell) => return in_powershell(&shell),
        Err(Missing::Wrong(reason)) => return Err(reason),
        Err(Missing::Unreachable(reason)) => reason,
    };
    if let Some(compiler) = c_compiler() {
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
    pub(crate) a: Command,
    pub(crate) b: Command,
    pub(crate) c: Command,
}

fn in_powershell(shell: &Shell) -> Result<Cast> {
    let module = module::build(shell)?;
    let modules = module.parent().unwrap_or(&module).to_owned();
    let mut path = vec![modules];
    path.extend(std::env::var_os("PSModulePath").iter().flat_map(std::env::split_paths));
    let path = std::env::join_paths(path).map_err(|error| format!("the module path: {error}"))?;
    let script = |name: &str| {
        let mut command = shell.interactive();
        command.env("PSModulePath", &path);
        command.arg("-File").arg(workspace::root().join("examples/powershell").join(name));
        command
    };
    Ok(Cast {
        language: format!("PowerShell {}", shell.version),
        sources: "examples/powershell",
        a: script("process-a.ps1"),
        b: script("process-b.ps1"),
        c: script("process-c.ps1"),
    })
}

/// The C compiler that `CC` names, or one on PATH; one that does not start is none.
pub(crate) fn c_compiler() -> Option<PathBuf> {
    let named = std::env::var_os("CC").map(PathBuf::from);
    let found = ["cc", "gcc", "clang"].into_iter().filter_map(process::find);
    named
        .into_iter()
        .chain(found)
        .find(|compiler| process::run(Command::new(compiler).arg("--version")).is_ok())
}

/// The C programs are built as anybody would build them, against an installed SDK.
fn in_c(compiler: &Path) -> Result<Cast> {
    let prefix = install::sdk_here()?;
    let folder = workspace::target().join("demo");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    println!("Compiling the three programs");
    let program = |name: &str| {
        let file = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let mut command = Command::new(compiler);
        command.current_dir(workspace::root());
        command.arg("-std=c99").arg("-o").arg(workspace::relative(&file));
        command.arg(format!("examples/c/{name}.c"));
        command.arg("-I").arg(workspace::relative(&prefix.join("include")));
        command.arg("-L").arg(workspace::relative(&prefix.join("lib"))).arg("-lmmf");
        if !cfg!(windows) {
            command.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
        }
        println!("$ {}", process::shown(&command));
        process::run(&mut command)?;
        let mut command = Command::new(file);
        if cfg!(windows) {
            command.current_dir(prefix.join("bin"));
        }
        Ok::<Command, String>(command)
    };
    Ok(Cast {
        language: "C".to_owned(),
        sources: "examples/c",
        a: program("process_a")?,
        b: program("process_b")?,
        c: program("process_c")?,
    })
}

fn in_rust() -> Result<Cast> {
    let mut command = cargo::command();
    command.args(["build", "--package", "mmf"]);
    let names = ["process_a", "process_b", "process_c"];
    command.args(names.iter().flat_map(|name| ["--example", name]));
    println!("Building the three programs");
    process::pass(&mut command).map_err(|reason| format!("the examples do not build: {reason}"))?;
    let folder = workspace::target().join("debug").join("examples");
    let [a, b, c] = names
        .map(|name| Command::new(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))));
    Ok(Cast { language: "Rust".to_owned(), sources: "examples", a, b, c })
}

/// Runs the story and checks what process A printed.
pub(crate) fn play(cast: Cast) -> Result<()> {
    let _alone = alone();
    println!(
        "\nThree processes share a memory-mapped file named \"Test\", in {}.\n",
        cast.language
    );
    let Cast { mut a, mut b, mut c, .. } = cast;
    a.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut a = process::start(&mut a)?;
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
    let status = a.wait().map_err(|error| format!("process A is lost: {error}"))?;
    if !status.success() || printed != EXPECTED {
        return Err(format!(
            "Process A ended with {status}; it should have printed:\n{}",
            EXPECTED.join("\n")
        ));
    }
    tell("process A", "ends: nobody holds the map now, so it is gone");
    println!(
        "\nThe three programs are in {}. Others: cargo xtask demo --shell pwsh|c|rust",
        cast.sources
    );
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

fn press_enter(input: &mut ChildStdin) -> Result<()> {
    tell("process A", "gets an ENTER");
    let newline: &[u8] = if cfg!(windows) { b"\r\n" } else { b"\n" };
    input.write_all(newline).map_err(|error| format!("process A takes no input: {error}"))
}

/// Runs one of the others to its end.
fn other(command: &mut Command, name: &str) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = process::start(command)?;
    let does = "opens the map by its name, appends a line and ends";
    tell(name, &format!("starts (pid {}), {does}", child.id()));
    let output = child.wait_with_output().map_err(|error| format!("{name} is lost: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let status = output.status;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}: {said}")) }
}
