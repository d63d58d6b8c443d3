//! Reading, writing and filling bytes at an offset, and the errors past the end of the map.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use crate::common;
use common::{Numbers, assert_fails, bytes_of, unique};
use mmf::{ErrorKind, Map, MapOptions};

#[test]
fn bytes_are_read_as_they_were_written() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("bytes"), 10_000).unwrap();
    let all: Vec<u8> = (0..10_000_u32).map(|number| (number % 251) as u8).collect();
    map.write_at(&all, 0).unwrap();
    assert_eq!(&bytes_of(&map)[..10_000], all);
    let mut some = [0; 100];
    map.read_at(&mut some, 4_090).unwrap();
    assert_eq!(some, all[4_090..4_190]);
    map.write_at(b"!", 9_999).unwrap();
    let mut last = [0];
    map.read_at(&mut last, 9_999).unwrap();
    assert_eq!(&last, b"!");
}

#[test]
fn every_handle_sees_the_same_bytes() {
    let _beside = common::beside_others();
    let name = unique("same");
    let one = Map::create_new(&name, 4_096).unwrap();
    let two = Map::open(&name).unwrap();
    one.write_at(b"from one", 100).unwrap();
    two.write_at(b"from two", 200).unwrap();
    assert_eq!(bytes_of(&one), bytes_of(&two));
    assert_eq!(&bytes_of(&one)[100..108], b"from one");
    assert_eq!(&bytes_of(&one)[200..208], b"from two");
}

#[test]
fn filling_changes_only_the_range() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("fill"), 3 << 20).unwrap();
    map.fill(1, (2 << 20) + 7, 0xC3).unwrap();
    let bytes = bytes_of(&map);
    let end = 1 + (2 << 20) + 7;
    assert_eq!(bytes[0], 0);
    assert!(bytes[1..end].iter().all(|byte| *byte == 0xC3));
    assert!(bytes[end..].iter().all(|byte| *byte == 0));
    map.fill(0, map.capacity(), 0).unwrap();
    assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
    map.fill(5, 0, 1).unwrap();
    assert_eq!(bytes_of(&map)[5], 0);
}

#[test]
fn offsets_and_sizes_past_the_end_are_refused_and_change_nothing() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(8_192).unwrap();
    let capacity = map.capacity();
    let mut ten = [1; 10];

    // At the end, operations on no bytes succeed.
    map.read_at(&mut [], capacity).unwrap();
    map.write_at(&[], capacity).unwrap();
    map.fill(capacity, 0, 1).unwrap();

    for offset in [capacity, capacity + 1, i64::MAX as u64, u64::MAX - 5, u64::MAX] {
        for error in [
            assert_fails(map.read_at(&mut ten, offset), ErrorKind::OutOfRange),
            assert_fails(map.write_at(&ten, offset), ErrorKind::OutOfRange),
            assert_fails(map.fill(offset, 10, 1), ErrorKind::OutOfRange),
        ] {
            assert!(error.message().contains(&offset.to_string()), "{error}");
            assert!(error.message().contains(&capacity.to_string()), "{error}");
        }
    }
    assert_fails(map.read_at(&mut [], capacity + 1), ErrorKind::OutOfRange);
    for offset in [capacity - 9, capacity - 1] {
        assert_fails(map.read_at(&mut ten, offset), ErrorKind::InvalidArgument);
        assert_fails(map.write_at(&ten, offset), ErrorKind::InvalidArgument);
        assert_fails(map.fill(offset, 10, 1), ErrorKind::InvalidArgument);
    }
    for count in [capacity + 1, i64::MAX as u64, u64::MAX] {
        assert_fails(map.fill(0, count, 1), ErrorKind::InvalidArgument);
        // The sum of offset and size does not fit into 64 bits.
        assert_fails(map.fill(capacity - 1, count, 1), ErrorKind::InvalidArgument);
    }
    assert_eq!(ten, [1; 10], "a refused read changed the bytes of the caller");
    assert!(bytes_of(&map).iter().all(|byte| *byte == 0));

    map.write_at(&ten, capacity - 10).unwrap();
    map.read_at(&mut ten, capacity - 10).unwrap();
}

#[test]
fn flushing_memory_succeeds() {
    let _beside = common::beside_others();
    Map::create_new(&unique("flush"), 64).unwrap().flush().unwrap();
    MapOptions::new().create_anonymous(64).unwrap().flush().unwrap();
}

/// Writes, fills and reads at random through several handles and a view, and compares them with a vector.
#[test]
fn random_operations_on_bytes_match_a_model() {
    let _beside = common::beside_others();
    let name = unique("model");
    let mut numbers = Numbers(42);
    let first = Map::create_new(&name, 70_000).unwrap();
    let second = Map::open(&name).unwrap();
    let view = first.view(0, 0, mmf::Access::ReadWrite).unwrap();
    let mut model = vec![0; first.capacity() as usize];
    for round in 0..3_000 {
        let offset = numbers.below(model.len() as u64);
        let size = numbers.below(5_000).min(model.len() as u64 - offset) as usize;
        let at = offset as usize;
        let map = if numbers.below(2) == 0 { &first } else { &second };
        match numbers.below(5) {
            0 => {
                let bytes: Vec<u8> = (0..size).map(|_| numbers.next() as u8).collect();
                map.write_at(&bytes, offset).unwrap();
                model[at..at + size].copy_from_slice(&bytes);
            }
            1 => {
                let value = numbers.next() as u8;
                map.fill(offset, size as u64, value).unwrap();
                model[at..at + size].fill(value);
            }
            2 => {
                let bytes: Vec<u8> = (0..size).map(|_| numbers.next() as u8).collect();
                view.write_at(&bytes, offset).unwrap();
                model[at..at + size].copy_from_slice(&bytes);
            }
            3 => {
                let mut bytes = vec![0; size];
                view.read_at(&mut bytes, offset).unwrap();
                assert_eq!(bytes, model[at..at + size], "round {round}");
            }
            _ => {
                let mut bytes = vec![0; size];
                map.read_at(&mut bytes, offset).unwrap();
                assert_eq!(bytes, model[at..at + size], "round {round}");
            }
        }
    }
    assert_eq!(bytes_of(&second), model);
}
