//! The error type of all commands.

use std::fmt::Display;

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// An error, with the message to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// Something is missing on this machine: a network, a tool, another system. The caller may do without it.
    Unavailable(String),
    /// Something was tried and failed, or is wrong.
    Failed(String),
}

impl Error {
    pub(crate) fn message(&self) -> &str {
        match self {
            Error::Unavailable(message) | Error::Failed(message) => message,
        }
    }
}

impl<T: Display> From<T> for Error {
    fn from(message: T) -> Error {
        Error::Failed(message.to_string())
    }
}

pub(crate) fn unavailable<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Unavailable(message.into()))
}

pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Failed(message.into()))
}

pub(crate) fn ensure(condition: bool, message: impl Into<String>) -> Result {
    if condition { Ok(()) } else { fail(message) }
}
