//! Watches, which report the changes that any process makes to a map.
#![allow(unsafe_code, reason = "descriptors are polled, and processes forked")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::watching::{assert_changed_once, next, now};
use common::{assert_fails, unique};
use mmf::backend::{CAN_BE_ORPHANED, WATCHES_LIFE};
use mmf::{Access, ErrorKind, Event, Map, MapOptions};

#[test]
fn every_write_of_another_process_is_reported() {
    let _alone = common::alone();
    let name = unique("write");
    let map = Map::create_new(&name, 65_536).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    assert_eq!(now(&watch), Event::TimedOut, "nothing has changed yet");
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
fn every_kind_of_write_is_reported() {
    let _beside = common::beside_others();
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
        let reported = |what: &str| assert_changed_once(&watch, &format!("{kind}: {what}"));
        assert_eq!(now(&watch), Event::TimedOut, "{kind}: nothing has changed yet");
        map.replace_text("text").unwrap();
        reported("replace_text");
        map.append_text("text").unwrap();
        reported("append_text");
        map.replace_bytes(b"bytes").unwrap();
        reported("replace_bytes");
        map.append_bytes(b"bytes").unwrap();
        reported("append_bytes");
        map.write_at(b"bytes", 4_090).unwrap();
        reported("write_at");
        map.fill(0, 8_192, 7).unwrap();
        reported("fill");
        view.write_at(b"store", 0).unwrap();
        assert_eq!(now(&watch), Event::TimedOut, "{kind}: a store through a view is not reported");
        map.notify().unwrap();
        reported("notify");
    }
}

/// The writer makes the next change only after the previous one was seen.
#[test]
fn no_change_is_missed_when_each_is_waited_for() {
    let _alone = common::alone();
    let name = unique("each");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    for round in 0..500 {
        let text = format!("{round:06}");
        writer.say(&["replace", "m", &text]);
        while map.read_text().unwrap() != text {
            assert_ne!(next(&watch), Event::TimedOut, "round {round} was not reported");
        }
        assert_eq!(writer.hear(), "ok\t");
    }
}

/// The reader creates the watch, reads, waits, and reads again.
#[test]
fn no_change_of_many_writers_is_missed() {
    let _alone = common::alone();
    const WRITERS: usize = 4;
    const LINES: usize = 200;
    let name = unique("many");
    let map = Map::create_new(&name, 1 << 16).unwrap();
    let mut writers: Vec<_> = (0..WRITERS).map(|_| Actor::start()).collect();
    for writer in &mut writers {
        writer.ask(&["open", "m", &name]).unwrap();
    }
    for writer in &mut writers {
        writer.say(&["append_many", "m", "x", &LINES.to_string()]);
    }
    let watch = map.watch().unwrap();
    loop {
        let seen = map.read_text().unwrap().lines().count();
        if seen == WRITERS * LINES {
            break;
        }
        assert_ne!(next(&watch), Event::TimedOut, "only {seen} lines were reported");
    }
    for writer in &mut writers {
        assert_eq!(writer.hear(), "ok\t");
    }
}

/// Threads of one process watch several maps, which two threads write.
#[test]
fn threads_with_separate_watches_see_the_last_value() {
    let _beside = common::beside_others();
    const MAPS: usize = 4;
    const THREADS: usize = 16;
    const ROUNDS: u32 = 200;
    let names: Vec<_> = (0..MAPS).map(|_| unique("threads")).collect();
    let maps: Vec<_> = names.iter().map(|name| Map::create_new(name, 64).unwrap()).collect();
    for map in &maps {
        map.replace_text("-").unwrap();
    }
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let map = &maps[number % MAPS];
            scope.spawn(move || {
                let watch = map.watch().unwrap();
                while map.read_text().unwrap() != "the end" {
                    assert_ne!(next(&watch), Event::TimedOut, "thread {number}");
                }
            });
        }
        for writer in 0..2 {
            let names = &names;
            scope.spawn(move || {
                for name in names.iter().skip(writer).step_by(2) {
                    let map = Map::open(name).unwrap();
                    for round in 0..ROUNDS {
                        map.replace_text(&round.to_string()).unwrap();
                    }
                    map.replace_text("the end").unwrap();
                }
            });
        }
    });
}

#[test]
fn a_change_ends_one_wait_of_a_watch() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("one"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    let (sender, events) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (sender, watch) = (sender.clone(), &watch);
            scope.spawn(move || sender.send(watch.wait(None).unwrap()));
        }
        map.write_at(b"x", 0).unwrap();
        assert_eq!(events.recv(), Ok(Event::Changed));
        watch.close();
        let rest: Vec<_> = (0..3).map(|_| events.recv().unwrap()).collect();
        assert_eq!(rest, [Event::Closed; 3]);
    });
}

#[test]
fn very_long_and_very_short_time_outs_work() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("absurd"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    for time in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 40)] {
        map.replace_text("text").unwrap();
        assert_eq!(watch.wait(Some(time)).unwrap(), Event::Changed, "{time:?}");
    }
    assert_eq!(watch.wait(Some(Duration::from_nanos(1))).unwrap(), Event::TimedOut);
    assert_eq!(watch.wait(Some(Duration::from_millis(3))).unwrap(), Event::TimedOut);
}

/// A process with only one watch, because other watches of a process would make the descriptor ready, too.
#[cfg(unix)]
struct Watcher(Actor);

#[cfg(unix)]
impl Watcher {
    fn of(name: &str) -> Watcher {
        let mut actor = Actor::start();
        actor.ask(&["open", "m", name]).unwrap();
        actor.ask(&["watch", "m"]).unwrap();
        Watcher(actor)
    }

    fn is_ready(&mut self, time: &str) -> bool {
        self.0.ask(&["ready", "m", time]).unwrap() == "true"
    }

    fn now(&mut self) -> String {
        self.0.ask(&["wait", "m", "0"]).unwrap()
    }
}

#[test]
#[cfg(unix)]
fn the_descriptor_is_ready_while_a_change_is_pending() {
    let _alone = common::alone();
    let name = unique("ready");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut watcher = Watcher::of(&name);
    assert!(!watcher.is_ready("0"), "nothing has changed yet");
    for _ in 0..3 {
        watcher.0.say(&["ready", "m", "60000"]);
        map.append_text("text").unwrap();
        assert_eq!(watcher.0.hear(), "ok\ttrue");
        assert!(watcher.is_ready("0"), "the descriptor is not ready any more");
        assert_eq!(watcher.now(), "Changed");
        assert_eq!(watcher.now(), "TimedOut");
        assert!(!watcher.is_ready("0"), "the descriptor is still ready");
    }
    watcher.0.ask(&["close_watch", "m"]).unwrap();
    for _ in 0..2 {
        assert!(watcher.is_ready("0"), "the descriptor of a closed watch is not ready");
        assert_eq!(watcher.now(), "Closed");
    }
}

#[test]
#[cfg(unix)]
fn the_descriptor_stays_ready_while_events_are_pending() {
    let _alone = common::alone();
    if !WATCHES_LIFE || !CAN_BE_ORPHANED {
        return;
    }
    let name = unique("more");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut watcher = Watcher::of(&name);
    map.replace_text("text").unwrap();
    std::fs::remove_file(common::seen(&name).unwrap()).unwrap();
    assert_eq!(watcher.now(), "Changed", "the change comes first");
    assert!(watcher.is_ready("0"));
    assert_eq!(watcher.now(), "Orphaned");
    assert_eq!(watcher.now(), "TimedOut");
    assert!(!watcher.is_ready("0"));
}

#[test]
#[cfg(unix)]
fn a_forked_child_and_its_parent_get_the_same_events() {
    let _alone = common::alone();
    let name = unique("fork");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut parent = Actor::start();
    parent.ask(&["open", "m", &name]).unwrap();
    parent.ask(&["watch", "m"]).unwrap();
    map.replace_text("before the fork").unwrap();
    let child = "fork wait_for m Changed 60000 ; wait_for m TimedOut 0 ; replace m text ; \
                 wait_for m Changed 60000 ; wait_for m TimedOut 0";
    let child: Vec<_> = child.split(' ').collect();
    assert_eq!(parent.ask(&child).as_deref(), Ok("0"), "the child got other events");
    assert_eq!(parent.ask(&["wait", "m"]).as_deref(), Ok("Changed"), "the child took the event");
    assert_eq!(parent.ask(&["wait", "m", "0"]).as_deref(), Ok("TimedOut"));
    map.replace_text("after the fork").unwrap();
    assert_eq!(parent.ask(&["wait", "m"]).as_deref(), Ok("Changed"));
}

#[test]
fn a_process_can_end_during_a_wait() {
    let _alone = common::alone();
    let name = unique("ends");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "4096"]).unwrap();
    actor.ask(&["watch", "m"]).unwrap();
    actor.ask(&["wait_aside", "m"]).unwrap();
    assert!(actor.ends("exit"));
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
}

#[test]
fn writes_to_a_file_are_reported_to_all_its_maps() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 4_096]).unwrap();
    let name = unique("file");
    let named = MapOptions::new().name(&name).map_file(&path).unwrap();
    let plain = Map::map_file(&path).unwrap();
    let (of_named, of_plain) = (named.watch().unwrap(), plain.watch().unwrap());
    let mut writer = Actor::start();
    writer.ask(&["open", "n", &name]).unwrap();
    writer.ask(&["map_path", "p", path.to_str().unwrap()]).unwrap();
    for key in ["n", "p"] {
        writer.ask(&["write", key, "0", "text"]).unwrap();
        assert_changed_once(&of_named, key);
        assert_changed_once(&of_plain, key);
    }
}

#[test]
fn a_watch_reports_only_later_changes() {
    let _beside = common::beside_others();
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
fn closing_a_watch_ends_its_waits_for_ever() {
    let _beside = common::beside_others();
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
    let _beside = common::beside_others();
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
fn a_handle_for_reading_can_watch_but_not_notify() {
    let _beside = common::beside_others();
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
fn a_removed_name_is_reported_once() {
    let _beside = common::beside_others();
    if !WATCHES_LIFE || !CAN_BE_ORPHANED {
        return;
    }
    let name = unique("orphan");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    std::fs::remove_file(common::seen(&name).unwrap()).unwrap();
    assert_eq!(next(&watch), Event::Orphaned);
    assert_eq!(now(&watch), Event::TimedOut);
    map.replace_text("text").unwrap();
    assert_changed_once(&watch, "the first change of the orphaned map");
}

#[test]
fn a_truncation_is_reported_once() {
    let _beside = common::beside_others();
    if !WATCHES_LIFE {
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
    assert_changed_once(&watch, "the restored map");
}

/// The other processes may close the map before the watch exists. No later event would report it.
#[test]
fn being_alone_before_watching_is_reported() {
    let _beside = common::beside_others();
    let name = unique("left");
    let creator = Map::create_new(&name, 4_096).unwrap();
    let map = Map::open(&name).unwrap();
    drop(creator);
    let watch = map.watch().unwrap();
    assert_eq!(now(&watch), Event::Alone);
    assert_eq!(now(&watch), Event::TimedOut, "reported again");

    let name = unique("left");
    let watch = Map::create_new(&name, 4_096).unwrap().watch().unwrap();
    assert_eq!(now(&watch), Event::TimedOut, "no other process has opened the map");
}

/// A process that only opens and closes the map is noticed, too.
#[test]
#[cfg(unix)]
fn being_left_alone_by_a_visitor_is_reported() {
    let _alone = common::alone();
    if !WATCHES_LIFE {
        return;
    }
    let name = unique("visitor");
    let mut watcher = {
        let _map = Map::create_new(&name, 4_096).unwrap();
        Watcher::of(&name)
    };
    assert_eq!(watcher.0.ask(&["wait", "m"]).as_deref(), Ok("Alone"), "the creator closed the map");
    for _ in 0..3 {
        let visitor = Map::open(&name).unwrap();
        assert!(watcher.is_ready("60000"), "opening the map does not wake the watch");
        assert_eq!(watcher.now(), "TimedOut");
        drop(visitor);
        assert!(watcher.is_ready("60000"), "closing the map does not wake the watch");
        assert_eq!(watcher.now(), "Alone");
        assert_eq!(watcher.now(), "TimedOut");
    }
}

#[test]
fn being_left_alone_is_reported() {
    let _alone = common::alone();
    if !WATCHES_LIFE {
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
        assert_eq!(now(&watch), Event::TimedOut, "{how}: one process is left");
        first.end("return");
        let mut second = second;
        match how {
            "close" => drop(second.ask(&["close", "m"]).unwrap()),
            "kill" => second.kill(),
            _ => drop(second.end("return")),
        }
        assert_eq!(next(&watch), Event::Alone, "{how}");
        assert_eq!(now(&watch), Event::TimedOut, "{how}: reported again");
    }
}
