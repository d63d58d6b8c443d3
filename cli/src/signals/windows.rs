//! Ctrl+C. The system closes the maps of a process that ends, so only `run` needs a handler.

#![allow(unsafe_code, reason = "registers a handler")]

use std::io;
use std::process::{Command, ExitCode, ExitStatus};

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

use crate::exit::Failure;

/// The system closes the maps of every process that ends.
pub(crate) fn close_maps_on_signals() -> Result<(), Failure> {
    Ok(())
}

/// Runs a command and waits for its end. Ctrl+C and Ctrl+Break also reach the command, which handles them.
pub(crate) fn run_to_end(command: &mut Command) -> io::Result<ExitStatus> {
    // SAFETY: the function has the right signature, and exists as long as the process.
    if unsafe { SetConsoleCtrlHandler(Some(ignore_ctrl_c), 1) } == 0 {
        return Err(io::Error::last_os_error());
    }
    command.status()
}

/// True for the events that this process ignores.
unsafe extern "system" fn ignore_ctrl_c(event: u32) -> BOOL {
    BOOL::from(event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)
}

/// Ends this process with the exit code of the command.
pub(crate) fn exit_like(status: ExitStatus) -> Result<ExitCode, Failure> {
    std::process::exit(status.code().unwrap_or(1));
}
