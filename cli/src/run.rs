//! `mmf run`

use std::process::{Command, ExitCode};

use mmf::MapOptions;

use crate::arguments::Run;
use crate::exit::Failure;
use crate::signals;

pub(crate) fn run(arguments: &Run) -> Result<ExitCode, Failure> {
    let options = MapOptions::new().permissions(arguments.mode.permissions());
    let map = options
        .create_new(&arguments.name, arguments.size)
        .map_err(|error| Failure::map_of_run_not_created(&error))?;
    // Parsing the arguments fails without a command.
    let (program, rest) = arguments.command.split_first().unzip();
    let program = program.cloned().unwrap_or_default();
    let mut command = Command::new(&program);
    command.args(rest.unwrap_or_default());
    let status = signals::run_to_end(&mut command)
        .map_err(|error| Failure::not_started(&program.to_string_lossy(), &error))?;
    drop(map);
    signals::exit_like(status)
}
