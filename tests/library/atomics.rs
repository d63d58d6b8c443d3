//! Atomic numbers in views, with which threads and processes count without a lock.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::sync::atomic::Ordering::Relaxed;

use crate::common;
use common::again::{again, assert_succeeded, part};
use common::{assert_fails, unique};
use mmf::{Access, ErrorKind, Map, MapOptions, View};

const NAME: &str = "MMF_TEST_NAME";
const STEPS: u64 = 50_000;

fn count(view: &View) {
    let (wide, narrow) = (view.atomic_u64(8).unwrap(), view.atomic_u32(20).unwrap());
    for _ in 0..STEPS {
        wide.fetch_add(1 << 31, Relaxed);
        narrow.fetch_add(1, Relaxed);
    }
}

#[test]
fn threads_and_processes_count_without_loss() {
    let _alone = common::alone();
    if part().is_some() {
        let map = Map::open(&std::env::var(NAME).unwrap()).unwrap();
        // A view of the same memory with another beginning.
        return count(&map.view(4_096, 64, Access::ReadWrite).unwrap());
    }
    let name = unique("count");
    let map = Map::create_new(&name, 8_192).unwrap();
    let view = map.view(4_096, 0, Access::ReadWrite).unwrap();
    let mut child = again("atomics::threads_and_processes_count_without_loss", "counter");
    let child = child.env(NAME, &name).spawn().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| count(&view));
        }
    });
    assert_succeeded(&child.wait_with_output().unwrap());
    assert_eq!(view.atomic_u64(8).unwrap().load(Relaxed), (4 * STEPS) << 31);
    assert_eq!(u64::from(view.atomic_u32(20).unwrap().load(Relaxed)), 4 * STEPS);
}

#[test]
fn an_atomic_number_is_stored_in_the_map_and_outlives_the_handle() {
    let _beside = common::beside_others();
    let name = unique("number");
    let map = Map::create_new(&name, 4_096).unwrap();
    let other = Map::open(&name).unwrap();
    let view = map.view(0, 0, Access::ReadWrite).unwrap();
    drop(map);
    view.atomic_u64(0).unwrap().store(1 << 40, Relaxed);
    view.atomic_i64(8).unwrap().store(-2, Relaxed);
    view.atomic_u32(16).unwrap().store(3, Relaxed);
    view.atomic_i32(20).unwrap().store(-4, Relaxed);
    let mut bytes = [0; 24];
    other.read_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes[..8], (1_u64 << 40).to_ne_bytes());
    assert_eq!(bytes[8..16], (-2_i64).to_ne_bytes());
    assert_eq!(bytes[16..20], 3_u32.to_ne_bytes());
    assert_eq!(bytes[20..], (-4_i32).to_ne_bytes());
    other.write_at(&7_u32.to_ne_bytes(), 16).unwrap();
    assert_eq!(view.atomic_u32(16).unwrap().load(Relaxed), 7);
}

#[test]
fn a_number_that_is_not_inside_the_view_is_refused() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(4_096).unwrap();
    let view = map.view(0, 20, Access::ReadWrite).unwrap();
    view.atomic_u64(8).unwrap();
    view.atomic_u32(16).unwrap();
    assert_fails(view.atomic_u64(16).map(drop), ErrorKind::InvalidArgument);
    assert_fails(view.atomic_u32(20).map(drop), ErrorKind::OutOfRange);
    for offset in [u64::MAX, u64::MAX - 7, 1 << 32, 1 << 63] {
        assert_fails(view.atomic_u64(offset).map(drop), ErrorKind::OutOfRange);
    }
    let empty = map.view(map.capacity(), 0, Access::ReadWrite).unwrap();
    assert_fails(empty.atomic_u32(0).map(drop), ErrorKind::OutOfRange);
}

/// The address must be aligned, so the offset of the view in the map matters, too.
#[test]
fn an_unaligned_number_is_refused_and_the_error_names_the_next_aligned_offset() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(8_192).unwrap();
    let view = map.view(0, 64, Access::ReadWrite).unwrap();
    for offset in [1, 2, 4, 12] {
        let error = assert_fails(view.atomic_u64(offset).map(drop), ErrorKind::InvalidArgument);
        let next = (offset / 8 + 1) * 8;
        assert!(error.message().contains(&format!("offset is {next}.")), "{error}");
    }
    view.atomic_u32(4).unwrap();
    let odd = map.view(4_097, 64, Access::ReadWrite).unwrap();
    let error = assert_fails(odd.atomic_u64(0).map(drop), ErrorKind::InvalidArgument);
    assert!(error.message().contains("offset is 7."), "{error}");
    assert_fails(odd.atomic_i64(8).map(drop), ErrorKind::InvalidArgument);
    odd.atomic_u64(7).unwrap().store(1, Relaxed);
    let mut byte = [0];
    map.read_at(&mut byte, if cfg!(target_endian = "little") { 4_104 } else { 4_111 }).unwrap();
    assert_eq!(byte, [1]);
}

#[test]
fn atomic_numbers_need_a_view_for_reading_and_writing() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(64).unwrap();
    for access in [Access::Read, Access::Write] {
        let view = map.view(0, 0, access).unwrap();
        assert_fails(view.atomic_u64(0).map(drop), ErrorKind::WrongAccess);
        assert_fails(view.atomic_i32(0).map(drop), ErrorKind::WrongAccess);
    }
    let private = map.view(0, 0, Access::CopyOnWrite).unwrap();
    private.atomic_u32(0).unwrap().store(5, Relaxed);
    let shared = map.view(0, 0, Access::ReadWrite).unwrap();
    assert_eq!(shared.atomic_u32(0).unwrap().load(Relaxed), 0);
}
