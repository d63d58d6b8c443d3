//! Reading, writing and filling bytes with bad arguments: each gets the kind of error that .NET has for it.

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_access_t::{MMF_ACCESS_READ, MMF_ACCESS_READ_WRITE, MMF_ACCESS_WRITE};

use crate::common::unique;
use crate::{
    anonymous, close, close_view, create_new, defaults, fails_with, info, open, view, with_access,
    works,
};

fn read(
    map: mmf_map_t,
    offset: i64,
    size: usize,
) -> impl Fn(*mut [u8; 64], *mut mmf_error_t) -> mmf_status_t {
    assert!(size <= 64);
    // SAFETY: the buffer has 64 bytes.
    move |out, error| unsafe { mmf_map_read(map, offset, out.cast(), size, error) }
}

fn write(
    map: mmf_map_t,
    offset: i64,
    size: usize,
) -> impl Fn(*mut (), *mut mmf_error_t) -> mmf_status_t {
    assert!(size <= 64);
    // SAFETY: the array has 64 bytes.
    move |_, error| unsafe { mmf_map_write(map, offset, [1_u8; 64].as_ptr().cast(), size, error) }
}

fn fill(
    map: mmf_map_t,
    offset: i64,
    count: i64,
) -> impl Fn(*mut (), *mut mmf_error_t) -> mmf_status_t {
    // SAFETY: the error pointer is valid.
    move |_, error| unsafe { mmf_map_fill(map, offset, count, 1, error) }
}

#[test]
fn position_negative() {
    let map = anonymous(64);
    for offset in [-1, i64::MIN] {
        fails_with(ErrorKind::OutOfRange, read(map, offset, 1));
        fails_with(ErrorKind::OutOfRange, write(map, offset, 1));
        fails_with(ErrorKind::OutOfRange, fill(map, offset, 1));
        fails_with(ErrorKind::OutOfRange, fill(map, 0, offset));
    }
    close(map);
}

#[test]
fn position_at_or_past_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for offset in [capacity, capacity + 1, i64::MAX] {
        fails_with(ErrorKind::OutOfRange, read(map, offset, 1));
        fails_with(ErrorKind::OutOfRange, write(map, offset, 1));
        fails_with(ErrorKind::OutOfRange, fill(map, offset, 1));
    }
    works(write(map, capacity, 0));
    close(map);
}

#[test]
fn value_crosses_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    fails_with(ErrorKind::InvalidArgument, read(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, write(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, fill(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, fill(map, 1, i64::MAX));
    // Nothing was written, not even the bytes before the end.
    let bytes: [u8; 64] = works(read(map, capacity - 64, 64));
    assert_eq!(bytes, [0; 64]);
    close(map);
}

#[test]
fn read_on_write_only_and_write_on_read_only() {
    let name = unique("bytes");
    let map = works(create_new(&name, 64, &defaults()));
    let writer = works(open(&name, &with_access(MMF_ACCESS_WRITE)));
    let reader = works(open(&name, &with_access(MMF_ACCESS_READ)));
    fails_with(ErrorKind::AccessDenied, read(writer, 0, 1));
    fails_with(ErrorKind::AccessDenied, write(reader, 0, 1));
    fails_with(ErrorKind::AccessDenied, fill(reader, 0, 1));
    works(write(writer, 0, 64));
    let bytes: [u8; 64] = works(read(reader, 0, 64));
    assert_eq!(bytes, [1; 64]);
    [map, writer, reader].into_iter().for_each(close);
}

#[test]
fn flush_with_any_access() {
    for access in [MMF_ACCESS_READ, MMF_ACCESS_WRITE, MMF_ACCESS_READ_WRITE] {
        let map = anonymous(64);
        let the_view = works(view(map, 0, 0, access));
        // SAFETY: any number is allowed as a handle.
        works(|_: *mut (), error| unsafe { mmf_view_flush(the_view, error) });
        // SAFETY: any number is allowed as a handle.
        works(|_: *mut (), error| unsafe { mmf_map_flush(map, error) });
        close_view(the_view);
        close(map);
    }
}
