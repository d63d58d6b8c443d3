//! Named maps of files: replaced files, and the order of closing.

use super::path_of;
use crate::common;
use common::step::{at_every_step, words};
use common::{assert_missing, assert_nothing_left, unique};
use mmf::{ErrorKind, Map, MapOptions};

/// An editor may save by renaming another file to the path.
#[test]
fn opening_a_map_whose_file_was_replaced_is_an_error() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "first").unwrap();
    let name = unique("replaced");
    let map = MapOptions::new().name(&name).map_file(&path).unwrap();
    std::fs::write(folder.path().join("new"), "second").unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    let error = Map::open(&name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileReplaced, "{error}");
    assert_eq!(map.read_text().unwrap(), "first");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Map::open(&name).unwrap_err().kind(), ErrorKind::FileReplaced);
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// While the record exists, the file must be open, so that no other file can get its inode number.
#[test]
fn the_record_is_removed_before_the_file_is_closed() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "bytes").unwrap();
    let mut names = Vec::new();
    at_every_step(
        "order of closing a named file map",
        |actor, name| {
            actor.ask(&["map_file", "m", path.to_str().unwrap(), name]).unwrap();
            names.push(name.to_owned());
            words(&["close", "m"])
        },
        |actor, stepped, name, step| {
            let open = std::fs::read_dir(format!("/proc/{}/fd", actor.id()))
                .unwrap()
                .flatten()
                .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to == path));
            assert!(
                open || !path_of(name).exists(),
                "{step}: the file was closed before the record was removed"
            );
            stepped.kill(actor);
        },
    );
}
