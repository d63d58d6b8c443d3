//! The content lock as an object: what owns it, and when it is released.
#![allow(unsafe_code, reason = "the common helpers fork and signal processes")]

use std::sync::mpsc;
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{ErrorKind, Map, MapOptions, TextOptions};

const LONG: Duration = Duration::from_secs(60);

#[track_caller]
fn assert_locked(map: &Map) {
    let error = map.lock_exclusive(Duration::ZERO).expect_err("the lock is held");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

/// A named map and a map of a file, each with two handles.
fn map_pairs(folder: &tempfile::TempDir) -> Vec<[Map; 2]> {
    let name = unique("lock");
    let named = [Map::create_new(&name, 64), Map::open(&name)];
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 64]).expect("a file");
    let file = [Map::map_file(&path), Map::map_file(&path)];
    [named, file].map(|pair| pair.map(|map| map.expect("a map"))).into()
}

#[test]
fn a_lock_belongs_to_the_handle_and_not_to_the_thread() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    for [map, other] in map_pairs(&folder) {
        // Taken by a thread that ends, and dropped by another one.
        let lock = std::thread::scope(|scope| {
            scope.spawn(|| map.lock_exclusive(Duration::ZERO).unwrap()).join().unwrap()
        });
        assert_locked(&map);
        assert_locked(&other);
        map.append_text_with("under it", &TextOptions::new().lock(&lock)).unwrap();
        std::thread::scope(|scope| scope.spawn(move || drop(lock)).join().unwrap());
        drop(other.lock_exclusive(Duration::ZERO).expect("the lock is free"));
    }
}

#[test]
fn a_lock_excludes_other_processes_independent_of_threads() {
    let _alone = common::alone();
    let name = unique("threads");
    let map = Map::create_new(&name, 64).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    let lock = std::thread::scope(|scope| {
        scope.spawn(|| map.lock_exclusive(Duration::ZERO).unwrap()).join().unwrap()
    });
    assert_eq!(
        actor.ask(&["lock", "m", "0"]).unwrap_err(),
        "TIMEOUT",
        "the lock was released at the end of the thread"
    );
    drop(lock);
    // Taken by this thread, and dropped by another one.
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    std::thread::scope(|scope| scope.spawn(move || drop(lock)).join().unwrap());
    actor.ask(&["lock", "m", "0"]).expect("the lock is free");
}

#[test]
fn a_thread_cannot_take_the_lock_twice() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    for [map, other] in map_pairs(&folder) {
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
fn an_anonymous_map_has_a_lock() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(64).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    assert_locked(&map);
    let stranger = MapOptions::new().create_anonymous(64).unwrap();
    stranger.lock_exclusive(Duration::ZERO).expect("the lock of another map");
    let error = stranger.append_text_with("x", &TextOptions::new().lock(&lock)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| map.lock_exclusive(LONG).map(drop));
        drop(lock);
        waiting.join().unwrap().expect("the lock is free");
    });
}

#[test]
fn a_waiting_process_gets_the_lock_when_it_is_released() {
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
fn a_lock_outlives_its_handle() {
    let _beside = common::beside_others();
    let name = unique("outlives");
    let other = Map::create_new(&name, 64).unwrap();
    let map = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    drop(map);
    assert_locked(&other);
    drop(lock);
    other.lock_exclusive(Duration::ZERO).expect("the lock is free");
}

#[test]
fn threads_lose_no_change_under_the_lock() {
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
                    // Some take the lock as an object, others inside of an operation. Both must exclude each other.
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
