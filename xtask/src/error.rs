//! What anything here ends with that does not work.

use std::fmt::Display;

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// Why something is not there or not done, as a sentence to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// It is not to be had here: no network, no such tool, another system. One may do without.
    NotHere(String),
    /// Something is there or was tried, and it is wrong. Nobody may go on as if nothing had happened.
    Wrong(String),
}

impl Error {
    /// The sentence to print.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Error::NotHere(reason) | Error::Wrong(reason) => reason,
        }
    }
}

/// An error is a fault, unless it says that something cannot be had here.
impl<T: Display> From<T> for Error {
    fn from(reason: T) -> Error {
        Error::Wrong(reason.to_string())
    }
}

/// Something without which a suite, or a part of it, cannot run here.
pub(crate) fn not_here<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::NotHere(reason.into()))
}

pub(crate) fn wrong<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Wrong(reason.into()))
}

/// Something that must hold, and what is wrong if it does not.
pub(crate) fn ensure(holds: bool, reason: impl Into<String>) -> Result {
    if holds { Ok(()) } else { wrong(reason) }
}
