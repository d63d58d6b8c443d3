//! Watches where writers count their changes in memory that they share: what that costs those who are not
//! waited for, and what becomes of it when somebody is killed, or a cleaner takes the file away.
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

/// What a wait without an end is woken by. One that nothing wakes is closed after a time that only a hang takes.
fn woken_by(watch: &Watch) -> Event {
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        scope.spawn(move || tell.send(watch.wait(None).unwrap()));
        told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
            watch.close();
            told.recv().unwrap()
        })
    })
}

fn words(name: &str) -> PathBuf {
    presence(name).join("words")
}

/// How many watches wait to be woken, as the words of a map have it.
fn armed(name: &str) -> u32 {
    let bytes = fs::read(words(name)).unwrap();
    u64::from_ne_bytes(bytes[32..40].try_into().unwrap()) as u32
}

/// The writes to a map's words that wake watches: those that are system calls.
struct Wakings(fs::File);

impl Wakings {
    fn of(name: &str) -> Wakings {
        // SAFETY: a number.
        let fd = unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) };
        assert!(fd >= 0, "inotify: {}", std::io::Error::last_os_error());
        // SAFETY: it was opened just now, and is nobody else's.
        let wakings = Wakings(unsafe { fs::File::from_raw_fd(fd) });
        let path = CString::new(words(name).as_os_str().as_bytes()).unwrap();
        // SAFETY: a string that ends in NUL, and numbers.
        let added = unsafe { libc::inotify_add_watch(fd, path.as_ptr(), libc::IN_MODIFY) };
        assert!(added >= 0, "inotify: {}", std::io::Error::last_os_error());
        wakings
    }

    /// Whether there was one since the last question.
    fn some(&mut self) -> bool {
        self.0.read(&mut [0; 4_096]).is_ok_and(|read| read > 0)
    }
}

#[test]
fn who_is_not_waited_for_makes_no_system_call_to_tell() {
    let _beside = common::beside_others();
    let name = unique("unwatched");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut wakings = Wakings::of(&name);
    let write = || {
        map.write_at(b"bytes", 7).unwrap();
        map.replace_text("text").unwrap();
        map.notify().unwrap();
    };
    write();
    assert!(!wakings.some(), "nobody watches");
    let watch = map.watch().unwrap();
    map.write_at(b"bytes", 7).unwrap();
    assert!(wakings.some(), "somebody does");
    write();
    assert!(!wakings.some(), "it was woken, and has not waited again");
    assert_eq!(next(&watch), Event::Changed);
    map.notify().unwrap();
    assert!(wakings.some(), "it may wait, or poll");
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(armed(&name), 1);
    drop(watch);
    assert_eq!(armed(&name), 0);
    write();
    assert!(!wakings.some(), "nobody watches any more");
}

#[test]
fn who_was_killed_while_it_waited_costs_one_write_and_misses_nobody() {
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
    assert_eq!(armed(&name), 4);
    let mut living = actors.pop().unwrap();
    actors.into_iter().for_each(Actor::kill);
    let mut wakings = Wakings::of(&name);
    map.write_at(b"first", 0).unwrap();
    assert!(wakings.some());
    assert_eq!(living.hear(), "ok\tChanged");
    assert_eq!(next(&watch), Event::Changed);
    drop(watch);
    living.end("exit");
    map.write_at(b"second", 0).unwrap();
    wakings.some();
    assert_eq!(armed(&name), 0);
    map.write_at(b"third", 0).unwrap();
    assert!(!wakings.some());
}

/// A writer is stopped before each of its system calls, and killed there: the next change is told.
#[test]
fn a_writer_that_was_killed_anywhere_hides_no_later_change() {
    let _alone = common::alone();
    let watched = RefCell::new(None);
    common::step::at_every_step(
        "a writer killed while it tells",
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

/// A writer that has stored its bytes and counted the change, and not yet woken anybody, is killed: those
/// who slept before sleep on, and are told with the next change.
#[test]
fn a_writer_that_was_killed_before_it_woke_is_told_with_the_next_change() {
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
    assert_eq!(armed(&name), 1, "the sleeper was not woken");
    map.notify().unwrap();
    assert_eq!(sleeper.hear(), "ok\tChanged");
}

#[test]
fn a_cleaner_that_takes_the_words_away_makes_nobody_miss_a_change() {
    let _alone = common::alone();
    let name = unique("cleaner");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    for waits in [false, true] {
        fs::remove_file(words(&name)).unwrap();
        if waits {
            // It notices, and has new ones made; that may hide a change.
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

/// A writer is stopped before each of its system calls. A cleaner takes the words, and somebody watches by
/// new ones: what is written after that is told.
#[test]
fn a_writer_that_was_overtaken_by_a_cleaner_tells_those_who_watch_by_new_words() {
    let _alone = common::alone();
    for write in [&["write", "m", "0", "!"][..], &["replace", "m", "!"]] {
        common::step::at_every_step(
            "a cleaner takes the words while somebody writes",
            |actor, name| {
                actor.ask(&["create", "m", name, "4096"]).unwrap();
                common::step::words(write)
            },
            |mut actor, stepped, name, step| {
                let map = Map::open(name).unwrap();
                fs::remove_file(words(name)).unwrap();
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
fn what_became_of_a_map_is_told_at_the_next_wake_up() {
    let _beside = common::beside_others();
    let name = unique("became");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let object = seen(&name).unwrap();
    fs::rename(&object, object.with_extension("away")).unwrap();
    map.notify().unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(woken_by(&watch), Event::Orphaned);
    assert_eq!(now(&watch), Event::TimedOut, "once");
    fs::rename(object.with_extension("away"), &object).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&object).unwrap();
    file.set_len(100).unwrap();
    // The time that is over wakes, too.
    assert_eq!(watch.wait(Some(Duration::from_millis(1))).unwrap(), Event::Truncated);
    assert_eq!(now(&watch), Event::TimedOut, "once");
    file.set_len(4_096).unwrap();
}

#[test]
fn who_is_left_alone_is_told_at_once_or_after_a_kill_at_the_next_wake_up() {
    let _alone = common::alone();
    for how in ["close", "return", "exit", "kill", "came and went"] {
        let name = unique("alone");
        let map = Map::create_new(&name, 4_096).unwrap();
        let mut other = Actor::start();
        if how != "came and went" {
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
            "came and went" => {
                other.ask(&["open", "m", &name]).unwrap();
                other.ask(&["write", "m", "0", "text"]).unwrap();
                other.ask(&["close", "m"]).unwrap();
                assert_eq!(next(&watch), Event::Changed);
            }
            _ => drop(other.end(how)),
        }
        assert_eq!(woken_by(&watch), Event::Alone, "{how}");
        assert_eq!(now(&watch), Event::TimedOut, "{how}: once");
    }
}

/// Whoever asks whether it is alone gives its own share away for that moment. Nobody takes the map for dead
/// meanwhile.
#[test]
fn a_map_that_is_looked_at_all_the_time_stays_alive() {
    let _alone = common::alone();
    let name = unique("looked-at");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let mut others = [Actor::start(), Actor::start()];
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
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
        looking.join().unwrap();
    });
    drop((map, watch));
    assert_nothing_left(&name);
}

#[test]
fn a_map_of_another_program_is_not_watched_and_says_so() {
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
fn a_writer_whose_files_may_not_grow_tells_all_the_same() {
    let _alone = common::alone();
    let name = unique("fsize");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    let watch = map.watch().unwrap();
    let limit = libc::rlimit64 { rlim_cur: 0, rlim_max: libc::RLIM64_INFINITY };
    let (id, none) = (writer.id() as i32, std::ptr::null_mut());
    // SAFETY: a structure that the system reads, and none that it writes.
    let set = unsafe { libc::prlimit64(id, libc::RLIMIT_FSIZE, &raw const limit, none) };
    assert_eq!(set, 0, "prlimit: {}", std::io::Error::last_os_error());
    writer.ask(&["write", "m", "0", "bytes"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
}

#[test]
fn a_writer_that_became_another_user_still_tells() {
    let _alone = common::alone();
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("a writer that became another user", "only root can give privileges away");
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
    assert_eq!(writer.ask(&["wait", "m"]).unwrap(), "Changed", "its own change counts");
    writer.say(&["wait", "m"]);
    map.write_at(b"bytes", 0).unwrap();
    assert_eq!(writer.hear(), "ok\tChanged");
}

#[test]
fn a_forked_child_watches_for_itself_and_takes_nothing_from_its_parent() {
    let _alone = common::alone();
    let name = unique("fork");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    let (mut hear, mut say) = std::io::pipe().unwrap();
    // SAFETY: the child makes system calls, uses what is its own, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            use std::io::Write;
            let first = now(&watch);
            let second = now(&watch);
            let _ = say.write(b"x");
            let third = next(&watch);
            let good = [first, second, third] == [Event::Changed, Event::TimedOut, Event::Changed];
            watch.close();
            let good = good && now(&watch) == Event::Closed;
            drop(watch);
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(!good)) }
        }
        child => {
            hear.read_exact(&mut [0]).unwrap();
            map.write_at(b"bytes", 0).unwrap();
            let mut status = 0;
            // SAFETY: waits for our own child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child was told something else");
            assert_eq!(next(&watch), Event::Changed, "the parent, after the child");
            assert_eq!(armed(&name), 1, "the child took back its own");
            map.write_at(b"bytes", 0).unwrap();
            assert_eq!(next(&watch), Event::Changed);
        }
    }
}

/// Threads that share a watch: a change wakes one, and the others are still there for the next one.
#[test]
fn threads_that_share_a_watch_are_told_of_one_change_each() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("threads"), 4_096).unwrap();
    let watch = map.watch().unwrap();
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        for _ in 0..4 {
            let (tell, watch) = (tell.clone(), &watch);
            scope.spawn(move || tell.send(watch.wait(None).unwrap()));
        }
        for _ in 0..4 {
            map.write_at(b"bytes", 0).unwrap();
            let event = told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
                watch.close();
                told.recv().unwrap()
            });
            assert_eq!(event, Event::Changed);
        }
    });
}

/// Two who wait for each other: if one slept through a change, both would wait for ever. Others come and go
/// meanwhile, whose waits are over at once.
#[test]
fn two_who_answer_each_other_never_wait_in_vain() {
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
