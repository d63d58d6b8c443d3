//! The order in which waiting processes get the content lock. The tests count turns and do not measure time.
#![allow(unsafe_code, reason = "processes are stopped, and the common helpers fork")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{Access, ContentLock, Map, View};

/// After this time, the next arrival counts as later on every system.
const CLEARLY: Duration = Duration::from_millis(40);

/// Longer than the longest wait in these tests, in milliseconds.
const LONG: u64 = 120_000;

/// A map whose lock several processes take, and their shared numbers.
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

    /// Waits until this number of actors has begun.
    fn wait_until_begun(&self, count: u64) {
        while self.number(0) < count {
            std::thread::yield_now();
        }
    }

    /// Lets an actor wait for the lock, which is held, until later arrivals are clearly later.
    fn start_waiting(&self, actor: &mut Actor, mode: &str, milliseconds: u64) {
        let begun = self.number(0);
        actor.say(&["take_once", "m", "n", mode, &milliseconds.to_string()]);
        self.wait_until_begun(begun + 1);
        let since = Instant::now();
        while since.elapsed() < CLEARLY {
            std::thread::yield_now();
        }
    }

    /// Lets an actor for each of the modes take turns, and returns how many of the `total` turns each had.
    fn turns(&self, modes: &[&str], total: u64) -> Vec<u64> {
        // The lock is held until all actors are ready.
        let lock = self.lock();
        let mut actors: Vec<Actor> = Vec::new();
        for (index, mode) in modes.iter().enumerate() {
            let mut actor = self.actor();
            let place = (8 * (2 + index)).to_string();
            actor.say(&["take_turns", "m", "n", &place, mode, &total.to_string()]);
            actors.push(actor);
        }
        self.wait_until_begun(modes.len() as u64);
        drop(lock);
        for actor in &mut actors {
            assert_eq!(actor.hear(), "ok\t");
        }
        (0..modes.len()).map(|index| self.number(2 + index)).collect()
    }
}

/// The number of processes that had the lock before, from the answer of an actor.
fn had_before(answer: &str) -> u64 {
    answer.strip_prefix("ok\t").expect(answer).parse().unwrap()
}

/// Asserts that each actor has some of the turns. The numbers differ, because on a busy machine a process may lose
/// turns while it does not run.
#[track_caller]
fn assert_no_starvation(title: &str, modes: &[&str]) {
    let turns = Scene::new(title).turns(modes, 600);
    assert!(turns.iter().all(|turns| *turns >= 8), "of 600 turns, the actors had {turns:?}");
}

#[test]
fn processes_that_lock_again_at_once_do_not_starve_others() {
    let _alone = common::alone();
    assert_no_starvation("fair", &["write"; 8]);
}

#[test]
fn neither_readers_nor_writers_starve() {
    let _alone = common::alone();
    let modes = ["write", "read", "read", "write", "read", "write", "read", "write"];
    assert_no_starvation("mixed", &modes);
}

const ROUNDS: usize = 16;

/// The number of rounds in which the actor that came earlier went first. It waits with time-outs of `milliseconds`.
fn rounds_in_order(scene: &Scene, modes: [&str; 2], milliseconds: u64) -> usize {
    let [mut early, mut late] = [scene.actor(), scene.actor()];
    let round = || {
        let lock = scene.lock();
        scene.start_waiting(&mut early, modes[0], milliseconds);
        scene.start_waiting(&mut late, modes[1], LONG);
        drop(lock);
        had_before(&early.hear()) < had_before(&late.hear())
    };
    std::iter::repeat_with(round).take(ROUNDS).filter(|first| *first).count()
}

#[test]
fn the_earlier_process_goes_first() {
    let _alone = common::alone();
    for modes in [["write", "write"], ["write", "read"], ["read", "write"]] {
        let first = rounds_in_order(&Scene::new("order"), modes, LONG);
        // Not in all rounds, because a process that does not run for a while counts as stopped.
        let most = ROUNDS / 4 * 3;
        assert!(
            first >= most,
            "the earlier actor was first in {first} of {ROUNDS} rounds: {modes:?}"
        );
    }
}

/// A caller that can be interrupted waits many times for a short time. If each wait began at the end of the queue, it
/// would never be first here. Between two waits it is not in the queue, so it is not always first.
#[cfg(unix)]
#[test]
fn a_process_that_times_out_and_waits_again_keeps_its_place() {
    let _alone = common::alone();
    let first = rounds_in_order(&Scene::new("place"), ["write", "write"], 10);
    assert!(first >= ROUNDS / 4, "the earlier actor was first in {first} of {ROUNDS} rounds");
}

#[test]
fn killed_waiters_do_not_block_the_queue() {
    let _alone = common::alone();
    let scene = Scene::new("killed");
    let lock = scene.lock();
    for _ in 0..4 {
        let mut actor = scene.actor();
        scene.start_waiting(&mut actor, "write", LONG);
        actor.kill();
    }
    drop(lock);
    drop(scene.lock());
}

#[cfg(unix)]
#[test]
fn a_stopped_waiter_does_not_block_the_others() {
    let _alone = common::alone();
    let scene = Scene::new("stopped");
    let [mut stopped, mut other] = [scene.actor(), scene.actor()];
    let lock = scene.lock();
    scene.start_waiting(&mut stopped, "write", LONG);
    signal(&stopped, libc::SIGSTOP);
    let mut status = 0;
    // SAFETY: waits until our child is stopped, and writes its status into the variable.
    let waited = unsafe { libc::waitpid(pid(&stopped), &raw mut status, libc::WUNTRACED) };
    assert!(waited == pid(&stopped) && libc::WIFSTOPPED(status));
    scene.start_waiting(&mut other, "write", LONG);
    drop(lock);
    assert_eq!(had_before(&other.hear()), 0);
    signal(&stopped, libc::SIGCONT);
    assert_eq!(had_before(&stopped.hear()), 1);
}

#[cfg(unix)]
fn pid(actor: &Actor) -> libc::pid_t {
    actor.id().try_into().unwrap()
}

#[cfg(unix)]
fn signal(actor: &Actor, signal: libc::c_int) {
    // SAFETY: signals our child, which nobody has waited for yet.
    assert_eq!(unsafe { libc::kill(pid(actor), signal) }, 0);
}
