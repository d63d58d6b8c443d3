//! Compares mmf with the system calls that it makes and with the alternatives that a program could use instead, in one
//! run with one report. `cargo xtask bench` builds what is measured and starts this program.

#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, unused_imports, reason = "the peers are written for Linux")
)]

#[cfg(target_os = "linux")]
mod contention;
#[cfg(target_os = "linux")]
mod growth;
mod instructions;
mod machine;
mod measure;
mod peer;
mod plot;
#[cfg(target_os = "linux")]
mod processes;
mod report;
mod rows;
#[cfg(target_os = "linux")]
mod shm;
mod table;
#[cfg(target_os = "linux")]
mod wakeups;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use measure::Figures;
use peer::Peer;
#[cfg(target_os = "linux")]
use processes::Processes;
use report::Measured;
use rows::GROUPS;

type Result<T> = std::result::Result<T, String>;

/// The number of rounds with `--quick`.
const QUICK_ROUNDS: usize = 3;

/// The options of the command line.
#[derive(Debug, Default)]
struct Options {
    /// Where `mmf.h` and the shared library are.
    include: PathBuf,
    library: PathBuf,
    /// The folder for compiled peers.
    work: PathBuf,
    /// The folder for the report; without it, the report is only printed.
    out: Option<PathBuf>,
    shell: Option<PathBuf>,
    module: Option<PathBuf>,
    /// Version 1 of the module, whose cmdlets are compared with ours.
    version_1: Option<PathBuf>,
    /// An older build of the library to compare with.
    baseline: Option<PathBuf>,
    rows: Vec<String>,
    quick: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<()> {
    Err("The benchmarks run only on Linux.".to_owned())
}

#[cfg(target_os = "linux")]
fn run() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let roles: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(played) = processes::play(&roles) {
        return played;
    }
    let mut arguments = words.into_iter();
    let mut options = Options::default();
    while let Some(word) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{word} needs a value"));
        match &*word {
            // This program is itself one of the peers.
            "--peer" => return shm::obey(&value()?),
            "--include" => options.include = value()?.into(),
            "--library" => options.library = value()?.into(),
            "--work" => options.work = value()?.into(),
            "--out" => options.out = Some(value()?.into()),
            "--shell" => options.shell = Some(value()?.into()),
            "--module" => options.module = Some(value()?.into()),
            "--version1" => options.version_1 = Some(value()?.into()),
            "--baseline" => options.baseline = Some(value()?.into()),
            "--rows" => options.rows = value()?.split(',').map(str::to_owned).collect(),
            "--quick" => options.quick = true,
            _ => return Err(format!("unknown option {word}")),
        }
    }
    compare(&options)
}

fn compare(options: &Options) -> Result<()> {
    let wanted =
        |part: &str| options.rows.is_empty() || options.rows.iter().any(|wanted| wanted == part);
    let (mut peers, omitted) = start_peers(options)?;
    let rounds = options.quick.then_some(QUICK_ROUNDS);
    let mut all: Vec<Figures> = Vec::new();
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        if !wanted(row.id) {
            continue;
        }
        // Each call of these rows takes about a second.
        if options.quick && row.id.ends_with("_1g") {
            continue;
        }
        // All peers that have the row take part. The first one named mmf is the reference.
        let Some(figures) = measure::measure(row, &mut peers, rounds)? else { continue };
        eprintln!("{}: {}", row.title, table::time(figures.median("mmf").unwrap_or(f64::NAN)));
        all.push(figures);
    }
    drop(peers);
    let measured = Measured {
        counts: instructions::count(&options.work.join("mmf"), &all)?,
        figures: all,
        #[cfg(target_os = "linux")]
        processes: Processes::measure(wanted, options.quick)?,
        omitted,
    };
    let report = report::report(&measured);
    println!("{report}");
    let Some(out) = &options.out else { return Ok(()) };
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    write(&out.join("README.md"), &report)?;
    for group in GROUPS {
        for scheme in [plot::Scheme::LIGHT, plot::Scheme::DARK] {
            if let Some(picture) = plot::times(group, &measured.figures, &scheme)? {
                write(&out.join(plot::file(group.id, &scheme)), &picture)?;
            }
        }
    }
    #[cfg(target_os = "linux")]
    for series in &measured.processes.growth {
        for scheme in [plot::Scheme::LIGHT, plot::Scheme::DARK] {
            let picture = plot::growth(&series.lines(), &scheme)?;
            write(&out.join(plot::file(series.axis.id, &scheme)), &picture)?;
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// The available peers, mmf first, and the reasons why others are missing.
fn start_peers(options: &Options) -> Result<(Vec<Peer>, Vec<String>)> {
    std::fs::create_dir_all(&options.work)
        .map_err(|error| format!("{}: {error}", options.work.display()))?;
    let mut peers = Vec::new();
    let mut omitted = Vec::new();
    let name = |of: &str| format!("mmf-bench-{of}-{}", std::process::id());

    let link = [
        "-I".to_owned(),
        options.include.display().to_string(),
        "-L".to_owned(),
        options.library.display().to_string(),
        "-lmmf".to_owned(),
        // With a RUNPATH, LD_LIBRARY_PATH comes first, which loads the baseline.
        "-Wl,--enable-new-dtags".to_owned(),
        // The baseline may lack functions that its rows do not call.
        "-Wl,-z,lazy".to_owned(),
        format!("-Wl,-rpath,{}", options.library.display()),
    ];
    let ours = compile("cc", "mmf.c", "mmf", &link, options)?;
    let mut command = Command::new(&ours);
    peers.push(Peer::start("mmf", arg(&mut command, &name("mmf")))?);
    let mut command = Command::new(&ours);
    command.args([&*name("small"), "small"]);
    peers.push(Peer::start("small map", command)?);
    let mut command = Command::new(compile("cc", "floor.c", "floor", &[], options)?);
    peers.push(Peer::start("floor", arg(&mut command, &name("floor")))?);
    let mut command = Command::new(compile("cc", "pipe.c", "pipe", &[], options)?);
    peers.push(Peer::start("named pipe", arg(&mut command, &name("pipe")))?);
    match &options.baseline {
        Some(library) => {
            let mut command = Command::new(&ours);
            command.env("LD_LIBRARY_PATH", baseline(library, &options.work)?);
            command.args([&*name("baseline"), "texts"]);
            peers.push(Peer::start("baseline", command)?);
        }
        None => omitted.push("baseline: no older library given (--baseline FILE)".to_owned()),
    }
    if Path::new("/usr/include/boost/interprocess").is_dir() {
        let program = compile("c++", "boost.cpp", "boost", &["-lrt".to_owned()], options)?;
        peers.push(Peer::start("Boost", arg(&mut Command::new(program), &name("boost")))?);
    } else {
        omitted.push("Boost: not installed (Debian: libboost-dev)".to_owned());
    }
    if Command::new("python3").arg("--version").output().is_ok() {
        let mut command = Command::new("python3");
        command.arg(source("shm.py"));
        peers.push(Peer::start("Python", arg(&mut command, &name("python")))?);
    } else {
        omitted.push("Python: python3 is not on PATH".to_owned());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own);
    command.arg("--peer");
    peers.push(Peer::start("shared_memory", arg(&mut command, &name("crate")))?);
    match (&options.shell, &options.module) {
        (Some(shell), Some(module)) => {
            let start = |script: &str, of: &str| {
                let mut command = Command::new(shell);
                command.args(["-NoProfile", "-NonInteractive", "-File"]).arg(source(script));
                command.arg("-Name").arg(name(of));
                command
            };
            peers.push(Peer::start(".NET", start("dotnet.ps1", "net"))?);
            let mut cmdlets = start("cmdlets.ps1", "cmdlets");
            cmdlets.arg("-ModulePath").arg(module);
            peers.push(Peer::start("mmf", cmdlets)?);
            match &options.version_1 {
                Some(version_1) => {
                    let mut command = start("cmdlets.ps1", "version1");
                    command.arg("-ModulePath").arg(version_1).arg("-ByPath");
                    peers.push(Peer::start("version 1", command)?);
                }
                None => omitted
                    .push("version 1: its module is not given (--version1 FOLDER)".to_owned()),
            }
            peers.push(Peer::start("Content cmdlets", start("cmdlets.ps1", "content"))?);
        }
        _ => omitted.push(".NET and the cmdlets: PowerShell could not be started".to_owned()),
    }
    Ok((peers, omitted))
}

/// A folder from which the loader takes the baseline instead of our library.
fn baseline(library: &Path, work: &Path) -> Result<PathBuf> {
    let failed = |error: std::io::Error| format!("{}: {error}", library.display());
    let folder = work.join("baseline");
    std::fs::create_dir_all(&folder).map_err(failed)?;
    std::fs::copy(library, folder.join("libmmf.so.2")).map_err(failed)?;
    Ok(folder)
}

fn arg(command: &mut Command, name: &str) -> Command {
    command.arg(name);
    std::mem::replace(command, Command::new(""))
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

fn compile(
    compiler: &str,
    from: &str,
    to: &str,
    more: &[String],
    options: &Options,
) -> Result<PathBuf> {
    let program = options.work.join(to);
    let mut command = Command::new(compiler);
    command
        .args(["-O2", "-Wall", "-Wextra", "-g", "-o"])
        .arg(&program)
        .arg(source(from))
        .args(more);
    match command.status() {
        Ok(status) if status.success() => Ok(program),
        Ok(_) => Err(format!("{compiler} failed to compile {from}")),
        Err(error) => Err(format!("{compiler}: {error} (Debian: build-essential)")),
    }
}
