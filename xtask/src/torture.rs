//! `cargo xtask torture`: builds and starts the program that looks for faults. It is a crate of its own
//! that nothing here depends on, so that whoever only wants the demo does not compile it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use pico_args::Arguments;

use crate::cargo;
use crate::error::{Error, Result, not_here, wrong};
use crate::finish;
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

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let minutes: Option<String> = arguments.opt_value_from_str("--minutes")?;
    let seed = arguments.opt_value_from_str("--seed")?.unwrap_or_else(new_seed);
    finish(arguments)?;
    let minutes = match minutes.as_deref().map(str::parse::<f64>) {
        None => None,
        Some(Ok(minutes)) if minutes > 0.0 => Some(minutes),
        Some(_) => return wrong("--minutes needs a number of minutes, as 0.5 or 60."),
    };
    let part = |share: f64, option: &str, count: &str| match minutes {
        Some(minutes) => ["--minutes".to_owned(), (minutes * share).to_string()],
        None => [option.to_owned(), count.to_owned()],
    };
    let plain = build()?;
    let mut command = program(&plain, &["faults", "room", "kills"], &seed);
    process::pass(command.args(part(SHARE, "--kills", KILLS)))?;
    let checked = match build_sanitized() {
        Err(Error::NotHere(reason)) => {
            println!("NOT RUN: AddressSanitizer: {reason}; the calls are made without it");
            plain
        }
        built => built?,
    };
    let mut command = program(&checked, &["input"], &seed);
    process::pass(command.args(part(1.0 - SHARE, "--calls", CALLS)))?;
    match miri() {
        Err(Error::NotHere(reason)) => {
            println!("NOT RUN: Miri: {reason}");
            Ok(())
        }
        command => process::pass(&mut command?),
    }
}

/// The short slice that is part of every test run.
pub(crate) fn suite() -> Outcome {
    let mut tests = process::command("cargo test --package torture --no-fail-fast");
    let mut rows = cargo::test("torture", &mut tests);
    let seed = new_seed();
    let mut command = program(&build()?, &["faults", "room", "input", "kills"], &seed);
    rows.extend(cargo::test("torture: a minute of it", command.args(["--minutes", "1"])));
    let checked = build_sanitized().and_then(|checked| {
        process::show(program(&checked, &["input"], &seed).args(["--calls", "300000"]))
    });
    rows.push(Row::step("torture: AddressSanitizer", checked));
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
    process::pass(&mut process::command("cargo build --profile torture --package torture"))?;
    Ok(built(&workspace::target()))
}

fn built(folder: &Path) -> PathBuf {
    folder.join("torture").join(workspace::program("torture"))
}

/// A command of the nightly toolchain's cargo, which alone has sanitizers and Miri.
fn nightly(words: &str) -> Result<Command> {
    let cargo = "rustup run nightly cargo";
    if process::run(&mut process::command(&format!("{cargo} --version"))).is_err() {
        return not_here("there is no nightly Rust (rustup toolchain install nightly)");
    }
    Ok(process::command(&format!("{cargo} {words}")))
}

/// The same program with AddressSanitizer in it, and in the library.
fn build_sanitized() -> Result<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return not_here(format!("it is there for {TRIPLE} alone"));
    }
    let mut command = nightly("build --profile torture --package torture --target")?;
    let folder = workspace::target().join("sanitized");
    command.args([TRIPLE, "--target-dir"]).arg(&folder);
    process::pass(command.env("RUSTFLAGS", "-Zsanitizer=address"))?;
    Ok(built(&folder.join(TRIPLE)))
}

/// The tests of what makes no system call, in Miri: encodings, names, handles and pointers.
fn miri() -> Result<Command> {
    if process::run(&mut nightly("miri --version")?).is_err() {
        return not_here("there is no Miri (rustup component add miri --toolchain nightly)");
    }
    let mut command = nightly("miri test --quiet --package mmf --lib --no-default-features")?;
    command.args(["--features", "capi", "--target-dir"]).arg(workspace::target().join("miri"));
    command.args(["--", "content::", "ffi::", "name::", "access::", "error::"]);
    // They try so many texts that they would take hours.
    command.args(["--skip", "a_comparison_knows", "--skip", "pieces_become"]);
    Ok(command)
}
