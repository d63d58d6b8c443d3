//! Maps of files: by path in every file mode, by descriptor, and with a name.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![cfg_attr(unix, allow(unsafe_code, reason = "a test kills a forked child"))]

mod descriptors;
mod exclusive;
mod modes;
mod names;
#[cfg(unix)]
mod truncated;

use std::fs;
use std::path::{Path, PathBuf};

use crate::common;
use common::process::Actor;
use common::{assert_fails, bytes_of, named, text, unique};
use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions, Result};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn missing(&self) -> PathBuf {
        self.0.path().join("missing")
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn map(path: &Path, mode: FileMode, capacity: u64) -> Result<Map> {
    MapOptions::new().file_mode(mode).capacity(capacity).map_file(path)
}

/// A duplicate for a map, which takes ownership of its descriptor.
fn descriptor(file: &fs::File) -> fs::File {
    file.try_clone().unwrap()
}

fn open(path: &Path, read: bool, write: bool) -> fs::File {
    fs::OpenOptions::new().read(read).write(write).open(path).unwrap()
}

#[test]
fn a_file_map_has_the_bytes_and_the_properties_of_its_file() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"bytes of the file");
    let map = Map::map_file(&path).unwrap();
    assert_eq!(map.kind(), Kind::File);
    assert_eq!(map.name(), None);
    assert_eq!(map.capacity(), 17);
    assert_eq!(map.access(), Access::ReadWrite);
    assert!(!map.is_foreign());
    assert!(!map.is_orphaned().unwrap());
    assert!(!map.is_inheritable());
    assert_eq!(fs::canonicalize(map.path().unwrap()).unwrap(), fs::canonicalize(&path).unwrap());
    assert!(map.path().unwrap().is_absolute());
    assert_eq!(bytes_of(&map), b"bytes of the file");
    assert_eq!(map.read_text().unwrap(), "bytes of the file");
}

#[test]
fn writing_to_a_map_writes_to_its_file() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[b'.'; 5_000]);
    let map = Map::map_file(&path).unwrap();
    map.write_at(b"descriptor", 0).unwrap();
    map.view(4_990, 10, Access::ReadWrite).unwrap().write_at(b"the  view!", 0).unwrap();
    map.flush().unwrap();
    let read = fs::read(&path).unwrap();
    assert_eq!(&read[..10], b"descriptor");
    assert_eq!(&read[4_990..], b"the  view!");
    assert_eq!(read.len(), 5_000);
    map.replace_text("now text").unwrap();
    drop(map);
    let read = fs::read(&path).unwrap();
    assert_eq!(&read[..8], b"now text");
    assert!(read[8..].iter().all(|byte| *byte == 0));
    assert_eq!(read.len(), 5_000, "writing changed the length of the file");
}

#[test]
fn a_view_of_a_file_flushes_and_outlives_the_map() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 10_000]);
    let map = Map::map_file(&path).unwrap();
    let view = map.view(5_001, 100, Access::ReadWrite).unwrap();
    drop(map);
    view.write_at(b"late", 0).unwrap();
    view.flush().unwrap();
    drop(view);
    assert_eq!(&fs::read(&path).unwrap()[5_001..5_005], b"late");
}

#[test]
fn private_views_do_not_change_the_file() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"original");
    for access in [Access::CopyOnWrite, Access::Read, Access::ReadWrite] {
        let map = MapOptions::new().access(access).map_file(&path).unwrap();
        let view = map.view(0, 0, Access::CopyOnWrite).unwrap();
        view.write_at(b"changed!", 0).unwrap();
        view.flush().unwrap();
        map.flush().unwrap();
        assert_eq!(bytes_of(&map), b"original");
    }
    assert_eq!(fs::read(&path).unwrap(), b"original");
}

#[test]
fn two_maps_of_a_file_share_memory_and_lock() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 4_096]);
    let one = Map::map_file(&path).unwrap();
    let two = Map::map_file(&path).unwrap();
    one.append_text("one").unwrap();
    two.append_text("two").unwrap();
    assert_eq!(one.read_text().unwrap(), "one\r\ntwo");
    // They also share the lock.
    let lock = one.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(two.lock_exclusive(std::time::Duration::ZERO), ErrorKind::Timeout);
    two.append_text_with("three", &text().lock(&lock)).unwrap();
}
