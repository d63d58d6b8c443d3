//! Objects of other programs under the names of maps.

use std::fs;

use super::{make_foreign, object};
use crate::common;
use common::process::Actor;
use common::{assert_fails, presence, unique};
use mmf::{ErrorKind, Map};

#[test]
fn a_foreign_object_that_replaced_a_map_is_left_alone() {
    let _alone = common::alone();
    let name = unique("swapped");
    let map = Map::create_new(&name, 64).unwrap();
    fs::remove_file(object(&name)).unwrap();
    make_foreign(&name, b"theirs");
    assert!(map.is_orphaned().unwrap());
    assert_fails(Map::open(&name), ErrorKind::Orphaned);
    drop(map);
    assert!(!presence(&name).exists());
    let theirs = Map::open(&name).unwrap();
    assert!(theirs.is_foreign());
    assert_eq!(theirs.read_text().unwrap(), "theirs");
    drop(theirs);
    assert_eq!(fs::read(object(&name)).unwrap(), b"theirs");
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn a_foreign_object_that_replaced_a_dead_map_is_left_alone() {
    let _alone = common::alone();
    let name = unique("dead-swap");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    actor.kill();
    fs::remove_file(object(&name)).unwrap();
    make_foreign(&name, b"theirs");
    mmf::list().unwrap();
    assert!(!presence(&name).exists(), "the presence of the dead map is left");
    assert_eq!(fs::read(object(&name)).unwrap(), b"theirs");
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn a_foreign_object_of_size_0_is_busy() {
    let _alone = common::alone();
    let name = unique("making");
    make_foreign(&name, b"");
    assert_fails(Map::open(&name), ErrorKind::Busy);
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn links_folders_and_fifos_are_not_maps() {
    let _alone = common::alone();
    for kind in ["link", "folder", "pipe"] {
        let name = unique(kind);
        let place = object(&name);
        match kind {
            "link" => std::os::unix::fs::symlink("/etc/passwd", &place).unwrap(),
            "folder" => fs::create_dir(&place).unwrap(),
            _ => {
                let path = std::ffi::CString::new(place.to_str().unwrap()).unwrap();
                // SAFETY: the path ends with a NUL.
                assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
            }
        }
        assert_fails(Map::open(&name), ErrorKind::NotAMap);
        assert_fails(Map::create_new(&name, 64), ErrorKind::NotAMap);
        assert_fails(Map::create_or_open(&name, 64), ErrorKind::NotAMap);
        let removed = fs::remove_file(&place).or_else(|_| fs::remove_dir(&place));
        removed.unwrap();
    }
}

/// The name gets another object at any step of opening it. The bytes and the state of the map must belong to the same
/// object.
#[test]
fn opening_a_foreign_object_during_its_replacement_gives_one_of_the_two() {
    let _alone = common::alone();
    let mut last = String::new();
    common::step::at_every_step(
        "a foreign object replaced while it is opened",
        |_, name| {
            // If the last command ended before its step, the object still exists.
            let _ = fs::remove_file(object(&last));
            name.clone_into(&mut last);
            make_foreign(name, b"old");
            common::step::words(&["open", "m", name])
        },
        |mut actor, stepped, name, step| {
            fs::remove_file(object(name)).unwrap();
            make_foreign(name, b"new");
            stepped.release();
            assert_eq!(actor.hear(), "ok\t", "{step}");
            let orphaned = actor.ask(&["orphaned", "m"]).unwrap();
            let wanted = if orphaned == "true" { "old" } else { "new" };
            assert_eq!(actor.ask(&["read", "m"]).unwrap(), wanted, "{step}");
            fs::remove_file(object(name)).unwrap();
        },
    );
    fs::remove_file(object(&last)).unwrap();
}
