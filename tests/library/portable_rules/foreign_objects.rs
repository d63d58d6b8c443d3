//! Objects of other programs under the names of maps.

use std::fs;

use super::{foreign, object};
use crate::common;
use common::process::Actor;
use common::{assert_fails, presence, unique};
use mmf::{ErrorKind, Map};

#[test]
fn a_foreign_object_in_the_place_of_ours_is_left_alone() {
    let _alone = common::alone();
    let name = unique("swapped");
    let map = Map::create_new(&name, 64).unwrap();
    fs::remove_file(object(&name)).unwrap();
    foreign(&name, b"theirs");
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
fn after_a_kill_a_foreign_object_in_the_place_of_ours_is_left_alone() {
    let _alone = common::alone();
    let name = unique("dead-swap");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    actor.kill();
    fs::remove_file(object(&name)).unwrap();
    foreign(&name, b"theirs");
    mmf::list().unwrap();
    assert!(!presence(&name).exists(), "the dead one's presence is swept");
    assert_eq!(fs::read(object(&name)).unwrap(), b"theirs");
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn a_foreign_object_without_a_size_is_in_the_making() {
    let _alone = common::alone();
    let name = unique("making");
    foreign(&name, b"");
    assert_fails(Map::open(&name), ErrorKind::Busy);
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn what_is_no_memory_is_told() {
    let _alone = common::alone();
    for kind in ["link", "folder", "pipe"] {
        let name = unique(kind);
        let place = object(&name);
        match kind {
            "link" => std::os::unix::fs::symlink("/etc/passwd", &place).unwrap(),
            "folder" => fs::create_dir(&place).unwrap(),
            _ => {
                let path = std::ffi::CString::new(place.to_str().unwrap()).unwrap();
                // SAFETY: the path is a string that ends in NUL.
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

/// A name that changes hands at any moment of its opening: what is read and where the name leads
/// are of the same object.
#[test]
fn a_foreign_object_that_is_replaced_while_it_is_opened_is_not_mixed_up() {
    let _alone = common::alone();
    let mut last = String::new();
    common::step::at_every_step(
        "a foreign object replaced while it is opened",
        |_, name| {
            // Where the opening had no further step, it lies there still.
            let _ = fs::remove_file(object(&last));
            name.clone_into(&mut last);
            foreign(name, b"old");
            common::step::words(&["open", "m", name])
        },
        |mut actor, stepped, name, step| {
            fs::remove_file(object(name)).unwrap();
            foreign(name, b"new");
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
