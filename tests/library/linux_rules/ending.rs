//! The exit handler does not disturb threads that still run.

use crate::common;
use common::process::Actor;
use common::unique;

/// Threads that still run at exit may use their views and files.
#[test]
fn the_exit_handler_keeps_memory_and_descriptors_of_running_threads() {
    let _alone = common::alone();
    for _ in 0..20 {
        let name = unique("exit-threads");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("innocent");
        let mut actor = Actor::start();
        // An exit handler that runs after that of the library opens this file.
        actor.ask(&["open_at_exit", file.to_str().unwrap()]).unwrap();
        actor.ask(&["create", "m", &name, "65536"]).unwrap();
        actor.ask(&["write_for_ever", "m"]).unwrap();
        let status = actor.end("exit");
        assert!(status.success(), "{status:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"", "a thread wrote to another file");
    }
}
