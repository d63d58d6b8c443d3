//! Forked children hold the maps of their parents.

use super::*;

#[test]
fn the_exit_of_a_child_does_not_close_the_map_of_its_parent() {
    let _alone = common::alone();
    for how in [&["exit"][..], &["close", "m"]] {
        let name = unique("fork");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "1024"]).unwrap();
        let command = [&["fork"], how].concat();
        assert_eq!(actor.ask(&command).unwrap(), "0");
        let map = Map::open(&name).expect("the parent holds it");
        drop(map);
        actor.ask(&["append", "m", "after"]).unwrap();
        assert_eq!(actor.ask(&["read", "m"]).unwrap(), "after");
        actor.ask(&["close", "m"]).unwrap();
        assert_missing(&name);
    }
}

#[test]
fn a_forked_child_holds_the_map_of_its_parent() {
    let _alone = common::alone();
    let name = unique("fork-holds");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    let child = actor.ask(&["fork", "later", "stay"]).unwrap();
    actor.ask(&["close", "m"]).unwrap();
    assert!(Map::open(&name).is_ok(), "the child holds it");
    actor.kill();
    assert!(Map::open(&name).is_ok(), "the child holds it");
    kill(&child);
    wait_until(|| Map::open(&name).is_err());
    assert_missing(&name);
}

#[test]
fn parent_and_child_append_at_the_same_time() {
    let _alone = common::alone();
    const EACH: &str = "300";
    let name = unique("fork-append");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1048576"]).unwrap();
    let child = actor.ask(&["fork", "later", "append_many", "m", "child", EACH]).unwrap();
    actor.ask(&["append_many", "m", "parent", EACH]).unwrap();
    let child: i32 = child.parse().unwrap();
    wait_until(|| !is_alive(child));
    let all = actor.ask(&["read", "m"]).unwrap();
    let mut lines: Vec<&str> = all.split('|').collect();
    assert_eq!(lines.len(), 600);
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 600);
}

#[test]
fn a_forked_child_does_not_keep_the_lock_of_its_parent() {
    let _alone = common::alone();
    let name = unique("fork-lock");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    actor.ask(&["lock", "m", "0"]).unwrap();
    let child = actor.ask(&["fork", "later", "stay"]).unwrap();
    let map = Map::open(&name).unwrap();
    assert!(map.lock_exclusive(std::time::Duration::ZERO).is_err());
    actor.kill();
    map.lock_exclusive(std::time::Duration::from_secs(60)).expect("the lock is free");
    kill(&child);
}

/// A program that only keeps what it inherited. Dropping this ends it.
struct Inheritor(std::process::Child);

impl Inheritor {
    /// Returns when the program runs. Before that, the child still has all descriptors of its parent.
    fn start() -> Inheritor {
        use std::io::Read;
        use std::os::unix::process::CommandExt;
        use std::process::Stdio;
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo; exec sleep 600 >&2"]);
        // In its own process group, like a job of a shell.
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("start a shell");
        let mut output = child.stdout.take().expect("piped");
        assert_eq!(output.read(&mut [0]).expect("read from the program"), 1);
        Inheritor(child)
    }
}

impl Drop for Inheritor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_started_program_inherits_only_inheritable_maps() {
    let _alone = common::alone();
    for inherits in [true, false] {
        let name = unique("inherit");
        let map = MapOptions::new().inheritable(inherits).create_new(&name, 64).unwrap();
        assert_eq!(map.is_inheritable(), inherits);
        let inheritor = Inheritor::start();
        drop(map);
        assert_eq!(Map::open(&name).is_ok(), inherits);
        drop(inheritor);
        assert_missing(&name);
    }
}

#[test]
fn inheritance_can_be_changed_later() {
    let _alone = common::alone();
    let name = unique("inherit-later");
    let map = Map::create_new(&name, 64).unwrap();
    assert!(!map.is_inheritable());
    map.set_inheritable(true).unwrap();
    let inheritor = Inheritor::start();
    map.set_inheritable(false).unwrap();
    assert!(!map.is_inheritable());
    let too_late = Inheritor::start();
    drop(map);
    assert!(Map::open(&name).is_ok(), "the program holds it");
    drop(inheritor);
    assert_missing(&name);
    drop(too_late);
}

fn kill(process: &str) {
    let process = process.parse().expect("a process id");
    // SAFETY: signals a process that this test started.
    assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
}

fn is_alive(process: i32) -> bool {
    // A zombie still exists for signals, so read its state.
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !state.is_empty() && !state.rsplit(')').next().unwrap_or("").trim().starts_with('Z')
}

/// Waits until the condition is true.
fn wait_until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}
