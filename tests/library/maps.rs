//! Maps in memory: creating and opening them, their properties, and their handles.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::time::{Duration, Instant};

use crate::common;
use common::{assert_capacity, assert_fails, assert_nothing_left, bytes_of, seen, unique};
use mmf::backend::{PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{Access, ErrorKind, Kind, Map, MapOptions, Rights};

/// The accesses without execution that a map can be created with.
const CREATABLE: [Access; 3] = [Access::ReadWrite, Access::Read, Access::CopyOnWrite];

#[test]
fn a_new_map_is_zeroed_and_has_the_requested_properties() {
    let _beside = common::beside_others();
    let name = unique("new");
    let map = Map::create_new(&name, 10_000).unwrap();
    assert_eq!(map.kind(), Kind::Named);
    assert_eq!(map.name(), Some(name.as_str()));
    assert_eq!(map.path(), None);
    assert_capacity(&map, 10_000);
    assert_eq!(map.access(), Access::ReadWrite);
    assert_eq!(map.rights(), Rights::READ | Rights::WRITE);
    assert!(!map.is_foreign());
    assert!(!map.is_orphaned().unwrap());
    assert!(!map.is_inheritable());
    if PERMISSION_MODES {
        assert_eq!(map.permissions().unwrap().mode, Some(0o600));
    }
    assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
}

#[test]
fn an_anonymous_map_is_not_shared() {
    let _beside = common::beside_others();
    let first = MapOptions::new().create_anonymous(5_000).unwrap();
    let second = MapOptions::new().create_anonymous(5_000).unwrap();
    assert_eq!(first.kind(), Kind::Anonymous);
    assert_eq!(first.name(), None);
    assert_eq!(first.path(), None);
    assert_capacity(&first, 5_000);
    assert!(!first.is_foreign());
    assert!(!first.is_orphaned().unwrap());
    first.write_at(b"x", 4_999).unwrap();
    assert!(bytes_of(&second).iter().all(|byte| *byte == 0));
    assert_eq!(bytes_of(&first)[4_999], b'x');
}

#[test]
fn create_new_fails_while_the_map_lives_and_changes_nothing() {
    let _beside = common::beside_others();
    let name = unique("exists");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("first").unwrap();
    // Whatever the options are, the name exists.
    for capacity in [1, 64, 1 << 20, 1 << 30] {
        let error = assert_fails(Map::create_new(&name, capacity), ErrorKind::AlreadyExists);
        assert!(error.message().contains(&name), "{error}");
    }
    for access in CREATABLE {
        assert_fails(
            MapOptions::new().access(access).create_new(&name, 64),
            ErrorKind::AlreadyExists,
        );
    }
    assert_eq!(map.read_text().unwrap(), "first");
    // The failed calls hold nothing.
    drop(map);
    assert_nothing_left(&name);
    Map::create_new(&name, 64).unwrap();
}

#[test]
fn create_or_open_opens_an_existing_map_whatever_the_options_are() {
    let _beside = common::beside_others();
    let name = unique("either");
    let first = Map::create_or_open(&name, 1_000).unwrap();
    assert_capacity(&first, 1_000);
    first.replace_text("first").unwrap();
    for options in [
        MapOptions::new(),
        MapOptions::new().delay_allocation(true),
        MapOptions::new().access(Access::Read),
        MapOptions::new().access(Access::CopyOnWrite),
        MapOptions::new().access(Access::Write),
    ] {
        for capacity in [1, 1_000, 1 << 30] {
            let again = options.create_or_open(&name, capacity).unwrap();
            assert_eq!(again.capacity(), first.capacity(), "{options:?}");
            assert_eq!(again.kind(), Kind::Named);
        }
    }
    let again = MapOptions::new().access(Access::Read).create_or_open(&name, 1).unwrap();
    assert_eq!(again.access(), Access::Read);
    assert_eq!(again.read_text().unwrap(), "first");
}

#[test]
fn open_finds_only_living_maps() {
    let _beside = common::beside_others();
    let name = unique("open");
    let error = assert_fails(Map::open(&name), ErrorKind::NotFound);
    assert!(error.message().contains("No process holds"), "{error}");
    assert!(error.message().contains(&name), "{error}");
    let map = Map::create_new(&name, 300).unwrap();
    let other = Map::open(&name).unwrap();
    assert_eq!(other.name(), Some(name.as_str()));
    assert_eq!(other.capacity(), map.capacity());
    assert_eq!(other.kind(), Kind::Named);
    assert!(!other.is_foreign());
    map.write_at(b"!", 299).unwrap();
    let mut byte = [0];
    other.read_at(&mut byte, 299).unwrap();
    assert_eq!(byte, *b"!");
}

#[test]
fn a_name_can_be_reused_and_the_new_map_is_zeroed() {
    let _beside = common::beside_others();
    let name = unique("reuse");
    for round in 0..10_u8 {
        let map = Map::create_new(&name, 4_096 + u64::from(round)).unwrap();
        assert!(bytes_of(&map).iter().all(|byte| *byte == 0), "round {round}");
        map.fill(0, map.capacity(), 0xAB).unwrap();
    }
    assert_nothing_left(&name);
}

#[test]
fn a_hundred_maps_work_at_the_same_time() {
    let _beside = common::beside_others();
    let maps: Vec<Map> =
        (0..100).map(|_| Map::create_new(&unique("many"), 4_096).unwrap()).collect();
    for (number, map) in maps.iter().enumerate() {
        map.replace_text(&number.to_string()).unwrap();
    }
    for (number, map) in maps.iter().enumerate() {
        let other = Map::open(map.name().unwrap()).unwrap();
        assert_eq!(other.read_text().unwrap(), number.to_string());
    }
}

#[test]
fn every_valid_combination_of_options_works() {
    let _beside = common::beside_others();
    for capacity in [1, 256, 4_096, 10_000] {
        for access in CREATABLE {
            for delayed in [false, true] {
                for inheritable in [false, true] {
                    let options = MapOptions::new()
                        .access(access)
                        .delay_allocation(delayed)
                        .inheritable(inheritable);
                    let name = unique("combi");
                    let check = |map: Map| {
                        assert_capacity(&map, capacity);
                        assert_eq!(map.access(), access);
                        assert_eq!(map.is_inheritable(), inheritable);
                        assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
                        let view = map.view(0, 0, Access::Read).unwrap();
                        assert_eq!(view.len() as u64, map.capacity());
                    };
                    check(options.create_new(&name, capacity).unwrap());
                    check(options.create_or_open(&name, capacity).unwrap());
                    check(options.create_anonymous(capacity).unwrap());
                }
            }
        }
    }
}

#[test]
fn an_executable_map_works_or_is_refused_at_creation() {
    let _beside = common::beside_others();
    for access in [Access::ReadExecute, Access::ReadWriteExecute] {
        let name = unique("exec");
        match MapOptions::new().access(access).create_new(&name, 4_096) {
            Ok(map) => {
                assert_eq!(map.access(), access);
                map.view(0, 0, access).unwrap();
                if access == Access::ReadExecute {
                    assert_fails(map.view(0, 0, Access::Write), ErrorKind::AccessDenied);
                }
            }
            // A policy of this machine forbids it, at creation and not only at the first view.
            Err(error) => assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}"),
        }
        assert_nothing_left(&name);
    }
}

#[test]
fn a_handle_is_limited_to_the_rights_that_it_was_opened_with() {
    let _beside = common::beside_others();
    let name = unique("limited");
    let map = Map::create_new(&name, 4_096).unwrap();
    map.replace_text("text").unwrap();
    for (rights, access, views) in [
        (Rights::READ, Access::Read, &[Access::Read, Access::CopyOnWrite][..]),
        (Rights::WRITE, Access::Write, &[Access::Write]),
        (
            Rights::READ_WRITE,
            Access::ReadWrite,
            &[Access::ReadWrite, Access::Read, Access::Write, Access::CopyOnWrite],
        ),
        (Rights::COPY_ON_WRITE, Access::CopyOnWrite, &[Access::Read, Access::CopyOnWrite]),
        // Together with other rights, the right to copy has no effect, as on Windows.
        (Rights::COPY_ON_WRITE | Rights::READ_PERMISSIONS, Access::CopyOnWrite, &[]),
        (Rights::COPY_ON_WRITE | Rights::WRITE, Access::Write, &[Access::Write]),
    ] {
        let opened = MapOptions::new().rights(rights).open(&name).unwrap();
        assert_eq!(opened.access(), access);
        assert_eq!(opened.rights(), rights);
        for view in [Access::ReadWrite, Access::Read, Access::Write, Access::CopyOnWrite] {
            if views.contains(&view) {
                opened.view(0, 0, view).unwrap();
            } else {
                assert_fails(opened.view(0, 0, view), ErrorKind::AccessDenied);
            }
        }
        if rights.contains(Rights::READ) {
            assert_eq!(opened.read_text().unwrap(), "text");
        } else {
            assert_fails(opened.read_text(), ErrorKind::AccessDenied);
            assert_fails(opened.read_at(&mut [0], 0), ErrorKind::AccessDenied);
            assert_fails(opened.content_length(), ErrorKind::AccessDenied);
            assert_fails(opened.read_bytes(), ErrorKind::AccessDenied);
        }
        if !rights.contains(Rights::WRITE) {
            let error = assert_fails(opened.write_at(b"x", 0), ErrorKind::AccessDenied);
            assert!(error.message().contains(&name), "{error}");
            assert_fails(opened.fill(0, 1, b'x'), ErrorKind::AccessDenied);
            assert_fails(opened.replace_text("x"), ErrorKind::AccessDenied);
            assert_fails(opened.append_text("x"), ErrorKind::AccessDenied);
        }
    }
    assert_eq!(map.read_text().unwrap(), "text");
}

#[test]
fn every_right_of_dotnet_opens_the_map() {
    let _beside = common::beside_others();
    let name = unique("rights");
    let _map = Map::create_new(&name, 4_096).unwrap();
    for rights in [
        Rights::COPY_ON_WRITE,
        Rights::WRITE,
        Rights::READ,
        Rights::READ_WRITE,
        Rights::READ_PERMISSIONS,
        Rights::READ | Rights::DELETE,
        Rights::READ | Rights::CHANGE_PERMISSIONS,
        Rights::READ | Rights::TAKE_OWNERSHIP,
    ] {
        let opened = MapOptions::new().rights(rights).open(&name).unwrap();
        assert_eq!(opened.rights(), rights);
    }
}

/// On Windows, this needs a privilege that only administrators have. Wine gives it to everyone.
#[test]
fn the_right_to_audit_rules_is_refused_on_systems_without_them() {
    let _beside = common::beside_others();
    if SECURITY_DESCRIPTORS {
        return;
    }
    let name = unique("audit");
    let options = MapOptions::new().rights(Rights::READ | Rights::ACCESS_SYSTEM_SECURITY);
    assert_fails(options.open(&name), ErrorKind::NotFound);
    let _map = Map::create_new(&name, 64).unwrap();
    let error = assert_fails(options.open(&name), ErrorKind::Io);
    assert!(error.message().contains("AccessSystemSecurity"), "{error}");
}

#[test]
fn a_map_that_was_created_read_only_is_read_only_for_everyone() {
    let _beside = common::beside_others();
    let name = unique("ro");
    let created = MapOptions::new().access(Access::Read).create_new(&name, 4_096).unwrap();
    assert_fails(created.view(0, 0, Access::ReadWrite), ErrorKind::AccessDenied);
    assert_fails(created.write_at(b"x", 0), ErrorKind::AccessDenied);
    // As on Windows, opening it for writing succeeds, and only writing fails.
    for opened in [Map::open(&name).unwrap(), Map::create_or_open(&name, 1).unwrap()] {
        assert_eq!(opened.access(), Access::ReadWrite);
        assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
        assert_fails(opened.view(0, 0, Access::Write), ErrorKind::ReadOnlyMap);
        assert_fails(opened.write_at(b"x", 0), ErrorKind::ReadOnlyMap);
        assert_fails(opened.fill(0, 1, 1), ErrorKind::ReadOnlyMap);
        assert_fails(opened.replace_text("x"), ErrorKind::ReadOnlyMap);
        assert_fails(opened.append_text("x"), ErrorKind::ReadOnlyMap);
        opened.view(0, 0, Access::Read).unwrap();
        let copy = opened.view(0, 0, Access::CopyOnWrite).unwrap();
        copy.write_at(b"mine", 0).unwrap();
        assert_eq!(opened.read_text().unwrap(), "");
    }
}

#[test]
fn a_delayed_map_works_like_any_other() {
    let _beside = common::beside_others();
    let name = unique("delayed");
    let map = MapOptions::new().delay_allocation(true).create_new(&name, 1 << 20).unwrap();
    map.write_at(b"end", (1 << 20) - 3).unwrap();
    map.view(1 << 19, 6, Access::ReadWrite).unwrap().write_at(b"middle", 0).unwrap();
    map.replace_text("begin").unwrap();
    let other = Map::open(&name).unwrap();
    // Replacing removed all old bytes.
    assert_eq!(other.read_text().unwrap(), "begin");
    assert_eq!(other.content_length().unwrap(), 5);
}

#[test]
fn waiting_for_a_map_ends_with_the_map_or_after_the_time_out() {
    let _beside = common::beside_others();
    let name = unique("waiting");
    let before = Instant::now();
    let wait = Duration::from_millis(60);
    assert_fails(MapOptions::new().wait(wait).open(&name), ErrorKind::NotFound);
    assert!(before.elapsed() >= wait, "it did not wait");

    std::thread::scope(|scope| {
        let waiter =
            scope.spawn(|| MapOptions::new().wait(Duration::from_secs(600)).open(&name).unwrap());
        let map = Map::create_new(&name, 64).unwrap();
        let waited = waiter.join().unwrap();
        map.replace_text("came").unwrap();
        assert_eq!(waited.read_text().unwrap(), "came");
    });
}

#[test]
fn an_invalid_name_is_not_waited_for() {
    let _beside = common::beside_others();
    let forever = MapOptions::new().wait(Duration::MAX);
    assert_fails(forever.open(""), ErrorKind::InvalidArgument);
}

#[test]
fn inheritance_can_be_changed() {
    let _beside = common::beside_others();
    for inheritable in [false, true] {
        let options = MapOptions::new().inheritable(inheritable);
        for map in [
            options.create_new(&unique("heir"), 64).unwrap(),
            options.create_anonymous(64).unwrap(),
        ] {
            assert_eq!(map.is_inheritable(), inheritable);
            map.set_inheritable(!inheritable).unwrap();
            assert_eq!(map.is_inheritable(), !inheritable);
            map.set_inheritable(inheritable).unwrap();
            assert_eq!(map.is_inheritable(), inheritable);
        }
    }
    let name = unique("heir");
    let _map = Map::create_new(&name, 64).unwrap();
    assert!(MapOptions::new().inheritable(true).open(&name).unwrap().is_inheritable());
    assert!(!Map::open(&name).unwrap().is_inheritable());
}

#[test]
fn maps_can_be_used_and_closed_by_any_thread() {
    let _beside = common::beside_others();
    fn shared<T: Send + Sync>() {}
    shared::<Map>();
    shared::<mmf::View>();
    shared::<mmf::ContentLock>();

    let name = unique("threads");
    let map = Map::create_new(&name, 4_096).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8_u64 {
            let (map, name) = (&map, &name);
            scope.spawn(move || {
                for _ in 0..50 {
                    let other = Map::open(name).unwrap();
                    other.write_at(&number.to_le_bytes(), number * 8).unwrap();
                    let mut bytes = [0; 8];
                    map.read_at(&mut bytes, number * 8).unwrap();
                    assert_eq!(u64::from_le_bytes(bytes), number);
                }
            });
        }
    });
    std::thread::spawn(move || drop(map)).join().unwrap();
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    assert_nothing_left(&name);
}

#[test]
fn creating_opening_and_closing_at_the_same_time_gives_only_expected_errors() {
    let _beside = common::beside_others();
    let name = unique("churn");
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let name = &name;
            scope.spawn(move || {
                for round in 0..200 {
                    let result = match (thread + round) % 3 {
                        0 => Map::create_new(name, 128),
                        1 => Map::open(name),
                        _ => Map::create_or_open(name, 128),
                    };
                    match result {
                        Ok(map) => assert_capacity(&map, 128),
                        Err(error) => {
                            let expected = [ErrorKind::AlreadyExists, ErrorKind::NotFound];
                            assert!(expected.contains(&error.kind()), "{error}");
                        }
                    }
                }
            });
        }
    });
    assert_nothing_left(&name);
}

#[test]
fn the_last_close_leaves_nothing_behind() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "file").unwrap();
    for round in 0..200 {
        let name = unique("close");
        let first = match round % 3 {
            0 => Map::create_new(&name, 64).unwrap(),
            1 => Map::create_or_open(&name, 64).unwrap(),
            _ => MapOptions::new().name(&name).map_file(&path).unwrap(),
        };
        let second = Map::open(&name).unwrap();
        assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
        let view = first.view(0, 0, Access::ReadWrite).unwrap();
        drop(first);
        assert!(Map::open(&name).is_ok(), "round {round}");
        drop(second);
        if let Some(path) = seen(&name) {
            assert!(!path.exists(), "round {round}");
        }
        drop(view);
    }
}

#[test]
fn a_duplicate_descriptor_refers_to_the_memory() {
    let _beside = common::beside_others();
    let name = unique("dup");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("through the map").unwrap();
    let duplicate = map.duplicate_descriptor().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileExt;
        let mut bytes = [0; 15];
        let file = std::fs::File::from(duplicate);
        // Where the system cannot read memory through a descriptor, this is `ENOTSUP`.
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => assert_eq!(&bytes, b"through the map"),
            Err(_) if !mmf::backend::EXACT_SIZES => {}
            Err(error) => panic!("{error}"),
        }
        // It refers to the memory, but does not hold the name.
        drop(map);
        assert_fails(Map::open(&name), ErrorKind::NotFound);
        assert_nothing_left(&name);
    }
    #[cfg(windows)]
    {
        drop(map);
        Map::open(&name).expect("a handle holds the section");
        drop(duplicate);
        assert_fails(Map::open(&name), ErrorKind::NotFound);
    }
}
