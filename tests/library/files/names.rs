//! Maps of files with a name.

use super::*;

#[test]
fn a_named_file_map_is_opened_by_its_name() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 4_096]);
    let name = unique("named");
    let options = MapOptions::new();
    let map = options.clone().name(&name).capacity(10_000).map_file(&path).unwrap();
    assert_eq!(map.kind(), Kind::NamedFile);
    assert_eq!(map.name(), Some(name.as_str()));
    assert_eq!(map.capacity(), 10_000);
    assert!(!map.is_foreign());
    assert!(!map.is_orphaned().unwrap());
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.kind(), Kind::NamedFile);
    assert_eq!(opened.capacity(), 10_000, "the capacity is the length of the file");
    opened.append_text("by name").unwrap();
    assert_eq!(map.read_text().unwrap(), "by name");
    drop(map);
    // A process that opened the map holds it.
    assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "by name");
    drop(opened);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
    assert_eq!(&fs::read(&path).unwrap()[..7], b"by name");
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);
}

#[test]
fn a_named_file_map_for_reading_stays_read_only() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"read only");
    let name = unique("named-ro");
    let read = MapOptions::new().access(Access::Read);
    let _map = read.clone().name(&name).map_file(&path).unwrap();
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.read_text().unwrap(), "read only");
    assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
    assert_fails(opened.write_at(b"x", 0), ErrorKind::ReadOnlyMap);
    assert_eq!(fs::read(&path).unwrap(), b"read only");
}

#[test]
fn a_named_file_map_is_never_seen_before_its_file_has_grown() {
    let _beside = common::beside_others();
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    const CAPACITY: u64 = 40_000;
    let folder = Folder::new();
    let name = unique("grown");
    let (done, seen) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                if let Ok(map) = Map::open(&name) {
                    // No panic here, because the creator would not end. The numbers are checked below.
                    let whole = map.read_at(&mut [0], CAPACITY - 1).is_ok();
                    seen.fetch_add(if whole { 1 } else { 1 << 24 }, Relaxed);
                }
            }
        });
        let options = MapOptions::new();
        for round in 0..20_000 {
            let path = folder.0.path().join(round.to_string());
            drop(
                options
                    .clone()
                    .file_mode(FileMode::Create)
                    .name(&name)
                    .capacity(CAPACITY)
                    .map_file(&path),
            );
            let enough = round >= 300 && seen.load(Relaxed) > 0;
            if enough {
                break;
            }
        }
        done.store(true, Relaxed);
    });
    let seen = seen.into_inner();
    assert!(seen > 0, "the map was never opened");
    assert!(seen < 1 << 24, "the file had not grown yet");
}

/// An editor that saves a file may replace it. Windows does not allow replacing a mapped file.
#[cfg(unix)]
#[test]
fn a_replaced_file_is_reported_as_replaced() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"old");
    let name = unique("replaced");
    let options = MapOptions::new();
    let map = options.clone().name(&name).map_file(&path).unwrap();
    let new = folder.file("new", b"new");
    fs::rename(&new, &path).unwrap();
    let error = assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    assert!(error.message().contains("file"), "{error}");
    assert_fails(Map::create_or_open(&name, 10), ErrorKind::FileReplaced);
    assert_fails(Map::create_new(&name, 10), ErrorKind::AlreadyExists);
    fs::remove_file(&path).unwrap();
    assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    fs::create_dir(&path).unwrap();
    assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    // Its holder can still use it.
    assert_eq!(map.read_text().unwrap(), "old");
    drop(map);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}
