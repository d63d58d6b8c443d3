//! The order of the checks is .NET's: name, capacity, access, options, inheritability, platform.
//! Everything is wrong at first; one thing after the other is put right, and the answer must be
//! about the next one.

use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{c, create_new, create_or_open, fails, open, works};

/// A capacity that no machine has: found after the arguments were checked (32 bits cannot count it).
const HUGE: i64 = if cfg!(target_pointer_width = "32") { 1 } else { i64::MAX };

/// All options wrong at once.
fn all_wrong() -> mmf_map_options_t {
    mmf_map_options_t {
        access: 99,
        rights: -1,
        allocation: 99,
        inheritability: 99,
        mode: -99,
        wait_ms: -99,
        trusted_owner: -99,
        ..Default::default()
    }
}

#[track_caller]
fn assert_about(found: (ErrorKind, String), status: ErrorKind, word: &str) {
    assert_eq!(found.0, status, "{}", found.1);
    assert!(found.1.contains(word), "not about the {word}: {}", found.1);
}

#[test]
fn e1_name_then_capacity_then_access_then_options_then_inheritability_then_platform() {
    use ErrorKind::{InvalidArgument, OutOfRange};
    let mut options = all_wrong();
    assert_about(fails(create_new("", -1, &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_about(fails(create_new(&name, -1, &options)), OutOfRange, "capacity");
    assert_about(fails(create_new(&name, 0, &options)), OutOfRange, "capacity");
    assert_about(fails(create_new(&name, 1, &options)), OutOfRange, "access 99");
    options.access = mmf_access_t::MMF_ACCESS_WRITE as i32;
    assert_about(fails(create_new(&name, HUGE, &options)), InvalidArgument, "writing alone");
    options.access = 0;
    assert_about(fails(create_new(&name, HUGE, &options)), OutOfRange, "allocation");
    options.allocation = 0;
    assert_about(fails(create_new(&name, HUGE, &options)), OutOfRange, "inheritability");
    options.inheritability = 0;
    assert_about(fails(create_new(&name, 1, &options)), OutOfRange, "permission mode");
    options.mode = -1;
    crate::close(works(create_new(&name, 1, &options)));
}

#[test]
fn e1_the_arguments_come_before_what_the_platform_finds() {
    let name = unique("order");
    let map = works(create_new(&name, 1, &Default::default()));
    let mut options = all_wrong();
    options.access = 0;
    options.allocation = 0;
    assert_about(fails(create_new(&name, 1, &options)), ErrorKind::OutOfRange, "inheritability");
    crate::close(map);
}

#[test]
fn e2_null_name_then_empty_name_then_the_rest() {
    use ErrorKind::{InvalidArgument, NullArgument, OutOfRange};
    let mut options = all_wrong();
    // SAFETY: NULL is allowed, and the options live during the call.
    let found = fails(|out: *mut mmf_map_t, error| unsafe {
        mmf_map_create_or_open(null(), 0, -1, &options, out, error)
    });
    assert_about(found, NullArgument, "name");
    assert_about(fails(create_or_open("", -1, &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_about(fails(create_or_open(&name, -1, &options)), OutOfRange, "capacity");
    assert_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "access 99");
    options.access = 0;
    assert_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "allocation");
    options.allocation = 0;
    assert_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "inheritability");
}

#[test]
fn e3_null_name_then_empty_name_then_rights_then_inheritability() {
    use ErrorKind::{InvalidArgument, NotFound, NullArgument, OutOfRange};
    let mut options = all_wrong();
    // SAFETY: NULL is allowed, and the options live during the call.
    let found = fails(|out: *mut mmf_map_t, error| unsafe {
        mmf_map_open(null(), 0, &options, out, error)
    });
    assert_about(found, NullArgument, "name");
    assert_about(fails(open("", &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_about(fails(open(&name, &options)), OutOfRange, "access 99");
    options.access = 0;
    assert_about(fails(open(&name, &options)), OutOfRange, "rights");
    options.rights = 0;
    assert_about(fails(open(&name, &options)), OutOfRange, "inheritability");
    options.inheritability = 0;
    assert_about(fails(open(&name, &options)), OutOfRange, "wait");
    options.wait_ms = 0;
    assert_about(fails(open(&name, &options)), OutOfRange, "trusted owner");
    options.trusted_owner = 0;
    // What is about creating has no say.
    assert_about(fails(open(&name, &options)), NotFound, &name);
}

#[test]
fn e4_path_then_name_then_capacity_then_access_then_mode_then_file() {
    use ErrorKind::{InvalidArgument, NotFound, NullArgument, OutOfRange};
    let file = |path: Option<&str>, mode, name: &str, capacity, options: &mmf_map_options_t| {
        let (path, path_length) = path.map_or((null(), 0), c);
        let (name, name_length) = c(name);
        // SAFETY: all of it lives during the call.
        fails(|out: *mut mmf_map_t, error| unsafe {
            mmf_map_create_from_file(
                path,
                path_length,
                mode,
                name,
                name_length,
                capacity,
                options,
                out,
                error,
            )
        })
    };
    let mut options = all_wrong();
    let name = unique("order");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").to_str().unwrap().to_owned();
    assert_about(file(None, 99, "", -1, &options), NullArgument, "path");
    let none = Some("");
    assert_about(file(none, 99, "", -1, &options), InvalidArgument, "name");
    assert_about(file(none, 99, &name, -1, &options), OutOfRange, "capacity");
    assert_about(file(none, 99, &name, HUGE, &options), OutOfRange, "access 99");
    options.access = mmf_access_t::MMF_ACCESS_WRITE as i32;
    assert_about(file(none, 99, &name, HUGE, &options), InvalidArgument, "writing alone");
    options.access = 0;
    assert_about(file(none, 6, &name, HUGE, &options), InvalidArgument, "Append");
    // A mode that does not exist is met when the file is opened.
    assert_about(file(none, 99, &name, HUGE, &options), InvalidArgument, "path");
    let path = Some(path.as_str());
    assert_about(file(path, 99, &name, HUGE, &options), OutOfRange, "file mode");
    assert_about(file(none, 3, &name, HUGE, &options), OutOfRange, "allocation");
    options.allocation = 0;
    assert_about(file(none, 3, &name, HUGE, &options), OutOfRange, "inheritability");
    options.inheritability = 0;
    options.mode = -1;
    assert_about(file(none, 3, &name, HUGE, &options), InvalidArgument, "path");
    assert_about(file(path, 3, &name, HUGE, &options), NotFound, "missing");
}

#[test]
fn a_structure_of_another_size_is_refused_before_it_is_read() {
    for size in [0, 4, size_of::<mmf_map_options_t>() as u32 - 1, u32::MAX] {
        // Only the size is there: reading more would be seen by the tools that watch memory.
        let alone = Box::new(size);
        let options = (&raw const *alone).cast();
        let name = unique("size");
        let (data, length) = c(&name);
        // SAFETY: there are as many bytes as the size says, or the call must not look.
        let found = fails(|out: *mut mmf_map_t, error| unsafe {
            mmf_map_create_new(data, length, 1, options, out, error)
        });
        assert_about(found, ErrorKind::InvalidArgument, "struct_size");
        let map = crate::anonymous(1);
        // SAFETY: as above.
        let found = fails(|out: *mut mmf_text_t, error| unsafe {
            mmf_text_read(map, options.cast(), out, error)
        });
        assert_about(found, ErrorKind::InvalidArgument, "struct_size");
        // SAFETY: as above.
        let found = fails(|_: *mut (), error| unsafe {
            mmf_map_save(map, data, length, options.cast(), error)
        });
        assert_about(found, ErrorKind::InvalidArgument, "struct_size");
        crate::close(map);
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let map = crate::anonymous(64);
    let read = |options: mmf_text_options_t| {
        // SAFETY: the options live during the call.
        fails(|out: *mut mmf_text_t, error| unsafe { mmf_text_read(map, &options, out, error) })
    };
    for encoding in [-1, 6] {
        let options = mmf_text_options_t { encoding, ..Default::default() };
        assert_about(read(options), ErrorKind::OutOfRange, "encoding");
    }
    for timeout_ms in [-2, i64::MIN] {
        let options = mmf_text_options_t { timeout_ms, ..Default::default() };
        assert_about(read(options), ErrorKind::OutOfRange, "timeout");
    }
    let options = mmf_text_options_t { separator: null(), ..Default::default() };
    assert_about(read(options), ErrorKind::NullArgument, "separator");
    let save = mmf_save_options_t { part: 3, ..Default::default() };
    let (path, length) = c("/nowhere/at-all");
    // SAFETY: the options live during the call.
    let found = fails(|_: *mut (), error| unsafe { mmf_map_save(map, path, length, &save, error) });
    assert_about(found, ErrorKind::OutOfRange, "part");
    for (mode, timeout, word) in [(2, 0, "mode"), (-1, 0, "mode"), (1, -2, "timeout")] {
        // SAFETY: the pointers lead to places of their types.
        let found = fails(|out: *mut mmf_lock_t, error| unsafe {
            mmf_lock_take(map, mode, timeout, out, error)
        });
        assert_about(found, ErrorKind::OutOfRange, word);
    }
    for inheritability in [-1, 2] {
        // SAFETY: the error is a place for one.
        let found = fails(|_: *mut (), error| unsafe {
            mmf_map_set_inheritable(map, inheritability, error)
        });
        assert_about(found, ErrorKind::OutOfRange, "inheritability");
    }
    crate::close(map);
}

#[test]
fn permissions_that_make_no_sense_are_refused() {
    if !mmf::backend::PERMISSION_MODES {
        crate::common::not_run("permissions", "maps have no permission mode here");
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
        // SAFETY: the permissions live during the call.
        let (found, message) =
            fails(|_: *mut (), error| unsafe { mmf_map_set_permissions(map, &permissions, error) });
        assert_eq!(found, status, "{permissions:?}: {message}");
    }
    let wider = mmf_permissions_t { mode: 0o660, ..keep };
    // SAFETY: the permissions live during the call.
    works(|_: *mut (), error| unsafe { mmf_map_set_permissions(map, &wider, error) });
    // SAFETY: the pointers lead to places of their types.
    let found: mmf_permissions_t =
        crate::works_sized(|out, error| unsafe { mmf_map_get_permissions(map, out, error) });
    assert_eq!(found.mode, 0o660);
    assert!(found.uid >= 0 && found.gid >= 0);
    crate::close(map);
}
