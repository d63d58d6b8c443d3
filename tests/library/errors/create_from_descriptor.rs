//! Mapping an open file.

use std::fs;

use super::{HUGE, TOO_LARGE, file, options};
use crate::common;
use common::{assert_fails, named};
use mmf::{Access, ErrorKind, Map, MapOptions, Result};

fn map(file: &fs::File, options: &MapOptions, name: Option<&str>, size: u64) -> Result<Map> {
    let descriptor = file.try_clone().unwrap();
    named(options.clone(), name).capacity(size).map_descriptor(descriptor)
}

/// Every system checks this at creation. (.NET on Unix checks it at the first view.)
#[test]
fn file_access_and_map_access() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    use Access::{CopyOnWrite, Read, ReadExecute, ReadWrite, ReadWriteExecute};
    let open = |read, write| fs::OpenOptions::new().read(read).write(write).open(&path).unwrap();
    let (reads, writes, both) = (open(true, false), open(false, true), open(true, true));
    for access in [Read, CopyOnWrite] {
        map(&reads, &options().access(access), None, 0).unwrap();
        map(&both, &options().access(access), None, 0).unwrap();
    }
    map(&both, &options().access(ReadWrite), None, 0).unwrap();
    for access in [ReadWrite, ReadWriteExecute] {
        assert_fails(map(&reads, &options().access(access), None, 0), ErrorKind::AccessDenied);
    }
    for access in [Read, ReadWrite, CopyOnWrite, ReadExecute, ReadWriteExecute] {
        assert_fails(map(&writes, &options().access(access), None, 0), ErrorKind::AccessDenied);
    }
    // The right to execute depends on the handle on Windows, and on the file system on Unix.
    for (file, access) in [(&reads, ReadExecute), (&both, ReadExecute), (&both, ReadWriteExecute)] {
        match map(file, &options().access(access), None, 0) {
            Ok(map) => drop(map.view(0, 0, access).unwrap()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}"),
        }
    }
}

#[test]
fn the_name_the_capacity_or_the_access_is_wrong() {
    let _beside = common::beside_others();
    let (_folder, path) = file(b"text");
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let write = options().access(Access::Write);
    assert_fails(map(&file, &options(), Some(""), 0), ErrorKind::InvalidArgument);
    assert_fails(map(&file, &options(), None, u64::MAX), TOO_LARGE);
    assert_fails(map(&file, &write, None, 0), ErrorKind::InvalidArgument);
    assert_fails(map(&file, &write, None, HUGE), ErrorKind::InvalidArgument);
    assert_fails(map(&file, &options(), None, 3), ErrorKind::OutOfRange);
}
