//! Creating a map, or opening the one that has the name.

use super::{HUGE, TOO_LARGE, options, wrong_permissions};
use crate::common;
use common::{assert_fails, unique};
use mmf::{Access, ErrorKind, Map};

#[test]
fn the_name_is_empty() {
    let _beside = common::beside_others();
    assert_fails(options().create_or_open("", 1), ErrorKind::InvalidArgument);
}

#[test]
fn the_capacity_is_zero_even_if_the_map_exists() {
    let _beside = common::beside_others();
    let name = unique("zero");
    assert_fails(options().create_or_open(&name, 0), ErrorKind::OutOfRange);
    let _map = Map::create_new(&name, 1).unwrap();
    assert_fails(options().create_or_open(&name, 0), ErrorKind::OutOfRange);
    assert_fails(options().create_or_open(&name, u64::MAX), TOO_LARGE);
    let write = options().access(Access::Write);
    assert_fails(write.create_or_open(&name, 0), ErrorKind::OutOfRange);
}

#[test]
fn the_access_is_write_and_the_name_is_missing() {
    let _beside = common::beside_others();
    let name = unique("write");
    let write = options().access(Access::Write);
    assert_fails(write.create_or_open(&name, 10), ErrorKind::InvalidArgument);
    common::assert_nothing_left(&name);
    // An existing map is opened.
    let map = Map::create_new(&name, 10).unwrap();
    let opened = write.create_or_open(&name, 10).unwrap();
    opened.write_at(b"written", 0).unwrap();
    assert_fails(opened.read_at(&mut [0], 0), ErrorKind::AccessDenied);
    assert_eq!(map.read_text().unwrap(), "written");
}

#[test]
fn the_name_exists_and_capacity_and_options_are_ignored() {
    let _beside = common::beside_others();
    let name = unique("ignored");
    let map = Map::create_new(&name, 100).unwrap();
    let other = options().delay_allocation(true).create_or_open(&name, 5_000_000).unwrap();
    assert_eq!(other.capacity(), map.capacity());
}

#[test]
fn the_map_is_read_only_and_read_write_is_requested() {
    let _beside = common::beside_others();
    let name = unique("ro");
    let _map = options().access(Access::Read).create_new(&name, 100).unwrap();
    for opened in [Map::create_or_open(&name, 1).unwrap(), Map::open(&name).unwrap()] {
        // An IOException in .NET, not an UnauthorizedAccessException.
        assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
    }
}

#[test]
fn the_map_is_opened_for_reading_and_a_writing_view_is_requested() {
    let _beside = common::beside_others();
    let name = unique("rw");
    let _map = Map::create_new(&name, 100).unwrap();
    let read = options().access(Access::Read);
    for opened in [read.create_or_open(&name, 1).unwrap(), read.open(&name).unwrap()] {
        assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::AccessDenied);
    }
}

#[test]
fn the_order_of_the_checks() {
    let _beside = common::beside_others();
    let name = unique("order");
    let wrong = options().permissions(wrong_permissions());
    assert_fails(wrong.create_or_open("", 0), ErrorKind::InvalidArgument);
    assert_fails(wrong.create_or_open(&name, 0), ErrorKind::OutOfRange);
    assert_fails(wrong.create_or_open(&name, HUGE), ErrorKind::NotSupported);
    assert_fails(options().create_or_open(&name, u64::MAX), TOO_LARGE);
}
