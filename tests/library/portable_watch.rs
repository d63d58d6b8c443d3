//! Watches of the portable back end, where writers count their changes in a shared file: the cost of an unwatched
//! write, killed processes, and cleaners that remove the file.
#![cfg(all(target_os = "linux", mmf_backend = "portable"))]
#![allow(unsafe_code, reason = "processes are stopped, forked and confined")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped};
use common::watching::{next, now};
use common::{assert_nothing_left, not_run, presence, seen, unique};
use mmf::{ErrorKind, Event, Map, Watch};

/// The event that ends a wait without a time-out. If the wait hangs, closes the watch.
fn woken_by(watch: &Watch) -> Event {
    std::thread::scope(|scope| {
        let (sender, events) = std::sync::mpsc::channel();
        scope.spawn(move || sender.send(watch.wait(None).unwrap()));
        events.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
            watch.close();
            events.recv().unwrap()
        })
    })
}

/// The shared file in which writers count their changes.
fn shared_file(name: &str) -> PathBuf {
    presence(name).join("words")
}

/// The number of watches that wait to be woken, as counted in the shared file.
fn waiting_watches(name: &str) -> u32 {
    let bytes = fs::read(shared_file(name)).unwrap();
    u64::from_ne_bytes(bytes[32..40].try_into().unwrap()) as u32
}

/// Counts the writes to the shared file that wake watches. Only those are system calls.
struct WakeUps(fs::File);

impl WakeUps {
    fn of(name: &str) -> WakeUps {
        // SAFETY: takes a number.
        let fd = unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) };
        assert!(fd >= 0, "inotify: {}", std::io::Error::last_os_error());
        // SAFETY: the descriptor is new, and has no other owner.
        let wake_ups = WakeUps(unsafe { fs::File::from_raw_fd(fd) });
        let path = CString::new(shared_file(name).as_os_str().as_bytes()).unwrap();
        // SAFETY: the path ends with a NUL.
        let added = unsafe { libc::inotify_add_watch(fd, path.as_ptr(), libc::IN_MODIFY) };
        assert!(added >= 0, "inotify: {}", std::io::Error::last_os_error());
        wake_ups
    }

    /// Whether there was one since the last call.
    fn occurred(&mut self) -> bool {
        self.0.read(&mut [0; 4_096]).is_ok_and(|read| read > 0)
    }
}

#[test]
fn a_write_without_a_waiting_watch_makes_no_system_call() {
    let _beside = common::beside_others();
    let name = unique("unwatched");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut wake_ups = WakeUps::of(&name);
    let write = || {
        map.write_at(b"bytes", 7).unwrap();
        map.replace_text("text").unwrap();
        map.notify().unwrap();
    };
    write();
    assert!(!wake_ups.occurred(), "woken without a watch");
    let watch = map.watch().unwrap();
    map.write_at(b"bytes", 7).unwrap();
    assert!(wake_ups.occurred(), "not woken with a watch");
    write();
    assert!(!wake_ups.occurred(), "woken again before the next wait");
    assert_eq!(next(&watch), Event::Changed);
    map.notify().unwrap();
    assert!(wake_ups.occurred(), "not woken after a wait");
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(waiting_watches(&name), 1);
    drop(watch);
    assert_eq!(waiting_watches(&name), 0);
    write();
    assert!(!wake_ups.occurred(), "woken without a watch");
}

#[test]
fn a_killed_waiter_costs_one_write_and_hides_no_change() {
    let _alone = common::alone();
    let name = unique("killed");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let mut actors: Vec<Actor> = (0..3).map(|_| Actor::start()).collect();
    for actor in &mut actors {
        actor.ask(&["open", "m", &name]).unwrap();
        actor.ask(&["watch", "m"]).unwrap();
        actor.say(&["wait", "m"]);
    }
    assert_eq!(waiting_watches(&name), 4);
    let mut living = actors.pop().unwrap();
    actors.into_iter().for_each(Actor::kill);
    let mut wake_ups = WakeUps::of(&name);
    map.write_at(b"first", 0).unwrap();
    assert!(wake_ups.occurred());
    assert_eq!(living.hear(), "ok\tChanged");
    assert_eq!(next(&watch), Event::Changed);
    drop(watch);
    living.end("exit");
    map.write_at(b"second", 0).unwrap();
    wake_ups.occurred();
    assert_eq!(waiting_watches(&name), 0);
    map.write_at(b"third", 0).unwrap();
    assert!(!wake_ups.occurred());
}

/// A writer is killed before each of its system calls. The next change is reported.
#[test]
fn a_writer_killed_at_any_step_hides_no_later_change() {
    let _alone = common::alone();
    let watched = RefCell::new(None);
    common::step::at_every_step(
        "a writer killed during a write",
        |actor, name| {
            let map = Map::create_new(name, 4_096).unwrap();
            watched.replace(Some((map.watch().unwrap(), map)));
            actor.ask(&["open", "m", name]).unwrap();
            common::step::words(&["write", "m", "0", "bytes"])
        },
        |actor, stepped, _, step| {
            stepped.kill(actor);
            let (watch, map) = watched.take().unwrap();
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    let mut last = [0];
                    while last != *b"!" {
                        assert_ne!(next(&watch), Event::TimedOut, "{step}");
                        map.read_at(&mut last, 0).unwrap();
                    }
                });
                map.write_at(b"!", 0).unwrap();
                waiting.join().unwrap();
            });
        },
    );
}

/// A writer is killed after it stored its bytes and counted the change, but before it woke a watch. The watch
/// continues to wait, and reports the change with the next one.
#[test]
fn a_write_of_a_killed_writer_is_reported_with_the_next_change() {
    let _alone = common::alone();
    let name = unique("silent");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut sleeper = Actor::start();
    sleeper.ask(&["open", "m", &name]).unwrap();
    sleeper.ask(&["watch", "m"]).unwrap();
    sleeper.say(&["wait", "m"]);
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let Some(mut stepped) = Stepped::attach(&mut writer) else {
        not_run("a writer killed before it wakes", NO_STEPS);
        return;
    };
    writer.say(&["write", "m", "0", "bytes"]);
    while stepped.next() != Step::Before(libc::SYS_pwrite64 as u64) {}
    stepped.kill(writer);
    let mut bytes = [0; 5];
    map.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"bytes");
    assert_eq!(waiting_watches(&name), 1, "the waiting watch was woken");
    map.notify().unwrap();
    assert_eq!(sleeper.hear(), "ok\tChanged");
}

#[test]
fn a_cleaner_that_removes_the_shared_file_hides_no_change() {
    let _alone = common::alone();
    let name = unique("cleaner");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    for waits in [false, true] {
        fs::remove_file(shared_file(&name)).unwrap();
        if waits {
            // The watch notices it and creates the file again. That may hide a change, so it reports one.
            assert_eq!(next(&watch), Event::Changed);
        }
        writer.ask(&["write", "m", "0", "first"]).unwrap();
        assert_eq!(next(&watch), Event::Changed, "waits: {waits}");
        assert_eq!(now(&watch), Event::TimedOut, "waits: {waits}");
        writer.ask(&["replace", "m", "second"]).unwrap();
        assert_eq!(next(&watch), Event::Changed, "waits: {waits}");
        assert_eq!(now(&watch), Event::TimedOut, "waits: {waits}");
    }
    drop((map, watch));
    writer.ask(&["close", "m"]).unwrap();
    assert_nothing_left(&name);
}

/// A writer is stopped before each of its system calls. A cleaner removes the shared file, and a watch creates it
/// again. If the bytes are written after that, the watch reports it.
#[test]
fn a_writer_wakes_watches_of_a_shared_file_that_was_created_again() {
    let _alone = common::alone();
    for write in [&["write", "m", "0", "!"][..], &["replace", "m", "!"]] {
        common::step::at_every_step(
            "a cleaner removes the shared file during a write",
            |actor, name| {
                actor.ask(&["create", "m", name, "4096"]).unwrap();
                common::step::words(write)
            },
            |mut actor, stepped, name, step| {
                let map = Map::open(name).unwrap();
                fs::remove_file(shared_file(name)).unwrap();
                let watch = map.watch().unwrap();
                let mut seen = [0];
                map.read_at(&mut seen, 0).unwrap();
                stepped.release();
                assert_eq!(actor.hear(), "ok\t");
                if seen != *b"!" {
                    assert_eq!(now(&watch), Event::Changed, "{}, {step}", write[0]);
                }
            },
        );
    }
}

#[test]
fn orphaning_and_truncation_are_reported_at_the_next_wake_up() {
    let _beside = common::beside_others();
    let name = unique("became");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let object = seen(&name).unwrap();
    fs::rename(&object, object.with_extension("away")).unwrap();
    map.notify().unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(woken_by(&watch), Event::Orphaned);
    assert_eq!(now(&watch), Event::TimedOut, "reported again");
    fs::rename(object.with_extension("away"), &object).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&object).unwrap();
    file.set_len(100).unwrap();
    // The time-out ends the wait, too.
    assert_eq!(watch.wait(Some(Duration::from_millis(1))).unwrap(), Event::Truncated);
    assert_eq!(now(&watch), Event::TimedOut, "reported again");
    file.set_len(4_096).unwrap();
}

#[test]
fn being_alone_is_reported_at_once_or_after_a_kill_at_the_next_wake_up() {
    let _alone = common::alone();
    for how in ["close", "return", "exit", "kill", "visit"] {
        let name = unique("alone");
        let map = Map::create_new(&name, 4_096).unwrap();
        let mut other = Actor::start();
        if how != "visit" {
            other.ask(&["open", "m", &name]).unwrap();
        }
        let watch = map.watch().unwrap();
        assert_eq!(now(&watch), Event::TimedOut, "{how}");
        match how {
            "close" => drop(other.ask(&["close", "m"]).unwrap()),
            "kill" => {
                other.kill();
                map.notify().unwrap();
                assert_eq!(next(&watch), Event::Changed);
            }
            "visit" => {
                other.ask(&["open", "m", &name]).unwrap();
                other.ask(&["write", "m", "0", "text"]).unwrap();
                other.ask(&["close", "m"]).unwrap();
                assert_eq!(next(&watch), Event::Changed);
            }
            _ => drop(other.end(how)),
        }
        assert_eq!(woken_by(&watch), Event::Alone, "{how}");
        assert_eq!(now(&watch), Event::TimedOut, "{how}: reported again");
    }
}

/// To find out whether it is alone, a watch unlocks its presence for a moment. Other processes must not take the map
/// for dead then.
#[test]
fn a_map_stays_alive_while_a_watch_checks_it() {
    let _alone = common::alone();
    let name = unique("checked");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let mut others = [Actor::start(), Actor::start()];
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let checking = scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                now(&watch);
            }
        });
        for _ in 0..200 {
            for other in &mut others {
                other.ask(&["create_or_open", "m", &name, "64"]).unwrap();
                assert_eq!(other.ask(&["capacity", "m"]).unwrap(), "4096");
                other.ask(&["close", "m"]).unwrap();
            }
        }
        stop.store(true, Ordering::SeqCst);
        checking.join().unwrap();
    });
    drop((map, watch));
    assert_nothing_left(&name);
}

#[test]
fn watching_a_foreign_map_is_not_supported() {
    let _beside = common::beside_others();
    let name = unique("foreign");
    fs::write(seen(&name).unwrap(), [0; 64]).unwrap();
    let map = Map::open(&name).unwrap();
    assert!(map.is_foreign());
    let error = map.watch().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(error.message().contains("another program"), "{error}");
    map.write_at(b"bytes", 0).unwrap();
    map.notify().unwrap();
    drop(map);
    fs::remove_file(seen(&name).unwrap()).unwrap();
}

#[test]
fn a_writer_with_a_file_size_limit_of_0_wakes_watches() {
    let _alone = common::alone();
    let name = unique("fsize");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    let limit = libc::rlimit64 { rlim_cur: 0, rlim_max: libc::RLIM64_INFINITY };
    let (id, none) = (writer.id() as i32, std::ptr::null_mut());
    // SAFETY: the kernel reads one structure, and writes none.
    let set = unsafe { libc::prlimit64(id, libc::RLIMIT_FSIZE, &raw const limit, none) };
    assert_eq!(set, 0, "prlimit: {}", std::io::Error::last_os_error());
    writer.ask(&["write", "m", "0", "bytes"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
}

#[test]
fn a_writer_that_became_another_user_wakes_watches() {
    let _alone = common::alone();
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("a writer that became another user", "only root can drop privileges");
        return;
    }
    let name = unique("became");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    writer.ask(&["watch", "m"]).unwrap();
    writer.ask(&["become", "65534"]).unwrap();
    let watch = map.watch().unwrap();
    writer.ask(&["replace", "m", "text"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(writer.ask(&["wait", "m"]).unwrap(), "Changed", "the change of the process itself");
    writer.say(&["wait", "m"]);
    map.write_at(b"bytes", 0).unwrap();
    assert_eq!(writer.hear(), "ok\tChanged");
}

#[test]
fn a_forked_child_gets_events_without_taking_them_from_its_parent() {
    let _alone = common::alone();
    let name = unique("fork");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    // SAFETY: the child makes system calls, uses its own values, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            use std::io::Write;
            let first = now(&watch);
            let second = now(&watch);
            let _ = writer.write(b"x");
            let third = next(&watch);
            let good = [first, second, third] == [Event::Changed, Event::TimedOut, Event::Changed];
            watch.close();
            let good = good && now(&watch) == Event::Closed;
            drop(watch);
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(!good)) }
        }
        child => {
            reader.read_exact(&mut [0]).unwrap();
            map.write_at(b"bytes", 0).unwrap();
            let mut status = 0;
            // SAFETY: waits for our child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child got other events");
            assert_eq!(next(&watch), Event::Changed, "the parent gets the event, too");
            assert_eq!(waiting_watches(&name), 1, "the child has closed its watch");
            map.write_at(b"bytes", 0).unwrap();
            assert_eq!(next(&watch), Event::Changed);
        }
    }
}

/// Each change wakes one of the threads.
#[test]
fn each_change_wakes_one_thread_of_a_shared_watch() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("threads"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    std::thread::scope(|scope| {
        let (sender, events) = std::sync::mpsc::channel();
        for _ in 0..4 {
            let (sender, watch) = (sender.clone(), &watch);
            scope.spawn(move || sender.send(watch.wait(None).unwrap()));
        }
        for _ in 0..4 {
            map.write_at(b"bytes", 0).unwrap();
            let event = events.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
                watch.close();
                events.recv().unwrap()
            });
            assert_eq!(event, Event::Changed);
        }
    });
}

/// Two threads wait for each other. If one missed a change, both would wait for ever. Meanwhile, other watches are
/// created and closed, whose waits end at once.
#[test]
fn two_threads_that_wait_for_each_other_miss_no_change() {
    let _beside = common::beside_others();
    const ROUNDS: u32 = 3_000;
    let name = unique("answer");
    let map = Map::create_new(&name, 4_096).unwrap();
    let number = |place: u64| {
        let mut bytes = [0; 4];
        map.read_at(&mut bytes, place).unwrap();
        u32::from_ne_bytes(bytes)
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let side = |own: u64, other: u64, first: bool| {
            let watch = Map::open(&name).unwrap().watch().unwrap();
            for round in 1..=ROUNDS {
                let answer = if first { round - 1 } else { round };
                while number(other) < answer {
                    assert_ne!(next(&watch), Event::TimedOut, "round {round}");
                }
                map.write_at(&round.to_ne_bytes(), own).unwrap();
            }
        };
        let sides = [scope.spawn(move || side(0, 8, true)), scope.spawn(move || side(8, 0, false))];
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let watch = map.watch().unwrap();
                for _ in 0..3 {
                    watch.wait(Some(Duration::from_micros(20))).unwrap();
                }
            }
        });
        let ended = sides.map(|side| side.join());
        done.store(true, Ordering::SeqCst);
        ended.into_iter().for_each(Result::unwrap);
    });
}
