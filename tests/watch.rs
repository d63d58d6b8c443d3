//! Watches: whoever waits for a change of a map is told of it, by whatever process it comes.
#![allow(unsafe_code, reason = "descriptors are polled, and processes forked")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::process::Actor;
use common::{assert_fails, not_run, unique};
use mmf::backend::{CAN_BE_ORPHANED, WATCHES, WATCHES_LIFE};
use mmf::{Access, ErrorKind, Event, Map, MapOptions, Watch};

#[test]
fn actor() {
    common::process::act();
}

/// Whether there are watches here. Said loudly, if not.
fn can_watch() -> bool {
    if !WATCHES {
        not_run("watches", "this system does not tell of changes");
    }
    WATCHES
}

/// The next event, after a time that only a hang takes.
fn next(watch: &Watch) -> Event {
    watch.wait(Some(Duration::from_secs(60))).unwrap()
}

/// What there is to tell now.
fn now(watch: &Watch) -> Event {
    watch.wait(Some(Duration::ZERO)).unwrap()
}

/// Asserts that there is one change to be told, and nothing else.
#[track_caller]
fn assert_changed_once(watch: &Watch, what: &str) {
    assert_eq!(next(watch), Event::Changed, "{what}");
    assert_eq!(now(watch), Event::TimedOut, "{what}, once more");
}

#[test]
fn every_write_of_another_process_is_told() {
    if !can_watch() {
        return;
    }
    let name = unique("told");
    let map = Map::create_new(&name, 65_536).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    assert_eq!(now(&watch), Event::TimedOut, "nothing happened yet");
    for command in [
        &["replace", "m", "text"][..],
        &["append", "m", "more"],
        &["append_long", "m", "x", "20000"],
        &["replace_long", "m", "y", "30000"],
        &["replace", "m", ""],
        &["write", "m", "100", "bytes"],
        &["notify", "m"],
    ] {
        writer.ask(command).unwrap();
        assert_changed_once(&watch, command[0]);
    }
    for command in [&["read", "m"][..], &["read_view", "m", "3"], &["lock", "m", "0"]] {
        writer.ask(command).unwrap();
        assert_eq!(now(&watch), Event::TimedOut, "{} changes nothing", command[0]);
    }
}

#[test]
fn every_way_to_write_is_told() {
    if !can_watch() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 8_192]).unwrap();
    let name = unique("kinds");
    for (kind, map) in [
        ("named", Map::create_new(&name, 8_192).unwrap()),
        ("anonymous", MapOptions::new().create_anonymous(8_192).unwrap()),
        ("file", Map::map_file(&path).unwrap()),
        ("named file", MapOptions::new().name(&unique("kinds")).map_file(&path).unwrap()),
    ] {
        let watch = map.watch().unwrap();
        let view = map.view(0, 0, Access::ReadWrite).unwrap();
        let told = |what: &str| assert_changed_once(&watch, &format!("{kind}: {what}"));
        assert_eq!(now(&watch), Event::TimedOut, "{kind}: nothing happened yet");
        map.replace_text("text").unwrap();
        told("replace_text");
        map.append_text("text").unwrap();
        told("append_text");
        map.replace_bytes(b"bytes").unwrap();
        told("replace_bytes");
        map.append_bytes(b"bytes").unwrap();
        told("append_bytes");
        map.write_at(b"bytes", 4_090).unwrap();
        told("write_at");
        map.fill(0, 8_192, 7).unwrap();
        told("fill");
        view.write_at(b"store", 0).unwrap();
        assert_eq!(now(&watch), Event::TimedOut, "{kind}: a store is seen by nobody");
        map.notify().unwrap();
        told("notify");
    }
}

#[test]
fn a_watch_is_told_what_came_after_it_alone() {
    if !can_watch() {
        return;
    }
    let map = Map::create_new(&unique("after"), 4_096).unwrap();
    let first = map.watch().unwrap();
    map.replace_text("one").unwrap();
    let second = map.watch().unwrap();
    assert_eq!(now(&second), Event::TimedOut);
    assert_changed_once(&first, "the first one");
    map.replace_text("two").unwrap();
    assert_changed_once(&first, "the first one");
    assert_changed_once(&second, "the second one");
}

#[test]
fn a_closed_watch_wakes_its_waiters_and_says_so_for_ever() {
    if !can_watch() {
        return;
    }
    let map = Map::create_new(&unique("closed"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| watch.wait(None).unwrap())).collect();
        watch.close();
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Event::Closed);
        }
    });
    map.replace_text("text").unwrap();
    assert_eq!(now(&watch), Event::Closed);
    assert_eq!(next(&watch), Event::Closed);
}

#[test]
fn a_watch_holds_the_map() {
    if !can_watch() {
        return;
    }
    let name = unique("holds");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    drop(map);
    let again = Map::open(&name).unwrap();
    again.replace_text("text").unwrap();
    assert_eq!(next(&watch), Event::Changed);
    drop(again);
    drop(watch);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
}

#[test]
fn a_handle_for_reading_watches_and_does_not_notify() {
    if !can_watch() {
        return;
    }
    let name = unique("reading");
    let map = Map::create_new(&name, 4_096).unwrap();
    let reader = MapOptions::new().access(Access::Read).open(&name).unwrap();
    let watch = reader.watch().unwrap();
    map.replace_text("text").unwrap();
    assert_changed_once(&watch, "replace");
    assert_fails(reader.notify(), ErrorKind::AccessDenied);
    let read_only = MapOptions::new().access(Access::Read).create_anonymous(4_096).unwrap();
    assert_fails(read_only.notify(), ErrorKind::AccessDenied);
}

#[test]
fn the_name_that_is_taken_away_is_told_once() {
    if !can_watch() || !WATCHES_LIFE || !CAN_BE_ORPHANED {
        return;
    }
    let name = unique("orphan");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    std::fs::remove_file(common::seen(&name).unwrap()).unwrap();
    assert_eq!(next(&watch), Event::Orphaned);
    assert_eq!(now(&watch), Event::TimedOut);
    map.replace_text("text").unwrap();
    assert_changed_once(&watch, "an orphan can be used");
}

#[test]
fn a_truncated_map_is_told_once() {
    if !can_watch() || !WATCHES_LIFE {
        return;
    }
    let name = unique("short");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let path = common::seen(&name).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(100).unwrap();
    assert_eq!(next(&watch), Event::Truncated);
    assert_eq!(now(&watch), Event::TimedOut);
    assert_fails(map.notify(), ErrorKind::Truncated);
    file.set_len(4_096).unwrap();
    assert_changed_once(&watch, "restored");
}

#[test]
fn who_is_left_alone_is_told() {
    if !can_watch() || !WATCHES_LIFE {
        return;
    }
    for how in ["close", "kill", "return"] {
        let name = unique("alone");
        let map = Map::create_new(&name, 4_096).unwrap();
        let watch = map.watch().unwrap();
        let mut others = [Actor::start(), Actor::start()];
        for other in &mut others {
            other.ask(&["open", "m", &name]).unwrap();
        }
        assert_eq!(now(&watch), Event::TimedOut, "{how}");
        let [mut first, second] = others;
        first.ask(&["close", "m"]).unwrap();
        assert_eq!(now(&watch), Event::TimedOut, "{how}: one is left");
        first.end("return");
        let mut second = second;
        match how {
            "close" => drop(second.ask(&["close", "m"]).unwrap()),
            "kill" => second.kill(),
            _ => drop(second.end("return")),
        }
        assert_eq!(next(&watch), Event::Alone, "{how}");
        assert_eq!(now(&watch), Event::TimedOut, "{how}: once");
    }
}
