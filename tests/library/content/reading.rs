//! Reading text: NULs, large gaps and invalid text.

use super::*;

#[test]
fn reading_text_leaves_out_nuls() {
    let _beside = common::beside_others();
    let map = anonymous(1 << 20);
    map.write_at(b"\0\0a\0b", 0).unwrap();
    map.write_at(b"c\0d", 5_000).unwrap();
    map.write_at(b"e", 900_000).unwrap();
    assert_eq!(map.read_text().unwrap(), "abcde");
    assert_eq!(map.content_length().unwrap(), 900_001);
    let bytes = map.read_bytes().unwrap();
    assert_eq!(bytes.len(), 900_001);
    assert_eq!(&bytes_of(&map)[..900_001], bytes);
    assert_eq!(utf16_of(&map), "abcde".encode_utf16().collect::<Vec<_>>());
}

#[test]
fn text_is_read_from_far_apart_places() {
    let _beside = common::beside_others();
    far_apart(&MapOptions::new());
}

#[test]
fn text_is_read_from_far_apart_places_of_delayed_maps() {
    let _beside = common::beside_others();
    far_apart(&MapOptions::new().delay_allocation(true));
}

fn far_apart(options: &MapOptions) {
    for capacity in [1, 4_096, 50_000, 1 << 20, (1 << 20) + 1, 3 << 20] {
        let map = options.create_anonymous(capacity).unwrap();
        assert_eq!(map.read_text().unwrap(), "", "of {capacity}");
        map.write_at(b"m", capacity / 2).unwrap();
        map.write_at(b"z", capacity - 1).unwrap();
        assert_eq!(map.content_length().unwrap(), capacity);
        let there = if capacity == 1 { "z" } else { "mz" };
        assert_eq!(map.read_text().unwrap(), there, "of {capacity}");
        assert_eq!(utf16_of(&map), there.encode_utf16().collect::<Vec<_>>(), "of {capacity}");
        map.write_at(b"\0", capacity - 1).unwrap();
        assert_eq!(map.read_text().unwrap(), &there[..there.len() - 1], "of {capacity}");
    }
}

#[test]
fn invalid_utf8_becomes_the_replacement_character() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.write_at(b"a\xFFb\xC3(c\xED\xA0\x80d\xE2\x82", 0).unwrap();
    let read = map.read_text().unwrap();
    assert_eq!(read, String::from_utf8_lossy(b"a\xFFb\xC3(c\xED\xA0\x80d\xE2\x82"));
    let units = utf16_of(&map);
    assert_eq!(String::from_utf16(&units).unwrap(), read);
}

#[test]
fn reading_in_pieces_does_not_split_characters() {
    let _beside = common::beside_others();
    let map = anonymous(3 << 20);
    for lead in 0..4 {
        let long = format!("{}{}", "x".repeat(lead), "\u{1f600}".repeat(300_000));
        map.replace_text(&long).unwrap();
        assert!(map.read_text().unwrap() == long, "lead {lead}");
    }
}

#[test]
fn text_has_the_format_of_version_1() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.replace_text("gr\u{fc}n").unwrap();
    map.append_text("two").unwrap();
    let wanted = "gr\u{fc}n\r\ntwo\0".as_bytes();
    assert_eq!(&bytes_of(&map)[..wanted.len()], wanted);
}

#[test]
fn a_new_map_has_no_text() {
    let _beside = common::beside_others();
    let map = anonymous(10_000);
    assert_eq!(map.read_text().unwrap(), "");
    assert_eq!(utf16_of(&map), Vec::<u16>::new());
    assert_eq!(map.read_bytes().unwrap(), b"");
    assert_eq!(map.content_length().unwrap(), 0);
}
