//! Appends: where they land, whoever wrote before and however, and what they cost.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::collections::BTreeMap;

use crate::common;
use common::process::Actor;
use common::{bytes_of, text, unique};
use mmf::{Map, TextOptions};

fn nothing_between() -> TextOptions<'static> {
    text().separator("")
}

#[test]
fn an_append_stands_behind_what_another_handle_appended_whatever_was_in_it() {
    let _beside = common::beside_others();
    for gap in [1, 7, 100, 5_000] {
        let name = unique("gap");
        let one = Map::create_new(&name, 20_000).unwrap();
        let two = Map::open(&name).unwrap();
        one.append_text_with("A", &nothing_between()).unwrap();
        let with_gap = [vec![0; gap], b"B".to_vec()].concat();
        two.append_bytes_with(&with_gap, &nothing_between()).unwrap();
        one.append_text_with("C", &nothing_between()).unwrap();
        let wanted = [b"A".to_vec(), with_gap, b"C".to_vec()].concat();
        assert_eq!(one.read_bytes().unwrap(), wanted, "{gap} NULs");
    }
}

#[test]
fn an_append_stands_behind_what_another_handle_replaced_or_wrote() {
    let _beside = common::beside_others();
    let name = unique("others");
    let one = Map::create_new(&name, 20_000).unwrap();
    let two = Map::open(&name).unwrap();
    one.append_text("A").unwrap();
    two.replace_bytes(b"A\0\0\0B").unwrap();
    one.append_text("C").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"A\0\0\0B\r\nC");
    // Raw bytes, under the lock and without it, farther on than the end.
    let lock = two.lock_exclusive(std::time::Duration::MAX).unwrap();
    two.write_at(b"raw", 9_000).unwrap();
    one.append_text_with("D", &text().lock(&lock)).unwrap();
    drop(lock);
    assert_eq!(&bytes_of(&one)[9_000..9_006], b"raw\r\nD");
    two.fill(12_000, 5, b'f').unwrap();
    one.append_text("E").unwrap();
    assert_eq!(&bytes_of(&one)[12_000..12_008], b"fffff\r\nE");
    // And when the end is taken away, the new one counts.
    two.fill(9_006, 10_000, 0).unwrap();
    one.append_text("F").unwrap();
    assert_eq!(&bytes_of(&one)[9_000..9_010], b"raw\r\nD\r\nF\0");
    two.replace_text("").unwrap();
    one.append_text("G").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"G");
}

#[test]
fn nuls_at_the_end_are_no_content_for_the_next_one() {
    let _beside = common::beside_others();
    let name = unique("nuls");
    let one = Map::create_new(&name, 20_000).unwrap();
    let two = Map::open(&name).unwrap();
    one.append_bytes_with(b"A\0\0\0", &text().separator("")).unwrap();
    two.append_bytes_with(b"B", &text().separator_bytes(b"|")).unwrap();
    one.append_bytes_with(b"\0\0", &text().separator("")).unwrap();
    two.append_bytes_with(b"C", &text().separator_bytes(b"|")).unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"A|B|C");
}

#[test]
fn appends_to_a_file_stand_behind_what_everybody_wrote() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, vec![0; 100_000]).unwrap();
    let one = Map::map_file(&path).unwrap();
    let two = Map::map_file(&path).unwrap();
    one.append_text("A").unwrap();
    two.append_bytes_with(b"\0\0\0B", &text().separator("")).unwrap();
    two.write_at(b"raw", 50_000).unwrap();
    one.append_text("C").unwrap();
    assert_eq!(&bytes_of(&one)[50_000..50_007], b"raw\r\nC\0");
}

/// Appends do not search: what a program stores through a view, farther on than the known end, is not
/// seen by them. This is the one exception, and it shows that the end is known on every back end, to
/// handles that take turns, too.
#[test]
fn what_is_stored_far_behind_through_a_view_is_met_by_no_append() {
    let _beside = common::beside_others();
    let name = unique("stored");
    let one = Map::create_new(&name, 3 << 20).unwrap();
    let two = Map::open(&name).unwrap();
    let view = one.view(0, 0, mmf::Access::ReadWrite).unwrap();
    // The first store to a page may be told; the later ones are not.
    view.write_at(b"first", 2 << 20).unwrap();
    one.replace_text("A").unwrap();
    view.write_at(b"stored", 2 << 20).unwrap();
    for (map, word) in [(&two, "B"), (&one, "C"), (&two, "D")] {
        map.append_text_with(word, &nothing_between()).unwrap();
    }
    assert_eq!(&bytes_of(&one)[..5], b"ABCD\0");
    // Reading and replacing search always.
    assert_eq!(two.read_text().unwrap(), "ABCDstored");
    // A raw write makes the next append search.
    two.write_at(b"raw", 100).unwrap();
    one.append_text_with("E", &nothing_between()).unwrap();
    assert_eq!(one.read_text().unwrap(), "ABCDrawstoredE");
    one.replace_text("F").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"F");
}

/// Eight processes append; two of them write raw as well, each in a place of its own behind all that
/// is appended, and one replaces what it alone knows how to. Every line is there once and whole.
#[test]
fn nothing_is_lost_or_overwritten_among_eight_processes() {
    let _alone = common::alone();
    const EACH: usize = 200;
    let name = unique("eight");
    let map = Map::create_new(&name, 4 << 20).unwrap();
    let mut actors: Vec<Actor> = (0..8).map(|_| Actor::start()).collect();
    for (number, actor) in actors.iter_mut().enumerate() {
        actor.ask(&["open", "m", &name]).unwrap();
        let count = EACH.to_string();
        let tag = char::from(b'a' + number as u8).to_string();
        match number {
            0 | 1 => actor.say(&["append_with_gaps", "m", &tag, &count]),
            2 | 3 => actor.say(&["append_beside_raw", "m", &tag, &count]),
            _ => actor.say(&["append_many", "m", &tag, &count]),
        }
    }
    for actor in &mut actors {
        assert_eq!(actor.hear(), "ok\t");
    }
    let read = map.read_text().unwrap();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for line in read.split("\r\n").flat_map(|line| line.split('#')) {
        *found.entry(line).or_default() += 1;
    }
    for tag in b'a'..b'i' {
        for number in 0..EACH {
            let line = format!("{}{number}", char::from(tag));
            assert_eq!(found.get(line.as_str()), Some(&1), "{line}");
        }
    }
}

/// What an append costs is told by its system calls: one through a handle that never appended, behind
/// another handle's, makes the same as one behind its own, and none that searches.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
mod cost {
    use super::*;
    use common::step::{NO_STEPS, SEEK, calls_of};

    #[test]
    fn appends_never_search_behind_a_write_of_the_content() {
        let _alone = common::alone();
        let name = unique("calls");
        // So large that a search is more than a look at its end.
        let map = Map::create_new(&name, 8 << 20).unwrap();
        let mut actors = [Actor::start(), Actor::start()];
        for actor in &mut actors {
            actor.ask(&["open", "m", &name]).unwrap();
            // What a handle does once is done.
            actor.ask(&["append", "m", "warm"]).unwrap();
        }
        for round in 0..6 {
            match round {
                2 => map.append_bytes_with(b"\0\0\0gap", &text().separator("")).unwrap(),
                4 => map.replace_text("short").unwrap(),
                _ => {}
            }
            let actor = &mut actors[round % 2];
            let Some(calls) = calls_of(actor, &["append", "m", "a text"]) else {
                common::not_run("cost of appends", NO_STEPS);
                return;
            };
            assert!(!calls.contains(&SEEK), "round {round} searched: {calls:?}");
            let count = |number| calls.iter().filter(|call| **call == number as u64).count();
            assert!(count(libc::SYS_pread64) <= 2, "the mark, and the place itself: {calls:?}");
            assert_eq!(count(libc::SYS_pwrite64), 1, "{calls:?}");
        }
        assert_eq!(
            map.read_text().unwrap().matches("a text").count(),
            2,
            "those behind the replaced text"
        );
        // What is written raw may have moved the end: the next one searches, those behind it do not.
        for searches in [true, false] {
            if searches {
                map.write_at(b"raw", 100_000).unwrap();
            }
            let calls = calls_of(&mut actors[0], &["append", "m", "more"]).unwrap();
            assert_eq!(calls.contains(&SEEK), searches, "{calls:?}");
        }
        assert!(map.read_text().unwrap().ends_with("raw\r\nmore\r\nmore"));
    }
}

/// The same of memory without a name, which handles share through its descriptor.
#[cfg(unix)]
#[test]
fn handles_of_a_descriptor_stand_behind_each_other() {
    let _beside = common::beside_others();
    use mmf::MapOptions;

    let one = MapOptions::new().create_anonymous(20_000).unwrap();
    let descriptor = one.duplicate_descriptor().unwrap();
    let two = MapOptions::new().map_descriptor(descriptor).unwrap();
    one.append_text("A").unwrap();
    two.append_bytes_with(b"\0\0B", &text().separator("")).unwrap();
    two.write_at(b"raw", 5_000).unwrap();
    one.append_text("C").unwrap();
    assert_eq!(&bytes_of(&one)[5_000..5_006], b"raw\r\nC");
}
