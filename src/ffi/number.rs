//! Numbers that C gave, as what they stand for, or an error.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

pub(super) fn out_of_range(what: &str, number: impl std::fmt::Display, allowed: &str) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("The {what} {number} does not exist: use {allowed}."))
}

/// A size or an offset, which C may give as a negative number.
pub(super) fn not_negative(what: &str, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| {
        Error::new(
            ErrorKind::OutOfRange,
            format!("The {what} {number} is negative: use 0 or more."),
        )
    })
}

/// A time in milliseconds; -1 is for ever.
pub(super) fn time(what: &str, ms: i64) -> Result<Duration> {
    match ms {
        -1 => Ok(Duration::MAX),
        0.. => Ok(Duration::from_millis(ms as u64)),
        _ => Err(Error::new(
            ErrorKind::OutOfRange,
            format!("The {what} of {ms} milliseconds is negative: use 0 or more, or -1 for ever."),
        )),
    }
}

/// Whether handles are inherited, by .NET's number.
pub(super) fn inheritable(number: i32) -> Result<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(out_of_range("inheritability", other, "0 (none) or 1 (inheritable)")),
    }
}
