//! `cargo xtask torture`: builds and starts the program that looks for faults. It is a crate of its own
//! that nothing here depends on, so that whoever only wants the demo does not compile it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::arguments::Arguments;
use crate::cargo;
use crate::download::Missing;
use crate::process;
use crate::report::{Outcome, Row};
use crate::workspace;

/// What is done without `--minutes`.
const KILLS: &str = "100000";
const CALLS: &str = "50000000";

/// What of the time is for everything but the input.
const SHARE: f64 = 0.6;

/// The sanitizer is there for this one, whose libraries it brings.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let minutes = arguments.option("--minutes")?;
    let seed = arguments.option("--seed")?.unwrap_or_else(new_seed);
    arguments.finish()?;
    let number = |value: String| match value.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 => Ok(minutes),
        _ => Err(format!("--minutes needs a number of minutes, not '{value}'.")),
    };
    let minutes = minutes.map(number).transpose()?;
    let part = |share: f64, count: [&str; 2]| match minutes {
        Some(minutes) => vec!["--minutes".to_owned(), (minutes * share).to_string()],
        None => count.map(str::to_owned).to_vec(),
    };
    let plain = build()?;
    let mut command = program(&plain, &["faults", "room", "kills"], &seed);
    process::pass(command.args(part(SHARE, ["--kills", KILLS])))?;
    let checked = match build_sanitized() {
        Ok(program) => program,
        Err(Missing::Unreachable(reason)) => {
            println!("NOT RUN: AddressSanitizer: {reason}; the calls are made without it");
            plain
        }
        Err(Missing::Wrong(reason)) => return Err(reason),
    };
    let mut command = program(&checked, &["input"], &seed);
    process::pass(command.args(part(1.0 - SHARE, ["--calls", CALLS])))?;
    match miri() {
        Ok(mut command) => process::pass(&mut command),
        Err(reason) => {
            println!("NOT RUN: Miri: {reason}");
            Ok(())
        }
    }
}

/// The short slice that is part of every test run.
pub(crate) fn suite() -> Outcome {
    let mut tests = cargo::command();
    tests.args(["test", "--package", "torture", "--no-fail-fast"]);
    let mut rows = cargo::test("torture", &mut tests)?;
    let seed = new_seed();
    let mut command = program(&build()?, &["faults", "room", "input", "kills"], &seed);
    rows.extend(cargo::test("torture: a minute of it", command.args(["--minutes", "1"]))?);
    match build_sanitized() {
        Ok(checked) => {
            let mut command = program(&checked, &["input"], &seed);
            command.args(["--calls", "300000"]);
            rows.push(Row::step("torture: AddressSanitizer", process::show(&mut command)));
        }
        Err(Missing::Unreachable(reason)) => {
            rows.push(Row::not_run("torture: AddressSanitizer", reason));
        }
        Err(wrong) => return Err(wrong),
    }
    Ok(rows)
}

fn new_seed() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed again.
    (now.as_micros() % 1_000_000_000).to_string()
}

fn program(program: &Path, parts: &[&str], seed: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).args(parts).args(["--seed", seed]);
    command
}

fn build() -> Result<PathBuf> {
    let mut command = cargo::command();
    command.args(["build", "--quiet", "--profile", "torture", "--package", "torture"]);
    println!("$ {}", process::shown(&command));
    process::pass(&mut command)?;
    Ok(built(&workspace::target()))
}

fn built(folder: &Path) -> PathBuf {
    folder.join("torture").join(format!("torture{}", std::env::consts::EXE_SUFFIX))
}

/// The nightly toolchain's cargo, which alone has sanitizers and Miri.
fn nightly() -> std::result::Result<Command, String> {
    let mut probe = Command::new("rustup");
    if process::run(probe.args(["run", "nightly", "cargo", "--version"])).is_err() {
        return Err("there is no nightly Rust (rustup toolchain install nightly)".to_owned());
    }
    let mut command = Command::new("rustup");
    command.current_dir(workspace::root()).args(["run", "nightly", "cargo"]);
    Ok(command)
}

/// The same program with AddressSanitizer in it, and in the library.
fn build_sanitized() -> std::result::Result<PathBuf, Missing> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err(Missing::Unreachable(format!("it is there for {TRIPLE} alone")));
    }
    let mut command = nightly().map_err(Missing::Unreachable)?;
    let folder = workspace::target().join("sanitized");
    command.args(["build", "--quiet", "--profile", "torture", "--package", "torture"]);
    command.args(["--target", TRIPLE, "--target-dir"]).arg(&folder);
    command.env("RUSTFLAGS", "-Zsanitizer=address");
    println!("$ RUSTFLAGS=-Zsanitizer=address {}", process::shown(&command));
    process::pass(&mut command)?;
    Ok(built(&folder.join(TRIPLE)))
}

/// The tests of what makes no system call, in Miri: encodings, names, handles and pointers.
fn miri() -> std::result::Result<Command, String> {
    let mut probe = nightly()?;
    if process::run(probe.args(["miri", "--version"])).is_err() {
        return Err("there is no Miri (rustup component add miri --toolchain nightly)".to_owned());
    }
    let mut command = nightly()?;
    command.args(["miri", "test", "--quiet", "--package", "mmf", "--lib"]);
    command.args(["--no-default-features", "--features", "capi"]);
    command.arg("--target-dir").arg(workspace::target().join("miri"));
    command.args(["--", "content::", "ffi::", "name::", "access::", "error::"]);
    // They try so many texts that they would take hours.
    command.args(["--skip", "a_comparison_knows", "--skip", "pieces_become"]);
    Ok(command)
}
