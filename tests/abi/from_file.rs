//! Mapping a file with bad arguments: each gets the kind of error that .NET has for it.

use std::fs;
use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_access_t::{MMF_ACCESS_READ, MMF_ACCESS_WRITE};

use crate::common::unique;
use crate::{
    FILE_OPEN, INVALID_ACCESSES, close, create_new, defaults, fails, fails_with, file, from_file,
    info, open, with_access, works,
};

const CREATE_NEW: i32 = mmf_file_mode_t::MMF_FILE_MODE_CREATE_NEW as i32;
const OPEN_OR_CREATE: i32 = mmf_file_mode_t::MMF_FILE_MODE_OPEN_OR_CREATE as i32;

#[test]
fn path_null_or_empty() {
    // SAFETY: NULL is allowed.
    let message = fails_with(ErrorKind::NullArgument, |out, error| unsafe {
        mmf_map_create_from_file(null(), 0, FILE_OPEN, null(), 0, 0, null(), out, error)
    });
    assert!(message.contains("path"), "{message}");
    fails_with(ErrorKind::InvalidArgument, from_file("", FILE_OPEN, None, 0, &defaults()));
}

#[test]
fn map_name_empty() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::InvalidArgument, from_file(&path, FILE_OPEN, Some(""), 0, &defaults()));
}

#[test]
fn capacity_negative() {
    let (_folder, path) = file(Some(b"text"));
    for capacity in [-1, i64::MIN] {
        fails_with(ErrorKind::OutOfRange, from_file(&path, FILE_OPEN, None, capacity, &defaults()));
    }
}

#[test]
fn access_invalid_or_write() {
    let (_folder, path) = file(Some(b"text"));
    for access in INVALID_ACCESSES {
        let options = mmf_map_options_t { access, ..defaults() };
        fails_with(ErrorKind::OutOfRange, from_file(&path, FILE_OPEN, None, 0, &options));
    }
    let options = with_access(MMF_ACCESS_WRITE);
    fails_with(ErrorKind::InvalidArgument, from_file(&path, FILE_OPEN, None, 0, &options));
}

#[test]
fn mode_append_or_truncate() {
    let (_folder, path) = file(Some(b"text"));
    for mode in [5, 6] {
        fails_with(ErrorKind::InvalidArgument, from_file(&path, mode, None, 0, &defaults()));
    }
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn mode_not_in_the_enumeration() {
    let (_folder, path) = file(Some(b"text"));
    for mode in [i32::MIN, -1, 0, 7, i32::MAX] {
        fails_with(ErrorKind::OutOfRange, from_file(&path, mode, None, 0, &defaults()));
    }
}

#[test]
fn capacity_zero_and_file_empty() {
    let (_folder, path) = file(Some(b""));
    fails_with(ErrorKind::InvalidArgument, from_file(&path, FILE_OPEN, None, 0, &defaults()));
    assert_eq!(fs::read(&path).unwrap(), b"", "an existing file must stay");
    let (_folder, path) = file(None);
    for mode in [CREATE_NEW, OPEN_OR_CREATE] {
        fails_with(ErrorKind::InvalidArgument, from_file(&path, mode, None, 0, &defaults()));
        assert!(fs::metadata(&path).is_err(), "a file that the call created must be removed");
    }
}

#[test]
fn open_but_the_file_is_missing() {
    let (_folder, path) = file(None);
    fails_with(ErrorKind::NotFound, from_file(&path, FILE_OPEN, None, 0, &defaults()));
}

#[test]
fn create_new_but_the_file_exists() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::AlreadyExists, from_file(&path, CREATE_NEW, None, 8, &defaults()));
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn directory_missing() {
    let (_folder, path) = file(None);
    let path = format!("{path}/in/it");
    for mode in [FILE_OPEN, CREATE_NEW, OPEN_OR_CREATE] {
        fails_with(ErrorKind::DirectoryNotFound, from_file(&path, mode, None, 8, &defaults()));
    }
}

#[test]
fn access_read_but_capacity_above_the_files_length() {
    let (_folder, path) = file(Some(b"text"));
    let options = with_access(MMF_ACCESS_READ);
    fails_with(ErrorKind::InvalidArgument, from_file(&path, FILE_OPEN, None, 5, &options));
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn capacity_below_the_files_length() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::OutOfRange, from_file(&path, FILE_OPEN, None, 3, &defaults()));
    let map = works(from_file(&path, FILE_OPEN, None, 0, &defaults()));
    assert_eq!(info(map).capacity, 4);
    close(map);
}

#[test]
fn capacity_above_the_files_length_extends_the_file_to_it() {
    let (_folder, path) = file(Some(b"text"));
    let map = works(from_file(&path, FILE_OPEN, None, 5001, &defaults()));
    assert_eq!(info(map).capacity, 5001);
    close(map);
    let bytes = fs::read(&path).unwrap();
    assert_eq!((bytes.len(), &bytes[..6]), (5001, &b"text\0\0"[..]));
}

#[test]
fn too_large_for_any_disk() {
    let (_folder, path) = file(Some(b"text"));
    let (status, message) = fails(from_file(&path, FILE_OPEN, None, 1 << 46, &defaults()));
    // EFBIG is ArgumentOutOfRange in .NET, ENOSPC an IOException. The file system decides which one occurs.
    assert!(
        [ErrorKind::NoSpace, ErrorKind::OutOfRange, ErrorKind::TooLarge].contains(&status),
        "{status:?} {message}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn map_name_in_use() {
    let (_folder, path) = file(Some(b"text"));
    let name = unique("from_file");
    let map = works(create_new(&name, 8, &defaults()));
    fails_with(ErrorKind::AlreadyExists, from_file(&path, FILE_OPEN, Some(&name), 0, &defaults()));
    close(map);
    let map = works(from_file(&path, FILE_OPEN, Some(&name), 0, &defaults()));
    assert_eq!(info(map).kind, mmf_kind_t::MMF_KIND_NAMED_FILE as i32);
    fails_with(ErrorKind::AlreadyExists, create_new(&name, 8, &defaults()));
    let other = works(open(&name, &defaults()));
    assert_eq!(info(other).capacity, 4);
    close(other);
    close(map);
}

#[test]
fn a_file_map_has_the_permissions_of_its_file() {
    let (_folder, path) = file(Some(b"text"));
    let options = mmf_map_options_t { mode: 0o600, ..defaults() };
    fails_with(ErrorKind::NotSupported, from_file(&path, FILE_OPEN, None, 0, &options));
}
