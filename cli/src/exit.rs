//! Exit codes, and the failures that cause them.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use mmf::{ErrorKind, Event};

use crate::shown;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_FOUND: u8 = 3;
const ALREADY_EXISTS: u8 = 4;
const ACCESS_DENIED: u8 = 5;
const NO_SPACE: u8 = 6;
const TIMED_OUT: u8 = 124;
const NOT_STARTED: u8 = 125;
const NOT_EXECUTABLE: u8 = 126;
const NO_COMMAND: u8 = 127;

/// The exit codes, as `--help`, the manual page and docs/command-line.md show them.
pub(crate) const TABLE: &[(&str, &str)] = &[
    ("0", "Success. Also if the reader of the output closed it."),
    ("1", "The command failed. The message on standard error says why."),
    ("2", "The arguments are wrong."),
    ("3", "No process holds a map with this name, or no other process holds it any longer."),
    ("4", "The name is taken."),
    ("5", "Access is denied: by the system, or because the owner is not trusted."),
    ("6", "Not enough space: too little memory, or the text does not fit into the map."),
    ("124", "The time is over."),
    ("125", "run: the map could not be created."),
    ("126", "run: the command could not be started."),
    ("127", "run: the command was not found."),
    ("128+N", "Signal N ended mmf, or the command of run. Ctrl+C is 130."),
];

/// The table as text, for `--help`.
pub(crate) fn help() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for (code, meaning) in TABLE {
        text.push_str(&format!("  {code:<7}{meaning}\n"));
    }
    text.push_str(
        "\n'run' otherwise ends with the exit code of its command. On Windows, Ctrl+C ends mmf with 0xC000013A.",
    );
    text
}

/// The reason why a command fails or ends early.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    /// `None` if nothing is printed.
    message: Option<String>,
}

impl Failure {
    /// An action that failed, and the system's reason.
    pub(crate) fn io(what: impl Display, error: &io::Error) -> Failure {
        Failure::other(format!("Could not {what}: {error}."))
    }

    pub(crate) fn other(message: impl Into<String>) -> Failure {
        Failure { code: FAILED, message: Some(message.into()) }
    }

    /// The reader of the output closed it, as in `mmf cat Log | head -1`.
    pub(crate) fn output_closed() -> Failure {
        Failure { code: 0, message: None }
    }

    /// The map of `run` could not be created.
    pub(crate) fn map_of_run_not_created(error: &mmf::Error) -> Failure {
        Failure { code: NOT_STARTED, message: Some(error.to_string()) }
    }

    /// The command of `run` could not be started.
    pub(crate) fn not_started(command: &str, error: &io::Error) -> Failure {
        let code =
            if error.kind() == io::ErrorKind::NotFound { NO_COMMAND } else { NOT_EXECUTABLE };
        let message = Failure::io(format!("start '{command}'"), error).message;
        Failure { code, message }
    }

    /// The expected change did not happen in time.
    pub(crate) fn timed_out(name: &str) -> Failure {
        let message = format!(
            "The time is over; the map '{}' did not change as expected.",
            shown::plain(name)
        );
        Failure { code: TIMED_OUT, message: Some(message) }
    }

    /// An event of a watched map other than a change.
    pub(crate) fn ended(name: &str, event: Event) -> Failure {
        let name = shown::plain(name);
        match event {
            Event::Alone => Failure {
                code: NOT_FOUND,
                message: Some(format!("No other process holds the map '{name}' any longer.")),
            },
            Event::Orphaned => Failure::other(format!(
                "The map '{name}' lost its name: another program removed or replaced it."
            )),
            Event::Truncated => {
                Failure::other(format!("Another program truncated the map '{name}'."))
            }
            _ => Failure::other(format!("The map '{name}' can no longer be watched.")),
        }
    }

    /// Prints the message, and returns the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(message) = self.message {
            // If writing to standard error fails, the message is lost.
            let _ = writeln!(io::stderr(), "mmf: {message}");
        }
        ExitCode::from(self.code)
    }
}

impl From<mmf::Error> for Failure {
    fn from(error: mmf::Error) -> Failure {
        let code = match error.kind() {
            ErrorKind::InvalidArgument | ErrorKind::OutOfRange => USAGE,
            ErrorKind::NotFound => NOT_FOUND,
            ErrorKind::AlreadyExists => ALREADY_EXISTS,
            ErrorKind::AccessDenied | ErrorKind::ReadOnlyMap => ACCESS_DENIED,
            ErrorKind::NoSpace | ErrorKind::TooLong | ErrorKind::TooLarge => NO_SPACE,
            ErrorKind::Timeout => TIMED_OUT,
            _ => FAILED,
        };
        Failure { code, message: Some(error.to_string()) }
    }
}
