//! The rules of the portable protocol that other programs can break: cleaners of files and directories, programs with
//! objects of their own, sandboxes, and processes that are stopped.
#![cfg(all(target_os = "linux", mmf_backend = "portable"))]
#![allow(unsafe_code, reason = "processes are stopped, forked and confined")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod content_lock;
mod foreign_objects;
mod gate;
mod presence;
mod private_directory;
mod sandbox;

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::common;

fn object(name: &str) -> PathBuf {
    common::seen(name).expect("Linux shows its objects")
}

/// Creates an object as a foreign program does.
fn make_foreign(name: &str, bytes: &[u8]) {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(object(name)).unwrap();
    file.write_all(bytes).unwrap();
}
