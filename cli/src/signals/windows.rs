//! Ctrl+C. The system closes the maps of a process that it ends, so only `run` has to care.

#![allow(unsafe_code, reason = "the system is told of a handler")]

use std::io;
use std::process::{Command, ExitCode, ExitStatus};

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

use crate::exit::Failure;

/// The system closes the maps of every process that ends, whatever ends it.
pub(crate) fn close_maps_at_a_signal() -> Result<(), Failure> {
    Ok(())
}

/// Runs a command. Ctrl+C and Ctrl+Break reach it, too, and are left to it: this process waits for its
/// end.
pub(crate) fn outlive(command: &mut Command) -> io::Result<ExitStatus> {
    // SAFETY: a function with the right signature, which stays as long as the process.
    if unsafe { SetConsoleCtrlHandler(Some(stay), 1) } == 0 {
        return Err(io::Error::last_os_error());
    }
    command.status()
}

/// True for the events that do not end this process.
unsafe extern "system" fn stay(event: u32) -> BOOL {
    BOOL::from(event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)
}

/// Ends as a command did: with its exit code.
pub(crate) fn end_as(status: ExitStatus) -> Result<ExitCode, Failure> {
    std::process::exit(status.code().unwrap_or(1));
}
