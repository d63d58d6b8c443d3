//! Files and memory that another program truncates while they are mapped.

use super::*;

/// Windows does not allow truncating a mapped file.
#[test]
fn operations_on_a_truncated_file_fail_and_do_not_make_it_grow() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[b'x'; 10_000]);
    let map = Map::map_file(&path).unwrap();
    let name = unique("cut");
    let named = MapOptions::new().name(&name).map_file(&path).unwrap();
    let opened = Map::open(&name).unwrap();
    map.append_text_with("", &text().separator("")).unwrap();
    for length in [5_000, 0] {
        open(&path, true, true).set_len(length).unwrap();
        assert_fails(Map::open(&name), ErrorKind::Truncated);
        for map in [&map, &named, &opened] {
            let target = folder.0.path().join("saved");
            let mut ten = [0; 10];
            assert_fails(map.read_at(&mut ten, length), ErrorKind::Truncated);
            assert_fails(map.read_at(&mut ten, 9_990), ErrorKind::Truncated);
            for offset in [0, length, 9_990] {
                let error = assert_fails(map.write_at(&ten, offset), ErrorKind::Truncated);
                assert!(error.message().contains(&length.to_string()), "{error}");
                assert_fails(map.fill(offset, 10, 1), ErrorKind::Truncated);
            }
            assert_fails(map.read_text(), ErrorKind::Truncated);
            assert_fails(map.read_text_utf16(), ErrorKind::Truncated);
            assert_fails(map.read_bytes(), ErrorKind::Truncated);
            assert_fails(map.content_length(), ErrorKind::Truncated);
            assert_fails(map.replace_text("new"), ErrorKind::Truncated);
            assert_fails(map.append_text("new"), ErrorKind::Truncated);
            assert_fails(map.save(&target), ErrorKind::Truncated);
            assert!(!target.exists());
            map.flush().unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), vec![b'x'; length as usize]);
    }
    // If the file has its old length again, the maps can be used again.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(10_000).unwrap();
    map.replace_text("back").unwrap();
    assert_eq!(named.read_text().unwrap(), "back");
}

#[test]
fn operations_on_truncated_memory_fail() {
    let _beside = common::beside_others();
    let name = unique("cut-shm");
    let Some(path) = common::seen(&name) else { return };
    let map = Map::create_new(&name, 10_000).unwrap();
    map.replace_text("text").unwrap();
    open(&path, true, true).set_len(100).unwrap();
    assert_fails(map.read_at(&mut [0], 200), ErrorKind::Truncated);
    assert_fails(map.write_at(b"x", 0), ErrorKind::Truncated);
    assert_fails(map.append_text("more"), ErrorKind::Truncated);
    assert_fails(map.read_text(), ErrorKind::Truncated);
    assert_eq!(fs::metadata(&path).unwrap().len(), 100);
}
