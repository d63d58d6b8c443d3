//! The exit handler: it does not wait, and it does not disturb threads that still run.

use super::gate::StoppedDecider;
use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, unique};

/// The exit handler waits for nobody.
#[test]
#[cfg(target_pointer_width = "64")]
fn ending_does_not_wait_for_a_stopped_decider() {
    let _alone = common::alone();
    let name = unique("exit-busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let stopped = StoppedDecider::new(&name);
    assert!(actor.ends("return"), "the exit handler waits");
    drop(stopped.0);
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// Threads that are still running at exit go on with their views and their files.
#[test]
fn ending_leaves_running_threads_their_memory_and_descriptor_numbers() {
    let _alone = common::alone();
    for _ in 0..20 {
        let name = unique("exit-threads");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("innocent");
        let mut actor = Actor::start();
        // Opened by an exit handler that runs after the library's own.
        actor.ask(&["open_at_exit", file.to_str().unwrap()]).unwrap();
        actor.ask(&["create", "m", &name, "65536"]).unwrap();
        actor.ask(&["write_for_ever", "m"]).unwrap();
        let status = actor.end("exit");
        assert!(status.success(), "{status:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"", "a write landed in another file");
    }
}
