//! Mapping a file by its path.

use std::fs;

use super::{HUGE, TOO_LARGE, file, options, wrong_permissions};
use crate::common;
use common::{assert_fails, unique};
use mmf::backend::{MAX_CAPACITY, PERMISSION_MODES};
use mmf::{Access, ErrorKind, FileMode, Map, Permissions, Result};

#[test]
fn the_path_is_empty() {
    let _beside = common::beside_others();
    let result = options().map_file("");
    assert_fails(result, ErrorKind::InvalidArgument);
}

#[test]
fn the_name_is_empty() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let result = options().name("").map_file(&path);
    assert_fails(result, ErrorKind::InvalidArgument);
}

#[test]
fn the_capacity_is_larger_than_the_address_space() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    for capacity in [MAX_CAPACITY + 1, i64::MAX as u64, u64::MAX] {
        assert_fails(options().capacity(capacity).map_file(&path), TOO_LARGE);
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), 4);
}

#[test]
fn the_access_is_write() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let write = options().access(Access::Write);
    assert_fails(write.map_file(&path), ErrorKind::InvalidArgument);
}

#[test]
fn the_numbers_of_access_and_mode_do_not_exist() {
    let _beside = common::beside_others();
    for number in [-1, 6, i32::MAX] {
        assert_fails(Access::from_number(number), ErrorKind::OutOfRange);
    }
    for access in Access::ALL {
        assert_eq!(Access::from_number(access as i32).unwrap(), access);
    }
    for number in [0, -1, 7, i32::MIN] {
        assert_fails(FileMode::from_number(number), ErrorKind::OutOfRange);
    }
    // Truncate and Append exist, but cannot be used for a map.
    for number in [5, 6] {
        assert_fails(FileMode::from_number(number), ErrorKind::InvalidArgument);
    }
}

#[test]
fn the_capacity_is_zero_and_the_file_is_empty() {
    let _beside = common::beside_others();
    let (folder, path) = file(b"");
    let result = options().map_file(&path);
    let error = assert_fails(result, ErrorKind::InvalidArgument);
    assert!(error.message().contains("above 0"), "{error}");
    assert!(path.exists());
    let new = folder.path().join("new");
    let result = options().file_mode(FileMode::CreateNew).map_file(&new);
    assert_fails(result, ErrorKind::InvalidArgument);
    assert!(!new.exists());
}

#[test]
fn the_file_is_missing() {
    let _beside = common::beside_others();
    let (folder, _) = file(b"");
    let path = folder.path().join("missing");
    let error = assert_fails(Map::map_file(&path), ErrorKind::NotFound);
    assert!(error.message().contains("missing"), "{error}");
    assert!(!path.exists());
}

#[test]
fn the_file_exists_and_the_mode_is_create_new() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let result = options().file_mode(FileMode::CreateNew).capacity(10).map_file(&path);
    assert_fails(result, ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn the_folder_is_missing() {
    let _beside = common::beside_others();
    let (folder, _) = file(b"");
    let path = folder.path().join("no folder").join("file");
    for mode in [FileMode::Open, FileMode::OpenOrCreate, FileMode::Create, FileMode::CreateNew] {
        let result = options().file_mode(mode).capacity(10).map_file(&path);
        assert_fails(result, ErrorKind::DirectoryNotFound);
    }
}

#[test]
fn the_folder_is_a_file() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let error = Map::map_file(path.join("below")).unwrap_err();
    // Windows also reports a missing folder.
    assert_eq!(error.kind(), ErrorKind::DirectoryNotFound, "{error}");
}

/// On Unix, root may write to read-only files, so some of this is tested only for other users.
#[test]
fn the_file_is_read_only() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions.clone()).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        for access in [Access::ReadWrite, Access::CopyOnWrite] {
            let result = options().access(access).map_file(&path);
            assert_fails(result, ErrorKind::AccessDenied);
        }
    }
    let read = options().access(Access::Read).map_file(&path).unwrap();
    assert_eq!(read.read_text().unwrap(), "text");
    drop(read);
    #[allow(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

#[test]
fn the_access_is_read_and_the_capacity_is_larger_than_the_file() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let read = options().access(Access::Read);
    assert_fails(read.clone().capacity(5).map_file(&path), ErrorKind::InvalidArgument);
    assert_eq!(fs::metadata(&path).unwrap().len(), 4);
    // A copy-on-write map makes its file grow, as .NET does on Unix.
    let copy = options().access(Access::CopyOnWrite);
    assert_eq!(copy.clone().capacity(5).map_file(&path).unwrap().capacity(), 5);
    assert_eq!(fs::read(&path).unwrap(), b"text\0");
}

#[test]
fn the_capacity_is_smaller_than_the_file() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
        for capacity in 1..4 {
            let options = options().access(access);
            let result = options.clone().capacity(capacity).map_file(&path);
            let error = assert_fails(result, ErrorKind::OutOfRange);
            assert!(error.message().contains("4 bytes"), "{error}");
        }
    }
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn the_capacity_is_larger_and_the_file_grows_to_it() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let map = options().capacity(12_345).map_file(&path).unwrap();
    assert_eq!(map.capacity(), 12_345);
    assert_eq!(fs::metadata(&path).unwrap().len(), 12_345);
}

#[test]
fn the_disk_is_too_small() {
    let _beside = common::beside_others();
    let (folder, path) = file(b"text");
    let capacity = MAX_CAPACITY.min(1 << 46);
    if cfg!(target_pointer_width = "32") {
        // The disk may have four GiB.
        return;
    }
    let result = options().capacity(capacity).map_file(&path);
    let status = result.unwrap_err().kind();
    // In .NET, a size that is too large for the file system is out of range, and one for the disk is an IOException.
    let small = [
        ErrorKind::NoSpace,
        ErrorKind::OutOfRange,
        ErrorKind::TooLarge,
        ErrorKind::InvalidArgument,
    ];
    assert!(small.contains(&status), "{status:?}");
    assert_eq!(fs::metadata(&path).unwrap().len(), 4, "the file has grown");
    let new = folder.path().join("new");
    options().file_mode(FileMode::CreateNew).capacity(capacity).map_file(&new).unwrap_err();
    assert!(!new.exists());
}

#[test]
fn the_name_is_in_use() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let name = unique("in-use");
    let _map = Map::create_new(&name, 10).unwrap();
    let result = options().name(&name).map_file(&path);
    assert_fails(result, ErrorKind::AlreadyExists);
}

#[test]
fn the_access_is_read_and_the_mode_creates_or_empties_the_file() {
    let _beside = common::beside_others();
    let (folder, path) = file(b"text");
    let read = options().access(Access::Read);
    for mode in [FileMode::Create, FileMode::CreateNew] {
        let result = read.clone().file_mode(mode).capacity(10).map_file(folder.path().join("new"));
        assert_fails(result, ErrorKind::InvalidArgument);
        let result = read.clone().file_mode(mode).capacity(10).map_file(&path);
        assert_fails(result, ErrorKind::InvalidArgument);
    }
    assert_eq!(fs::read(&path).unwrap(), b"text", "the file was emptied");
}

#[test]
fn permissions_are_given_for_a_file() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let own = if PERMISSION_MODES { Permissions::new().mode(0o600) } else { wrong_permissions() };
    let result = options().permissions(own).map_file(&path);
    assert_fails(result, ErrorKind::NotSupported);
}

#[test]
fn the_order_of_the_checks() {
    let _beside = common::beside_others();
    let (folder, path) = file(b"text");
    let missing = folder.path().join("missing");
    let wrong = options().access(Access::Write);
    let says = |result: Result<Map>, word: &str| {
        let error = assert_fails(result, ErrorKind::InvalidArgument);
        assert!(error.message().contains(word), "{error}");
    };
    says(wrong.clone().name("").capacity(HUGE).map_file(""), "name");
    says(wrong.clone().capacity(HUGE).map_file(""), "writing alone");
    let read = options().access(Access::Read);
    says(read.clone().file_mode(FileMode::Create).capacity(HUGE).map_file(""), "path");
    says(read.clone().file_mode(FileMode::Create).capacity(HUGE).map_file(&path), "alone");
    assert_fails(read.clone().capacity(HUGE).map_file(&missing), ErrorKind::NotFound);
    says(read.clone().capacity(HUGE).map_file(&path), "cannot grow");
    assert_fails(options().capacity(u64::MAX).map_file(&path), TOO_LARGE);
    // The file is checked before the name.
    let name = unique("order");
    let _map = Map::create_new(&name, 10).unwrap();
    let result = options().name(&name).capacity(1).map_file(&missing);
    assert_fails(result, ErrorKind::NotFound);
    let result = options().name(&name).capacity(1).map_file(&path);
    assert_fails(result, ErrorKind::OutOfRange);
    let result = options().name(&name).capacity(5).map_file(&path);
    assert_fails(result, ErrorKind::AlreadyExists);
}

#[cfg(unix)]
#[test]
fn the_path_is_too_long() {
    let _beside = common::beside_others();
    let long = "x".repeat(256);
    assert_fails(Map::map_file(&long), ErrorKind::PathTooLong);
    let long = "folder/".repeat(1_000);
    assert_fails(Map::map_file(&long), ErrorKind::PathTooLong);
}
