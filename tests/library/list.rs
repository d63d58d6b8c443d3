//! The list of living maps with names.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use crate::common;
use common::unique;
use mmf::backend::{PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{ErrorKind, Kind, Map, MapInfo, MapOptions, Permissions};

/// The entry of a name in the list. If the system has no list, reports it and returns `None`.
fn listed(name: &str) -> Option<Option<MapInfo>> {
    match mmf::list() {
        Ok(maps) => Some(maps.into_iter().find(|map| map.name == name)),
        Err(error) if error.kind() == ErrorKind::NotSupported => {
            common::not_run("list", error.message());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_living_map_is_listed_with_its_properties() {
    let _beside = common::beside_others();
    let name = unique("list");
    let Some(before) = listed(&name) else { return };
    assert_eq!(before, None);
    let map = Map::create_new(&name, 12_345).unwrap();
    let found = listed(&name).unwrap().unwrap();
    assert_eq!(found.kind, Kind::Named);
    assert_eq!(found.capacity, common::rounded(12_345));
    assert_eq!(found.path, None);
    assert!(!found.foreign);
    if PERMISSION_MODES {
        assert_eq!(found.permissions, map.permissions().unwrap());
        assert_eq!(found.permissions.mode, Some(0o600));
    }
    // Listing a map does not hold it.
    drop(map);
    assert_eq!(listed(&name).unwrap(), None);
    common::assert_nothing_left(&name);
}

#[test]
fn a_named_file_map_is_listed_with_its_path() {
    let _beside = common::beside_others();
    let name = unique("list-file");
    if listed(&name).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "12345").unwrap();
    let map = MapOptions::new().name(&name).map_file(&path).unwrap();
    let found = listed(&name).unwrap().unwrap();
    assert!(!found.foreign);
    if SECURITY_DESCRIPTORS {
        // On Windows, the list does not show the file of a section.
        return;
    }
    assert_eq!(found.kind, Kind::NamedFile);
    assert_eq!(found.capacity, 5);
    assert_eq!(found.path.as_deref(), map.path());
}

#[test]
fn an_anonymous_map_is_not_listed() {
    let _beside = common::beside_others();
    let Some(_) = listed("") else { return };
    let before = mmf::list().unwrap();
    let map = MapOptions::new().create_anonymous(7_777_777).unwrap();
    map.replace_text("x").unwrap();
    let after = mmf::list().unwrap();
    let size = 7_777_777..7_777_777 + (1 << 16);
    assert!(!after.iter().any(|it| size.contains(&it.capacity) && !before.contains(it)));
}

#[test]
fn every_listed_name_opens_its_map() {
    let _beside = common::beside_others();
    let own = unique("odd");
    if listed(&own).is_none() {
        return;
    }
    let names = [
        format!("{own} plain"),
        format!("{own} \u{1f600}\n\t"),
        format!("{own}/slash%2F"),
        format!("sem.{own}"),
        format!("mmf%{own}"),
        format!("mmf#{own}"),
        format!("{own}{}", "long".repeat(200)),
    ];
    let maps: Vec<Map> = names.iter().map(|name| Map::create_new(name, 64).unwrap()).collect();
    let all = mmf::list().unwrap();
    for (number, (name, map)) in names.iter().zip(&maps).enumerate() {
        let mark = format!("{own}:{number}");
        map.replace_text(&mark).unwrap();
        // A very long name may be listed in the hashed form of the system, which opens the map, too.
        let found = all.iter().any(|it| {
            it.capacity == map.capacity()
                && Map::open(&it.name)
                    .is_ok_and(|map| map.read_text().is_ok_and(|text| text == mark))
        });
        assert!(found, "{name:?} is not in the list");
    }
}

#[test]
fn the_list_is_ordered_by_name() {
    let _beside = common::beside_others();
    let Some(_) = listed("") else { return };
    let own = unique("order");
    let _maps: Vec<Map> = ["c", "a", "b"]
        .iter()
        .map(|it| Map::create_new(&format!("{own}{it}"), 64).unwrap())
        .collect();
    let all = mmf::list().unwrap();
    assert!(all.is_sorted_by(|a, b| a.name <= b.name));
    let ours: Vec<&str> =
        all.iter().filter_map(|map| map.name.strip_prefix(own.as_str())).collect();
    assert_eq!(ours, ["a", "b", "c"]);
}

#[test]
fn permissions_are_listed() {
    let _beside = common::beside_others();
    if !PERMISSION_MODES {
        return;
    }
    let name = unique("perm");
    let options = MapOptions::new().permissions(Permissions::new().mode(0o640));
    let map = options.create_new(&name, 64).unwrap();
    let found = listed(&name).unwrap().unwrap();
    assert_eq!(found.permissions.mode, Some(0o640));
    map.set_permissions(&Permissions::new().mode(0o666)).unwrap();
    let found = listed(&name).unwrap().unwrap();
    assert_eq!(found.permissions.mode, Some(0o666));
    assert!(!found.foreign, "the mark of the library is lost");
    assert!(found.permissions.uid.is_some() && found.permissions.gid.is_some());
}

/// Files of other programs in the folder for maps.
#[cfg(unix)]
mod others {
    use mmf::backend::TELLS_FOREIGN;

    use super::*;

    #[test]
    fn foreign_memory_is_listed_as_foreign() {
        let _beside = common::beside_others();
        let name = unique("foreign");
        let Some(path) = common::seen(&name) else { return };
        std::fs::write(&path, "made by another program").unwrap();
        let found = listed(&name).unwrap();
        // The portable back end lists only maps with a presence.
        assert_eq!(found.is_none(), cfg!(mmf_backend = "portable"));
        if let Some(found) = found {
            assert_eq!(found.foreign, TELLS_FOREIGN);
            assert_eq!(found.kind, Kind::Named);
            assert_eq!(found.capacity, 23);
        }
        let map = Map::open(&name).unwrap();
        assert_eq!(map.is_foreign(), TELLS_FOREIGN);
        assert_eq!(map.read_text().unwrap(), "made by another program");
        drop(map);
        assert!(path.exists(), "the foreign object was removed");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn files_that_are_not_maps_are_not_listed() {
        let _beside = common::beside_others();
        let name = unique("nomap");
        let Some(path) = common::seen(&name) else { return };
        let semaphore = path.with_file_name(format!("sem.{name}"));
        let link = path.with_file_name(format!("{name}-link"));
        let empty = path.with_file_name(format!("{name}-empty"));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(&semaphore, "a semaphore").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        std::fs::write(&empty, "").unwrap();
        let all = mmf::list();
        for path in [&semaphore, &link, &empty] {
            std::fs::remove_file(path).unwrap();
        }
        std::fs::remove_dir(&path).unwrap();
        assert!(!all.unwrap().iter().any(|map| map.name.contains(&name)));
    }
}
