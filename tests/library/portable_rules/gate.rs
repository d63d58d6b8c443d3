//! The gate, which a process holds while it creates or removes a name.

use std::fs;
use std::time::Duration;

use super::object;
use crate::common;
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped};
use common::{assert_busy, assert_fails, assert_nothing_left, not_run, presence, unique};
use mmf::{ErrorKind, Map};

/// A creator is stopped while it reserves memory, and an opener at one of its first steps. Then the creator is
/// killed, and the opener continues.
#[test]
fn a_half_made_map_of_a_killed_creator_is_never_opened() {
    let _alone = common::alone();
    // The steps of two rounds of checks, at least.
    for steps in 0..60 {
        let name = unique("half");
        let Some((creator, stopped)) = half_made(&name) else {
            not_run("a creator killed while an opener looks", NO_STEPS);
            return;
        };
        let mut opener = Actor::start();
        let mut stepped = Stepped::attach(&mut opener).expect("trace the second actor");
        opener.say(&["open", "m", &name]);
        let at = stepped.skip(steps);
        stopped.kill(creator);
        stepped.release();
        assert_eq!(opener.hear(), "err\tNOT_FOUND", "step {steps}, {at:?}");
        assert_nothing_left(&name);
    }
}

/// A creator that is stopped while its map is half-made, and does not hold the gate.
fn half_made(name: &str) -> Option<(Actor, Stepped)> {
    let mut actor = Actor::start();
    let mut stepped = Stepped::attach(&mut actor)?;
    actor.say(&["create", "m", name, "70000"]);
    loop {
        assert_ne!(stepped.next(), Step::Done, "the map was never half-made");
        if object(name).exists() && !is_gate_locked() {
            return Some((actor, stepped));
        }
    }
}

/// Whether a process holds the gate for some time.
fn is_gate_locked() -> bool {
    use std::os::fd::AsRawFd;
    let gate = fs::File::open(presence("x").parent().unwrap()).unwrap();
    (0..100).all(|_| {
        std::thread::sleep(Duration::from_micros(10));
        // SAFETY: the descriptor is open for the call.
        unsafe { libc::flock(gate.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) != 0 }
    })
}

/// A process that is stopped while it holds the gate.
struct LockedGate(Stepped, Actor);

impl LockedGate {
    fn new() -> Option<LockedGate> {
        for steps in 0.. {
            let mut actor = Actor::start();
            let mut stepped = Stepped::attach(&mut actor)?;
            actor.say(&["create", "m", &unique("stop"), "64"]);
            assert_ne!(stepped.skip(steps), Step::Done, "the process never held the gate");
            if is_gate_locked() {
                return Some(LockedGate(stepped, actor));
            }
            stepped.kill(actor);
        }
        None
    }
}

#[test]
fn a_locked_gate_is_busy_and_the_exit_handler_does_not_wait_for_it() {
    let _alone = common::alone();
    let name = unique("busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let map = Map::open(&name).unwrap();
    let Some(stopped) = LockedGate::new() else {
        not_run("a locked gate", NO_STEPS);
        return;
    };
    assert_busy(&name);
    assert!(actor.end("return").success());
    drop(map);
    assert!(object(&name).exists(), "the object was removed");
    stopped.0.release();
    drop(stopped.1);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    assert_nothing_left(&name);
}
