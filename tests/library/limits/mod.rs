//! What happens at the limits of a Linux system: a full `/dev/shm`, memory groups, `ulimit`, a
//! system without `/proc`. Each in a process of its own, in namespaces of its own where it takes
//! them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![allow(unsafe_code, reason = "a process becomes another user's")]

mod bare_systems;
mod cost;
mod disks;
mod groups;
mod process;
mod shared_memory;

use std::fs;
use std::process::Command;

use crate::common;
use common::again::{again_by, assert_succeeded, own, part};

/// Whether the back end is the one that is made for this system.
const LINUX: bool = matches!(mmf::backend::NAME.as_bytes(), b"Linux");
const MIB: u64 = 1 << 20;
/// A small `/dev/shm` of its own.
const SMALL_SHM: &str = "mount -t tmpfs -o size=1m tmpfs /dev/shm";

/// Runs `body` in a process of its own, after `setup` (a shell command) was run in a mount
/// namespace of its own. Says loudly if this system does not let us.
fn behind(test: &str, setup: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    // As root, or in a user namespace in which we are as good as root.
    let found = ["-m", "-Urm"].into_iter().find(|flags| {
        let probe = Command::new("unshare").args([flags, "sh", "-c", setup]).output();
        probe.is_ok_and(|output| output.status.success())
    });
    let Some(flags) = found else {
        common::not_run(
            &format!("limits: {test}"),
            &format!("neither root nor a user namespace may do here: {setup}"),
        );
        return;
    };
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    let program = ["unshare", flags, "sh", "-c", &script];
    assert_succeeded(&again_by(&program, &own(), test, "child").output().unwrap());
}

/// Runs `body` in a process of its own, after a shell command like `ulimit`.
fn after(test: &str, setup: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    assert_succeeded(&again_by(&["sh", "-c", &script], &own(), test, "child").output().unwrap());
}

fn objects() -> Vec<String> {
    let entries = fs::read_dir("/dev/shm").unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
