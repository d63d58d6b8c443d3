//! Two back ends, one promise: a process is stopped before every one of its system calls, and killed
//! there, or others act meanwhile.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "processes are stopped and killed")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::cell::RefCell;
use std::time::Duration;

use common::assert_nothing_left;
use common::process::Actor;
use common::step::{alone, at_every_step, dead, words};
use mmf::{Map, Status, TextOptions};

#[test]
fn actor() {
    common::process::act();
}

fn text() -> TextOptions<'static> {
    TextOptions::new()
}

#[track_caller]
fn assert_missing(name: &str) {
    let error = Map::open(name).expect_err("nobody holds it");
    assert_eq!(error.status(), Status::NotFound, "{error}");
}

#[test]
fn a_creator_killed_at_any_step_leaves_nothing_that_lives() {
    let _alone = alone();
    at_every_step(
        "creator killed at any step",
        |_, name| words(&["create", "m", name, "70000"]),
        |actor, stepped, name, step| {
            stepped.kill(actor);
            let missing = Map::open(name).expect_err(step);
            assert_eq!(missing.status(), Status::NotFound, "{step}: {missing}");
            let map = Map::create_new(name, 100).expect(step);
            assert_eq!(map.read_text(&text()).unwrap(), "", "{step}");
            drop(map);
            assert_nothing_left(name);
        },
    );
}

#[test]
fn a_closer_killed_at_any_step_leaves_nothing_that_lives() {
    let _alone = alone();
    at_every_step(
        "closer killed at any step",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            words(&["close", "m"])
        },
        |actor, stepped, name, step| {
            stepped.kill(actor);
            let missing = Map::open(name).expect_err(step);
            assert_eq!(missing.status(), Status::NotFound, "{step}: {missing}");
            assert_nothing_left(name);
        },
    );
}

#[test]
fn a_closer_killed_at_any_step_leaves_other_holders_alone() {
    let _alone = alone();
    let children = RefCell::new(Vec::new());
    at_every_step(
        "closer killed beside a holder",
        |actor, name| {
            actor.ask(&["create", "m", name, "70000"]).unwrap();
            actor.ask(&["open", "other", name]).unwrap();
            // The other handle goes to a forked child, which stays.
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
    // They outlived their parents, who are not there to end them.
    for child in children.take() {
        // SAFETY: a forked actor, which waits until it is ended.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
}

/// Finding 16: who asks by acquiring is granted a dead map when a cleaner is killed in between.
#[test]
fn a_dead_map_never_opens_whoever_is_killed_while_cleaning() {
    let _alone = alone();
    at_every_step(
        "cleaner killed at any step",
        |_, name| {
            dead(name);
            words(&["open", "m", name])
        },
        |cleaner, stepped, name, step| {
            let mut opener = Actor::start();
            opener.say(&["open", "m", name]);
            stepped.kill(cleaner);
            assert_eq!(opener.hear(), "err\tNOT_FOUND", "{step}");
            assert_missing(name);
        },
    );
}

/// Whatever two processes do with one name at the same time, they end up with one map.
#[test]
fn two_operations_at_every_interleaving_agree_on_one_map() {
    let _alone = alone();
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
            // It may have to wait for the one that is stopped; give it a chance to act before.
            std::thread::sleep(Duration::from_micros(700));
            stepped.release();
            let did = one.hear().starts_with("ok");
            let two_has = two.hear().starts_with("ok");
            let mut holders = Vec::new();
            if did && first[0] != "close" {
                holders.push((&mut one, "m"));
            } else if state == "held by the first" && first[0] != "close" {
                holders.push((&mut one, "first"));
            }
            if two_has {
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
