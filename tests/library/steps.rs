//! Promises of both Unix back ends. A process is stopped before each of its system calls and killed there, or other
//! processes act meanwhile.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "processes are stopped and killed")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::step::{at_every_step, dead, words};
use common::{assert_missing, assert_nothing_left};
use mmf::{ErrorKind, FileMode, Map, MapOptions, TextOptions};

/// The file has old bytes or new ones, and both file and name can be used again.
#[test]
fn remapping_a_named_file_survives_a_kill_at_any_step() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let old = vec![b'o'; 20_000];
    let (mut kept, mut emptied) = (0, 0);
    at_every_step(
        "a file mapped again, killed at any step",
        |_, name| {
            std::fs::write(&path, &old).unwrap();
            words(&["create_file", "m", path.to_str().unwrap(), name, "70000"])
        },
        |actor, stepped, name, step| {
            stepped.kill(actor);
            assert_missing(name);
            let found = std::fs::read(&path).unwrap();
            let begins_old =
                found.starts_with(&old) && found[old.len()..].iter().all(|it| *it == 0);
            assert!(begins_old || found.iter().all(|it| *it == 0), "{step}: a mixture");
            if found.starts_with(&old) {
                kept += 1
            } else {
                emptied += 1
            }
            let options = MapOptions::new();
            let map = options
                .clone()
                .file_mode(FileMode::Create)
                .name(name)
                .capacity(30_000)
                .map_file(&path);
            let map = map.unwrap_or_else(|error| panic!("{step}: {error}"));
            assert_eq!(Map::open(name).expect(step).capacity(), 30_000);
            drop(map);
            assert_nothing_left(name);
        },
    );
    assert!(kept > 0 && emptied > 0, "no kill came before or after: {kept}, {emptied}");
}

#[test]
fn a_creator_killed_at_any_step_leaves_no_living_map() {
    let _alone = common::alone();
    at_every_step(
        "creator killed at any step",
        |_, name| words(&["create", "m", name, "70000"]),
        |actor, stepped, name, step| {
            stepped.kill(actor);
            let missing = Map::open(name).expect_err(step);
            assert_eq!(missing.kind(), ErrorKind::NotFound, "{step}: {missing}");
            let map = Map::create_new(name, 100).expect(step);
            assert_eq!(map.read_text().unwrap(), "", "{step}");
            drop(map);
            assert_nothing_left(name);
        },
    );
}

#[test]
fn a_closer_killed_at_any_step_leaves_no_living_map() {
    let _alone = common::alone();
    at_every_step(
        "closer killed at any step",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            words(&["close", "m"])
        },
        |actor, stepped, name, step| {
            stepped.kill(actor);
            let missing = Map::open(name).expect_err(step);
            assert_eq!(missing.kind(), ErrorKind::NotFound, "{step}: {missing}");
            assert_nothing_left(name);
        },
    );
}

#[test]
fn a_closer_killed_at_any_step_does_not_affect_other_holders() {
    let _alone = common::alone();
    let children = RefCell::new(Vec::new());
    at_every_step(
        "closer killed while another process holds the map",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            actor.ask(&["open", "other", name]).unwrap();
            // A forked child keeps the other handle.
            let child = actor.ask(&["fork", "later", "stay"]).unwrap();
            children.borrow_mut().push(child.parse().unwrap());
            actor.ask(&["close", "other"]).unwrap();
            words(&["close", "m"])
        },
        |actor, stepped, name, step| {
            stepped.kill(actor);
            let map = Map::open(name).expect(step);
            assert!(!map.is_orphaned().unwrap(), "{step}");
        },
    );
    // The children outlive their parents.
    for child in children.take() {
        // SAFETY: signals a forked child of an actor, which only waits.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
}

/// The remover holds a lock, which is released when it is killed. An opener must not take the map for a living one
/// then.
#[test]
fn a_dead_map_never_opens_if_its_remover_is_killed() {
    let _alone = common::alone();
    at_every_step(
        "remover killed at any step",
        |_, name| {
            dead(name);
            words(&["open", "m", name])
        },
        |remover, stepped, name, step| {
            let mut opener = Actor::start();
            opener.say(&["open", "m", name]);
            stepped.kill(remover);
            assert_eq!(opener.hear(), "err\tNOT_FOUND", "{step}");
            assert_missing(name);
        },
    );
}

/// If a call fails after it created a file, it removes the file, but not if other processes have mapped it meanwhile.
#[test]
fn a_file_that_a_failed_call_created_is_kept_while_others_map_it() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = path.to_str().unwrap();
    let mut held = Vec::new();
    at_every_step(
        "creating a file for an existing name",
        |_, name| {
            let _ = std::fs::remove_file(&path);
            held.push(Map::create_new(name, 64).unwrap());
            words(&["map_new_file", "m", file, name, "100"])
        },
        |mut one, stepped, _, step| {
            // While the first process is stopped, a second one maps the file and writes, and then ends or stays.
            for stays in [false, true] {
                let mut two = Actor::start();
                match two.ask(&["map_new_file", "m", file, "", "100"]) {
                    // The first process is removing the file.
                    Err(status) if status == "SHARING_VIOLATION" && !stays => {
                        stepped.release();
                        assert_eq!(one.hear(), "err\tALREADY_EXISTS", "{step}");
                        return;
                    }
                    mapped => drop(mapped.expect(step)),
                }
                // A raw write needs no lock, which the stopped process might hold.
                let at = if stays { "4" } else { "0" };
                two.ask(&["write", "m", at, "kept"]).expect(step);
                if stays {
                    stepped.release();
                    assert_eq!(one.hear(), "err\tALREADY_EXISTS", "{step}");
                    two.end("return");
                    break;
                }
                two.end("return");
            }
            let text = std::fs::read_to_string(&path).expect(step);
            assert_eq!(text.trim_end_matches('\0'), "keptkept", "{step}");
        },
    );
}

#[test]
fn two_operations_agree_on_one_map_in_every_interleaving() {
    let _alone = common::alone();
    let commands: [&[&str]; 4] = [
        &["create", "m", "NAME", "5000"],
        &["create_or_open", "m", "NAME", "5000"],
        &["open", "m", "NAME"],
        &["close", "first"],
    ];
    for state in ["missing", "dead", "held by the first"] {
        for first in commands {
            if first[0] == "close" && state != "held by the first" {
                continue;
            }
            for second in &commands[..3] {
                interleave(state, first, second);
            }
        }
    }
}

fn interleave(state: &str, first: &[&str], second: &[&str]) {
    let fill = |command: &[&str], name: &str| -> Vec<String> {
        command.iter().map(|word| word.replace("NAME", name)).collect()
    };
    at_every_step(
        "interleaving of two operations",
        |actor, name| {
            match state {
                "dead" => dead(name),
                "held by the first" => {
                    actor.ask(&["create", "first", name, "3000"]).unwrap();
                }
                _ => {}
            }
            fill(first, name)
        },
        |mut one, stepped, name, step| {
            let context = format!("{state}: {first:?} against {second:?}, {step}");
            let mut two = Actor::start();
            let command = fill(second, name);
            two.say(&command.iter().map(String::as_str).collect::<Vec<_>>());
            // The second process may have to wait for the stopped one. Give it time to act before.
            std::thread::sleep(Duration::from_micros(700));
            stepped.release();
            let one_succeeded = one.hear().starts_with("ok");
            let two_succeeded = two.hear().starts_with("ok");
            let mut holders = Vec::new();
            if one_succeeded && first[0] != "close" {
                holders.push((&mut one, "m"));
            } else if state == "held by the first" && first[0] != "close" {
                holders.push((&mut one, "first"));
            }
            if two_succeeded {
                holders.push((&mut two, "m"));
            }
            for (index, (holder, key)) in holders.iter_mut().enumerate() {
                assert_eq!(holder.ask(&["orphaned", key]).unwrap(), "false", "{context}");
                holder.ask(&["append", key, &index.to_string()]).expect(&context);
            }
            let wanted: Vec<String> = (0..holders.len()).map(|it| it.to_string()).collect();
            for (holder, key) in &mut holders {
                assert_eq!(holder.ask(&["read", key]).unwrap(), wanted.join("|"), "{context}");
            }
            if holders.is_empty() {
                assert_missing(name);
            }
            drop(holders);
            assert!(one.end("return").success());
            assert!(two.end("return").success());
            assert_nothing_left(name);
        },
    );
}

/// Lengths of an old text and a new one: in a page, just past its end, and several pages.
const LENGTHS: [(usize, usize); 8] = [
    (10, 20),
    (3_000, 0),
    (4_096, 4_097),
    (5_000, 100),
    (100, 9_000),
    (4_097, 4_096),
    (9_000, 12_000),
    (12_500, 5_000),
];

/// Whether the system writes the bytes. Then a kill takes effect only between pages. The portable back end copies
/// through memory.
const WHOLE_PAGES: bool = matches!(mmf::backend::NAME.as_bytes(), b"Linux");

#[test]
fn a_replace_killed_at_any_step_leaves_the_beginning_of_one_of_the_texts() {
    let _alone = common::alone();
    for (old, new) in LENGTHS {
        let held = RefCell::new(None);
        at_every_step(
            "replace killed at any step",
            |actor, name| {
                actor.ask(&["create", "m", name, "70000"]).unwrap();
                actor.ask(&["replace_long", "m", "a", &old.to_string()]).unwrap();
                *held.borrow_mut() = Some(Map::open(name).unwrap());
                words(&["replace_long", "m", "b", &new.to_string()])
            },
            |actor, stepped, _, step| {
                stepped.kill(actor);
                let map = held.take().unwrap();
                let left = map.read_bytes().unwrap();
                let (letter, whole) = match left.first() {
                    Some(b'a') => (b'a', old),
                    Some(b'b') => (b'b', new),
                    Some(other) => panic!("{old} to {new}, {step}: begins with {other}"),
                    None => (0, 0),
                };
                let context = format!("{old} to {new}, {step}: {} of {letter}", left.len());
                assert!(left.len() <= whole, "{context}");
                assert!(left.iter().all(|byte| *byte == letter), "a mixture: {context}");
                if WHOLE_PAGES && old.max(new) <= 4_096 {
                    assert!(left.len() == whole && (letter != 0 || new == 0), "{context}");
                }
                // The map can still be changed.
                map.append_text("next").unwrap();
                map.replace_text("more").unwrap();
                assert_eq!(map.read_bytes().unwrap(), b"more", "{context}");
            },
        );
    }
}

#[test]
fn an_append_killed_at_any_step_keeps_the_old_text() {
    let _alone = common::alone();
    for (old, new) in LENGTHS {
        let held = RefCell::new(None);
        at_every_step(
            "append killed at any step",
            |actor, name| {
                actor.ask(&["create", "m", name, "70000"]).unwrap();
                actor.ask(&["replace_long", "m", "a", &old.to_string()]).unwrap();
                *held.borrow_mut() = Some(Map::open(name).unwrap());
                words(&["append_long", "m", "b", &new.to_string()])
            },
            |actor, stepped, _, step| {
                stepped.kill(actor);
                let map = held.take().unwrap();
                let left = map.read_bytes().unwrap();
                let whole = format!("{}\r\n{}", "a".repeat(old), "b".repeat(new));
                let context = format!("{old} and {new}, {step}: {}", left.len());
                assert!(left.len() >= old && whole.as_bytes().starts_with(&left), "{context}");
                // The next append goes after all bytes, whatever the record says.
                map.append_text_with("next", &TextOptions::new().separator("|")).unwrap();
                let after = map.read_bytes().unwrap();
                assert_eq!(after, [left.as_slice(), b"|next"].concat(), "{context}");
            },
        );
    }
}

/// While an append is stopped, another process writes raw bytes past its end. The next append must not use the end
/// that the stopped one records.
#[test]
fn raw_writes_during_any_step_of_an_append_are_not_overwritten() {
    let _alone = common::alone();
    let held = RefCell::new(None);
    at_every_step(
        "raw write during an append",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            actor.ask(&["append", "m", "first"]).unwrap();
            *held.borrow_mut() = Some(Map::open(name).unwrap());
            words(&["append", "m", "second"])
        },
        |mut actor, stepped, _, step| {
            let map = held.take().unwrap();
            let raw = std::thread::spawn(move || {
                map.write_at(b"raw\0\0bytes", 40_000).unwrap();
                map
            });
            // The write may have to wait for the stopped process. Give it time to act before.
            std::thread::sleep(Duration::from_micros(700));
            stepped.release();
            actor.hear();
            let map = raw.join().unwrap();
            map.append_text("third").unwrap();
            let left = map.read_bytes().unwrap();
            assert_eq!(&left[40_000..40_010], b"raw\0\0bytes", "{step}");
            assert!(left.ends_with(b"\r\nthird"), "{step}");
            let read = map.read_text().unwrap();
            assert_eq!(read.matches("second").count(), 1, "{step}: {read}");
        },
    );
}

/// A raw write takes no content lock, so the end of the content can move while it is read. The result must still end
/// with a byte that is not NUL.
#[test]
fn content_that_is_cleared_while_it_is_read_does_not_end_with_nul() {
    let _alone = common::alone();
    let held = RefCell::new(None);
    at_every_step(
        "raw write during a read",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            let map = Map::open(name).unwrap();
            map.replace_text("first").unwrap();
            map.write_at(b"tail", 40_000).unwrap();
            *held.borrow_mut() = Some(map);
            words(&["read_content", "m"])
        },
        |mut actor, stepped, _, step| {
            held.take().unwrap().write_at(&[0; 4], 40_000).unwrap();
            stepped.release();
            let read = actor.hear();
            assert!(read.ends_with("tail") || read == "ok\tfirst", "{step}: {read}");
        },
    );
}

/// A process cannot make a file grow, because the disk is full. Meanwhile, another process maps the file and makes it
/// grow a little. The first process must not truncate it again.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_growth_that_fails_midway_does_not_truncate_the_maps_of_others() {
    let _alone = common::alone();
    use common::step::{NO_STEPS, Step, Stepped};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "old").unwrap();
    let mut actor = Actor::start();
    let Some(mut stepped) = Stepped::attach(&mut actor) else {
        common::not_run("growths that fail", NO_STEPS);
        return;
    };
    actor.say(&["map_larger", "m", &path.to_string_lossy(), &(20 << 20).to_string()]);
    let mut reservations = 0;
    while reservations < 2 {
        let Step::Before(call) = stepped.next() else {
            panic!("the file was reserved in one call")
        };
        reservations += usize::from(call == libc::SYS_fallocate as u64);
    }
    let map = MapOptions::new().capacity(5_000).map_file(&path).unwrap();
    map.write_at(b"the others", 4_990).unwrap();
    stepped.fail(libc::SYS_fallocate as u64, libc::ENOSPC);
    stepped.release();
    assert_eq!(actor.hear(), "err\tNO_SPACE");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 5_000);
    let mut end = [0; 10];
    map.read_at(&mut end, 4_990).unwrap();
    assert_eq!(&end, b"the others");
}
