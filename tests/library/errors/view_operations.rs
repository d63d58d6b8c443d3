//! Reading, writing and flushing a view.

use super::options;
use crate::common;
use common::assert_fails;
use mmf::{Access, ErrorKind};

#[test]
fn the_position_is_at_or_past_the_end() {
    let _beside = common::beside_others();
    let view = options().create_anonymous(4_096).unwrap().view(0, 10, Access::ReadWrite).unwrap();
    for position in [10, 11, u64::MAX] {
        assert_fails(view.read_at(&mut [0], position), ErrorKind::OutOfRange);
        assert_fails(view.write_at(&[0], position), ErrorKind::OutOfRange);
    }
}

#[test]
fn a_value_reaches_past_the_end() {
    let _beside = common::beside_others();
    let view = options().create_anonymous(4_096).unwrap().view(0, 10, Access::ReadWrite).unwrap();
    assert_fails(view.read_at(&mut [0; 4], 8), ErrorKind::InvalidArgument);
    assert_fails(view.write_at(&[0; 4], 8), ErrorKind::InvalidArgument);
}

#[test]
fn the_access_of_the_view_does_not_permit_the_operation() {
    let _beside = common::beside_others();
    let map = options().create_anonymous(4_096).unwrap();
    let error = map.view(0, 0, Access::Write).unwrap().read_at(&mut [0], 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAccess);
    let error = map.view(0, 0, Access::Read).unwrap().write_at(&[0], 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAccess);
}

#[test]
fn flushing_succeeds_for_every_access() {
    let _beside = common::beside_others();
    let map = options().create_anonymous(4_096).unwrap();
    for access in [Access::Read, Access::Write, Access::ReadWrite, Access::CopyOnWrite] {
        map.view(0, 0, access).unwrap().flush().unwrap();
    }
}
