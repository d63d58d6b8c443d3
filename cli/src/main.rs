//! `mmf`: memory-mapped files from the command line.

mod arguments;
mod cat;
mod exit;
mod info;
mod list;
mod manual;
mod output;
mod put;
mod run;
mod shown;
mod signals;
mod sweep;
mod users;
mod wait;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    // `run` handles signals itself.
    if !matches!(command, Command::Run(_)) {
        signals::close_maps_on_signals()?;
    }
    match command {
        Command::List(arguments) => list::list(&arguments),
        Command::Cat(arguments) => cat::cat(&arguments),
        Command::Put(arguments) => put::put(&arguments),
        Command::Run(arguments) => return run::run(&arguments),
        Command::Info(arguments) => info::info(&arguments),
        Command::Wait(arguments) => wait::wait(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}
