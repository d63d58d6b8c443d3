//! Encodings and byte order marks.

use super::*;

#[test]
fn every_encoding_is_written_with_its_mark_and_read_by_it() {
    let _beside = common::beside_others();
    let sample = "A\u{e4}\u{20ac}\u{1f600}";
    for encoding in Encoding::ALL {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        map.replace_text_with(sample, &options).unwrap();
        assert!(bytes_of(&map).starts_with(encoding.mark()), "{encoding:?}");
        // Readers need not know.
        assert_eq!(map.read_text().unwrap(), sample, "{encoding:?}");
        let units: Vec<u16> = sample.encode_utf16().collect();
        assert_eq!(utf16_of(&map), units, "{encoding:?}");
        // And writers go on as it was begun, whatever they would have chosen.
        for other in Encoding::ALL {
            map.append_text_with("+", &text().encoding(other)).unwrap();
        }
        map.append_text(sample).unwrap();
        let wanted = format!("{sample}{}\r\n{sample}", "\r\n+".repeat(6));
        assert_eq!(map.read_text().unwrap(), wanted, "{encoding:?}");
    }
}

#[test]
fn a_handle_that_never_appended_goes_on_at_a_whole_code_unit() {
    let _beside = common::beside_others();
    for encoding in Encoding::ALL {
        let name = unique("unit");
        let map = Map::create_new(&name, 4_096).unwrap();
        let options = text().encoding(encoding);
        map.replace_text_with("a", &options).unwrap();
        // In the wide encodings this one's end is in the middle of a unit, whichever end is first.
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
fn appending_to_an_empty_map_begins_it_with_the_mark() {
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
fn an_empty_text_with_a_mark_is_an_empty_text() {
    let _beside = common::beside_others();
    for encoding in Encoding::ALL {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        map.replace_text_with("something longer than a mark", &options).unwrap();
        map.replace_text_with("", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "", "{encoding:?}");
        // No content, no separator; and the two bytes of a UTF-16 mark with NULs behind them are
        // not taken for the four of UTF-32.
        map.append_text_with("word", &options).unwrap();
        assert!(bytes_of(&map).starts_with(encoding.mark()), "{encoding:?}");
        assert_eq!(map.read_text().unwrap(), "word", "{encoding:?}");
        map.append_text_with("next", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "word\r\nnext", "{encoding:?}");
    }
}

#[test]
fn marks_count_at_the_beginning_only() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    map.replace_text("a\u{feff}b").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b");
    map.append_text_with("\u{feff}c", &nothing_between()).unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b\u{feff}c");
    map.replace_bytes(b"\xEF\xBB\xBFa\xEF\xBB\xBFb").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\u{feff}b");
}

#[test]
fn nul_and_the_end_count_by_code_unit() {
    let _beside = common::beside_others();
    for (encoding, unit) in [
        (Encoding::Utf16Le, 2),
        (Encoding::Utf16Be, 2),
        (Encoding::Utf32Le, 4),
        (Encoding::Utf32Be, 4),
    ] {
        let map = anonymous(4_096);
        let options = text().encoding(encoding);
        // U+0100 and U+4E00 end or begin in a zero byte, which is no end.
        map.replace_text_with("a\u{100}", &options).unwrap();
        map.append_text_with("\u{4e00}b\u{100}", &nothing_between()).unwrap();
        map.append_text_with("z", &nothing_between()).unwrap();
        assert_eq!(map.read_text().unwrap(), "a\u{100}\u{4e00}b\u{100}z");
        // The mark and six characters.
        assert_eq!(map.content_length().unwrap().div_ceil(unit), 7);
        map.replace_text_with("a\0b", &options).unwrap();
        assert_eq!(map.read_text().unwrap(), "ab", "{encoding:?}");
    }
}

#[test]
fn text_of_any_encoding_without_a_mark_is_read_as_the_caller_says() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    let bytes: Vec<u8> = "gr\u{fc}n \u{1f600}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    map.replace_bytes(&bytes).unwrap();
    let read = map.read_text_with(&text().encoding(Encoding::Utf16Le)).unwrap();
    assert_eq!(read, "gr\u{fc}n \u{1f600}");
}

#[test]
fn unpaired_surrogates_and_wrong_codes_become_the_replacement_character() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.replace_bytes(b"\xFF\xFE\x00\xD8a\0\x00\xDC").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}a\u{fffd}");
    assert_eq!(utf16_of(&map), [0xFFFD, u16::from(b'a'), 0xFFFD]);
    map.replace_bytes(b"\0\0\xFE\xFF\0\0\xD8\0\0\x11\0\0\0\0\0a").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}\u{fffd}a");
}

#[test]
fn maps_smaller_than_a_mark_work() {
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
