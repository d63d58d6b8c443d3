//! The commands of this repository: `cargo xtask test`, `demo`, `package`, `install` and others.

mod archive;
mod bench;
mod demo;
mod download;
mod error;
mod files;
mod inspect;
mod install;
mod library;
mod module;
#[cfg(all(test, unix))]
#[allow(unreachable_pub, reason = "other crates include this file, too")]
#[path = "../../tests/common/not_run.rs"]
mod not_run;
mod package;
mod process;
mod report;
mod rid;
mod sdk;
mod shell;
mod test;
mod torture;
mod workspace;

use std::process::ExitCode;

use pico_args::Arguments;

const USAGE: &str = "\
cargo xtask demo [--shell pwsh|c|rust]
    Three processes share a map. The default is PowerShell; without PowerShell, C or Rust.
cargo xtask test [--all-targets] [--strict] [--only SUITE[,SUITE...]] [--list]
    Runs all suites and prints a table.
    --all-targets   also builds for all other platforms, and tests those that have an emulator here
    --strict        a suite that cannot run is a failure
    --only          runs only these suites
    --list          lists the suites
cargo xtask package [--all] [--tag TAG]
    Builds the module, the .NET library's .nupkg and the C/C++ SDK in target/packages.
    --all           for all nine platforms; the libraries for macOS must come from a Mac
    --tag           fails if the tag is not the version
cargo xtask install --module
    Installs the module in this user's module path.
cargo xtask install --prefix FOLDER [--libdir FOLDER]
    Installs headers, libraries, pkg-config and CMake files (below DESTDIR, if that is set).

For maintainers:
cargo xtask bench [--quick] [--rows ROW,...] [--version1 MODULE] [--baseline FILE] [--write]
    Compares mmf with the system calls that it makes and with alternatives.
    --quick         only a few rounds: checks that the benchmark works
    --rows          measures only these rows of bench/src/rows.rs
    --version1      version 1 of the module, to compare its cmdlets
    --baseline      an older libmmf.so to compare with
    --write         writes the table and the charts to docs/benchmarks
cargo xtask torture [--minutes N] [--seed S]
    Looks for faults by random kills, failing system calls, bad input and lack of space. Without
    --minutes: 100,000 kills and 50 million calls. N may be a fraction; a seed repeats a run.
";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_env();
    let command = arguments.subcommand().ok().flatten();
    let outcome = match command.as_deref() {
        Some("demo") => demo::main(arguments),
        Some("test") => test::main(arguments),
        Some("bench") => bench::main(arguments),
        Some("torture") => torture::main(arguments),
        Some("package") => package::main(arguments),
        Some("install") => install::main(arguments),
        Some("help") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => error::fail(format!("There is no command '{other}'.\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.message());
            ExitCode::FAILURE
        }
    }
}

/// Refuses arguments that the command has not read.
fn finish(arguments: Arguments) -> error::Result {
    let rest = arguments.finish();
    let message = format!("Unknown arguments: {rest:?}. `cargo xtask help` lists the options.");
    error::ensure(rest.is_empty(), message)
}
