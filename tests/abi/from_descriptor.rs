//! Mapping descriptors: errors for bad ones, and who closes the descriptor.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_access_t::{
    MMF_ACCESS_COPY_ON_WRITE, MMF_ACCESS_READ, MMF_ACCESS_READ_EXECUTE, MMF_ACCESS_READ_WRITE,
    MMF_ACCESS_READ_WRITE_EXECUTE,
};

use crate::{close, close_view, defaults, fails_with, file, view, with_access, works};

fn from_descriptor(
    descriptor: RawFd,
    leave_open: bool,
    access: mmf_access_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let options = with_access(access);
    // SAFETY: the pointers are valid, and the tests keep the descriptor open.
    move |out, error| unsafe {
        mmf_map_create_from_descriptor(
            descriptor as isize,
            leave_open.into(),
            null(),
            0,
            0,
            &options,
            out,
            error,
        )
    }
}

fn is_open(descriptor: RawFd) -> bool {
    fs::metadata(format!("/dev/fd/{descriptor}")).is_ok()
}

#[test]
fn invalid_descriptor() {
    // Another test could have reused a closed number; these numbers are never open.
    for descriptor in [-1, -2, i32::MAX] {
        let message = fails_with(
            ErrorKind::InvalidHandle,
            from_descriptor(descriptor, false, MMF_ACCESS_READ),
        );
        assert!(message.contains(&descriptor.to_string()), "{message}");
    }
}

#[test]
fn other_arguments_are_checked_as_for_paths() {
    let (_folder, path) = file(Some(b"text"));
    let file = File::open(path).unwrap();
    let fd = file.as_raw_fd() as isize;
    let bad = [
        (mmf_map_options_t { access: 6, ..defaults() }, 0),
        (mmf_map_options_t { inheritability: 2, ..defaults() }, 0),
        (defaults(), -1),
    ];
    for (options, capacity) in bad {
        // SAFETY: as in `from_descriptor`.
        fails_with(ErrorKind::OutOfRange, |out: *mut mmf_map_t, error| unsafe {
            mmf_map_create_from_descriptor(fd, 0, null(), 0, capacity, &options, out, error)
        });
    }
    assert!(is_open(file.as_raw_fd()), "a failed call must not close the descriptor");
}

#[test]
fn pipe_or_folder() {
    let (reader, writer) = std::io::pipe().unwrap();
    for pipe in [reader.as_raw_fd(), writer.as_raw_fd()] {
        fails_with(ErrorKind::NotAFile, from_descriptor(pipe, true, MMF_ACCESS_READ));
    }
    let folder = File::open(std::env::temp_dir()).unwrap();
    fails_with(ErrorKind::NotAFile, from_descriptor(folder.as_raw_fd(), true, MMF_ACCESS_READ));
}

#[test]
fn without_leave_open_the_map_closes_the_descriptor() {
    let (_folder, path) = file(Some(b"text"));
    let descriptor = OpenOptions::new().read(true).write(true).open(path).unwrap().into_raw_fd();
    let map = works(from_descriptor(descriptor, false, MMF_ACCESS_READ_WRITE));
    let the_view = works(view(map, 0, 0, MMF_ACCESS_READ));
    assert!(is_open(descriptor));
    let inode = descriptor_inode(descriptor);
    close(map);
    assert_ne!(descriptor_inode(descriptor), inode, "the descriptor must be closed");
    close_view(the_view);
}

#[test]
fn with_leave_open_the_descriptor_stays_open() {
    let (_folder, path) = file(Some(b"text"));
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let map = works(from_descriptor(file.as_raw_fd(), true, MMF_ACCESS_READ_WRITE));
    let inode = descriptor_inode(file.as_raw_fd());
    close(map);
    assert_eq!(descriptor_inode(file.as_raw_fd()), inode);
    assert!(inode.is_some());
}

fn descriptor_inode(descriptor: RawFd) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(format!("/dev/fd/{descriptor}")).ok().map(|data| data.ino())
}

#[test]
fn file_access_by_map_access() {
    let (_folder, path) = file(Some(b"text"));
    let open = |read, write| OpenOptions::new().read(read).write(write).open(&path).unwrap();
    let all = [
        MMF_ACCESS_READ,
        MMF_ACCESS_READ_WRITE,
        MMF_ACCESS_COPY_ON_WRITE,
        MMF_ACCESS_READ_EXECUTE,
        MMF_ACCESS_READ_WRITE_EXECUTE,
    ];
    let table = [
        (open(true, false), [true, false, true, true, false]),
        (open(false, true), [false; 5]),
        (open(true, true), [true; 5]),
    ];
    for (file, allowed) in table {
        for (access, allowed) in all.into_iter().zip(allowed) {
            let call = from_descriptor(file.as_raw_fd(), true, access);
            if allowed {
                close(works(call));
            } else {
                fails_with(ErrorKind::AccessDenied, call);
            }
        }
    }
}
