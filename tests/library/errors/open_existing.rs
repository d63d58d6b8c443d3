//! Opening a map by name.

use super::options;
use crate::common;
use common::{assert_fails, unique};
use mmf::{ErrorKind, Map, Rights};

#[test]
fn the_name_is_empty() {
    let _beside = common::beside_others();
    assert_fails(options().open(""), ErrorKind::InvalidArgument);
}

#[test]
fn the_rights_do_not_exist() {
    let _beside = common::beside_others();
    for number in [0x10, 0x20_0000, -1, i32::MIN, 0x200_0000] {
        assert_fails(Rights::from_number(number), ErrorKind::OutOfRange);
    }
    for number in [0, 1, 4, 6, 0xF_000F, 0x100_0000] {
        assert_eq!(Rights::from_number(number).unwrap().number(), number);
    }
}

#[test]
fn the_name_is_missing() {
    let _beside = common::beside_others();
    assert_fails(Map::open(&unique("missing")), ErrorKind::NotFound);
}
