//! The content lock as an object: whose it is, and when it ends.
#![allow(unsafe_code, reason = "what the test files share forks and signals processes")]

use std::sync::mpsc;
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{ErrorKind, Map, MapOptions, TextOptions};

const LONG: Duration = Duration::from_secs(60);

#[track_caller]
fn assert_locked(map: &Map) {
    let error = map.lock_exclusive(Duration::ZERO).expect_err("somebody has it");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

/// One map of each kind that several handles can lead to, and what keeps it.
fn each_kind(folder: &tempfile::TempDir) -> Vec<[Map; 2]> {
    let name = unique("lock");
    let named = [Map::create_new(&name, 64), Map::open(&name)];
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 64]).expect("a file");
    let file = [Map::map_file(&path), Map::map_file(&path)];
    [named, file].map(|pair| pair.map(|map| map.expect("a map"))).into()
}

#[test]
fn a_lock_is_the_handles_and_not_the_threads() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    for [map, other] in each_kind(&folder) {
        // Taken on a thread that ends, and dropped on another one.
        let lock = std::thread::scope(|scope| {
            scope.spawn(|| map.lock_exclusive(Duration::ZERO).unwrap()).join().unwrap()
        });
        assert_locked(&map);
        assert_locked(&other);
        map.append_text_with("under it", &TextOptions::new().lock(&lock)).unwrap();
        std::thread::scope(|scope| scope.spawn(move || drop(lock)).join().unwrap());
        drop(other.lock_exclusive(Duration::ZERO).expect("it was given back"));
    }
}

#[test]
fn other_processes_see_the_same_whatever_the_threads() {
    let _alone = common::alone();
    let name = unique("threads");
    let map = Map::create_new(&name, 64).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    let lock = std::thread::scope(|scope| {
        scope.spawn(|| map.lock_exclusive(Duration::ZERO).unwrap()).join().unwrap()
    });
    assert_eq!(actor.ask(&["lock", "m", "0"]).unwrap_err(), "TIMEOUT", "its thread ended");
    drop(lock);
    // Taken here, and dropped elsewhere while this thread goes on.
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    std::thread::scope(|scope| scope.spawn(move || drop(lock)).join().unwrap());
    actor.ask(&["lock", "m", "0"]).expect("it was given back");
}

#[test]
fn the_thread_that_has_it_does_not_get_it_twice() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    for [map, other] in each_kind(&folder) {
        let lock = map.lock_exclusive(Duration::ZERO).unwrap();
        assert_locked(&map);
        assert_locked(&other);
        let error = other
            .append_text_with("no", &TextOptions::new().timeout(Duration::from_millis(10)))
            .expect_err("the lock is held");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        drop(lock);
        other.append_text("yes").unwrap();
    }
}

#[test]
fn an_anonymous_map_has_a_lock_too() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(64).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    assert_locked(&map);
    let stranger = MapOptions::new().create_anonymous(64).unwrap();
    stranger.lock_exclusive(Duration::ZERO).expect("another map, another lock");
    let error = stranger.append_text_with("x", &TextOptions::new().lock(&lock)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| map.lock_exclusive(LONG).map(drop));
        drop(lock);
        waiting.join().unwrap().expect("it was given back");
    });
}

#[test]
fn who_waits_gets_it_when_it_is_given_back() {
    let _alone = common::alone();
    let name = unique("wait");
    let map = Map::create_new(&name, 64).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    actor.say(&["append", "m", "after"]);
    map.append_text_with("before", &TextOptions::new().lock(&lock)).unwrap();
    drop(lock);
    assert_eq!(actor.hear(), "ok\t");
    assert_eq!(map.read_text().unwrap(), "before\r\nafter");
}

#[test]
fn a_lock_outlives_the_handle_that_it_was_taken_on() {
    let _beside = common::beside_others();
    let name = unique("outlives");
    let other = Map::create_new(&name, 64).unwrap();
    let map = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    drop(map);
    assert_locked(&other);
    drop(lock);
    other.lock_exclusive(Duration::ZERO).expect("it was given back");
}

#[test]
fn many_threads_take_turns() {
    let _beside = common::beside_others();
    const THREADS: usize = 6;
    const TURNS: usize = 30;
    let map = Map::create_new(&unique("turns"), 64).unwrap();
    let (count, counted) = mpsc::channel();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (map, count) = (&map, count.clone());
            scope.spawn(move || {
                for turn in 0..TURNS {
                    // By turns as an object and inside of an operation: the two must exclude.
                    if (thread + turn) % 2 == 0 {
                        let lock = map.lock_exclusive(LONG).unwrap();
                        let under = TextOptions::new().lock(&lock);
                        let seen: usize = map.read_text_with(&under).unwrap().parse().unwrap_or(0);
                        map.replace_text_with(&(seen + 1).to_string(), &under).unwrap();
                        count.send(()).unwrap();
                    } else {
                        map.read_text().unwrap();
                    }
                }
            });
        }
    });
    drop(count);
    let all = counted.iter().count();
    assert_eq!(map.read_text().unwrap(), all.to_string());
}
