//! Replacing and appending text.

use super::*;

#[test]
fn replacing_a_text_removes_the_old_one() {
    let _beside = common::beside_others();
    let map = anonymous(100_000);
    let long = "old ".repeat(20_000);
    map.replace_text(&long).unwrap();
    map.replace_text("new").unwrap();
    assert_eq!(map.read_text().unwrap(), "new");
    assert_eq!(map.content_length().unwrap(), 3);
    let bytes = bytes_of(&map);
    assert_eq!(&bytes[..3], b"new");
    assert!(bytes[3..].iter().all(|byte| *byte == 0));
}

#[test]
fn replacing_clears_all_bytes_after_the_new_text() {
    let _beside = common::beside_others();
    let map = anonymous(1 << 20);
    for offset in [5, 4_096, 300_000, (1 << 20) - 1] {
        map.write_at(b"x", offset).unwrap();
    }
    map.replace_text("ab").unwrap();
    let bytes = bytes_of(&map);
    assert_eq!(&bytes[..2], b"ab");
    assert!(bytes[2..].iter().all(|byte| *byte == 0));
}

#[test]
fn replacing_by_an_empty_text_empties_the_map() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.replace_text("old").unwrap();
    map.replace_text("").unwrap();
    assert_eq!(map.read_text().unwrap(), "");
    assert_eq!(map.content_length().unwrap(), 0);
    assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
    // The first text of an empty map has no separator.
    map.append_text("first").unwrap();
    assert_eq!(map.read_text().unwrap(), "first");
}

#[test]
fn a_text_may_fill_the_whole_map() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    let exact = "e".repeat(map.capacity() as usize);
    map.replace_text(&exact).unwrap();
    assert_eq!(map.read_text().unwrap(), exact);
    map.replace_text("").unwrap();
    map.append_text(&exact).unwrap();
    assert_eq!(map.read_text().unwrap(), exact);
}

#[test]
fn a_text_that_is_too_long_changes_nothing_and_the_error_has_the_sizes() {
    let _beside = common::beside_others();
    let name = unique("too-long");
    let map = Map::create_new(&name, 4_096).unwrap();
    let capacity = map.capacity();
    map.replace_text("the old one").unwrap();
    let before = bytes_of(&map);
    let long = "x".repeat(capacity as usize + 1);
    let error = assert_fails(map.replace_text(&long), ErrorKind::TooLong);
    for part in [name.clone(), capacity.to_string(), (capacity + 1).to_string()] {
        assert!(error.message().contains(&part), "{error}");
    }
    assert_eq!(bytes_of(&map), before);

    // "the old one" + CR LF + text.
    let error = assert_fails(map.append_text(&long), ErrorKind::TooLong);
    assert!(error.message().contains(&(capacity + 1 + 13).to_string()), "{error}");
    assert_eq!(bytes_of(&map), before);
    // One byte too many, and then a text that fits exactly.
    let room = capacity as usize - 13;
    assert_fails(map.append_text(&"x".repeat(room + 1)), ErrorKind::TooLong);
    assert_eq!(bytes_of(&map), before);
    map.append_text(&"x".repeat(room)).unwrap();
    assert_eq!(map.content_length().unwrap(), capacity);
    assert_fails(map.append_text(""), ErrorKind::TooLong);
    map.append_text_with("", &no_separator()).unwrap();
}

#[test]
fn the_length_of_a_text_is_counted_in_bytes() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    let fits = "\u{20ac}".repeat(map.capacity() as usize / 3);
    map.replace_text(&fits).unwrap();
    let error = assert_fails(map.replace_text(&format!("{fits}\u{20ac}")), ErrorKind::TooLong);
    assert!(error.message().contains(&(fits.len() + 3).to_string()), "{error}");
    assert_eq!(map.read_text().unwrap(), fits);
}

#[test]
fn appended_texts_are_separated_by_cr_lf() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    map.append_text("one").unwrap();
    map.append_text("two").unwrap();
    map.append_text("three").unwrap();
    assert_eq!(&bytes_of(&map)[..16], b"one\r\ntwo\r\nthree\0"[..16].as_ref());
    assert_eq!(map.read_text().unwrap(), "one\r\ntwo\r\nthree");
}

#[test]
fn the_caller_chooses_the_separator() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    for (separator, word) in [("never", "a"), ("\n", "b"), ("", "c"), (" \u{2013} ", "d")] {
        map.append_text_with(word, &text().separator(separator)).unwrap();
    }
    map.append_bytes_with(b"e", &text().separator_bytes(b"|")).unwrap();
    map.append_bytes_with(b"f", &text().separator("")).unwrap();
    assert_eq!(map.read_text().unwrap(), "a\nbc \u{2013} d|ef");
}

#[test]
fn appending_an_empty_text_appends_the_separator() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    map.append_text("").unwrap();
    assert_eq!(map.content_length().unwrap(), 0);
    map.append_text("a").unwrap();
    map.append_text("").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\r\n");
    map.append_text("b").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\r\n\r\nb");
}
