//! Content: the text in a map, how it is replaced, appended and read, and the lock around it.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod common;

use std::time::Duration;

use common::{Numbers, assert_fails, bytes_of, text, unique};
use mmf::{Access, Encoding, ErrorKind, LockMode, Map, MapOptions, TextOptions};

const NO_TIME: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(600);

fn anonymous(capacity: u64) -> Map {
    MapOptions::new().create_anonymous(capacity).unwrap()
}

fn nothing_between() -> TextOptions<'static> {
    text().separator("")
}

/// The content in UTF-16, read in both ways.
fn utf16_of(map: &Map) -> Vec<u16> {
    let units = map.read_text_utf16().unwrap();
    let mut room = vec![0; map.read_text_utf16_into(&mut []).unwrap()];
    let length = map.read_text_utf16_into(&mut room).unwrap();
    assert_eq!(room[..length], units);
    units
}

// Replacing

#[test]
fn a_replaced_text_leaves_nothing_of_the_old_one() {
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
fn replacing_clears_bytes_far_behind_the_content_too() {
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
fn replacing_by_nothing_empties() {
    let map = anonymous(64);
    map.replace_text("old").unwrap();
    map.replace_text("").unwrap();
    assert_eq!(map.read_text().unwrap(), "");
    assert_eq!(map.content_length().unwrap(), 0);
    assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
    // And an empty map takes no separator.
    map.append_text("first").unwrap();
    assert_eq!(map.read_text().unwrap(), "first");
}

#[test]
fn a_text_that_fits_exactly_fits() {
    let map = anonymous(4_096);
    let exact = "e".repeat(map.capacity() as usize);
    map.replace_text(&exact).unwrap();
    assert_eq!(map.read_text().unwrap(), exact);
    map.replace_text("").unwrap();
    map.append_text(&exact).unwrap();
    assert_eq!(map.read_text().unwrap(), exact);
}

#[test]
fn a_text_that_is_too_long_leaves_the_old_one_and_says_the_numbers() {
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
    // One byte too many, and then exactly enough.
    let room = capacity as usize - 13;
    assert_fails(map.append_text(&"x".repeat(room + 1)), ErrorKind::TooLong);
    assert_eq!(bytes_of(&map), before);
    map.append_text(&"x".repeat(room)).unwrap();
    assert_eq!(map.content_length().unwrap(), capacity);
    assert_fails(map.append_text(""), ErrorKind::TooLong);
    map.append_text_with("", &nothing_between()).unwrap();
}

#[test]
fn wide_characters_are_counted_in_bytes() {
    let map = anonymous(4_096);
    let fits = "\u{20ac}".repeat(map.capacity() as usize / 3);
    map.replace_text(&fits).unwrap();
    let error = assert_fails(map.replace_text(&format!("{fits}\u{20ac}")), ErrorKind::TooLong);
    assert!(error.message().contains(&(fits.len() + 3).to_string()), "{error}");
    assert_eq!(map.read_text().unwrap(), fits);
}

// Appending

#[test]
fn appended_texts_stand_behind_each_other_with_cr_lf_between() {
    let map = anonymous(4_096);
    map.append_text("one").unwrap();
    map.append_text("two").unwrap();
    map.append_text("three").unwrap();
    assert_eq!(&bytes_of(&map)[..16], b"one\r\ntwo\r\nthree\0"[..16].as_ref());
    assert_eq!(map.read_text().unwrap(), "one\r\ntwo\r\nthree");
}

#[test]
fn the_separator_is_the_callers_to_choose() {
    let map = anonymous(4_096);
    for (separator, word) in [("never", "a"), ("\n", "b"), ("", "c"), (" \u{2013} ", "d")] {
        map.append_text_with(word, &text().separator(separator)).unwrap();
    }
    map.append_bytes_with(b"e", &text().separator_bytes(b"|")).unwrap();
    map.append_bytes_with(b"f", &text().separator("")).unwrap();
    assert_eq!(map.read_text().unwrap(), "a\nbc \u{2013} d|ef");
}

#[test]
fn appending_nothing_appends_the_separator() {
    let map = anonymous(64);
    map.append_text("").unwrap();
    assert_eq!(map.content_length().unwrap(), 0);
    map.append_text("a").unwrap();
    map.append_text("").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\r\n");
    map.append_text("b").unwrap();
    assert_eq!(map.read_text().unwrap(), "a\r\n\r\nb");
}

/// The shortcut of a handle that appended before must not be fooled by what others did meanwhile.
mod shortcut {
    use super::*;

    fn appended() -> (Map, Map) {
        let name = unique("memo");
        let map = Map::create_new(&name, 100_000).unwrap();
        map.append_text("first").unwrap();
        (Map::open(&name).unwrap(), map)
    }

    #[test]
    fn another_handle_appended() {
        let (other, map) = appended();
        other.append_text("second").unwrap();
        map.append_text("third").unwrap();
        assert_eq!(map.read_text().unwrap(), "first\r\nsecond\r\nthird");
    }

    #[test]
    fn another_handle_appended_a_single_byte() {
        let (other, map) = appended();
        other.append_text_with("2", &nothing_between()).unwrap();
        map.append_text_with("3", &nothing_between()).unwrap();
        assert_eq!(map.read_text().unwrap(), "first23");
    }

    #[test]
    fn another_handle_replaced_by_something_shorter() {
        let (other, map) = appended();
        other.replace_text("x").unwrap();
        map.append_text("y").unwrap();
        assert_eq!(map.read_text().unwrap(), "x\r\ny");
        assert_eq!(&bytes_of(&map)[..4], b"x\r\ny");
    }

    #[test]
    fn another_handle_replaced_by_something_longer() {
        let (other, map) = appended();
        other.replace_text("longer than before").unwrap();
        map.append_text("y").unwrap();
        assert_eq!(map.read_text().unwrap(), "longer than before\r\ny");
    }

    #[test]
    fn another_handle_emptied_the_map() {
        let (other, map) = appended();
        other.replace_text("").unwrap();
        map.append_text("anew").unwrap();
        assert_eq!(&bytes_of(&map)[..5], b"anew\0");
    }

    #[test]
    fn raw_bytes_behind_the_content_are_never_overwritten() {
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
        let (other, map) = appended();
        other.view(0, 0, Access::ReadWrite).unwrap().write_at(b"R", 8).unwrap();
        map.append_text("second").unwrap();
        assert_eq!(map.read_text().unwrap(), "firstR\r\nsecond");
    }

    #[test]
    fn a_text_that_ends_in_nul_ends_before_it() {
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
        let (other, map) = appended();
        let capacity = map.capacity() as usize;
        let rest = "r".repeat(capacity - 5);
        map.append_text_with(&rest, &nothing_between()).unwrap();
        assert_fails(map.append_text_with("x", &nothing_between()), ErrorKind::TooLong);
        other.replace_text("room").unwrap();
        map.append_text_with("x", &nothing_between()).unwrap();
        assert_eq!(map.read_text().unwrap(), "roomx");
    }
}

// Reading

#[test]
fn every_nul_is_left_out_and_the_rest_is_there() {
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
fn what_lies_far_apart_is_all_there_in_maps_of_every_size() {
    far_apart(&MapOptions::new());
}

#[test]
fn what_lies_far_apart_is_all_there_in_delayed_maps_of_every_size() {
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
fn wrong_utf8_becomes_the_replacement_character() {
    let map = anonymous(64);
    map.write_at(b"a\xFFb\xC3(c\xED\xA0\x80d\xE2\x82", 0).unwrap();
    let read = map.read_text().unwrap();
    assert_eq!(read, String::from_utf8_lossy(b"a\xFFb\xC3(c\xED\xA0\x80d\xE2\x82"));
    let units = utf16_of(&map);
    assert_eq!(String::from_utf16(&units).unwrap(), read);
}

#[test]
fn a_character_that_pieces_of_reading_cut_through_stays_whole() {
    let map = anonymous(3 << 20);
    for lead in 0..4 {
        let long = format!("{}{}", "x".repeat(lead), "\u{1f600}".repeat(300_000));
        map.replace_text(&long).unwrap();
        assert!(map.read_text().unwrap() == long, "lead {lead}");
    }
}

#[test]
fn text_without_marks_is_what_the_original_module_writes() {
    let map = anonymous(64);
    map.replace_text("gr\u{fc}n").unwrap();
    map.append_text("two").unwrap();
    let wanted = "gr\u{fc}n\r\ntwo\0".as_bytes();
    assert_eq!(&bytes_of(&map)[..wanted.len()], wanted);
}

#[test]
fn nothing_written_is_no_text() {
    let map = anonymous(10_000);
    assert_eq!(map.read_text().unwrap(), "");
    assert_eq!(utf16_of(&map), Vec::<u16>::new());
    assert_eq!(map.read_bytes().unwrap(), b"");
    assert_eq!(map.content_length().unwrap(), 0);
}

// Encodings and byte order marks

#[test]
fn every_encoding_is_written_with_its_mark_and_read_by_it() {
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
    let map = anonymous(64);
    let bytes: Vec<u8> = "gr\u{fc}n \u{1f600}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    map.replace_bytes(&bytes).unwrap();
    let read = map.read_text_with(&text().encoding(Encoding::Utf16Le)).unwrap();
    assert_eq!(read, "gr\u{fc}n \u{1f600}");
}

#[test]
fn unpaired_surrogates_and_wrong_codes_become_the_replacement_character() {
    let map = anonymous(64);
    map.replace_bytes(b"\xFF\xFE\x00\xD8a\0\x00\xDC").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}a\u{fffd}");
    assert_eq!(utf16_of(&map), [0xFFFD, u16::from(b'a'), 0xFFFD]);
    map.replace_bytes(b"\0\0\xFE\xFF\0\0\xD8\0\0\x11\0\0\0\0\0a").unwrap();
    assert_eq!(map.read_text().unwrap(), "\u{fffd}\u{fffd}a");
}

#[test]
fn maps_smaller_than_a_mark_work() {
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

// Against a model

/// Random texts, bytes and raw writes through three handles, against a plain vector.
#[test]
fn random_content_against_a_model() {
    for seed in 0..40 {
        model(seed, 1 + seed * 300);
    }
}

fn model(seed: u64, capacity: u64) {
    let mut numbers = Numbers(seed);
    let name = unique("model");
    let first = Map::create_new(&name, capacity).unwrap();
    let maps = [Map::open(&name).unwrap(), Map::open(&name).unwrap(), first];
    let mut model = vec![0_u8; maps[0].capacity() as usize];
    let end = |model: &[u8]| model.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    let words = ["", "a", "word", "gr\u{fc}n", "\u{1f600}", "with\0nul", "long ".repeat(40).leak()];
    for round in 0..300 {
        let map = &maps[numbers.below(3) as usize];
        let word = words[numbers.below(words.len() as u64) as usize];
        let separator = ["\r\n", "", "--"][numbers.below(3) as usize];
        match numbers.below(6) {
            0 => {
                let fits = word.len() <= model.len();
                let done = map.replace_text(word);
                assert_eq!(done.is_ok(), fits, "seed {seed} round {round}");
                if fits {
                    model.fill(0);
                    model[..word.len()].copy_from_slice(word.as_bytes());
                }
            }
            1 if numbers.below(10) == 0 => {
                let at = numbers.below(model.len() as u64);
                let byte = [b'R', 0][numbers.below(2) as usize];
                map.write_at(&[byte], at).unwrap();
                model[at as usize] = byte;
            }
            1 | 2 => {
                let read = map.read_text().unwrap();
                let wanted: Vec<u8> = model.iter().copied().filter(|byte| *byte != 0).collect();
                assert_eq!(read, String::from_utf8_lossy(&wanted), "seed {seed} round {round}");
                let length = map.content_length().unwrap();
                assert_eq!(length as usize, end(&model), "seed {seed} round {round}");
                assert!(map.read_bytes().unwrap() == model[..end(&model)]);
            }
            _ => {
                let empty = end(&model) == 0;
                let bytes = if empty { word.to_owned() } else { format!("{separator}{word}") };
                let done = map.append_text_with(word, &text().separator(separator));
                let at = end(&model);
                let fits = at + bytes.len() <= model.len();
                assert_eq!(done.is_ok(), fits, "seed {seed} round {round}");
                if fits {
                    model[at..at + bytes.len()].copy_from_slice(bytes.as_bytes());
                }
            }
        }
        assert!(bytes_of(map) == model, "seed {seed} round {round}");
    }
}

// The lock

#[test]
fn one_who_changes_shuts_everybody_else_out() {
    let name = unique("lock");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    assert_eq!(lock.mode(), LockMode::Exclusive);
    for map in [&map, &other] {
        let now = text().timeout(NO_TIME);
        let error = assert_fails(map.lock_exclusive(NO_TIME), ErrorKind::Timeout);
        assert!(error.message().contains(&name), "{error}");
        assert_fails(map.lock_shared(NO_TIME), ErrorKind::Timeout);
        assert_fails(map.replace_text_with("x", &now), ErrorKind::Timeout);
        assert_fails(map.append_text_with("x", &now), ErrorKind::Timeout);
        assert_fails(map.read_text_with(&now), ErrorKind::Timeout);
        assert_fails(map.read_bytes_with(&now), ErrorKind::Timeout);
        assert_fails(map.content_length_with(&now), ErrorKind::Timeout);
        assert_fails(
            map.save_with("nowhere", &mmf::SaveOptions::new().text(now)),
            ErrorKind::Timeout,
        );
        // Raw bytes are free, and so is everything that is not content.
        map.write_at(b"raw", 0).unwrap();
        map.view(0, 0, Access::ReadWrite).unwrap();
    }
    assert!(!std::path::Path::new("nowhere").exists());
    drop(lock);
    other.lock_exclusive(NO_TIME).unwrap();
    assert_eq!(map.read_text_with(&text().timeout(NO_TIME)).unwrap(), "raw");
}

#[test]
fn readers_share_and_shut_writers_out() {
    let name = unique("lock");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let first = map.lock_shared(LONG).unwrap();
    assert_eq!(first.mode(), LockMode::Shared);
    if mmf::backend::SHARED_LOCKS {
        let second = other.lock_shared(NO_TIME).unwrap();
        other.read_text_with(&text().timeout(NO_TIME)).unwrap();
        drop(second);
    } else {
        assert_fails(other.lock_shared(NO_TIME), ErrorKind::Timeout);
    }
    assert_fails(other.lock_exclusive(NO_TIME), ErrorKind::Timeout);
    assert_fails(map.replace_text_with("x", &text().timeout(NO_TIME)), ErrorKind::Timeout);
    drop(first);
    other.lock_exclusive(NO_TIME).unwrap();
}

#[test]
fn operations_run_under_the_callers_lock_through_any_handle() {
    let name = unique("under");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    for map in [&map, &other] {
        let under = text().lock(&lock).timeout(NO_TIME);
        map.replace_text_with("a", &under).unwrap();
        map.append_text_with("b", &under).unwrap();
        map.append_bytes_with(b"c", &under.clone().separator("")).unwrap();
        assert_eq!(map.read_text_with(&under).unwrap(), "a\r\nbc");
        assert_eq!(map.read_bytes_with(&under).unwrap(), b"a\r\nbc");
        assert_eq!(map.content_length_with(&under).unwrap(), 5);
        // The lock is still there afterwards.
        assert_fails(map.lock_shared(NO_TIME), ErrorKind::Timeout);
    }
    drop(lock);
    let lock = map.lock_shared(LONG).unwrap();
    assert_eq!(other.read_text_with(&text().lock(&lock)).unwrap(), "a\r\nbc");
}

#[test]
fn a_lock_too_weak_or_of_another_map_is_refused() {
    let map = anonymous(64);
    let other = anonymous(64);
    let shared = map.lock_shared(LONG).unwrap();
    assert_fails(map.replace_text_with("x", &text().lock(&shared)), ErrorKind::InvalidArgument);
    assert_fails(map.append_text_with("x", &text().lock(&shared)), ErrorKind::InvalidArgument);
    assert_fails(other.read_text_with(&text().lock(&shared)), ErrorKind::InvalidArgument);
    drop(shared);
    let exclusive = other.lock_exclusive(LONG).unwrap();
    assert_fails(map.replace_text_with("x", &text().lock(&exclusive)), ErrorKind::InvalidArgument);
    assert_fails(map.read_text_with(&text().lock(&exclusive)), ErrorKind::InvalidArgument);
    assert_eq!(map.read_text().unwrap(), "");
}

#[test]
fn waiting_for_the_lock_ends_when_it_is_free_and_not_before_the_time() {
    let name = unique("wait");
    let map = Map::create_new(&name, 64).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    let before = std::time::Instant::now();
    let time = Duration::from_millis(50);
    let error = assert_fails(map.lock_shared(time), ErrorKind::Timeout);
    assert!(before.elapsed() >= time);
    assert!(error.message().contains("50 ms"), "{error}");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| map.append_text_with("waited", &text().timeout(LONG)));
        let reader = scope.spawn(|| map.lock_shared(Duration::MAX).map(drop));
        drop(lock);
        writer.join().unwrap().unwrap();
        reader.join().unwrap().unwrap();
    });
    assert_eq!(map.read_text().unwrap(), "waited");
}

#[test]
fn a_read_change_write_of_many_threads_is_one_step() {
    const EACH: u32 = 100;
    let name = unique("count");
    let map = Map::create_new(&name, 64).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (map, name) = (&map, &name);
            scope.spawn(move || {
                let own = Map::open(name).unwrap();
                let map = if thread < 2 { map } else { &own };
                for _ in 0..EACH {
                    let lock = map.lock_exclusive(LONG).unwrap();
                    let under = text().lock(&lock);
                    let count: u32 = map.read_text_with(&under).unwrap().parse().unwrap_or(0);
                    map.replace_text_with(&(count + 1).to_string(), &under).unwrap();
                }
            });
        }
    });
    assert_eq!(map.read_text().unwrap(), (4 * EACH).to_string());
}

#[test]
fn readers_never_see_a_half_replaced_text() {
    let map = anonymous(1 << 16);
    let texts = ["a".repeat(50_000), "b".repeat(30_000)];
    map.replace_text(&texts[0]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..200 {
                map.replace_text_with(&texts[round % 2], &text().timeout(LONG)).unwrap();
            }
        });
        while !writer.is_finished() {
            let read = map.read_text_with(&text().timeout(LONG)).unwrap();
            assert!(texts.contains(&read), "{} bytes of both", read.len());
        }
    });
}

/// A writer gets its turn among readers that never stop.
#[test]
fn readers_in_a_loop_do_not_starve_a_writer() {
    let map = anonymous(4_096);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    map.lock_shared(LONG).unwrap();
                }
            });
        }
        for round in 0..50 {
            map.replace_text_with(&round.to_string(), &text().timeout(LONG)).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(map.read_text().unwrap(), "49");
}
