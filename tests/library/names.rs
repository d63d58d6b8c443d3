//! Names: which ones are used verbatim, escaped or refused, and what happens if another file has the name.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use crate::common;
use common::{assert_fails, assert_nothing_left, seen, unique};
use mmf::backend::{FOLDER, SECURITY_DESCRIPTORS};
use mmf::{ErrorKind, Kind, Map, MapOptions};

/// Asserts that a map with this name can be created and opened.
#[track_caller]
fn assert_works(name: &str) {
    let map = Map::create_new(name, 64).unwrap();
    assert_eq!(map.name(), Some(name));
    map.replace_text("by name").unwrap();
    assert_eq!(Map::open(name).unwrap().read_text().unwrap(), "by name");
    assert_eq!(Map::create_or_open(name, 1).unwrap().read_text().unwrap(), "by name");
    assert_fails(Map::create_new(name, 64), ErrorKind::AlreadyExists);
    drop(map);
    assert_fails(Map::open(name), ErrorKind::NotFound);
}

#[test]
fn odd_names_work() {
    let _beside = common::beside_others();
    let own = unique("odd");
    for odd in [
        format!("{own} with spaces"),
        format!(" {own} "),
        format!("{own}\ttab"),
        format!("{own}\rcr"),
        format!("{own}\nlf"),
        format!("{own} \u{1f600}\u{1f468}\u{200d}\u{1f469}"),
        format!("{own} \u{e4}\u{df}\u{4e2d}"),
        format!("local/{own}"),
        format!("global/{own}"),
        format!("/{own}"),
        format!("{own}/"),
        format!("a/../{own}"),
        format!("../../tmp/{own}"),
        format!(".{own}"),
        format!("..{own}"),
        format!("-{own}"),
        format!("{own}%2F"),
        format!("{own}:*?\"<>|"),
        format!("mmf%{own}"),
        format!("mmf#{own}"),
        format!("sem.{own}"),
    ] {
        assert_works(&odd);
    }
}

#[test]
fn names_of_one_space_or_control_character_work() {
    let _beside = common::beside_others();
    // These names cannot be unique, so other processes may have maps with them: create or open.
    for name in [" ", "\t", "\r", "\n"] {
        let map = Map::create_or_open(name, 64).unwrap();
        assert_eq!(map.name(), Some(name));
        assert_eq!(Map::open(name).unwrap().capacity(), map.capacity());
    }
}

#[test]
fn long_names_work_and_are_distinct() {
    let _beside = common::beside_others();
    let own = unique("long");
    for length in [255, 256, 1_000, 10_000] {
        let name = format!("{own}{}", "a".repeat(length - own.len()));
        assert_works(&name);
        // In bytes, these names are even longer.
        assert_works(&format!("{own}{}", "\u{1f600}".repeat(length / 4)));
        let map = Map::create_new(&name, 64).unwrap();
        map.replace_text("a").unwrap();
        let other = Map::create_new(&format!("{name}a"), 64).unwrap();
        other.replace_text("b").unwrap();
        assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "a");
    }
}

#[test]
fn different_names_are_different_maps() {
    let _beside = common::beside_others();
    let own = unique("differ");
    let names = [
        format!("{own}a/b"),
        format!("{own}a%2Fb"),
        format!("{own}a%252Fb"),
        format!("{own}a/%2Fb"),
        format!("{own}a%2F/b"),
        format!("mmf%{own}a%2Fb"),
        format!("mmf%mmf%{own}a%2Fb"),
        format!("{own}A/b"),
        format!("{own}a/b "),
        // Composed and decomposed characters are not the same.
        format!("{own}\u{e9}"),
        format!("{own}e\u{301}"),
        format!("local\\{own}"),
    ];
    let names: Vec<&String> =
        // Windows allows a backslash only in prefixes.
        names.iter().filter(|name| !SECURITY_DESCRIPTORS || !name.contains('\\')).collect();
    let maps: Vec<Map> = names.iter().map(|name| Map::create_new(name, 64).unwrap()).collect();
    for (number, map) in maps.iter().enumerate() {
        map.replace_text(&number.to_string()).unwrap();
    }
    for (number, name) in names.iter().enumerate() {
        let text = Map::open(name).unwrap().read_text().unwrap();
        assert_eq!(text, number.to_string(), "{name}");
    }
}

#[test]
fn a_name_with_a_prefix_refers_to_the_map_without_it() {
    let _beside = common::beside_others();
    let own = unique("prefix");
    let map = Map::create_new(&own, 64).unwrap();
    map.replace_text("one").unwrap();
    // On Windows, the other prefix stands for another namespace.
    let same = if SECURITY_DESCRIPTORS { &["Local\\"][..] } else { &["Local\\", "Global\\"] };
    for prefix in same {
        let name = format!("{prefix}{own}");
        let opened = Map::open(&name).unwrap();
        assert_eq!(opened.name(), Some(name.as_str()));
        assert_eq!(opened.read_text().unwrap(), "one");
        assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    }
    drop(map);
    for prefix in same {
        assert_works(&format!("{prefix}{own}"));
    }
    assert_nothing_left(&own);
}

#[test]
fn invalid_names_are_refused_on_every_system() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "text").unwrap();
    for name in
        ["", "a\0b", "\0", "Local\\", "Global\\", ".", "..", "Local\\.", "Local\\..", "Global\\."]
    {
        let options = MapOptions::new();
        assert_fails(options.create_new(name, 64), ErrorKind::InvalidArgument);
        assert_fails(options.create_or_open(name, 64), ErrorKind::InvalidArgument);
        assert_fails(options.open(name), ErrorKind::InvalidArgument);
        let file = options.clone().name(name).map_file(&path);
        assert_fails(file, ErrorKind::InvalidArgument);
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"text");
}

#[test]
fn short_plain_names_are_used_verbatim() {
    let _beside = common::beside_others();
    let Some(path) = seen("x") else { return };
    for what in ["plain", "with space", "50%", "\u{e4}"] {
        let name = unique(what);
        let path = path.with_file_name(&name);
        let map = Map::create_new(&name, 64).unwrap();
        assert!(path.symlink_metadata().is_ok(), "{} is not there", path.display());
        drop(map);
        assert!(path.symlink_metadata().is_err());
    }
}

#[test]
fn memory_and_file_maps_share_one_namespace() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "on disk").unwrap();
    let name = unique("one-space");
    let options = MapOptions::new();

    let memory = Map::create_new(&name, 64).unwrap();
    let taken = options.clone().name(&name).capacity(4_096).map_file(&path);
    assert_fails(taken, ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read(&path).unwrap(), b"on disk", "the file grew although the call failed");
    drop(memory);

    let file = options.clone().name(&name).map_file(&path).unwrap();
    assert_eq!(file.kind(), Kind::NamedFile);
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    let again = options.clone().name(&name).map_file(&path);
    assert_fails(again, ErrorKind::AlreadyExists);
    for opened in [Map::open(&name).unwrap(), Map::create_or_open(&name, 64).unwrap()] {
        assert_eq!(opened.read_text().unwrap(), "on disk");
    }
    drop(file);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    Map::create_new(&name, 64).unwrap();
}

/// A folder, a FIFO, a socket or a link with the name of a map, by attack or by mistake.
#[cfg(unix)]
mod squatters {
    use super::*;
    use std::path::Path;

    #[track_caller]
    fn assert_refused(what: &str, plant: impl FnOnce(&Path)) {
        let name = unique(what);
        let Some(path) = seen(&name) else { return };
        plant(&path);
        let found = path.symlink_metadata().unwrap();
        let options = MapOptions::new();
        for (how, result) in [
            ("create_new", options.create_new(&name, 64)),
            ("create_or_open", options.create_or_open(&name, 64)),
            ("open", options.open(&name)),
            ("open for reading", options.clone().access(mmf::Access::Read).open(&name)),
        ] {
            let error = result.expect_err(how);
            assert_eq!(error.kind(), ErrorKind::NotAMap, "{how}: {error}");
            assert!(error.message().contains(&name), "{error}");
        }
        use std::os::unix::fs::MetadataExt;
        let left = path.symlink_metadata().expect("the foreign file still exists");
        assert_eq!((left.ino(), left.mode()), (found.ino(), found.mode()));
        if left.is_dir() {
            std::fs::remove_dir(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_folder_with_the_name_is_refused() {
        let _beside = common::beside_others();
        assert_refused("folder", |path| std::fs::create_dir(path).unwrap());
    }

    #[test]
    fn a_fifo_with_the_name_is_refused_without_waiting() {
        let _beside = common::beside_others();
        assert_refused("pipe", common::make_pipe);
    }

    #[test]
    fn a_socket_with_the_name_is_refused() {
        let _beside = common::beside_others();
        assert_refused("sock", |path| {
            std::os::unix::net::UnixListener::bind(path).unwrap();
        });
    }

    #[test]
    fn a_link_with_the_name_is_not_followed() {
        let _beside = common::beside_others();
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        std::fs::write(&target, "precious").unwrap();
        assert_refused("link", |path| std::os::unix::fs::symlink(&target, path).unwrap());
        assert_eq!(std::fs::read(&target).unwrap(), b"precious");
        // A dangling link must not create its target.
        let missing = folder.path().join("missing");
        assert_refused("dangling", |path| std::os::unix::fs::symlink(&missing, path).unwrap());
        assert!(!missing.exists());
    }

    #[test]
    fn a_link_to_a_living_map_is_not_followed() {
        let _beside = common::beside_others();
        let name = unique("target");
        let _map = Map::create_new(&name, 64).unwrap();
        assert_refused("aside", |path| std::os::unix::fs::symlink(&name, path).unwrap());
    }
}

#[test]
fn the_folder_for_maps_exists() {
    let _beside = common::beside_others();
    // If the folder is missing, half of these tests test nothing.
    if let Some(folder) = FOLDER {
        assert!(std::path::Path::new(folder).is_dir());
    }
}
