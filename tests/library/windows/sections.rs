//! Maps of section handles that another program created.

use std::time::Duration;

use crate::common;
use common::unique;
use mmf::{ErrorKind, Kind, Map, MapOptions};

/// The handle can come from .NET's `MemoryMappedFile` or any other program.
#[test]
fn a_section_handle_shares_memory_and_lock() {
    let _beside = common::beside_others();
    for name in [Some(unique("section")), None] {
        let original = match &name {
            Some(name) => Map::create_new(name, 5000).unwrap(),
            None => MapOptions::new().create_anonymous(5000).unwrap(),
        };
        let section = || original.duplicate_descriptor().unwrap();
        let map = MapOptions::new().map_descriptor(section()).unwrap();
        assert_eq!(map.capacity(), original.capacity());
        assert_eq!(map.kind(), original.kind());
        original.replace_text("one").unwrap();
        map.append_text("two").unwrap();
        assert_eq!(original.read_text().unwrap(), "one\r\ntwo");
        if name.is_some() {
            let _held = original.lock_exclusive(Duration::ZERO).unwrap();
            let refused = map.lock_exclusive(Duration::ZERO).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Timeout);
        }
        let larger = MapOptions::new().capacity(1 << 20).map_descriptor(section()).unwrap_err();
        assert_eq!(larger.kind(), ErrorKind::OutOfRange);
        let named = MapOptions::new().name("another").map_descriptor(section()).unwrap_err();
        assert_eq!(named.kind(), ErrorKind::NotSupported);
    }
}

#[test]
fn a_section_of_a_file_has_the_lock_of_the_file() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 100]).unwrap();
    let original = Map::map_file(&path).unwrap();
    let section = original.duplicate_descriptor().unwrap();
    let map = MapOptions::new().map_descriptor(section).unwrap();
    assert_eq!((map.kind(), map.capacity()), (Kind::File, 100));
    let _held = original.lock_exclusive(Duration::ZERO).unwrap();
    assert_eq!(map.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
}
