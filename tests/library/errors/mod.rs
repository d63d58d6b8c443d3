//! .NET's error table, row by row: each bad input gives the same kind of error, at creation, in the same order of
//! checks. `tests/abi` tests the rows about null pointers and about numbers outside of an enumeration, except for the
//! conversions of numbers, which are tested here.
//!
//! Where Windows and Unix differ, the tests have both answers.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod create_from_descriptor;
mod create_from_file;
mod create_new;
mod create_or_open;
mod open_existing;
mod view_operations;
mod views;

use std::fs;
use std::path::PathBuf;

use mmf::backend::SECURITY_DESCRIPTORS;
use mmf::{ErrorKind, MapOptions, Permissions};

/// The error for a capacity larger than the address space. On 32 bits it is a wrong argument, otherwise a limit of the
/// machine.
const TOO_LARGE: ErrorKind =
    if cfg!(target_pointer_width = "32") { ErrorKind::OutOfRange } else { ErrorKind::TooLarge };

/// A capacity that is too large, on systems that find that out only after they have checked the other arguments.
const HUGE: u64 = if cfg!(target_pointer_width = "32") { 5 } else { u64::MAX };

fn options() -> MapOptions {
    MapOptions::new()
}

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// Permissions that this system does not support.
fn wrong_permissions() -> Permissions {
    if SECURITY_DESCRIPTORS {
        Permissions::new().mode(0o600)
    } else {
        Permissions::new().sddl("D:(A;;GA;;;WD)")
    }
}
