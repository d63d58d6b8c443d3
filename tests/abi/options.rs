//! Structures of a wrong size, and invalid options and permissions.

use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{assert_fails_about, create_new, fails, pointer_and_length, works};

#[test]
fn a_structure_of_another_size_is_refused_before_it_is_read() {
    for size in [0, 4, size_of::<mmf_map_options_t>() as u32 - 1, u32::MAX] {
        // Only the size is allocated, so memory checkers would report any further read.
        let alone = Box::new(size);
        let options = (&raw const *alone).cast();
        let name = unique("size");
        let (data, length) = pointer_and_length(&name);
        // SAFETY: the size is valid, and the call must not read more.
        let found = fails(|out: *mut mmf_map_t, error| unsafe {
            mmf_map_create_new(data, length, 1, options, out, error)
        });
        assert_fails_about(found, ErrorKind::InvalidArgument, "struct_size");
        let map = crate::anonymous(1);
        // SAFETY: as above.
        let found = fails(|out: *mut mmf_text_t, error| unsafe {
            mmf_text_read(map, options.cast(), out, error)
        });
        assert_fails_about(found, ErrorKind::InvalidArgument, "struct_size");
        // SAFETY: as above.
        let found = fails(|_: *mut (), error| unsafe {
            mmf_map_save(map, data, length, options.cast(), error)
        });
        assert_fails_about(found, ErrorKind::InvalidArgument, "struct_size");
        crate::close(map);
    }
}

#[test]
fn invalid_options_are_refused() {
    let map = crate::anonymous(64);
    let read = |options: mmf_text_options_t| {
        // SAFETY: the options are valid during the call.
        fails(|out: *mut mmf_text_t, error| unsafe { mmf_text_read(map, &options, out, error) })
    };
    for encoding in [-1, 6] {
        let options = mmf_text_options_t { encoding, ..Default::default() };
        assert_fails_about(read(options), ErrorKind::OutOfRange, "encoding");
    }
    for timeout_ms in [-2, i64::MIN] {
        let options = mmf_text_options_t { timeout_ms, ..Default::default() };
        assert_fails_about(read(options), ErrorKind::OutOfRange, "timeout");
    }
    let options = mmf_text_options_t { separator: null(), ..Default::default() };
    assert_fails_about(read(options), ErrorKind::NullArgument, "separator");
    let save = mmf_save_options_t { part: 3, ..Default::default() };
    let (path, length) = pointer_and_length("/nowhere/at-all");
    // SAFETY: the options are valid during the call.
    let found = fails(|_: *mut (), error| unsafe { mmf_map_save(map, path, length, &save, error) });
    assert_fails_about(found, ErrorKind::OutOfRange, "part");
    for (mode, timeout, word) in [(2, 0, "mode"), (-1, 0, "mode"), (1, -2, "timeout")] {
        // SAFETY: every pointer is valid for its type.
        let found = fails(|out: *mut mmf_lock_t, error| unsafe {
            mmf_lock_take(map, mode, timeout, out, error)
        });
        assert_fails_about(found, ErrorKind::OutOfRange, word);
    }
    for inheritability in [-1, 2] {
        // SAFETY: the error pointer is valid.
        let found = fails(|_: *mut (), error| unsafe {
            mmf_map_set_inheritable(map, inheritability, error)
        });
        assert_fails_about(found, ErrorKind::OutOfRange, "inheritability");
    }
    crate::close(map);
}

#[test]
fn invalid_permissions_are_refused() {
    if !mmf::backend::PERMISSION_MODES {
        crate::common::not_run("permissions", "maps have no permission mode on this system");
        return;
    }
    let map = works(create_new(&unique("order"), 64, &Default::default()));
    let keep = mmf_permissions_t::default();
    let beyond = i64::from(u32::MAX);
    for (permissions, status) in [
        (mmf_permissions_t { mode: -2, ..keep }, ErrorKind::OutOfRange),
        (mmf_permissions_t { uid: -2, ..keep }, ErrorKind::OutOfRange),
        (mmf_permissions_t { gid: beyond, ..keep }, ErrorKind::OutOfRange),
        (mmf_permissions_t { uid: i64::MAX, ..keep }, ErrorKind::OutOfRange),
        (mmf_permissions_t { mode: 0o777, ..keep }, ErrorKind::InvalidArgument),
        (mmf_permissions_t { mode: 0o066, ..keep }, ErrorKind::InvalidArgument),
    ] {
        // SAFETY: the permissions are valid during the call.
        let (found, message) =
            fails(|_: *mut (), error| unsafe { mmf_map_set_permissions(map, &permissions, error) });
        assert_eq!(found, status, "{permissions:?}: {message}");
    }
    let wider = mmf_permissions_t { mode: 0o660, ..keep };
    // SAFETY: the permissions are valid during the call.
    works(|_: *mut (), error| unsafe { mmf_map_set_permissions(map, &wider, error) });
    // SAFETY: every pointer is valid for its type.
    let found: mmf_permissions_t =
        crate::works_sized(|out, error| unsafe { mmf_map_get_permissions(map, out, error) });
    assert_eq!(found.mode, 0o660);
    assert!(found.uid >= 0 && found.gid >= 0);
    crate::close(map);
}
