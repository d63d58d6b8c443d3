//! Creating views.

use super::{TOO_LARGE, options};
use crate::common;
use common::assert_fails;
use mmf::{Access, ErrorKind, Map};

fn map() -> Map {
    options().create_anonymous(4_096).unwrap()
}

#[test]
fn the_offset_is_past_the_capacity() {
    let _beside = common::beside_others();
    // Out of range on every system, although Windows itself reports access denied.
    let map = map();
    assert_fails(map.view(map.capacity() + 1, 0, Access::Read), ErrorKind::OutOfRange);
}

#[test]
fn the_offset_and_the_size_reach_past_the_capacity() {
    let _beside = common::beside_others();
    let map = map();
    let capacity = map.capacity();
    for (offset, size) in [(capacity, 1), (0, capacity + 1), (capacity - 1, 2)] {
        assert_fails(map.view(offset, size, Access::Read), ErrorKind::AccessDenied);
    }
}

#[test]
fn the_size_is_huge() {
    let _beside = common::beside_others();
    let map = map();
    for size in [8_192_000_000_001, i64::MAX as u64, u64::MAX] {
        assert_fails(map.view(0, size, Access::Read), TOO_LARGE);
    }
}

#[test]
fn the_size_is_zero() {
    let _beside = common::beside_others();
    let map = map();
    let capacity = map.capacity();
    assert_eq!(map.view(1, 0, Access::Read).unwrap().len() as u64, capacity - 1);
    assert_eq!(map.view(capacity, 0, Access::Read).unwrap().len(), 0);
}

#[test]
fn the_access_is_not_compatible() {
    let _beside = common::beside_others();
    use Access::{CopyOnWrite, Read, ReadExecute, ReadWrite, Write};
    for (access, wrong) in [
        (Read, &[Write, ReadWrite, ReadExecute][..]),
        (CopyOnWrite, &[Write, ReadWrite, ReadExecute]),
        (ReadWrite, &[ReadExecute, Access::ReadWriteExecute]),
    ] {
        let map = options().access(access).create_anonymous(4_096).unwrap();
        for view in wrong {
            assert_fails(map.view(0, 0, *view), ErrorKind::AccessDenied);
        }
    }
}

#[test]
fn the_order_of_the_checks() {
    let _beside = common::beside_others();
    let map = options().access(Access::Read).create_anonymous(4_096).unwrap();
    let capacity = map.capacity();
    if cfg!(target_pointer_width = "64") {
        let wrong = map.view(capacity + 1, u64::MAX, Access::ReadWrite);
        assert_fails(wrong, ErrorKind::OutOfRange);
        assert_fails(map.view(capacity, u64::MAX, Access::ReadWrite), ErrorKind::TooLarge);
    } else {
        // On 32 bits, the size is checked first.
        let wrong = map.view(capacity + 1, u64::MAX, Access::ReadWrite);
        let error = assert_fails(wrong, ErrorKind::OutOfRange);
        assert!(error.message().contains("32 bits"), "{error}");
    }
    let error = assert_fails(map.view(capacity, 1, Access::ReadWrite), ErrorKind::AccessDenied);
    assert!(error.message().contains("beyond"), "{error}");
    let error = assert_fails(map.view(0, 1, Access::ReadWrite), ErrorKind::AccessDenied);
    assert!(error.message().contains("permits no view"), "{error}");
}
