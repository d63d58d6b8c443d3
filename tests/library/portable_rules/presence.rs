//! The presence of a map, which is a directory with its record. Cleaners may remove the record or the presence.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::object;
use crate::common;
use common::{assert_fails, assert_nothing_left, presence, unique};
use mmf::{Access, ErrorKind, Kind, Map, MapOptions};

/// Whether writing to the map fails because it is read-only.
fn read_only(map: &Map) -> bool {
    map.write_at(b"x", 0).is_err_and(|error| error.kind() == ErrorKind::ReadOnlyMap)
}

#[test]
fn objects_have_the_mark_and_only_their_user_has_access() {
    let _beside = common::beside_others();
    let name = unique("mark");
    let _map = Map::create_new(&name, 64).unwrap();
    assert_eq!(fs::metadata(object(&name)).unwrap().mode() & 0o7777, 0o2600);
    assert_eq!(fs::metadata(presence(&name)).unwrap().mode() & 0o7777, 0o700);
    let gate = presence(&name).parent().unwrap().to_owned();
    assert_eq!(fs::metadata(gate).unwrap().mode() & 0o7777, 0o700);
}

#[test]
fn a_holder_restores_a_removed_record() {
    let _alone = common::alone();
    let name = unique("cleaner");
    let first = MapOptions::new().access(Access::Read).create_new(&name, 5000).unwrap();
    let second = Map::open(&name).unwrap();
    assert!(read_only(&second));
    fs::remove_file(presence(&name).join("record")).unwrap();
    fs::remove_dir(presence(&name)).expect_err("the presence is not empty");
    // Until a holder restores the record, only the object is known.
    let third = Map::open(&name).unwrap();
    assert_eq!(third.capacity(), 5000);
    assert!(!read_only(&third));
    drop(third);
    assert!(
        !presence(&name).join("record").exists(),
        "the record was restored by a handle that does not know it"
    );
    drop(first);
    let third = Map::open(&name).unwrap();
    assert!(read_only(&third));
    drop((second, third));
    assert_nothing_left(&name);
}

#[test]
fn opening_a_named_file_map_fails_until_its_record_is_restored() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "on disk").unwrap();
    let name = unique("lost");
    let map = |name| MapOptions::new().name(name).map_file(&path);
    let first = map(&name).unwrap();
    let second = Map::open(&name).unwrap();
    fs::remove_file(presence(&name).join("record")).unwrap();
    assert_fails(Map::open(&name), ErrorKind::Orphaned);
    assert_fails(map(&name), ErrorKind::AlreadyExists);
    drop(first);
    let third = Map::open(&name).unwrap();
    assert_eq!(third.kind(), Kind::NamedFile);
    assert_eq!(third.read_text().unwrap(), "on disk");
    drop((second, third));
    assert_nothing_left(&name);
}

#[test]
fn a_removed_presence_never_leads_to_a_second_map() {
    let _beside = common::beside_others();
    let name = unique("removed");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("first").unwrap();
    fs::remove_dir_all(presence(&name)).unwrap();
    assert!(map.is_orphaned().unwrap(), "the map is not orphaned");
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    let other = Map::create_or_open(&name, 4096).unwrap();
    assert!(other.is_foreign());
    assert_eq!((other.capacity(), other.read_text().unwrap()), (64, "first".to_owned()));
    mmf::list().unwrap();
    drop((map, other));
    // Its creator is unknown now, so the object is never removed or reset.
    let late = Map::open(&name).unwrap();
    assert_eq!(late.read_text().unwrap(), "first");
    drop(late);
    fs::remove_file(object(&name)).unwrap();
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

#[test]
fn an_old_holder_does_not_remove_a_new_presence() {
    let _beside = common::beside_others();
    let name = unique("again");
    let map = Map::create_new(&name, 64).unwrap();
    fs::remove_dir_all(presence(&name)).unwrap();
    fs::remove_file(object(&name)).unwrap();
    let second = Map::create_new(&name, 128).unwrap();
    // The old holder must not restore its record here.
    fs::remove_file(presence(&name).join("record")).unwrap();
    drop(map);
    assert!(!second.is_orphaned().unwrap());
    assert_eq!(Map::open(&name).unwrap().capacity(), 128);
    drop(second);
    assert_nothing_left(&name);
}

#[test]
fn names_that_differ_in_case_and_long_names_are_distinct() {
    let _beside = common::beside_others();
    let small = unique("case");
    let large = small.to_uppercase();
    let long = format!("{small}{}", "x".repeat(1000));
    let names = [&small, &large, &long, &format!("{long}y")];
    let maps: Vec<Map> = names.iter().map(|name| Map::create_new(name, 64).unwrap()).collect();
    for (name, map) in names.iter().zip(&maps) {
        map.replace_text(name.get(..40).unwrap_or(name)).unwrap();
        let other = Map::open(name).unwrap();
        assert_eq!(other.read_text().unwrap(), name.get(..40).unwrap_or(name));
        assert!(
            mmf::list().unwrap().iter().any(|it| it.name == **name),
            "the map is not listed by its name"
        );
    }
}
