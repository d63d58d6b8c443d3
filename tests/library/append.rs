//! Appends: they go after everything that anyone wrote before, and they do not search for the end.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::collections::BTreeMap;

use crate::common;
use common::process::Actor;
use common::{bytes_of, text, unique};
use mmf::{Map, TextOptions};

fn no_separator() -> TextOptions<'static> {
    text().separator("")
}

#[test]
fn an_append_goes_after_nuls_that_another_handle_appended() {
    let _beside = common::beside_others();
    for gap in [1, 7, 100, 5_000] {
        let name = unique("gap");
        let one = Map::create_new(&name, 20_000).unwrap();
        let two = Map::open(&name).unwrap();
        one.append_text_with("A", &no_separator()).unwrap();
        let with_gap = [vec![0; gap], b"B".to_vec()].concat();
        two.append_bytes_with(&with_gap, &no_separator()).unwrap();
        one.append_text_with("C", &no_separator()).unwrap();
        let wanted = [b"A".to_vec(), with_gap, b"C".to_vec()].concat();
        assert_eq!(one.read_bytes().unwrap(), wanted, "{gap} NULs");
    }
}

#[test]
fn an_append_goes_after_replaced_text_and_raw_bytes_of_another_handle() {
    let _beside = common::beside_others();
    let name = unique("others");
    let one = Map::create_new(&name, 20_000).unwrap();
    let two = Map::open(&name).unwrap();
    one.append_text("A").unwrap();
    two.replace_bytes(b"A\0\0\0B").unwrap();
    one.append_text("C").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"A\0\0\0B\r\nC");
    // Raw bytes past the end, written under the lock and without it.
    let lock = two.lock_exclusive(std::time::Duration::MAX).unwrap();
    two.write_at(b"raw", 9_000).unwrap();
    one.append_text_with("D", &text().lock(&lock)).unwrap();
    drop(lock);
    assert_eq!(&bytes_of(&one)[9_000..9_006], b"raw\r\nD");
    two.fill(12_000, 5, b'f').unwrap();
    one.append_text("E").unwrap();
    assert_eq!(&bytes_of(&one)[12_000..12_008], b"fffff\r\nE");
    // If the last bytes are removed, the end moves back.
    two.fill(9_006, 10_000, 0).unwrap();
    one.append_text("F").unwrap();
    assert_eq!(&bytes_of(&one)[9_000..9_010], b"raw\r\nD\r\nF\0");
    two.replace_text("").unwrap();
    one.append_text("G").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"G");
}

#[test]
fn trailing_nuls_are_not_content() {
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
fn appends_to_a_file_go_after_the_bytes_of_other_handles() {
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

/// Appends do not search for the end, so they do not see bytes that a program stores through a view past the known
/// end. This exception shows that every back end knows the end, also when handles take turns.
#[test]
fn appends_do_not_see_stores_through_a_view_past_the_end() {
    let _beside = common::beside_others();
    let name = unique("stored");
    let one = Map::create_new(&name, 3 << 20).unwrap();
    let two = Map::open(&name).unwrap();
    let view = one.view(0, 0, mmf::Access::ReadWrite).unwrap();
    // The system may report the first store to a page, but not the later ones.
    view.write_at(b"first", 2 << 20).unwrap();
    one.replace_text("A").unwrap();
    view.write_at(b"stored", 2 << 20).unwrap();
    for (map, word) in [(&two, "B"), (&one, "C"), (&two, "D")] {
        map.append_text_with(word, &no_separator()).unwrap();
    }
    assert_eq!(&bytes_of(&one)[..5], b"ABCD\0");
    // Reading and replacing always search.
    assert_eq!(two.read_text().unwrap(), "ABCDstored");
    // A raw write makes the next append search.
    two.write_at(b"raw", 100).unwrap();
    one.append_text_with("E", &no_separator()).unwrap();
    assert_eq!(one.read_text().unwrap(), "ABCDrawstoredE");
    one.replace_text("F").unwrap();
    assert_eq!(one.read_bytes().unwrap(), b"F");
}

/// Eight processes append. Two of them append NULs, too, and two write raw bytes past the end. Every line must be
/// there once and complete.
#[test]
fn eight_processes_lose_and_overwrite_nothing() {
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

/// The cost of an append in system calls. An append after that of another handle makes the same calls as one after its
/// own, and none that searches.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
mod cost {
    use super::*;
    use common::step::{NO_STEPS, SEEK, calls_of};

    #[test]
    fn an_append_after_a_change_of_the_content_does_not_search() {
        let _alone = common::alone();
        let name = unique("calls");
        // So large that finding the end needs a search.
        let map = Map::create_new(&name, 8 << 20).unwrap();
        let mut actors = [Actor::start(), Actor::start()];
        for actor in &mut actors {
            actor.ask(&["open", "m", &name]).unwrap();
            // The first append of a handle makes additional calls.
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
            assert!(
                count(libc::SYS_pread64) <= 2,
                "more than the mark and the place of the append: {calls:?}"
            );
            assert_eq!(count(libc::SYS_pwrite64), 1, "{calls:?}");
        }
        assert_eq!(
            map.read_text().unwrap().matches("a text").count(),
            2,
            "the appends after the replaced text"
        );
        // A raw write may move the end, so the next append searches. The one after it does not.
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

/// The same for memory without a name, which handles share through its descriptor.
#[cfg(unix)]
#[test]
fn handles_of_one_descriptor_append_after_each_other() {
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
