//! Forked children hold what their parents held.

use super::*;

#[test]
fn a_childs_exit_leaves_the_parents_map_alone() {
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
fn a_child_holds_what_it_was_forked_with() {
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
fn parent_and_child_append_at_once() {
    let _alone = common::alone();
    const EACH: &str = "300";
    let name = unique("fork-append");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1048576"]).unwrap();
    let child = actor.ask(&["fork", "later", "append_many", "m", "child", EACH]).unwrap();
    actor.ask(&["append_many", "m", "parent", EACH]).unwrap();
    let child: i32 = child.parse().unwrap();
    wait_until(|| !alive(child));
    let all = actor.ask(&["read", "m"]).unwrap();
    let mut lines: Vec<&str> = all.split('|').collect();
    assert_eq!(lines.len(), 600);
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 600);
}

#[test]
fn a_forked_child_does_not_keep_its_parents_lock() {
    let _alone = common::alone();
    let name = unique("fork-lock");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    actor.ask(&["lock", "m", "0"]).unwrap();
    let child = actor.ask(&["fork", "later", "stay"]).unwrap();
    let map = Map::open(&name).unwrap();
    assert!(map.lock_exclusive(std::time::Duration::ZERO).is_err());
    actor.kill();
    map.lock_exclusive(std::time::Duration::from_secs(60)).expect("nobody has it");
    kill(&child);
}

/// A program that does nothing but have what it inherited; it ends with the test.
struct Heir(std::process::Child);

impl Heir {
    /// It has begun when this returns: a child that is only about to begin still has all of
    /// its parent's descriptors.
    fn start() -> Heir {
        use std::io::Read;
        use std::os::unix::process::CommandExt;
        use std::process::Stdio;
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo; exec sleep 600 >&2"]);
        // In a process group of its own, as a shell starts its jobs.
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut heir = command.spawn().expect("start a shell");
        let mut output = heir.stdout.take().expect("piped");
        assert_eq!(output.read(&mut [0]).expect("listen to the heir"), 1);
        Heir(heir)
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_program_that_is_started_inherits_only_when_asked() {
    let _alone = common::alone();
    for inherits in [true, false] {
        let name = unique("inherit");
        let map = MapOptions::new().inheritable(inherits).create_new(&name, 64).unwrap();
        assert_eq!(map.is_inheritable(), inherits);
        let heir = Heir::start();
        drop(map);
        assert_eq!(Map::open(&name).is_ok(), inherits);
        drop(heir);
        assert_missing(&name);
    }
}

#[test]
fn inheritance_is_changed_later() {
    let _alone = common::alone();
    let name = unique("inherit-later");
    let map = Map::create_new(&name, 64).unwrap();
    assert!(!map.is_inheritable());
    map.set_inheritable(true).unwrap();
    let heir = Heir::start();
    map.set_inheritable(false).unwrap();
    assert!(!map.is_inheritable());
    let too_late = Heir::start();
    drop(map);
    assert!(Map::open(&name).is_ok(), "the heir holds it");
    drop(heir);
    assert_missing(&name);
    drop(too_late);
}

fn kill(process: &str) {
    let process = process.parse().expect("a process id");
    // SAFETY: signals a process that this test started.
    assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
}

fn alive(process: i32) -> bool {
    // A zombie still answers to signals: ask what state it is in.
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !state.is_empty() && !state.rsplit(')').next().unwrap_or("").trim().starts_with('Z')
}

/// Waits for something that another process is about to do.
fn wait_until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}
