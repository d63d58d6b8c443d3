//! How many bytes a map can have.

use std::path::Path;

use crate::access::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::quoted::shown;

/// The most bytes a map can have: what every 64-bit system leaves to a process.
#[cfg(target_pointer_width = "64")]
pub const MAX_CAPACITY: u64 = 1 << 47;
/// The most bytes a map can have: what 32 bits can count.
#[cfg(target_pointer_width = "32")]
pub const MAX_CAPACITY: u64 = u32::MAX as u64;

/// Refuses a map without bytes, and what [`check_addressable`] refuses.
pub(crate) fn check_capacity(capacity: u64) -> Result<()> {
    if capacity == 0 {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            "The capacity is 0: a map needs at least one byte.",
        ));
    }
    check_addressable(capacity)
}

/// Refuses a number that needs more than 32 bits. In .NET this is an invalid argument, checked with
/// the others. A size that 64 bits cannot address is a limit of the machine, checked after them.
pub(crate) fn check_addressable(capacity: u64) -> Result<()> {
    if cfg!(target_pointer_width = "32") { check_address_space(capacity) } else { Ok(()) }
}

/// Refuses what a process cannot address.
pub(crate) fn check_address_space(capacity: u64) -> Result<()> {
    if capacity <= MAX_CAPACITY {
        return Ok(());
    }
    let status =
        if cfg!(target_pointer_width = "32") { ErrorKind::OutOfRange } else { ErrorKind::TooLarge };
    Err(Error::new(
        status,
        format!(
            "The capacity {capacity} is more than a process can address ({} bytes): ask for less.",
            MAX_CAPACITY
        ),
    ))
}

/// Checks the length of a file against the requested capacity.
pub(crate) fn check_file_capacity(
    path: &Path,
    length: u64,
    capacity: u64,
    access: Access,
) -> Result<()> {
    let path = shown(path);
    if capacity == 0 && length == 0 {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("The file {path} is empty and no capacity was given: give a capacity above 0."),
        ));
    }
    if capacity != 0 && capacity < length {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            format!(
                "The capacity {capacity} is smaller than the file {path} ({length} bytes): give at least its length, or 0 for just that."
            ),
        ));
    }
    if capacity > length && !(access.writes() || access == Access::CopyOnWrite) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "The file {path} has {length} bytes and cannot grow to {capacity} with the access {access:?}: use ReadWrite, or a capacity of 0."
            ),
        ));
    }
    check_address_space(capacity)
}
