//! Views with bad arguments: each gets the kind of error that .NET has for it.

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_access_t::{
    MMF_ACCESS_COPY_ON_WRITE, MMF_ACCESS_READ, MMF_ACCESS_READ_EXECUTE, MMF_ACCESS_READ_WRITE,
    MMF_ACCESS_READ_WRITE_EXECUTE, MMF_ACCESS_WRITE,
};

use crate::{
    FILE_OPEN, INVALID_ACCESSES, anonymous, close, close_view, fails_with, file, from_file, info,
    view, with_access, works,
};

#[test]
fn offset_or_size_negative() {
    let map = anonymous(64);
    for number in [-1, i64::MIN] {
        let message = fails_with(ErrorKind::OutOfRange, view(map, number, 0, MMF_ACCESS_READ));
        assert!(message.contains("offset"), "{message}");
        let message = fails_with(ErrorKind::OutOfRange, view(map, 0, number, MMF_ACCESS_READ));
        assert!(message.contains("size"), "{message}");
    }
    close(map);
}

#[test]
fn access_not_in_the_enumeration() {
    let map = anonymous(64);
    for access in INVALID_ACCESSES {
        // SAFETY: every pointer is valid for its type.
        fails_with(ErrorKind::OutOfRange, |out: *mut mmf_view_t, error| unsafe {
            mmf_view_create(map, 0, 0, access, out, error)
        });
    }
    close(map);
}

#[test]
fn offset_past_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for offset in [capacity + 1, i64::MAX] {
        fails_with(ErrorKind::OutOfRange, view(map, offset, 0, MMF_ACCESS_READ));
        fails_with(ErrorKind::OutOfRange, view(map, offset, i64::MAX, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
#[cfg(target_pointer_width = "32")]
fn size_above_32_bits() {
    let map = anonymous(64);
    for size in [1 << 32, 8_192_000_000_001, i64::MAX] {
        fails_with(ErrorKind::OutOfRange, view(map, 1, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_huge_size_is_reported_before_the_end_of_the_map() {
    let map = anonymous(64);
    for size in [8_192_000_000_001, i64::MAX] {
        fails_with(ErrorKind::TooLarge, view(map, 1, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
fn offset_and_size_past_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for (offset, size) in [(0, capacity + 1), (1, capacity), (capacity, 1), (capacity, 1 << 31)] {
        fails_with(ErrorKind::AccessDenied, view(map, offset, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
fn size_zero_extends_to_the_end_and_may_be_empty() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for (offset, size) in [(0, capacity), (63, capacity - 63), (capacity, 0)] {
        let the_view = works(view(map, offset, 0, MMF_ACCESS_READ));
        // SAFETY: every pointer is valid for its type.
        let info: mmf_view_info_t =
            crate::works_sized(|out, error| unsafe { mmf_view_get_info(the_view, out, error) });
        assert_eq!((info.offset, info.size as i64), (offset, size));
        assert_eq!(info.access, MMF_ACCESS_READ as i32);
        close_view(the_view);
    }
    close(map);
}

#[test]
fn map_closed() {
    let map = anonymous(64);
    close(map);
    fails_with(ErrorKind::Closed, view(map, 0, 0, MMF_ACCESS_READ));
    // Numbers are checked first.
    fails_with(ErrorKind::OutOfRange, view(map, -1, 0, MMF_ACCESS_READ));
}

#[test]
fn map_access_by_view_access() {
    let all = [
        MMF_ACCESS_READ,
        MMF_ACCESS_WRITE,
        MMF_ACCESS_READ_WRITE,
        MMF_ACCESS_COPY_ON_WRITE,
        MMF_ACCESS_READ_EXECUTE,
        MMF_ACCESS_READ_WRITE_EXECUTE,
    ];
    let (yes, no) = (true, false);
    let table = [
        (MMF_ACCESS_READ, [yes, no, no, yes, no, no]),
        (MMF_ACCESS_COPY_ON_WRITE, [yes, no, no, yes, no, no]),
        (MMF_ACCESS_READ_WRITE, [yes, yes, yes, yes, no, no]),
        (MMF_ACCESS_READ_EXECUTE, [yes, no, no, yes, yes, no]),
        (MMF_ACCESS_READ_WRITE_EXECUTE, [yes; 6]),
    ];
    let (_folder, path) = file(Some(b"text"));
    for (map_access, allowed) in table {
        let map = works(from_file(&path, FILE_OPEN, None, 0, &with_access(map_access)));
        for (access, allowed) in all.into_iter().zip(allowed) {
            if allowed {
                close_view(works(view(map, 1, 2, access)));
            } else {
                fails_with(ErrorKind::AccessDenied, view(map, 1, 2, access));
            }
        }
        close(map);
    }
}
