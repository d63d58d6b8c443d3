//! The maintainer's commands: `cargo xtask test`, `demo`, `package`, `install`.

mod archive;
mod arguments;
mod cargo;
mod download;
mod library;
mod module;
mod pester;
mod pins;
mod process;
mod report;
mod rid;
mod shell;
mod test;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--all-targets] [--strict] [--only SUITE[,SUITE...]] [--list]
    Runs every suite and closes with a table.
    --all-targets   also builds and, where an emulator is there, tests all other platforms
    --strict        a suite that cannot run is a failure
    --only          these suites alone; --list names them
";

/// What a command ends with: the sentence to print, if it failed.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let mut arguments = arguments::Arguments::from_environment();
    let outcome = match arguments.command().as_deref() {
        Some("test") => test::main(&mut arguments),
        Some("help") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("There is no command '{other}'.\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
