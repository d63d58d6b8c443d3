//! A handle keeps its abilities: after its process drops its privileges, as daemons do, and after the permission to
//! open the map is removed.
#![cfg(unix)]
#![allow(unsafe_code, reason = "actors become other users")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, not_run, seen, unique};
use mmf::backend::PERMISSION_MODES;
use mmf::{ErrorKind, Map, MapOptions, Permissions};

const NOBODY: &str = "65534";

#[track_caller]
fn assert_gone(name: &str) {
    assert_missing(name);
    assert_nothing_left(name);
}

/// Whether this process may become another user. Reports it if not.
fn is_root(suite: &str) -> bool {
    // SAFETY: returns a number.
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        not_run(suite, "only root can drop privileges");
    }
    root
}

/// Asserts that all operations of a handle for reading and writing work.
#[track_caller]
fn assert_all_works(actor: &mut Actor, what: &str) {
    let mut ask = |command: &[&str]| {
        actor.ask(command).unwrap_or_else(|error| panic!("{what}: {command:?}: {error}"))
    };
    ask(&["replace", "m", "one"]);
    ask(&["append", "m", "two"]);
    assert_eq!(ask(&["read", "m"]), "one|two", "{what}");
    assert_eq!(ask(&["read_view", "m", "3"]), "one", "{what}");
    ask(&["write_view", "m", "ONE"]);
    assert_eq!(ask(&["read_duplicate", "m", "3"]), "ONE", "{what}");
    ask(&["both_lock", "m"]);
}

#[test]
fn a_process_keeps_its_handles_after_dropping_its_privileges() {
    let _alone = common::alone();
    if !is_root("dropped privileges") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let path = path.to_str().unwrap();
    for what in ["created", "opened", "created or opened", "anonymous", "file", "named file"] {
        std::fs::write(path, [0; 4_096]).unwrap();
        let name = unique("dropped");
        let other = match what {
            "opened" | "created or opened" => Some(Map::create_new(&name, 4_096).unwrap()),
            _ => None,
        };
        let mut actor = Actor::start();
        match what {
            "created" => actor.ask(&["create", "m", &name, "4096"]),
            "opened" => actor.ask(&["open", "m", &name]),
            "created or opened" => actor.ask(&["create_or_open", "m", &name, "4096"]),
            "anonymous" => actor.ask(&["anonymous", "m", "4096"]),
            "file" => actor.ask(&["map_path", "m", path]),
            _ => actor.ask(&["map_file", "m", path, &name]),
        }
        .unwrap();
        // A sweep must not remove files that the handle needs later.
        mmf::list().unwrap();
        actor.ask(&["become", NOBODY]).unwrap();
        assert_all_works(&mut actor, what);
        // It still holds the map and excludes others.
        if what != "anonymous" && what != "file" {
            let map = Map::open(&name).unwrap();
            map.append_text_with("three", &common::text()).unwrap();
            assert!(actor.ask(&["read", "m"]).unwrap().ends_with("|three"), "{what}");
            // Appends of both processes go after the new end.
            actor.ask(&["append", "m", "four"]).unwrap();
            map.append_text_with("five", &common::text()).unwrap();
            actor.ask(&["replace", "m", "a longer text than all that was there before"]).unwrap();
            map.append_text_with("six", &common::text()).unwrap();
            let whole = "a longer text than all that was there before|six";
            assert_eq!(actor.ask(&["read", "m"]).unwrap(), whole, "{what}");
            let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
            assert_eq!(actor.ask(&["lock", "m", "0"]), Err("TIMEOUT".into()), "{what}");
            drop(lock);
            actor.ask(&["lock", "m", "0"]).unwrap();
            let held = map.lock_exclusive(std::time::Duration::ZERO).unwrap_err();
            assert_eq!(held.kind(), ErrorKind::Timeout, "{what}");
        }
        drop(other);
        actor.ask(&["close", "m"]).unwrap();
        // A process that may remove it does so. For the others, it is missing.
        assert_gone(&name);
        assert!(actor.end("return").success());
    }
}

#[test]
fn a_process_keeps_a_handle_for_reading_after_dropping_its_privileges() {
    let _alone = common::alone();
    if !is_root("dropped privileges, reading") {
        return;
    }
    let name = unique("reads");
    let map = Map::create_new(&name, 4_096).unwrap();
    map.replace_text_with("text", &common::text()).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name, "read"]).unwrap();
    actor.ask(&["become", NOBODY]).unwrap();
    assert_eq!(actor.ask(&["read", "m"]).unwrap(), "text");
    assert_eq!(actor.ask(&["read_view", "m", "4"]).unwrap(), "text");
    assert_eq!(actor.ask(&["read_duplicate", "m", "4"]).unwrap(), "text");
    actor.ask(&["close", "m"]).unwrap();
    drop(map);
    assert_gone(&name);
}

#[test]
fn the_new_owner_of_a_map_removes_it_with_the_last_close() {
    let _alone = common::alone();
    if !is_root("dropped privileges, closing") || !PERMISSION_MODES {
        return;
    }
    let name = unique("given");
    let mut actor = Actor::start();
    actor.ask(&["create_for", "m", &name, NOBODY]).unwrap();
    actor.ask(&["become", NOBODY]).unwrap();
    assert_all_works(&mut actor, "given away");
    actor.ask(&["close", "m"]).unwrap();
    assert_nothing_left(&name);
}

#[test]
fn a_handle_keeps_working_after_its_permission_is_removed() {
    let _alone = common::alone();
    if !is_root("removed permissions") {
        return;
    }
    let (_folder, copy) = common::again::for_everybody();
    for what in ["own map", "map of another user"] {
        let name = unique("removed");
        let Some(mut nobody) = start_as_nobody(&copy) else {
            not_run("removed permissions", "another user cannot run the test program");
            return;
        };
        let mut mine = None;
        if what == "own map" {
            nobody.ask(&["create", "m", &name, "4096"]).unwrap();
            let Some(place) = seen(&name) else { return };
            let mark = std::fs::metadata(&place).unwrap().permissions().mode() & 0o7000;
            std::fs::set_permissions(&place, PermissionsExt::from_mode(mark)).unwrap();
        } else if PERMISSION_MODES {
            let open = MapOptions::new().permissions(Permissions::new().mode(0o666));
            let map = open.create_new(&name, 4_096).unwrap();
            nobody.ask(&["open", "m", &name]).unwrap();
            map.set_permissions(&Permissions::new().mode(0o600)).unwrap();
            mine = Some(map);
        } else {
            continue;
        }
        assert_all_works(&mut nobody, what);
        nobody.ask(&["close", "m"]).unwrap();
        drop(mine);
        if !PERMISSION_MODES {
            // Without the permission to open the object, the library cannot know that it is one of its own.
            std::fs::remove_file(seen(&name).unwrap()).unwrap();
        }
        assert_nothing_left(&name);
    }
}

fn start_as_nobody(program: &Path) -> Option<Actor> {
    use std::os::unix::process::CommandExt;
    let runs = std::process::Command::new(program).arg("--list").uid(65_534).output();
    runs.is_ok_and(|it| it.status.success()).then(|| {
        Actor::start_with(|command| {
            let mut other = std::process::Command::new(program);
            other.args(command.get_args());
            for (key, value) in command.get_envs() {
                if let Some(value) = value {
                    other.env(key, value);
                }
            }
            other.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
            other.current_dir("/").uid(65_534).gid(65_534);
            *command = other;
        })
    })
}
