//! Systems without shared memory, without `/proc`, or with file systems that cannot reserve space.

use mmf::{Access, ErrorKind, FileMode, Map, MapOptions};

use crate::common;
use crate::common::{assert_fails, bytes_of};
use crate::limits::{LINUX, MIB, in_namespace};

#[test]
fn a_system_without_shared_memory_is_not_supported() {
    let _alone = common::alone();
    in_namespace(
        "limits::bare_systems::a_system_without_shared_memory_is_not_supported",
        "mount -t tmpfs tmpfs /dev",
        || {
            if LINUX {
                for result in [Map::create_new("name", 64), Map::create_or_open("name", 64)] {
                    let error = assert_fails(result, ErrorKind::NotSupported);
                    assert!(error.message().contains("/dev/shm"), "{error}");
                }
                assert_fails(Map::open("name"), ErrorKind::NotFound);
                assert_fails(mmf::list(), ErrorKind::NotSupported);
            }
            let map = MapOptions::new().create_anonymous(64);
            if LINUX {
                map.unwrap().replace_text("works").unwrap();
            }
        },
    );
}

#[test]
fn read_only_shared_memory_denies_access_to_creators() {
    let _alone = common::alone();
    let setup = "mount -t tmpfs -o ro tmpfs /dev/shm";
    in_namespace(
        "limits::bare_systems::read_only_shared_memory_denies_access_to_creators",
        setup,
        || {
            assert_fails(Map::open("name"), ErrorKind::NotFound);
            // The portable back end then uses another folder.
            if LINUX {
                assert_fails(Map::create_new("name", 64), ErrorKind::AccessDenied);
                assert_fails(Map::create_or_open("name", 64), ErrorKind::AccessDenied);
            } else {
                Map::create_new("name", 64).unwrap();
            }
        },
    );
}

/// The whole life of a map.
fn assert_whole_life_works() {
    let map = Map::create_new("life", 100_000).unwrap();
    map.replace_text("one").unwrap();
    let other = Map::open("life").unwrap();
    other.append_text("two").unwrap();
    assert_fails(Map::create_new("life", 1), ErrorKind::AlreadyExists);
    assert_eq!(map.read_text().unwrap(), "one\r\ntwo");
    let view = other.view(4_097, 10, Access::ReadWrite).unwrap();
    view.write_at(b"view", 0).unwrap();
    let mut bytes = [0; 4];
    map.read_at(&mut bytes, 4_097).unwrap();
    assert_eq!(&bytes, b"view");
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(other.lock_shared(std::time::Duration::ZERO), ErrorKind::Timeout);
    drop(lock);
    let read = MapOptions::new().access(Access::Read).open("life").unwrap();
    read.view(0, 0, Access::Read).unwrap();
    assert_fails(read.write_at(b"x", 0), ErrorKind::AccessDenied);
    assert!(mmf::list().unwrap().iter().any(|map| map.name == "life"));
    assert!(!map.is_orphaned().unwrap());
    drop((map, other, read));
    assert_fails(Map::open("life"), ErrorKind::NotFound);
    common::assert_nothing_left("life");

    let anonymous = MapOptions::new().create_anonymous(100_000).unwrap();
    anonymous.replace_text("anonymous").unwrap();
    assert_eq!(anonymous.read_text().unwrap(), "anonymous");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let options = MapOptions::new();
    let file = options
        .clone()
        .file_mode(FileMode::CreateNew)
        .name("life")
        .capacity(5_000)
        .map_file(&path)
        .unwrap();
    Map::open("life").unwrap().append_text("file").unwrap();
    assert_eq!(file.read_text().unwrap(), "file");
    anonymous.save(path.with_extension("saved")).unwrap();
}

#[test]
fn maps_work_without_proc() {
    let _alone = common::alone();
    in_namespace(
        "limits::bare_systems::maps_work_without_proc",
        "mount -t tmpfs tmpfs /proc",
        || {
            if !LINUX {
                return assert_whole_life_works();
            }
            let map = Map::create_new("no-proc", 100_000).unwrap();
            map.replace_text("one").unwrap();
            let other = Map::open("no-proc").unwrap();
            other.append_text("two").unwrap();
            assert_eq!(map.read_text().unwrap(), "one\r\ntwo");
            map.view(5, 10, Access::ReadWrite).unwrap();
            drop((map, other));
            assert_fails(Map::open("no-proc"), ErrorKind::NotFound);
            common::assert_nothing_left("no-proc");
            let anonymous = MapOptions::new().create_anonymous(100_000).unwrap();
            anonymous.write_at(b"bytes", 0).unwrap();
            anonymous.view(0, 0, Access::ReadWrite).unwrap();
            // The lock needs a second descriptor, and the map has no name to open it by.
            let error = assert_fails(anonymous.read_text(), ErrorKind::NotSupported);
            assert!(error.message().contains("/proc"), "{error}");
        },
    );
}

/// On a file system that cannot reserve space, the library writes zeros instead.
#[test]
fn maps_work_on_a_file_system_that_cannot_reserve() {
    let _alone = common::alone();
    let setup = "mount -t ramfs ramfs /dev/shm && chmod 1777 /dev/shm";
    in_namespace(
        "limits::bare_systems::maps_work_on_a_file_system_that_cannot_reserve",
        setup,
        || {
            assert_whole_life_works();
            let map = Map::create_new("filled", 3 * MIB + 5).unwrap();
            assert_eq!(map.capacity(), 3 * MIB + 5);
            assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
        },
    );
}
