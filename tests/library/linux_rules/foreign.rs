//! Objects of other programs, and objects that another program renamed or copied. The library leaves them alone.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use super::path_of;
use crate::common;
use common::step::{Step, at_every_step, dead, words};
use common::{assert_missing, assert_nothing_left, unique};
use mmf::{ErrorKind, Map, MapOptions};

/// The link count does not show that the name now belongs to another object.
#[test]
fn closing_a_moved_map_does_not_remove_the_new_map_with_its_name() {
    let _alone = common::alone();
    for link in [false, true] {
        let (name, aside) = (unique("moved"), unique("aside"));
        let first = Map::create_new(&name, 64).unwrap();
        if link {
            std::fs::hard_link(path_of(&name), path_of(&aside)).unwrap();
            std::fs::remove_file(path_of(&name)).unwrap();
        } else {
            std::fs::rename(path_of(&name), path_of(&aside)).unwrap();
        }
        let second = Map::create_new(&name, 64).unwrap();
        drop(first);
        assert!(!second.is_orphaned().unwrap());
        assert_eq!(Map::create_new(&name, 64).unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop(second);
        assert_nothing_left(&name);
        // Under its new name it is a dead map like any other.
        assert_missing(&aside);
        assert_nothing_left(&aside);
    }
}

/// Another program renames a living map to the name while a process removes the dead one. The library cannot prevent a
/// rename between its last check and the unlink.
#[test]
fn removing_a_dead_map_leaves_a_map_that_was_renamed_to_its_name() {
    let _alone = common::alone();
    at_every_step(
        "removing a dead map during a foreign rename",
        |_, name| {
            dead(name);
            words(&["open", "m", name])
        },
        |mut actor, stepped, name, step| {
            if step.ends_with(&format!("{:?}", Step::Before(libc::SYS_unlinkat as u64))) {
                stepped.release();
                actor.hear();
                return;
            }
            // Another program renames a living map to the name.
            let other = unique("renamed");
            let map = Map::create_new(&other, 64).unwrap();
            std::fs::rename(path_of(&other), path_of(name)).unwrap();
            stepped.release();
            actor.hear();
            let now = std::fs::metadata(path_of(name)).expect(step).ino();
            let fd = common::number(&map);
            let mine = std::fs::metadata(format!("/proc/self/fd/{fd}")).unwrap().ino();
            assert_eq!(now, mine, "{step}");
            actor.end("return");
            std::fs::remove_file(path_of(name)).unwrap();
        },
    );
}

/// A backup that keeps times and mode has the mark, too, but must not be removed.
#[test]
fn a_copy_that_keeps_mode_and_times_is_not_swept() {
    let _alone = common::alone();
    let name = unique("original");
    let copy = unique("copy");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("precious").unwrap();
    // The times of files advance with the tick of the kernel, so wait for the next one.
    let changed = std::fs::metadata(path_of(&name)).unwrap().modified().unwrap();
    let tick = unique("tick");
    while {
        std::fs::write(path_of(&tick), "").unwrap();
        let born = std::fs::metadata(path_of(&tick)).unwrap().modified().unwrap();
        std::fs::remove_file(path_of(&tick)).unwrap();
        born <= changed
    } {}
    let copied =
        std::process::Command::new("cp").arg("-a").args([path_of(&name), path_of(&copy)]).status();
    assert!(copied.unwrap().success());
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(path_of(&copy)), mode(path_of(&name)), "the copy has the mark");
    let found = mmf::list().unwrap();
    assert!(path_of(&copy).exists(), "the sweep removed the copy");
    let found = found.iter().find(|map| map.name == copy).expect("the copy is listed");
    assert!(found.foreign);
    assert_eq!(found.capacity, 64);
    // Using its name does not remove it. It is a foreign object.
    for access in [mmf::Access::ReadWrite, mmf::Access::Read] {
        let opened = MapOptions::new().access(access).open(&copy).unwrap();
        assert!(opened.is_foreign());
        assert_eq!(opened.read_text().unwrap(), "precious");
    }
    assert_eq!(Map::create_new(&copy, 64).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(Map::create_or_open(&copy, 64).unwrap().is_foreign());
    assert!(path_of(&copy).exists());
    std::fs::remove_file(path_of(&copy)).unwrap();
}

/// After a careless `chmod -R 1777 /dev/shm`, foreign objects have the sticky bit, too.
#[test]
fn a_foreign_object_with_the_sticky_bit_is_left_alone() {
    let _alone = common::alone();
    for mode in [0o1777, 0o1755, 0o777] {
        let name = unique("foreign");
        std::fs::write(path_of(&name), [1; 64]).unwrap();
        std::fs::set_permissions(path_of(&name), PermissionsExt::from_mode(mode)).unwrap();
        mmf::list().unwrap();
        let map = Map::open(&name).unwrap();
        assert!(map.is_foreign(), "{mode:o}");
        drop(map);
        assert!(path_of(&name).exists(), "{mode:o}");
        std::fs::remove_file(path_of(&name)).unwrap();
    }
}

/// Other programs, such as .NET's FileStream, may use `flock` on the objects of maps.
#[test]
fn a_foreign_flock_neither_blocks_nor_holds_a_map() {
    let _alone = common::alone();
    let name = unique("flock");
    let map = Map::create_new(&name, 64).unwrap();
    let foreign = std::fs::File::open(path_of(&name)).unwrap();
    foreign.lock().unwrap();
    map.append_text("one").unwrap();
    Map::open(&name).unwrap().append_text("two").unwrap();
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}
