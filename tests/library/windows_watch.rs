//! Watches on Windows: which maps they watch, and that killed processes do not hide changes.
#![cfg(windows)]
#![allow(unsafe_code, reason = "the tests call wait functions of the system")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::os::windows::io::AsRawHandle;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::watching::{assert_changed_once, now};
use common::{Numbers, again, unique};
use mmf::{Event, Map, MapOptions};
use windows_sys::Win32::Foundation::{WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::WaitForSingleObject;

/// A limit that is reached only if something hangs.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn changes_of_a_file_are_reported_to_all_its_maps() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [b' '; 4_096]).unwrap();
    let name = unique("file");
    let nameless = Map::map_file(&path).unwrap().watch().unwrap();
    let named = MapOptions::new().name(&name).map_file(&path).unwrap().watch().unwrap();
    let mut other = Actor::start();
    other.ask(&["map_path", "p", path.to_str().unwrap()]).unwrap();
    other.ask(&["open", "n", &name]).unwrap();
    for key in ["p", "n"] {
        for command in
            [&["write", key, "0", "bytes"][..], &["notify", key], &["replace", key, "text"]]
        {
            other.ask(command).unwrap();
            assert_changed_once(&nameless, command[0]);
            assert_changed_once(&named, command[0]);
        }
    }
}

#[test]
fn local_and_global_maps_with_one_name_are_watched_separately() {
    let _alone = common::alone();
    let name = unique("alike");
    let local = Map::create_new(&name, 4_096).unwrap();
    let Ok(global) = Map::create_new(&format!("Global\\{name}"), 4_096) else {
        return common::not_run("watches of Global\\ maps", "this user may not create them");
    };
    let (of_local, of_global) = (local.watch().unwrap(), global.watch().unwrap());
    let mut other = Actor::start();
    other.ask(&["open", "l", &name]).unwrap();
    other.ask(&["open", "g", &format!("Global\\{name}")]).unwrap();
    other.ask(&["replace", "g", "text"]).unwrap();
    assert_changed_once(&of_global, "the global one");
    assert_eq!(now(&of_local), Event::TimedOut);
    other.ask(&["replace", "l", "text"]).unwrap();
    assert_changed_once(&of_local, "the local one");
    assert_eq!(now(&of_global), Event::TimedOut);
}

#[test]
fn the_memory_for_watches_is_not_listed() {
    let _beside = common::beside_others();
    let name = unique("listed");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    map.replace_text("text").unwrap();
    assert_eq!(now(&watch), Event::Changed);
    let names: Vec<_> = mmf::list().unwrap().into_iter().map(|map| map.name).collect();
    assert!(names.contains(&name), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("mmf!")), "{names:?}");
}

#[test]
fn being_alone_is_reported_at_the_next_wait() {
    let _alone = common::alone();
    let name = unique("alone");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    assert_eq!(now(&watch), Event::TimedOut, "no other process has opened the map");
    for round in 0..2 {
        let mut others = [Actor::start(), Actor::start()];
        for other in &mut others {
            other.ask(&["open", "m", &name]).unwrap();
        }
        assert_eq!(now(&watch), Event::TimedOut, "round {round}");
        let [first, mut second] = others;
        first.kill();
        assert_eq!(now(&watch), Event::TimedOut, "round {round}: one process is left");
        second.ask(&["replace", "m", "text"]).unwrap();
        second.kill();
        assert_eq!(now(&watch), Event::Changed, "round {round}: the change comes first");
        assert_eq!(now(&watch), Event::Alone, "round {round}");
        assert_eq!(now(&watch), Event::TimedOut, "round {round}: reported again");
    }
}

/// Whether a kernel object is signalled.
fn is_ready(object: &impl AsRawHandle) -> bool {
    // SAFETY: the handle is open while it is borrowed.
    match unsafe { WaitForSingleObject(object.as_raw_handle(), 0) } {
        WAIT_OBJECT_0 => true,
        WAIT_TIMEOUT => false,
        other => panic!("the wait ended with {other}"),
    }
}

#[test]
fn each_change_sets_its_own_event() {
    let _alone = common::alone();
    let name = unique("event");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let mut other = Actor::start();
    other.ask(&["open", "m", &name]).unwrap();
    for _ in 0..3 {
        let event = watch.duplicate_event().unwrap();
        let again = watch.duplicate_event().unwrap();
        assert!(!is_ready(&event) && !is_ready(&again));
        other.ask(&["replace", "m", "text"]).unwrap();
        assert!(is_ready(&event) && is_ready(&again));
        assert!(is_ready(&watch.duplicate_event().unwrap()), "the change is still pending");
        assert_changed_once(&watch, "replace");
        assert!(is_ready(&event), "the event was reset");
    }
    watch.close();
    assert!(is_ready(&watch.duplicate_event().unwrap()));
}

#[test]
fn one_change_ends_one_wait_of_a_watch() {
    let _beside = common::beside_others();
    const CHANGES: u32 = 1_000;
    let map = Map::create_new(&unique("threads"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    let all_ready = Barrier::new(5);
    std::thread::scope(|scope| {
        let (sender, events) = mpsc::channel();
        for _ in 0..4 {
            let (sender, watch, all_ready) = (sender.clone(), &watch, &all_ready);
            scope.spawn(move || {
                all_ready.wait();
                while watch.wait(None).unwrap() == Event::Changed {
                    sender.send(()).unwrap();
                }
            });
        }
        all_ready.wait();
        for _ in 0..CHANGES {
            map.write_at(b"x", 0).unwrap();
            events.recv_timeout(LONG).expect("a thread wakes");
        }
        watch.close();
        drop(sender);
        let more = events.iter().count();
        assert_eq!(more, 0, "more waits ended than there were changes");
    });
}

const ROLE: &str = "MMF_WATCH_ROLE";

/// Not a test: a process of the storm, which `writes` or `waits`.
#[test]
fn storm_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (role, name) = role.split_once(' ').unwrap();
    let map = Map::open(name).unwrap();
    let watch = map.watch().unwrap();
    println!("ready");
    for number in 0_u64.. {
        match role {
            // Sometimes with the content lock, and sometimes without it.
            "writes" if number % 8 == 0 => map.replace_text("storm").unwrap(),
            "writes" => map.write_at(b"s", 0).unwrap(),
            _ => drop(watch.wait(None).unwrap()),
        }
    }
}

fn start(role: &str, name: &str) -> Child {
    let mut child = Command::new(again::own())
        .args(again::only("windows_watch::storm_process"))
        .env(ROLE, format!("{role} {name}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the process ended");
    }
    // Later output is discarded, so that it does not fill the pipe.
    std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
    child
}

/// The number that ends all threads.
const LAST: u32 = 99_999_999;

/// Starts a thread with its own handle and watch, which sends each number that it finds in the map.
fn observe(name: &str) -> (JoinHandle<()>, Receiver<u32>) {
    let map = Map::open(name).unwrap();
    let watch = map.watch().unwrap();
    let (sender, events) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        loop {
            let mut digits = [0; 8];
            map.read_at(&mut digits, 1_000).unwrap();
            let seen = str::from_utf8(&digits).unwrap().parse().unwrap_or(0);
            sender.send(seen).unwrap();
            if seen == LAST {
                return;
            }
            watch.wait(None).unwrap();
        }
    });
    (thread, events)
}

/// After each kill, a single write must wake all threads. If the kill had broken the watches, nothing else would wake
/// them.
#[test]
fn killed_processes_hide_no_changes() {
    let _alone = common::alone();
    let kills = std::env::var("MMF_KILLS").map_or(12_u32, |it| it.parse().unwrap());
    let mut numbers = Numbers(17);
    let name = unique("storm");
    let _map = Map::create_new(&name, 4_096).unwrap();
    let observers: Vec<_> = (0..3).map(|_| observe(&name)).collect();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let mut write_and_observe = |number: u32| {
        writer.ask(&["write", "m", "1000", &format!("{number:08}")]).unwrap();
        for (_, events) in &observers {
            while events.recv_timeout(LONG).expect("a thread missed a change") != number {}
        }
    };
    (1..300).for_each(&mut write_and_observe);
    let mut killed = 0;
    for round in (1_000..LAST).step_by(10) {
        if killed >= kills {
            break;
        }
        let roles = ["writes", "writes", "waits"];
        let mut children: Vec<_> = roles.iter().map(|role| start(role, &name)).collect();
        while !children.is_empty() {
            // The processes write and wait for a random time.
            std::thread::sleep(Duration::from_micros(numbers.below(3_000)));
            let mut child = children.swap_remove(numbers.below(children.len() as u64) as usize);
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        }
        (round..round + 3).for_each(&mut write_and_observe);
    }
    write_and_observe(LAST);
    for (thread, _) in observers {
        thread.join().unwrap();
    }
}
