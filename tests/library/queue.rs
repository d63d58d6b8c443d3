//! Who goes first where several wait for the content lock: counted in turns, not in time.
#![allow(unsafe_code, reason = "processes are stopped, and what the test files share forks")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{Access, ContentLock, Map, View};

/// Longer than the difference between two arrivals that makes one the earlier one, on any system.
const CLEARLY: Duration = Duration::from_millis(40);

/// More than the longest wait that a test needs.
const LONG: u64 = 120_000;

/// A map whose lock several want, and numbers that they share.
struct Scene {
    map: Map,
    numbers: Map,
    view: View,
}

impl Scene {
    fn new(title: &str) -> Scene {
        let map = Map::create_new(&unique(title), 4_096).unwrap();
        let numbers = Map::create_new(&unique("numbers"), 4_096).unwrap();
        let view = numbers.view(0, 0, Access::ReadWrite).unwrap();
        Scene { map, numbers, view }
    }

    fn actor(&self) -> Actor {
        let mut actor = Actor::start();
        actor.ask(&["open", "m", self.map.name().unwrap()]).unwrap();
        actor.ask(&["open", "n", self.numbers.name().unwrap()]).unwrap();
        actor
    }

    fn lock(&self) -> ContentLock {
        self.map.lock_exclusive(Duration::from_millis(LONG)).unwrap()
    }

    fn number(&self, place: usize) -> u64 {
        self.view.atomic_u64(8 * place as u64).unwrap().load(Ordering::SeqCst)
    }

    /// Waits until so many actors began.
    fn until_begun(&self, count: u64) {
        while self.number(0) < count {
            std::thread::yield_now();
        }
    }

    /// Has an actor wait for the lock, which is held, until its arrival is clearly earlier than what follows.
    fn wait_with(&self, actor: &mut Actor, mode: &str, milliseconds: u64) {
        let begun = self.number(0);
        actor.say(&["take_once", "m", "n", mode, &milliseconds.to_string()]);
        self.until_begun(begun + 1);
        let since = Instant::now();
        while since.elapsed() < CLEARLY {
            std::thread::yield_now();
        }
    }

    /// Lets each of the modes have turns, and returns how many each had of `total`.
    fn turns(&self, modes: &[&str], total: u64) -> Vec<u64> {
        // Nobody begins before all are there.
        let lock = self.lock();
        let mut actors: Vec<Actor> = Vec::new();
        for (index, mode) in modes.iter().enumerate() {
            let mut actor = self.actor();
            let place = (8 * (2 + index)).to_string();
            actor.say(&["take_turns", "m", "n", &place, mode, &total.to_string()]);
            actors.push(actor);
        }
        self.until_begun(modes.len() as u64);
        drop(lock);
        for actor in &mut actors {
            assert_eq!(actor.hear(), "ok\t");
        }
        (0..modes.len()).map(|index| self.number(2 + index)).collect()
    }
}

/// How many had the lock before, as an actor answers.
fn before(answer: &str) -> u64 {
    answer.strip_prefix("ok\t").expect(answer).parse().unwrap()
}

/// Asserts that each has a part of the turns. Not an equal one: on a machine with more to do than processors, a process
/// that gets none for a while is passed.
#[track_caller]
fn assert_nobody_starves(title: &str, modes: &[&str]) {
    let turns = Scene::new(title).turns(modes, 600);
    assert!(turns.iter().all(|turns| *turns >= 8), "of 600 turns they had {turns:?}");
}

#[test]
fn a_process_that_takes_it_again_at_once_does_not_keep_it_from_others() {
    let _alone = common::alone();
    assert_nobody_starves("fair", &["write"; 8]);
}

#[test]
fn neither_readers_nor_writers_starve() {
    let _alone = common::alone();
    let modes = ["write", "read", "read", "write", "read", "write", "read", "write"];
    assert_nobody_starves("mixed", &modes);
}

const ROUNDS: usize = 16;

/// In how many rounds the one that came clearly earlier went first. It waits in turns of so many milliseconds.
fn earlier_ones_first(scene: &Scene, modes: [&str; 2], milliseconds: u64) -> usize {
    let [mut early, mut late] = [scene.actor(), scene.actor()];
    let round = || {
        let lock = scene.lock();
        scene.wait_with(&mut early, modes[0], milliseconds);
        scene.wait_with(&mut late, modes[1], LONG);
        drop(lock);
        before(&early.hear()) < before(&late.hear())
    };
    std::iter::repeat_with(round).take(ROUNDS).filter(|first| *first).count()
}

#[test]
fn whoever_came_earlier_goes_first() {
    let _alone = common::alone();
    for modes in [["write", "write"], ["write", "read"], ["read", "write"]] {
        let first = earlier_ones_first(&Scene::new("order"), modes, LONG);
        // Not in all rounds: a process that gets no processor for a while counts as stopped.
        let most = ROUNDS / 4 * 3;
        assert!(first >= most, "the earlier one was first in {first} of {ROUNDS}: {modes:?}");
    }
}

/// A caller that can be interrupted waits in many short turns. If each began at the end of the queue, it would
/// never be first here. Between two turns it is not in the queue, so that it is not always first.
#[cfg(unix)]
#[test]
fn whoever_times_out_and_comes_back_keeps_the_place() {
    let _alone = common::alone();
    let first = earlier_ones_first(&Scene::new("place"), ["write", "write"], 10);
    assert!(first >= ROUNDS / 4, "the earlier one was first in {first} of {ROUNDS}");
}

/// What a waiter leaves that was killed holds nobody up, and makes no place in the queue unusable.
#[test]
fn killed_waiters_leave_nothing() {
    let _alone = common::alone();
    let scene = Scene::new("killed");
    let lock = scene.lock();
    for _ in 0..4 {
        let mut actor = scene.actor();
        scene.wait_with(&mut actor, "write", LONG);
        actor.kill();
    }
    drop(lock);
    drop(scene.lock());
}

#[cfg(unix)]
#[test]
fn a_stopped_waiter_does_not_hold_up_the_others() {
    let _alone = common::alone();
    let scene = Scene::new("stopped");
    let [mut stopped, mut other] = [scene.actor(), scene.actor()];
    let lock = scene.lock();
    scene.wait_with(&mut stopped, "write", LONG);
    signal(&stopped, libc::SIGSTOP);
    let mut status = 0;
    // SAFETY: waits for a child of ours to be stopped, which stays a child, and writes a number.
    let waited = unsafe { libc::waitpid(pid(&stopped), &raw mut status, libc::WUNTRACED) };
    assert!(waited == pid(&stopped) && libc::WIFSTOPPED(status));
    scene.wait_with(&mut other, "write", LONG);
    drop(lock);
    assert_eq!(before(&other.hear()), 0);
    signal(&stopped, libc::SIGCONT);
    assert_eq!(before(&stopped.hear()), 1);
}

#[cfg(unix)]
fn pid(actor: &Actor) -> libc::pid_t {
    actor.id().try_into().unwrap()
}

#[cfg(unix)]
fn signal(actor: &Actor, signal: libc::c_int) {
    // SAFETY: sends a signal to a child of ours, which has not been waited for.
    assert_eq!(unsafe { libc::kill(pid(actor), signal) }, 0);
}
