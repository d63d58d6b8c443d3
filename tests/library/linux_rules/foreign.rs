//! The library leaves alone what it did not create, and what another program renamed or copied.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use super::place;
use crate::common;
use common::step::{Step, at_every_step, dead, words};
use common::{assert_missing, assert_nothing_left, unique};
use mmf::{ErrorKind, Map, MapOptions};

/// A link count says nothing about the name.
#[test]
fn a_name_that_was_moved_or_linked_elsewhere_is_not_ours_to_remove() {
    let _alone = common::alone();
    for link in [false, true] {
        let (name, aside) = (unique("moved"), unique("aside"));
        let first = Map::create_new(&name, 64).unwrap();
        if link {
            std::fs::hard_link(place(&name), place(&aside)).unwrap();
            std::fs::remove_file(place(&name)).unwrap();
        } else {
            std::fs::rename(place(&name), place(&aside)).unwrap();
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

/// The same while cleaning: what the name leads to by then is somebody else's. Only between the
/// last look and the unlink itself nothing can be done against a foreign rename.
#[test]
fn a_cleaner_leaves_what_took_the_name_meanwhile() {
    let _alone = common::alone();
    at_every_step(
        "cleaner and a foreign rename",
        |_, name| {
            dead(name);
            words(&["open", "m", name])
        },
        |mut cleaner, stepped, name, step| {
            if step.ends_with(&format!("{:?}", Step::Before(libc::SYS_unlinkat as u64))) {
                stepped.release();
                cleaner.hear();
                return;
            }
            // A foreign program puts a living map in the name's place.
            let other = unique("renamed");
            let map = Map::create_new(&other, 64).unwrap();
            std::fs::rename(place(&other), place(name)).unwrap();
            stepped.release();
            cleaner.hear();
            let now = std::fs::metadata(place(name)).expect(step).ino();
            let fd = common::number(&map);
            let mine = std::fs::metadata(format!("/proc/self/fd/{fd}")).unwrap().ino();
            assert_eq!(now, mine, "{step}");
            cleaner.end("return");
            std::fs::remove_file(place(name)).unwrap();
        },
    );
}

/// A backup that keeps times and mode carries the mark, and is nobody's garbage.
#[test]
fn a_copy_that_keeps_mode_and_times_is_not_swept() {
    let _alone = common::alone();
    let name = unique("original");
    let copy = unique("copy");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("precious").unwrap();
    // Births and changes are recorded by the kernel's tick: let one pass.
    let changed = std::fs::metadata(place(&name)).unwrap().modified().unwrap();
    let tick = unique("tick");
    while {
        std::fs::write(place(&tick), "").unwrap();
        let born = std::fs::metadata(place(&tick)).unwrap().modified().unwrap();
        std::fs::remove_file(place(&tick)).unwrap();
        born <= changed
    } {}
    let copied =
        std::process::Command::new("cp").arg("-a").args([place(&name), place(&copy)]).status();
    assert!(copied.unwrap().success());
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(place(&copy)), mode(place(&name)), "the copy carries the mark");
    let found = mmf::list().unwrap();
    assert!(place(&copy).exists(), "it was not swept");
    let found = found.iter().find(|map| map.name == copy).expect("another program's memory");
    assert!(found.foreign);
    assert_eq!(found.capacity, 64);
    // Nor does any use of its name remove it: it is what any file of another program is.
    for access in [mmf::Access::ReadWrite, mmf::Access::Read] {
        let opened = MapOptions::new().access(access).open(&copy).unwrap();
        assert!(opened.is_foreign());
        assert_eq!(opened.read_text().unwrap(), "precious");
    }
    assert_eq!(Map::create_new(&copy, 64).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(Map::create_or_open(&copy, 64).unwrap().is_foreign());
    assert!(place(&copy).exists());
    std::fs::remove_file(place(&copy)).unwrap();
}

/// A careless `chmod -R 1777 /dev/shm` does not make a foreign object look like ours.
#[test]
fn a_foreign_object_with_the_sticky_bit_of_a_careless_chmod_is_left_alone() {
    let _alone = common::alone();
    for mode in [0o1777, 0o1755, 0o777] {
        let name = unique("foreign");
        std::fs::write(place(&name), [1; 64]).unwrap();
        std::fs::set_permissions(place(&name), PermissionsExt::from_mode(mode)).unwrap();
        mmf::list().unwrap();
        let map = Map::open(&name).unwrap();
        assert!(map.is_foreign(), "{mode:o}");
        drop(map);
        assert!(place(&name).exists(), "{mode:o}");
        std::fs::remove_file(place(&name)).unwrap();
    }
}

/// `flock` on our objects is free for others, .NET's FileStream for one.
#[test]
fn a_foreign_flock_neither_blocks_nor_holds() {
    let _alone = common::alone();
    let name = unique("flock");
    let map = Map::create_new(&name, 64).unwrap();
    let foreign = std::fs::File::open(place(&name)).unwrap();
    foreign.lock().unwrap();
    map.append_text("one").unwrap();
    Map::open(&name).unwrap().append_text("two").unwrap();
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}
