//! How long a map lives, tested with processes that end in every possible way.
#![allow(unsafe_code, reason = "processes are signalled and forked")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

#[cfg(unix)]
mod forks;
#[cfg(unix)]
mod peers;

use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, unique};
use mmf::backend::{CAN_BE_ORPHANED, LEFTOVER_AFTER_KILL, ORPHANED_NAME_IS_FREE};
use mmf::{Access, ErrorKind, Map, MapOptions};

/// A linker that does not find the library of the target may silently use the one of this machine.
#[cfg(target_os = "linux")]
#[test]
fn the_tests_run_with_the_c_library_of_their_target() {
    let _beside = common::beside_others();
    let mapped = std::fs::read_to_string("/proc/self/maps").unwrap();
    let glibc = mapped.lines().any(|line| line.ends_with("/libc.so.6"));
    assert_eq!(glibc, cfg!(target_env = "gnu"), "{mapped}");
}

#[test]
fn the_map_lives_after_its_creator_exits_while_another_process_holds_it() {
    let _alone = common::alone();
    let name = unique("keeps");
    let (mut a, mut b, mut c) = (Actor::start(), Actor::start(), Actor::start());
    a.ask(&["create", "m", &name, "1024"]).unwrap();
    a.ask(&["replace", "m", "from a"]).unwrap();
    b.ask(&["open", "m", &name]).unwrap();
    assert!(a.end("return").success());
    c.ask(&["open", "m", &name]).unwrap();
    assert_eq!(c.ask(&["read", "m"]).unwrap(), "from a");
    b.kill();
    assert_eq!(c.ask(&["read", "m"]).unwrap(), "from a");
    c.ask(&["close", "m"]).unwrap();
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn the_last_close_frees_the_name() {
    let _beside = common::beside_others();
    let name = unique("last-close");
    let first = Map::create_new(&name, 64).unwrap();
    let second = Map::open(&name).unwrap();
    drop(first);
    let third = Map::open(&name).unwrap();
    drop(second);
    drop(third);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn the_end_of_the_process_frees_the_name() {
    let _alone = common::alone();
    for how in ["return", "exit"] {
        let name = unique("end");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "4096"]).unwrap();
        actor.ask(&["view", "m"]).unwrap();
        assert!(actor.end(how).success());
        assert_nothing_left(&name);
        assert_missing(&name);
    }
}

#[test]
fn a_named_file_map_ends_with_its_process_and_keeps_its_file() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "on disk").unwrap();
    let name = unique("file-end");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let here = Map::open(&name).unwrap();
    assert_eq!(here.kind(), mmf::Kind::NamedFile);
    assert_eq!(here.read_text().unwrap(), "on disk");
    drop(here);
    assert!(actor.end("return").success());
    assert_nothing_left(&name);
    assert_missing(&name);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "on disk");
}

#[test]
fn a_kill_frees_the_name_at_once_and_its_bytes_are_never_seen_again() {
    let _alone = common::alone();
    let name = unique("kill");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    assert_missing(&name);

    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    let map = Map::create_new(&name, 512).unwrap();
    let mut bytes = [1; 512];
    map.read_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes, [0; 512]);

    let mut actor = Actor::start();
    let name = unique("kill");
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    let map = Map::create_or_open(&name, 512).unwrap();
    assert_eq!(map.capacity() / 512, rounding(512));
    assert_eq!(map.read_text().unwrap(), "");
}

/// The capacity of a new map, in multiples of the requested size.
fn rounding(size: u64) -> u64 {
    let map = MapOptions::new().create_new(&unique("page"), size).expect("a new map");
    map.capacity() / size
}

#[test]
fn creating_any_map_frees_the_memory_of_killed_processes() {
    let _alone = common::alone();
    let name = unique("sweep");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1048576"]).unwrap();
    actor.kill();
    if LEFTOVER_AFTER_KILL && let Some(path) = common::seen(&name) {
        // The sweep before a creation takes a millisecond and begins anywhere, so many objects or a busy machine can
        // make several creations necessary.
        let objects = std::fs::read_dir(mmf::backend::FOLDER.unwrap()).unwrap().count();
        for _ in 0..objects / 50 + 50 {
            let mut other = Actor::start();
            other.ask(&["create", "m", &unique("other"), "1"]).unwrap();
            other.end("return");
            if !path.exists() {
                break;
            }
        }
    }
    assert_nothing_left(&name);
}

#[test]
fn a_sweep_removes_and_counts_the_maps_of_killed_processes() {
    let _alone = common::alone();
    let living = Map::create_new(&unique("living"), 64).unwrap();
    living.replace_text("here").unwrap();
    // A creation in another process may remove the dead maps first.
    let tries = if LEFTOVER_AFTER_KILL { 20 } else { 1 };
    let counted = (0..tries).any(|_| {
        let names = [unique("dead"), unique("dead")];
        let mut actor = Actor::start();
        for name in &names {
            actor.ask(&["create", name, name, "1024"]).unwrap();
        }
        actor.kill();
        let removed = mmf::sweep().unwrap();
        names.iter().for_each(|name| assert_nothing_left(name));
        removed >= 2
    });
    assert_eq!(counted, LEFTOVER_AFTER_KILL);
    assert_eq!(Map::open(living.name().unwrap()).unwrap().read_text().unwrap(), "here");
}

#[test]
fn listing_removes_the_maps_of_killed_processes() {
    let _alone = common::alone();
    let (dead, living) = (unique("dead"), unique("living"));
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &dead, "1024"]).unwrap();
    actor.kill();
    let _map = Map::create_new(&living, 77).unwrap();
    let found = mmf::list().unwrap();
    assert!(!found.iter().any(|map| map.name == dead));
    let entry = found.iter().find(|map| map.name == living).expect("a living map");
    assert!(entry.capacity >= 77);
    assert!(!entry.foreign);
    assert_nothing_left(&dead);
}

#[test]
fn each_of_two_handles_in_a_process_holds_the_map() {
    let _alone = common::alone();
    let name = unique("two");
    let mut actor = Actor::start();
    actor.ask(&["create", "a", &name, "1024"]).unwrap();
    actor.ask(&["open", "b", &name]).unwrap();
    actor.ask(&["replace", "a", "text"]).unwrap();
    actor.ask(&["close", "a"]).unwrap();
    assert_eq!(actor.ask(&["read", "b"]).unwrap(), "text");
    assert!(Map::open(&name).is_ok());
    actor.ask(&["close", "b"]).unwrap();
    assert_missing(&name);
    assert_eq!(actor.ask(&["open", "b", &name]), Err("NOT_FOUND".into()));
}

#[test]
fn a_view_outlives_its_handle_and_does_not_hold_the_name() {
    let _beside = common::beside_others();
    let name = unique("view");
    let map = Map::create_new(&name, 10_000).unwrap();
    let view = map.view(4_097, 5, Access::ReadWrite).unwrap();
    drop(map);
    assert_missing(&name);
    view.write_at(b"alive", 0).unwrap();
    let mut bytes = [0; 5];
    view.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"alive");
    // Another map can have the name. It does not share memory with the view.
    let other = Map::create_new(&name, 10_000).unwrap();
    other.read_at(&mut bytes, 4_097).unwrap();
    assert_eq!(bytes, [0; 5]);
}

#[test]
fn a_waiting_open_returns_the_map_when_it_is_created() {
    let _alone = common::alone();
    let name = unique("wait");
    let mut actor = Actor::start();
    actor.say(&["open_waiting", "m", &name, "60"]);
    let map = Map::create_new(&name, 128).unwrap();
    assert!(actor.hear().starts_with("ok\t"));
    drop(map);
    assert!(Map::open(&name).is_ok(), "the waiting process holds it");
}

#[test]
fn create_new_succeeds_for_one_of_many_processes() {
    let _alone = common::alone();
    let name = unique("race");
    let mut actors: Vec<Actor> = (0..6).map(|_| Actor::start()).collect();
    for _ in 0..20 {
        for actor in &mut actors {
            actor.say(&["create", "m", &name, "64"]);
        }
        let answers: Vec<String> = actors.iter_mut().map(Actor::hear).collect();
        let made = answers.iter().filter(|answer| answer.starts_with("ok")).count();
        let taken = answers.iter().filter(|answer| *answer == "err\tALREADY_EXISTS").count();
        assert_eq!((made, taken), (1, actors.len() - 1), "{answers:?}");
        for (actor, answer) in actors.iter_mut().zip(&answers) {
            if answer.starts_with("ok") {
                actor.ask(&["close", "m"]).unwrap();
            }
        }
        assert_nothing_left(&name);
    }
}

#[test]
fn appends_of_threads_handles_and_processes_are_all_kept() {
    let _alone = common::alone();
    const EACH: u32 = 200;
    let name = unique("append");
    let map = Map::create_new(&name, 1 << 20).unwrap();
    let second = Map::open(&name).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    actor.say(&["append_many", "m", "process", &EACH.to_string()]);
    std::thread::scope(|scope| {
        for (who, map) in [("one", &map), ("two", &map), ("handle", &second)] {
            scope.spawn(move || {
                for number in 0..EACH {
                    map.append_text(&format!("{who}{number}")).unwrap();
                }
            });
        }
    });
    assert_eq!(actor.hear(), "ok\t");
    let all = map.read_text().unwrap();
    let mut lines: Vec<&str> = all.split("\r\n").collect();
    lines.sort_unstable();
    let mut wanted: Vec<String> = ["one", "two", "handle", "process"]
        .iter()
        .flat_map(|who| (0..EACH).map(move |number| format!("{who}{number}")))
        .collect();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
}

#[test]
fn a_kill_frees_the_content_lock() {
    let _alone = common::alone();
    let name = unique("lock-kill");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let map = Map::open(&name).unwrap();
    actor.ask(&["lock", "m", "0"]).unwrap();
    let error =
        map.lock_exclusive(std::time::Duration::ZERO).expect_err("the actor holds the lock");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    actor.kill();
    map.lock_exclusive(std::time::Duration::from_secs(60)).unwrap();
}

#[test]
fn an_unlinked_map_is_reported_as_orphaned() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x").filter(|_| CAN_BE_ORPHANED) else { return };
    let name = unique("orphan");
    let path = path.with_file_name(&name);
    let map = Map::create_new(&name, 64).unwrap();
    assert!(!map.is_orphaned().unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(map.is_orphaned().unwrap());
    map.replace_text("still mine").unwrap();
    assert_eq!(map.read_text().unwrap(), "still mine");
    if ORPHANED_NAME_IS_FREE {
        let second = Map::create_new(&name, 64).unwrap();
        drop(map);
        assert!(
            !second.is_orphaned().unwrap(),
            "closing the first map removed the name of the second one"
        );
        assert!(Map::open(&name).is_ok());
    } else {
        // There is never a second map with the name of a living one.
        let error = Map::create_new(&name, 64).expect_err("the first one lives");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
        for opened in [Map::open(&name), Map::create_or_open(&name, 64)] {
            let error = opened.expect_err("its memory cannot be found");
            assert_eq!(error.kind(), ErrorKind::Orphaned, "{error}");
        }
        drop(map);
        assert_missing(&name);
    }
}

/// Runs a call that may fail but must not hang.
#[cfg(unix)]
fn without_hanging<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(std::time::Duration::from_secs(120)).expect("the call does not hang")
}

#[test]
#[cfg(unix)]
fn a_truncated_map_is_truncated_for_every_call() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x") else { return };
    for capacity in [4_096, 100_000] {
        let name = unique("truncated");
        let path = path.with_file_name(&name);
        let map = Map::create_new(&name, capacity).unwrap();
        map.replace_text("text").unwrap();
        let view = map.view(0, 0, Access::Read).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();

        let (open, create, either) = (name.clone(), name.clone(), name.clone());
        common::assert_fails(without_hanging(move || Map::open(&open)), ErrorKind::Truncated);
        common::assert_fails(
            without_hanging(move || Map::create_or_open(&either, 64)),
            ErrorKind::Truncated,
        );
        common::assert_fails(
            without_hanging(move || Map::create_new(&create, 64)),
            ErrorKind::AlreadyExists,
        );
        assert!(
            without_hanging(mmf::list).unwrap().iter().any(|map| map.name == name),
            "a living map"
        );
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
            common::assert_fails(map.view(0, 0, access), ErrorKind::Truncated);
        }
        common::assert_fails(map.read_text(), ErrorKind::Truncated);
        assert!(path.exists(), "listing removed a living map");

        drop((map, view));
        assert_missing(&name);
        assert_nothing_left(&name);
        drop(Map::create_new(&name, 64).unwrap());
        assert_nothing_left(&name);
    }
}

#[test]
#[cfg(unix)]
fn a_truncated_map_of_a_killed_process_is_missing() {
    let _alone = common::alone();
    let Some(path) = common::seen("x") else { return };
    let name = unique("truncated");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "4096"]).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(path.with_file_name(&name)).unwrap();
    file.set_len(0).unwrap();
    actor.kill();
    let open = name.clone();
    common::assert_fails(without_hanging(move || Map::open(&open)), ErrorKind::NotFound);
    let create = name.clone();
    drop(without_hanging(move || Map::create_new(&create, 64)).unwrap());
    assert_nothing_left(&name);
}

#[test]
#[cfg(unix)]
fn mapping_the_object_of_a_map_as_a_new_file_does_not_hang_others() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x") else { return };
    let name = unique("as-a-file");
    let path = path.with_file_name(&name);
    let map = Map::create_new(&name, 4_096).unwrap();
    // The call fails or truncates the object. After both, other calls must return.
    let _ = MapOptions::new().file_mode(mmf::FileMode::Create).map_file(&path);
    let open = name.clone();
    if let Err(error) = without_hanging(move || Map::open(&open)) {
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    }
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}
