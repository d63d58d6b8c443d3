//! The shortcut of a handle that appended before must not be fooled by what others did meanwhile.

use super::*;

fn appended() -> (Map, Map) {
    let name = unique("memo");
    let map = Map::create_new(&name, 100_000).unwrap();
    map.append_text("first").unwrap();
    (Map::open(&name).unwrap(), map)
}

#[test]
fn another_handle_appended() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.append_text("second").unwrap();
    map.append_text("third").unwrap();
    assert_eq!(map.read_text().unwrap(), "first\r\nsecond\r\nthird");
}

#[test]
fn another_handle_appended_a_single_byte() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.append_text_with("2", &nothing_between()).unwrap();
    map.append_text_with("3", &nothing_between()).unwrap();
    assert_eq!(map.read_text().unwrap(), "first23");
}

#[test]
fn another_handle_replaced_by_something_shorter() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("x").unwrap();
    map.append_text("y").unwrap();
    assert_eq!(map.read_text().unwrap(), "x\r\ny");
    assert_eq!(&bytes_of(&map)[..4], b"x\r\ny");
}

#[test]
fn another_handle_replaced_by_something_longer() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("longer than before").unwrap();
    map.append_text("y").unwrap();
    assert_eq!(map.read_text().unwrap(), "longer than before\r\ny");
}

#[test]
fn another_handle_emptied_the_map() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("").unwrap();
    map.append_text("anew").unwrap();
    assert_eq!(&bytes_of(&map)[..5], b"anew\0");
}

#[test]
fn raw_bytes_behind_the_content_are_never_overwritten() {
    let _beside = common::beside_others();
    // Wherever they lie: within the range of the next append, at its edges, far behind.
    for distance in [0, 1, 5, 6, 7, 8, 100, 4_096, 50_000] {
        let (other, map) = appended();
        let at = 5 + distance;
        other.write_at(b"R", at).unwrap();
        map.append_text("second").unwrap();
        let bytes = bytes_of(&map);
        assert_eq!(bytes[at as usize], b'R', "at {at}");
        let both: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
        let both = String::from_utf8(both).unwrap();
        assert!(both.contains("first") && both.contains("second"), "at {at}: {both}");
    }
}

#[test]
fn raw_bytes_through_a_view_are_never_overwritten() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.view(0, 0, Access::ReadWrite).unwrap().write_at(b"R", 8).unwrap();
    map.append_text("second").unwrap();
    assert_eq!(map.read_text().unwrap(), "firstR\r\nsecond");
}

#[test]
fn a_text_that_ends_in_nul_ends_before_it() {
    let _beside = common::beside_others();
    let (_, map) = appended();
    map.append_text_with("a\0\0", &nothing_between()).unwrap();
    map.append_text_with("b", &nothing_between()).unwrap();
    assert_eq!(map.read_text().unwrap(), "firstab");
    map.append_text_with("\0", &nothing_between()).unwrap();
    map.append_text_with("c", &nothing_between()).unwrap();
    assert_eq!(&bytes_of(&map)[..9], b"firstabc\0");
}

#[test]
fn a_map_of_a_file_that_others_change() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![0; 10_000]).unwrap();
    let map = Map::map_file(&path).unwrap();
    let other = Map::map_file(&path).unwrap();
    map.append_text("first").unwrap();
    other.append_text("second").unwrap();
    other.write_at(b"R", 5_000).unwrap();
    other.replace_text("short").unwrap();
    map.append_text("third").unwrap();
    assert_eq!(map.read_text().unwrap(), "short\r\nthird");
}

#[test]
fn a_full_map_says_so_and_goes_on_when_there_is_room() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    let capacity = map.capacity() as usize;
    let rest = "r".repeat(capacity - 5);
    map.append_text_with(&rest, &nothing_between()).unwrap();
    assert_fails(map.append_text_with("x", &nothing_between()), ErrorKind::TooLong);
    other.replace_text("room").unwrap();
    map.append_text_with("x", &nothing_between()).unwrap();
    assert_eq!(map.read_text().unwrap(), "roomx");
}
