//! The gate of a name, held by a process that is stopped in the middle of a decision.

use std::fs::File;

use super::path_of;
use crate::common;
use common::process::Actor;
use common::{assert_busy, assert_missing, assert_nothing_left, lock_bytes, unique};
use mmf::Map;

/// Holds the gate of a name, like a process that is stopped while it creates or removes the name. It is released when
/// the file is dropped.
fn locked_gate(name: &str) -> File {
    let file = File::options().read(true).write(true).open(path_of(name)).unwrap();
    lock_bytes::lock(&file, libc::F_WRLCK, lock_bytes::GATE);
    file
}

/// After a limited time, calls fail with *busy*, and not with *exists* or *missing*.
#[test]
fn a_locked_gate_is_busy_after_a_time() {
    let _alone = common::alone();
    let name = unique("busy");
    let map = Map::create_new(&name, 64).unwrap();
    let stopped = locked_gate(&name);
    assert_busy(&name);
    // Closing does not wait for ever, either. A later call removes the dead map.
    drop(map);
    assert!(path_of(&name).exists());
    drop(stopped);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn the_exit_handler_does_not_wait_for_a_locked_gate() {
    let _alone = common::alone();
    let name = unique("exit-busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let stopped = locked_gate(&name);
    assert!(actor.ends("return"), "the exit handler waits");
    drop(stopped);
    assert_missing(&name);
    assert_nothing_left(&name);
}
