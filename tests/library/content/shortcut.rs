//! A handle remembers where its last append ended. What other handles do meanwhile must not mislead it.

use super::*;

fn appended() -> (Map, Map) {
    let name = unique("shortcut");
    let map = Map::create_new(&name, 100_000).unwrap();
    map.append_text("first").unwrap();
    (Map::open(&name).unwrap(), map)
}

#[test]
fn an_append_goes_after_the_append_of_another_handle() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.append_text("second").unwrap();
    map.append_text("third").unwrap();
    assert_eq!(map.read_text().unwrap(), "first\r\nsecond\r\nthird");
}

#[test]
fn an_append_goes_after_a_single_byte_of_another_handle() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.append_text_with("2", &no_separator()).unwrap();
    map.append_text_with("3", &no_separator()).unwrap();
    assert_eq!(map.read_text().unwrap(), "first23");
}

#[test]
fn an_append_goes_after_a_shorter_text_of_another_handle() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("x").unwrap();
    map.append_text("y").unwrap();
    assert_eq!(map.read_text().unwrap(), "x\r\ny");
    assert_eq!(&bytes_of(&map)[..4], b"x\r\ny");
}

#[test]
fn an_append_goes_after_a_longer_text_of_another_handle() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("longer than before").unwrap();
    map.append_text("y").unwrap();
    assert_eq!(map.read_text().unwrap(), "longer than before\r\ny");
}

#[test]
fn an_append_begins_a_map_that_another_handle_emptied() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    other.replace_text("").unwrap();
    map.append_text("next").unwrap();
    assert_eq!(&bytes_of(&map)[..5], b"next\0");
}

#[test]
fn raw_bytes_past_the_content_are_never_overwritten() {
    let _beside = common::beside_others();
    // In the range of the next append, at its edges and far after it.
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
fn an_append_overwrites_trailing_nuls() {
    let _beside = common::beside_others();
    let (_, map) = appended();
    map.append_text_with("a\0\0", &no_separator()).unwrap();
    map.append_text_with("b", &no_separator()).unwrap();
    assert_eq!(map.read_text().unwrap(), "firstab");
    map.append_text_with("\0", &no_separator()).unwrap();
    map.append_text_with("c", &no_separator()).unwrap();
    assert_eq!(&bytes_of(&map)[..9], b"firstabc\0");
}

#[test]
fn an_append_to_a_file_goes_after_the_text_of_another_handle() {
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
fn appends_to_a_full_map_fail_until_there_is_room() {
    let _beside = common::beside_others();
    let (other, map) = appended();
    let capacity = map.capacity() as usize;
    let rest = "r".repeat(capacity - 5);
    map.append_text_with(&rest, &no_separator()).unwrap();
    assert_fails(map.append_text_with("x", &no_separator()), ErrorKind::TooLong);
    other.replace_text("room").unwrap();
    map.append_text_with("x", &no_separator()).unwrap();
    assert_eq!(map.read_text().unwrap(), "roomx");
}
