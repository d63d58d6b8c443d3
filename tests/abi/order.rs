//! Arguments are checked in the order of .NET: name, capacity, access, options, inheritability, platform.
//! At first all arguments are wrong. The tests correct one after the other, and each error must be about
//! the next one.

use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{
    assert_fails_about, create_new, create_or_open, fails, open, pointer_and_length, works,
};

/// A capacity that no machine has. With 32 bits, the argument check refuses it, so 1 is used there.
const HUGE: i64 = if cfg!(target_pointer_width = "32") { 1 } else { i64::MAX };

/// Options that are all wrong.
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

#[test]
fn create_new_checks_name_then_capacity_then_access_then_options_then_inheritability_then_platform()
{
    use ErrorKind::{InvalidArgument, OutOfRange};
    let mut options = all_wrong();
    assert_fails_about(fails(create_new("", -1, &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_fails_about(fails(create_new(&name, -1, &options)), OutOfRange, "capacity");
    assert_fails_about(fails(create_new(&name, 0, &options)), OutOfRange, "capacity");
    assert_fails_about(fails(create_new(&name, 1, &options)), OutOfRange, "access 99");
    options.access = mmf_access_t::MMF_ACCESS_WRITE as i32;
    assert_fails_about(fails(create_new(&name, HUGE, &options)), InvalidArgument, "writing alone");
    options.access = 0;
    assert_fails_about(fails(create_new(&name, HUGE, &options)), OutOfRange, "allocation");
    options.allocation = 0;
    assert_fails_about(fails(create_new(&name, HUGE, &options)), OutOfRange, "inheritability");
    options.inheritability = 0;
    assert_fails_about(fails(create_new(&name, 1, &options)), OutOfRange, "permission mode");
    options.mode = -1;
    crate::close(works(create_new(&name, 1, &options)));
}

#[test]
fn create_new_checks_the_arguments_before_the_platform() {
    let name = unique("order");
    let map = works(create_new(&name, 1, &Default::default()));
    let mut options = all_wrong();
    options.access = 0;
    options.allocation = 0;
    assert_fails_about(
        fails(create_new(&name, 1, &options)),
        ErrorKind::OutOfRange,
        "inheritability",
    );
    crate::close(map);
}

#[test]
fn create_or_open_checks_null_name_then_empty_name_then_the_rest() {
    use ErrorKind::{InvalidArgument, NullArgument, OutOfRange};
    let mut options = all_wrong();
    // SAFETY: NULL is allowed, and the options are valid during the call.
    let found = fails(|out: *mut mmf_map_t, error| unsafe {
        mmf_map_create_or_open(null(), 0, -1, &options, out, error)
    });
    assert_fails_about(found, NullArgument, "name");
    assert_fails_about(fails(create_or_open("", -1, &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_fails_about(fails(create_or_open(&name, -1, &options)), OutOfRange, "capacity");
    assert_fails_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "access 99");
    options.access = 0;
    assert_fails_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "allocation");
    options.allocation = 0;
    assert_fails_about(fails(create_or_open(&name, 1, &options)), OutOfRange, "inheritability");
}

#[test]
fn open_checks_null_name_then_empty_name_then_rights_then_inheritability() {
    use ErrorKind::{InvalidArgument, NotFound, NullArgument, OutOfRange};
    let mut options = all_wrong();
    // SAFETY: NULL is allowed, and the options are valid during the call.
    let found = fails(|out: *mut mmf_map_t, error| unsafe {
        mmf_map_open(null(), 0, &options, out, error)
    });
    assert_fails_about(found, NullArgument, "name");
    assert_fails_about(fails(open("", &options)), InvalidArgument, "name");
    let name = unique("order");
    assert_fails_about(fails(open(&name, &options)), OutOfRange, "access 99");
    options.access = 0;
    assert_fails_about(fails(open(&name, &options)), OutOfRange, "rights");
    options.rights = 0;
    assert_fails_about(fails(open(&name, &options)), OutOfRange, "inheritability");
    options.inheritability = 0;
    assert_fails_about(fails(open(&name, &options)), OutOfRange, "wait");
    options.wait_ms = 0;
    assert_fails_about(fails(open(&name, &options)), OutOfRange, "trusted owner");
    options.trusted_owner = 0;
    // Options for creating are ignored.
    assert_fails_about(fails(open(&name, &options)), NotFound, &name);
}

#[test]
fn from_file_checks_path_then_name_then_capacity_then_access_then_mode_then_file() {
    use ErrorKind::{InvalidArgument, NotFound, NullArgument, OutOfRange};
    let file = |path: Option<&str>, mode, name: &str, capacity, options: &mmf_map_options_t| {
        let (path, path_length) = path.map_or((null(), 0), pointer_and_length);
        let (name, name_length) = pointer_and_length(name);
        // SAFETY: all pointers are valid during the call.
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
    assert_fails_about(file(None, 99, "", -1, &options), NullArgument, "path");
    let none = Some("");
    assert_fails_about(file(none, 99, "", -1, &options), InvalidArgument, "name");
    assert_fails_about(file(none, 99, &name, -1, &options), OutOfRange, "capacity");
    assert_fails_about(file(none, 99, &name, HUGE, &options), OutOfRange, "access 99");
    options.access = mmf_access_t::MMF_ACCESS_WRITE as i32;
    assert_fails_about(file(none, 99, &name, HUGE, &options), InvalidArgument, "writing alone");
    options.access = 0;
    assert_fails_about(file(none, 6, &name, HUGE, &options), InvalidArgument, "Append");
    // A mode that does not exist is only found when the file is opened.
    assert_fails_about(file(none, 99, &name, HUGE, &options), InvalidArgument, "path");
    let path = Some(path.as_str());
    assert_fails_about(file(path, 99, &name, HUGE, &options), OutOfRange, "file mode");
    assert_fails_about(file(none, 3, &name, HUGE, &options), OutOfRange, "allocation");
    options.allocation = 0;
    assert_fails_about(file(none, 3, &name, HUGE, &options), OutOfRange, "inheritability");
    options.inheritability = 0;
    options.mode = -1;
    assert_fails_about(file(none, 3, &name, HUGE, &options), InvalidArgument, "path");
    assert_fails_about(file(path, 3, &name, HUGE, &options), NotFound, "missing");
}
