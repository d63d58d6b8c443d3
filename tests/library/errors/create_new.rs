//! Creating a map by name.

use super::{HUGE, TOO_LARGE, options, wrong_permissions};
use crate::common;
use common::{assert_fails, unique};
use mmf::backend::{MAX_CAPACITY, PERMISSION_MODES};
use mmf::{Access, ErrorKind, Map, Permissions, Result};

#[test]
fn the_name_is_empty() {
    let _beside = common::beside_others();
    let error = assert_fails(options().create_new("", 1), ErrorKind::InvalidArgument);
    assert_eq!(error.message(), Map::open("").unwrap_err().message());
}

#[test]
fn the_capacity_is_zero() {
    let _beside = common::beside_others();
    assert_fails(options().create_new(&unique("zero"), 0), ErrorKind::OutOfRange);
    assert_fails(options().create_anonymous(0), ErrorKind::OutOfRange);
}

#[test]
fn the_capacity_is_larger_than_the_address_space() {
    let _beside = common::beside_others();
    for capacity in [MAX_CAPACITY + 1, i64::MAX as u64, u64::MAX] {
        let error = assert_fails(options().create_new(&unique("huge"), capacity), TOO_LARGE);
        assert!(error.message().contains(&capacity.to_string()), "{error}");
        assert_fails(options().create_anonymous(capacity), TOO_LARGE);
        assert_fails(options().delay_allocation(true).create_anonymous(capacity), TOO_LARGE);
    }
}

#[test]
fn the_capacity_is_larger_than_memory() {
    let _beside = common::beside_others();
    // Addressable, but no machine has so much memory. The call must fail at once, without using up memory.
    let capacity = 1 << 46;
    if cfg!(target_pointer_width = "32") {
        // On 32 bits, a machine may have all addressable memory.
        return;
    }
    let name = unique("more");
    for result in [options().create_new(&name, capacity), options().create_anonymous(capacity)] {
        let error = result.unwrap_err();
        let small = [ErrorKind::NoSpace, ErrorKind::TooLarge, ErrorKind::OutOfRange];
        assert!(small.contains(&error.kind()), "{error}");
    }
    common::assert_nothing_left(&name);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

#[test]
fn the_access_is_write() {
    let _beside = common::beside_others();
    let write = options().access(Access::Write);
    assert_fails(write.create_new(&unique("write"), 1), ErrorKind::InvalidArgument);
    assert_fails(write.create_anonymous(1), ErrorKind::InvalidArgument);
}

#[test]
fn the_name_exists() {
    let _beside = common::beside_others();
    let name = unique("exists");
    let _map = Map::create_new(&name, 1).unwrap();
    assert_fails(Map::create_new(&name, 1), ErrorKind::AlreadyExists);
}

#[test]
fn the_permissions_are_not_supported() {
    let _beside = common::beside_others();
    let wrong = options().permissions(wrong_permissions());
    assert_fails(wrong.create_new(&unique("perm"), 1), ErrorKind::NotSupported);
    assert_fails(wrong.create_anonymous(1), ErrorKind::NotSupported);
    if PERMISSION_MODES {
        for mode in [0, 0o400, 0o060, 0o1600, 0o700, 0o601, 0o4600, u32::MAX] {
            let wrong = options().permissions(Permissions::new().mode(mode));
            let made = wrong.create_new(&unique("mode"), 1);
            assert_fails(made, ErrorKind::InvalidArgument);
        }
    }
}

/// Each input has one error less than the one before. The first failing check determines the error.
#[test]
fn the_order_of_the_checks() {
    let _beside = common::beside_others();
    let taken = unique("order");
    let _map = Map::create_new(&taken, 1).unwrap();
    let wrong = options().access(Access::Write).permissions(wrong_permissions());
    let name = |result: Result<Map>| {
        let error = assert_fails(result, ErrorKind::InvalidArgument);
        assert!(error.message().contains("name"), "{error}");
    };
    name(wrong.create_new("", 0));
    assert_fails(wrong.create_new(&taken, 0), ErrorKind::OutOfRange);
    let error = assert_fails(wrong.create_new(&taken, HUGE), ErrorKind::InvalidArgument);
    assert!(error.message().contains("writing alone"), "{error}");
    let wrong = options().permissions(wrong_permissions());
    assert_fails(wrong.create_new(&taken, HUGE), ErrorKind::NotSupported);
    assert_fails(options().create_new(&taken, u64::MAX), TOO_LARGE);
    assert_fails(options().create_new(&taken, 1), ErrorKind::AlreadyExists);
}
