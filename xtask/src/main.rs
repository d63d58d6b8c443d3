//! The commands of this repository: `cargo xtask test`, `demo`, `package`, `install` and others.

mod alone;
mod archive;
mod bench;
mod cargo;
mod demo;
mod dotnet;
mod download;
mod error;
mod files;
mod inspect;
mod install;
mod library;
mod module;
#[cfg(test)]
#[allow(unreachable_pub, reason = "other crates share it among their tests")]
#[path = "../../tests/common/not_run.rs"]
mod not_run;
mod package;
mod pins;
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
    Three processes share a map. Without --shell: PowerShell, or what this machine has.
cargo xtask test [--all-targets] [--strict] [--only SUITE[,SUITE...]] [--list]
    Runs every suite and closes with a table.
    --all-targets   also builds and, where an emulator is there, tests all other platforms
    --strict        a suite that cannot run is a failure
    --only          these suites alone; --list names them
cargo xtask package [--all] [--tag TAG]
    Lays the module, the .NET library's .nupkg and the C/C++ SDK into target/packages.
    --all           for all nine platforms; the libraries for macOS come from a Mac
    --tag           refuses if the version is another one
cargo xtask install --module
    Puts the module into this user's module path.
cargo xtask install --prefix FOLDER [--libdir FOLDER]
    Puts headers, libraries, pkg-config and CMake files there (below DESTDIR, if that is set).

For maintainers:
cargo xtask bench [--quick] [--rows ROW,...] [--version1 MODULE] [--baseline FILE] [--write]
    Measures mmf beside its own system calls and beside what one would use instead, all in one run.
    --quick         a few rounds: whether it works, not how fast it is
    --rows          these rows alone, by the names in bench/src/rows.rs
    --version1      the module's version 1, to compare its cmdlets with
    --baseline      an older libmmf.so, to compare this one with
    --write         writes table and pictures to docs/benchmarks
cargo xtask torture [--minutes N] [--seed S]
    Looks for faults by random kills, failing system calls, bad input and no room. Without --minutes:
    100,000 kills and 50 million calls. A fraction of a minute will do; a seed repeats a run.
";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_env();
    // The first word; what else there is comes as `--flag` and `--option value` in any order.
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
        Some(other) => error::wrong(format!("There is no command '{other}'.\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.reason());
            ExitCode::FAILURE
        }
    }
}

/// Refuses what nobody asked for on the command line.
fn finish(arguments: Arguments) -> error::Result {
    let rest = arguments.finish();
    let sentence = format!("{rest:?} is not known here. `cargo xtask help` lists all.");
    error::ensure(rest.is_empty(), sentence)
}
