//! Names in the namespaces of the kernel, and the list of living maps.

use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::{text, unique};
use mmf::{ErrorKind, Kind, Map, MapOptions};

#[test]
fn local_names_are_the_plain_ones_and_global_names_are_separate() {
    let _beside = common::beside_others();
    let name = unique("space");
    let plain = Map::create_new(&name, 64).unwrap();
    plain.replace_text("local").unwrap();
    let local = Map::open(&format!("Local\\{name}")).unwrap();
    assert_eq!(local.read_text().unwrap(), "local");
    let lock = plain.lock_exclusive(Duration::ZERO).unwrap();
    local.replace_text_with("locked together", &text().lock(&lock)).unwrap();
    assert_eq!(local.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
    drop(lock);

    let global = format!("Global\\{name}");
    match Map::create_new(&global, 64) {
        Ok(global) => {
            global.replace_text("global").unwrap();
            assert_eq!(plain.read_text().unwrap(), "locked together");
            let _lock = plain.lock_exclusive(Duration::ZERO).unwrap();
            global.lock_exclusive(Duration::ZERO).expect("another lock");
        }
        // Session 0 has one namespace for both. In other sessions, global names need a privilege.
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::AccessDenied),
            "{error}"
        ),
    }
}

#[test]
fn names_that_the_kernel_does_not_allow_work() {
    let _alone = common::alone();
    for name in [
        format!("{}\\with\\folders", unique("odd")),
        format!("{}{}", unique("odd"), "a".repeat(1000)),
        format!("{}{}", unique("odd"), "a".repeat(40_000)),
        format!("mmf!{}", unique("odd")),
    ] {
        let map = Map::create_new(&name, 64).unwrap();
        map.replace_text("here").unwrap();
        let mut actor = Actor::start();
        actor.ask(&["open", "m", &name]).unwrap();
        assert_eq!(actor.ask(&["read", "m"]).unwrap(), "here");
    }
}

#[test]
fn living_maps_are_listed() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let (name, file) = (format!("{}\\x", unique("list")), unique("list"));
    let map = Map::create_new(&name, 5000).unwrap();
    let _file = MapOptions::new().name(&file).map_file(&path).unwrap();
    let found = mmf::list().unwrap();
    let find =
        |name: &str| found.iter().find(|it| it.name == name).expect("the map is listed").clone();
    assert_eq!((find(&name).kind, find(&name).capacity), (Kind::Named, map.capacity()));
    assert_eq!((find(&file).kind, find(&file).capacity), (Kind::NamedFile, 7));
    assert_eq!(
        std::fs::canonicalize(find(&file).path.unwrap()).unwrap(),
        std::fs::canonicalize(&path).unwrap()
    );
    drop(map);
    assert!(!mmf::list().unwrap().iter().any(|it| it.name == name));
}
