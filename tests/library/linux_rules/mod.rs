//! The rules of the protocol on Linux. The tests stop a process before each of its system calls, and kill it there or
//! let others act meanwhile.
#![cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
#![allow(unsafe_code, reason = "processes are stopped, forked and given other users")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cost;
mod ending;
mod files;
mod foreign;
mod gate;
mod locks;
mod named_creation;
mod users;

use std::path::PathBuf;

use crate::common;

fn path_of(name: &str) -> PathBuf {
    common::seen(name).expect("Linux shows its maps")
}
