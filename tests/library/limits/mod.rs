//! The limits of Linux systems: a full `/dev/shm`, memory groups, `ulimit`, systems without `/proc`. The tests run in
//! separate processes, and some of them in separate namespaces.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![allow(unsafe_code, reason = "a process becomes another user")]

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

/// Whether this is the back end for Linux, and not the portable one.
const LINUX: bool = matches!(mmf::backend::NAME.as_bytes(), b"Linux");
const MIB: u64 = 1 << 20;
/// Mounts a small `/dev/shm`.
const SMALL_SHM: &str = "mount -t tmpfs -o size=1m tmpfs /dev/shm";

/// Runs the shell command `setup` and then `body` in another process with its own mount namespace. Reports it if this
/// system does not allow that.
fn in_namespace(test: &str, setup: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    // As root, or in a user namespace that has the rights of root.
    let found = ["-m", "-Urm"].into_iter().find(|flags| {
        let probe = Command::new("unshare").args([flags, "sh", "-c", setup]).output();
        probe.is_ok_and(|output| output.status.success())
    });
    let Some(flags) = found else {
        common::not_run(
            &format!("limits: {test}"),
            &format!("neither root nor a user namespace may be used to run: {setup}"),
        );
        return;
    };
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    let program = ["unshare", flags, "sh", "-c", &script];
    assert_succeeded(&again_by(&program, &own(), test, "child").output().unwrap());
}

/// Runs `body` in another process, after a shell command such as `ulimit`.
fn in_child(test: &str, setup: &str, body: impl FnOnce()) {
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
