//! Encodings and byte order marks.

use super::*;

#[test]
fn every_encoding_is_written_with_its_mark_and_recognized_by_it() {
    let _beside = common::beside_others();
    let sample = "A\u{e4}\u{20ac}\u{1f600}";
    for encoding in Encoding::ALL {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        map.replace_text_with(sample, &options).unwrap();
        assert!(bytes_of(&map).starts_with(encoding.mark()), "{encoding:?}");
        // Readers need not know the encoding.
        assert_eq!(map.read_text().unwrap(), sample, "{encoding:?}");
        let units: Vec<u16> = sample.encode_utf16().collect();
        assert_eq!(utf16_of(&map), units, "{encoding:?}");
        // Appends use the encoding of the content, whatever encoding the caller chose.
        for other in Encoding::ALL {
            map.append_text_with("+", &text().encoding(other)).unwrap();
        }
        map.append_text(sample).unwrap();
        let wanted = format!("{sample}{}\r\n{sample}", "\r\n+".repeat(6));
        assert_eq!(map.read_text().unwrap(), wanted, "{encoding:?}");
    }
}

#[test]
fn a_new_handle_appends_at_a_whole_code_unit() {
    let _beside = common::beside_others();
    for encoding in Encoding::ALL {
        let name = unique("unit");
        let map = Map::create_new(&name, 4_096).unwrap();
        let options = text().encoding(encoding);
        map.replace_text_with("a", &options).unwrap();
        // In the wide encodings, the last byte that is not NUL can be in the middle of a unit.
        for word in ["\u{100}", "b", "\u{4e00}", "c"] {
            Map::open(&name)
                .unwrap()
                .append_text_with(word, &options.clone().separator(""))
                .unwrap();
        }
        assert_eq!(map.read_text_with(&options).unwrap(), "a\u{100}b\u{4e00}c", "{encoding:?}");
    }
}

#[test]
fn appending_to_an_empty_map_writes_the_mark() {
    let _beside = common::beside_others();
    for encoding in Encoding::ALL {
        let map = anonymous(4_096);
        map.append_text_with("one", &text().encoding(encoding)).unwrap();
        map.append_text_with("two", &text().encoding(encoding)).unwrap();
        assert!(bytes_of(&map).starts_with(encoding.mark()), "{encoding:?}");
        assert_eq!(map.read_text().unwrap(), "one\r\ntwo", "{encoding:?}");
    }
}

#[test]
fn a_mark_alone_is_an_empty_text() {
    let _beside = common::beside_others();
    for encoding in Encoding::ALL {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        map.replace_text_with("something longer than a mark", &options).unwrap();
        map.replace_text_with("", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "", "{encoding:?}");
        // Without content there is no separator. The two bytes of a UTF-16 mark and the NULs after them are not taken
        // for the four bytes of a UTF-32 mark.
        map.append_text_with("word", &options).unwrap();
        assert!(bytes_of(&map).starts_with(encoding.mark()), "{encoding:?}");
        assert_eq!(map.read_text().unwrap(), "word", "{encoding:?}");
        map.append_text_with("next", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "word\r\nnext", "{encoding:?}");
    }
}

#[test]
fn a_mark_counts_only_at_the_beginning() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    map.replace_text("a\u{feff}b").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b");
    map.append_text_with("\u{feff}c", &no_separator()).unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b\u{feff}c");
    map.replace_bytes(b"\xEF\xBB\xBFa\xEF\xBB\xBFb").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b");
}

#[test]
fn nuls_and_the_end_are_found_by_code_units() {
    let _beside = common::beside_others();
    for (encoding, unit) in [
        (Encoding::Utf16Le, 2),
        (Encoding::Utf16Be, 2),
        (Encoding::Utf32Le, 4),
        (Encoding::Utf32Be, 4),
    ] {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        // U+0100 and U+4E00 begin or end with a zero byte, which does not end the text.
        map.replace_text_with("a\u{100}", &options).unwrap();
        map.append_text_with("\u{4e00}b\u{100}", &no_separator()).unwrap();
        map.append_text_with("z", &no_separator()).unwrap();
        assert_eq!(map.read_text().unwrap(), "a\u{100}\u{4e00}b\u{100}z");
        // The mark and six characters.
        assert_eq!(map.content_length().unwrap().div_ceil(unit), 7);
        map.replace_text_with("a\0b", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "ab", "{encoding:?}");
    }
}

#[test]
fn a_text_without_a_mark_is_read_in_the_encoding_of_the_caller() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    let bytes: Vec<u8> = "gr\u{fc}n \u{1f600}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    map.replace_bytes(&bytes).unwrap();
    let read = map.read_text_with(&text().encoding(Encoding::Utf16Le)).unwrap();
    assert_eq!(read, "gr\u{fc}n \u{1f600}");
}

#[test]
fn invalid_utf16_and_utf32_become_the_replacement_character() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.replace_bytes(b"\xFF\xFE\x00\xD8a\0\x00\xDC").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}a\u{fffd}");
    assert_eq!(utf16_of(&map), [0xFFFD, u16::from(b'a'), 0xFFFD]);
    map.replace_bytes(b"\0\0\xFE\xFF\0\0\xD8\0\0\x11\0\0\0\0\0a").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}\u{fffd}a");
}

#[test]
fn maps_may_be_smaller_than_a_mark() {
    let _beside = common::beside_others();
    for capacity in 1..6 {
        let map = anonymous(capacity);
        assert_eq!(map.read_text().unwrap(), "");
        map.append_text("a").unwrap();
        assert_eq!(map.read_text().unwrap(), "a");
        if map.capacity() < 5 {
            let wide = text().encoding(Encoding::Utf32Le);
            assert_fails(map.replace_text_with("a", &wide), ErrorKind::TooLong);
            assert_eq!(map.read_text().unwrap(), "a");
        }
    }
}
