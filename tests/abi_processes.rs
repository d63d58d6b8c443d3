//! Tests of the C ABI that need their own processes: as another user, and with little memory.
#![allow(unsafe_code, reason = "the tests call C functions, and keep their rules")]
#![allow(clippy::unwrap_used, reason = "an error fails the test")]
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "many calls rely on the same valid pointers"
)]

#[path = "abi/calls.rs"]
mod calls;
mod common;

use std::fs;

use calls::*;
use mmf::ErrorKind;
use mmf::ffi::*;

/// Root may write every file, so the test runs as another user.
#[test]
fn mapping_a_read_only_file_for_writing_is_refused() {
    let _alone = common::alone();
    #[cfg(unix)]
    {
        use common::again::{part, succeeds_as_nobody};
        use std::os::unix::fs::MetadataExt;
        let is_root = tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0;
        if is_root && part().is_none() {
            return succeeds_as_nobody("mapping_a_read_only_file_for_writing_is_refused");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "text").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions.clone()).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        common::not_run("read-only files", "this user can write them anyway");
        return;
    }
    let map = |access: mmf_access_t| {
        let options = mmf_map_options_t { access: access as i32, ..mmf_map_options_t::default() };
        let open = mmf_file_mode_t::MMF_FILE_MODE_OPEN as i32;
        let path = path.to_str().unwrap();
        move |out, error| from_file(path, open, None, 0, &options)(out, error)
    };
    for access in [
        mmf_access_t::MMF_ACCESS_READ_WRITE,
        mmf_access_t::MMF_ACCESS_COPY_ON_WRITE,
        mmf_access_t::MMF_ACCESS_READ_WRITE_EXECUTE,
    ] {
        fails_with(ErrorKind::AccessDenied, map(access));
    }
    close(works(map(mmf_access_t::MMF_ACCESS_READ)));
    #[allow(clippy::permissions_set_readonly_false, reason = "so that the file can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

/// If a conversion or a result needs more memory than the process has, the call fails and the process survives.
#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_is_an_error_in_utf8_and_utf16() {
    let _alone = common::alone();
    use common::again::{again, leave_memory, part, succeeds};
    use std::ptr::null;
    const TEST: &str = "too_little_memory_is_an_error_in_utf8_and_utf16";
    if part().is_none() {
        // Otherwise the C library reserves address space for each thread.
        return succeeds(again(TEST, "child").env("MALLOC_ARENA_MAX", "1"));
    }
    let map = anonymous(96 << 20);
    let text = "x".repeat(40 << 20);
    let units = vec![u16::from(b'x'); 40 << 20];
    leave_memory(512 << 10);
    let status = ErrorKind::NoSpace;
    let (data, length) = (units.as_ptr(), units.len());
    // SAFETY: all pointers are valid during the call.
    unsafe {
        fails_with(status, |_: *mut (), error| {
            mmf_text_replace16(map, data, length, null(), error)
        });
        fails_with(status, |_: *mut (), error| mmf_text_append16(map, data, length, null(), error));
    }
    let (name, size) = (text.as_ptr().cast(), text.len());
    // SAFETY: as above.
    unsafe {
        fails_with(status, |out, error| mmf_map_open(name, size, null(), out, error));
        fails_with(status, |out, error| mmf_map_create_new(name, size, 64, null(), out, error));
        fails_with(status, |out, error| mmf_map_open16(data, length, null(), out, error));
    }
    // SAFETY: every pointer is valid for its type.
    let length: i64 =
        works(|out, error| unsafe { mmf_content_get_length(map, null(), out, error) });
    assert_eq!(length, 0);
    // Text that is stored unchanged needs no memory.
    write_text(map, &text);
    // SAFETY: every pointer is valid for its type.
    unsafe {
        fails_with(status, |out, error| mmf_text_read(map, null(), out, error));
        fails_with(status, |out, error| mmf_text_read16(map, null(), out, error));
        fails_with(status, |out, error| mmf_content_read(map, null(), out, error));
    }
    let (data, length) = pointer_and_length("more");
    // SAFETY: as above.
    works(|_: *mut (), error| unsafe { mmf_text_append(map, data, length, null(), error) });
    close(map);
}
