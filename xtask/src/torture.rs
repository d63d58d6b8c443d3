//! `cargo xtask torture`: runs a program that looks for faults, a separate crate so that the demo need not compile it.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use pico_args::Arguments;

use crate::error::{Error, Result, ensure, unavailable};
use crate::report::{self, Outcome, Row};
use crate::{finish, process, workspace};

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let minutes: Option<f64> = arguments.opt_value_from_str("--minutes")?;
    let seed = arguments.opt_value_from_str("--seed")?.unwrap_or_else(new_seed);
    finish(arguments)?;
    let valid = minutes.is_none_or(|minutes| minutes > 0.0);
    ensure(valid, "--minutes needs a positive number of minutes, such as 0.5 or 60.")?;
    // A share of the minutes, or a fixed number.
    let amount = |share: f64, option: &str, count: &str| match minutes {
        Some(minutes) => ["--minutes".to_owned(), (minutes * share).to_string()],
        None => [option.to_owned(), count.to_owned()],
    };
    let mut command = torture(&["faults", "room", "kills"], &seed);
    process::run_in_terminal(command.args(amount(0.6, "--kills", "100000")))?;
    let mut command = match sanitized(&seed) {
        Err(Error::Unavailable(reason)) => {
            println!("NOT RUN: AddressSanitizer: {reason}; the calls are made without it");
            torture(&["input"], &seed)
        }
        command => command?,
    };
    process::run_in_terminal(command.args(amount(0.4, "--calls", "50000000")))?;
    match miri() {
        Err(Error::Unavailable(reason)) => {
            println!("NOT RUN: Miri: {reason}");
            Ok(())
        }
        command => process::run_in_terminal(&mut command?),
    }
}

/// The short run that is part of `cargo xtask test`.
pub(crate) fn suite() -> Outcome {
    let mut tests = process::command("cargo test --package torture --no-fail-fast");
    let mut rows = report::test("torture", &mut tests);
    let seed = new_seed();
    let mut command = torture(&["faults", "room", "input", "kills"], &seed);
    rows.extend(report::test("torture: a minute of it", command.args(["--minutes", "1"])));
    let input =
        sanitized(&seed).and_then(|mut command| process::show(command.args(["--calls", "300000"])));
    rows.push(Row::step("torture: AddressSanitizer", input));
    Ok(rows)
}

/// A seed that is short enough to type.
fn new_seed() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_micros() % 1_000_000_000).to_string()
}

fn torture(parts: &[&str], seed: &str) -> Command {
    let mut command = process::command("cargo run --profile torture --package torture --");
    command.args(parts).args(["--seed", seed]);
    command
}

/// A command of the nightly cargo: only nightly Rust has sanitizers and Miri.
fn nightly(words: &str) -> Result<Command> {
    let cargo = "rustup run nightly cargo";
    if process::run(&mut process::command(&format!("{cargo} --version"))).is_err() {
        return unavailable("there is no nightly Rust (rustup toolchain install nightly)");
    }
    Ok(process::command(&format!("{cargo} {words}")))
}

/// The calls with bad input, with AddressSanitizer in the program and the library.
fn sanitized(seed: &str) -> Result<Command> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return unavailable(format!("it works only on {TRIPLE}"));
    }
    let mut command = nightly("run --profile torture --package torture --target-dir")?;
    command.arg(workspace::target().join("sanitized")).env("RUSTFLAGS", "-Zsanitizer=address");
    command.args(["--target", TRIPLE, "--", "input", "--seed", seed]);
    Ok(command)
}

/// The tests that make no system calls (encodings, names, handles and pointers), in Miri.
fn miri() -> Result<Command> {
    if process::run(&mut nightly("miri --version")?).is_err() {
        return unavailable("there is no Miri (rustup component add miri --toolchain nightly)");
    }
    let mut command = nightly("miri test --quiet --package mmf --lib --no-default-features")?;
    command.args(["--features", "capi", "--target-dir"]).arg(workspace::target().join("miri"));
    command.args(["--", "content::", "ffi::", "name::", "access::", "error::"]);
    // These try so many texts that they would take hours.
    command.args(["--skip", "a_comparison_knows", "--skip", "pieces_become"]);
    Ok(command)
}
