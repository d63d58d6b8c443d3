//! The cost of maps: memory, descriptors and threads.

use std::fs;
use std::os::unix::fs::MetadataExt;

use mmf::{Access, ErrorKind, Map, MapOptions, SaveOptions, SavePart};

use crate::common;
use crate::common::{assert_fails, seen, unique};
use crate::limits::{LINUX, MIB, in_child};

#[test]
fn memory_is_reserved_at_creation_and_kept() {
    let _alone = common::alone();
    let name = unique("blocks");
    let Some(path) = seen(&name) else { return };
    let map = Map::create_new(&name, 8 * MIB).unwrap();
    let reserved = || fs::metadata(&path).unwrap().blocks() * 512;
    if !LINUX && reserved() == 0 {
        return;
    }
    assert_eq!(reserved(), 8 * MIB);
    map.replace_text(&"long ".repeat(1 << 20)).unwrap();
    map.replace_text("short").unwrap();
    assert_eq!(reserved(), 8 * MIB);
    map.fill(0, 8 * MIB, 0xFF).unwrap();
    map.replace_text("").unwrap();
    assert_eq!(map.content_length().unwrap(), 0);
    map.fill(0, 8 * MIB, 0).unwrap();
    map.append_text("x").unwrap();
    map.read_text().unwrap();
    assert_eq!(reserved(), 8 * MIB);
}

#[test]
fn a_delayed_map_of_64_gib_costs_only_its_content() {
    let _alone = common::alone();
    let name = unique("delayed");
    let Some(path) = seen(&name).filter(|_| LINUX) else { return };
    let delayed = MapOptions::new().delay_allocation(true);
    if cfg!(target_pointer_width = "32") {
        assert_fails(delayed.create_new(&name, 64 << 30), ErrorKind::OutOfRange);
        return;
    }
    let map = delayed.create_new(&name, 64 << 30).unwrap();
    assert_eq!(map.capacity(), 64 << 30);
    map.append_text("a line").unwrap();
    map.append_text("and another").unwrap();
    // Reading all its bytes would take minutes, and all the memory.
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.read_text().unwrap(), "a line\r\nand another");
    assert_eq!(opened.content_length().unwrap(), 19);
    map.write_at(b"!", (64 << 30) - 1).unwrap();
    assert_eq!(opened.read_text().unwrap(), "a line\r\nand another!");
    opened.replace_text("short").unwrap();
    assert_eq!(opened.content_length().unwrap(), 5);
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    opened.save_with(&saved, &SaveOptions::new().part(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&saved).unwrap(), b"short");
    assert!(fs::metadata(&path).unwrap().blocks() * 512 <= 16 * 1024);
}

#[test]
fn a_handle_costs_few_descriptors_and_no_thread() {
    let _alone = common::alone();
    const TEST: &str = "limits::cost::a_handle_costs_few_descriptors_and_no_thread";
    in_child(TEST, "true", || {
        let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![0; 4_096]).unwrap();
        let name = unique("cost");
        let (descriptors, threads) = (count("fd"), count("task"));
        let descriptors_of = |map: &Map| {
            map.append_text("text").unwrap();
            map.read_text().unwrap();
            let _views: Vec<_> =
                (0..10).map(|_| map.view(0, 0, Access::ReadWrite).unwrap()).collect();
            count("fd") - descriptors
        };
        let map = Map::create_new(&name, 4_096).unwrap();
        // The portable back end has the lock in a separate file, which is open once for the handle and once for its
        // use, in a directory that must not be swept. It also keeps the file for watchers open, because it may not be
        // able to open the file later.
        let (file, directory, watching) = if LINUX { (0, 0, 0) } else { (1, 1, 1) };
        // The memory, the presence and the lock.
        assert!(descriptors_of(&map) <= 3 + file + watching, "named: {}", descriptors_of(&map));
        drop(map);
        let map = MapOptions::new().create_anonymous(4_096).unwrap();
        assert!(
            descriptors_of(&map) <= 2 + file + directory,
            "anonymous: {}",
            descriptors_of(&map)
        );
        drop(map);
        let map = Map::map_file(&path).unwrap();
        assert!(descriptors_of(&map) <= 2 + file + directory, "file: {}", descriptors_of(&map));
        drop(map);
        // One more, because it has a name and a file.
        let map = MapOptions::new().name(&name).map_file(&path).unwrap();
        assert!(
            descriptors_of(&map) <= 3 + file + directory,
            "named file: {}",
            descriptors_of(&map)
        );
        drop(map);
        assert_eq!((count("fd"), count("task")), (descriptors, threads));
    });
}
