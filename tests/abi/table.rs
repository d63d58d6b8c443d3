//! What bad input gets: .NET's error table, row by row. The names begin with the table's section:
//! e1 creating, e2 creating or opening, e3 opening, e4 files, e5 descriptors, e6 views, e7 bytes.

use std::fs;
use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_access_t::{
    MMF_ACCESS_COPY_ON_WRITE, MMF_ACCESS_READ, MMF_ACCESS_READ_EXECUTE, MMF_ACCESS_READ_WRITE,
    MMF_ACCESS_READ_WRITE_EXECUTE, MMF_ACCESS_WRITE,
};

use crate::common::unique;
use crate::{
    anonymous, close, close_view, create_new, create_or_open, fails, fails_with, from_file, info,
    open, view, works,
};

const OPEN: i32 = mmf_file_mode_t::MMF_FILE_MODE_OPEN as i32;
const CREATE_NEW: i32 = mmf_file_mode_t::MMF_FILE_MODE_CREATE_NEW as i32;
const OPEN_OR_CREATE: i32 = mmf_file_mode_t::MMF_FILE_MODE_OPEN_OR_CREATE as i32;
const NUMBERS_WITHOUT_ACCESS: [i32; 4] = [i32::MIN, -1, 6, i32::MAX];

fn defaults() -> mmf_map_options_t {
    mmf_map_options_t::default()
}

fn with_access(access: mmf_access_t) -> mmf_map_options_t {
    mmf_map_options_t { access: access as i32, ..defaults() }
}

/// A folder for files, and the path of one in it.
fn file(content: Option<&[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").to_str().unwrap().to_owned();
    if let Some(content) = content {
        fs::write(&path, content).unwrap();
    }
    (folder, path)
}

#[test]
fn e1_map_name_null_is_an_anonymous_map() {
    let map = anonymous(1);
    assert_eq!(info(map).kind, mmf_kind_t::MMF_KIND_ANONYMOUS as i32);
    close(map);
}

#[test]
fn e1_map_name_empty() {
    let message = fails_with(ErrorKind::InvalidArgument, create_new("", 1, &defaults()));
    assert!(message.contains("empty"), "{message}");
}

#[test]
fn e1_capacity_zero_or_negative() {
    for capacity in [0, -1, i64::MIN] {
        let message =
            fails_with(ErrorKind::OutOfRange, create_new(&unique("e1"), capacity, &defaults()));
        assert!(message.contains("capacity"), "{message}");
    }
}

#[test]
#[cfg(target_pointer_width = "32")]
fn e1_capacity_above_32_bits() {
    let capacity = i64::from(u32::MAX) + 1;
    fails_with(ErrorKind::OutOfRange, create_new(&unique("e1"), capacity, &defaults()));
}

#[test]
#[cfg(target_pointer_width = "64")]
fn e1_capacity_beyond_the_address_space() {
    for capacity in [i64::MAX, mmf::backend::MAX_CAPACITY as i64 + 1] {
        fails_with(ErrorKind::TooLarge, create_new(&unique("e1"), capacity, &defaults()));
    }
}

#[test]
fn e1_access_not_in_the_enumeration() {
    for access in NUMBERS_WITHOUT_ACCESS {
        let options = mmf_map_options_t { access, ..defaults() };
        fails_with(ErrorKind::OutOfRange, create_new(&unique("e1"), 1, &options));
    }
}

#[test]
fn e1_access_write() {
    let options = with_access(MMF_ACCESS_WRITE);
    fails_with(ErrorKind::InvalidArgument, create_new(&unique("e1"), 1, &options));
}

#[test]
fn e1_options_not_in_the_enumeration() {
    for allocation in [-1, 1, 0x400_0001, i32::MAX] {
        let options = mmf_map_options_t { allocation, ..defaults() };
        fails_with(ErrorKind::OutOfRange, create_new(&unique("e1"), 1, &options));
    }
}

#[test]
fn e1_inheritability_not_in_the_enumeration() {
    for inheritability in [-1, 2, i32::MAX] {
        let options = mmf_map_options_t { inheritability, ..defaults() };
        fails_with(ErrorKind::OutOfRange, create_new(&unique("e1"), 1, &options));
    }
}

#[test]
fn e1_name_exists() {
    let name = unique("e1");
    let map = works(create_new(&name, 1, &defaults()));
    let message = fails_with(ErrorKind::AlreadyExists, create_new(&name, 1, &defaults()));
    assert!(message.contains(&name), "{message}");
    close(map);
    close(works(create_new(&name, 1, &defaults())));
}

#[test]
fn e1_every_access_that_creates() {
    for access in [
        MMF_ACCESS_READ_WRITE,
        MMF_ACCESS_READ,
        MMF_ACCESS_COPY_ON_WRITE,
        MMF_ACCESS_READ_EXECUTE,
        MMF_ACCESS_READ_WRITE_EXECUTE,
    ] {
        for (inheritability, allocation) in [(0, 0), (1, 0x400_0000)] {
            let options = mmf_map_options_t { inheritability, allocation, ..with_access(access) };
            let map = works(create_new(&unique("e1"), 10_000, &options));
            let found = info(map);
            assert_eq!(found.access, access as i32);
            assert_eq!(found.inheritable, inheritability);
            assert_eq!(found.kind, mmf_kind_t::MMF_KIND_NAMED as i32);
            assert_eq!((found.foreign, found.orphaned), (0, 0));
            assert!(found.capacity >= 10_000);
            close(map);
        }
    }
}

#[test]
fn e2_map_name_null_or_empty() {
    // SAFETY: NULL is allowed.
    let message = fails_with(ErrorKind::NullArgument, |out, error| unsafe {
        mmf_map_create_or_open(null(), 0, 1, null(), out, error)
    });
    assert!(message.contains("name"), "{message}");
    fails_with(ErrorKind::InvalidArgument, create_or_open("", 1, &defaults()));
}

#[test]
fn e2_capacity_zero_or_negative_even_if_it_would_only_open() {
    let name = unique("e2");
    let map = works(create_new(&name, 1, &defaults()));
    for capacity in [0, -1, i64::MIN] {
        fails_with(ErrorKind::OutOfRange, create_or_open(&name, capacity, &defaults()));
    }
    close(map);
}

#[test]
fn e2_access_write_opens_but_does_not_create() {
    let name = unique("e2");
    let options = with_access(MMF_ACCESS_WRITE);
    fails_with(ErrorKind::InvalidArgument, create_or_open(&name, 1, &options));
    let map = works(create_new(&name, 1, &defaults()));
    let other = works(create_or_open(&name, 1, &options));
    assert_eq!(info(other).access, MMF_ACCESS_WRITE as i32);
    close(other);
    close(map);
}

#[test]
fn e2_exists_is_opened_with_the_capacity_it_has() {
    let name = unique("e2");
    let map = works(create_new(&name, 5000, &defaults()));
    for capacity in [1, 1 << 31] {
        let options = mmf_map_options_t { allocation: 0x400_0000, ..defaults() };
        let other = works(create_or_open(&name, capacity, &options));
        assert_eq!(info(other).capacity, info(map).capacity);
        close(other);
    }
    close(map);
}

#[test]
fn e2_original_read_requested_read_write() {
    let name = unique("e2");
    let map = works(create_new(&name, 64, &with_access(MMF_ACCESS_READ)));
    let other = works(create_or_open(&name, 64, &defaults()));
    // An IOException and not UnauthorizedAccess: no handle whatever could do it.
    fails_with(ErrorKind::ReadOnlyMap, view(other, 0, 0, MMF_ACCESS_READ_WRITE));
    close_view(works(view(other, 0, 0, MMF_ACCESS_READ)));
    close(other);
    close(map);
}

#[test]
fn e2_original_read_write_opened_read() {
    let name = unique("e2");
    let map = works(create_new(&name, 64, &defaults()));
    let other = works(create_or_open(&name, 64, &with_access(MMF_ACCESS_READ)));
    fails_with(ErrorKind::AccessDenied, view(other, 0, 0, MMF_ACCESS_READ_WRITE));
    close(other);
    close(map);
}

#[test]
fn e3_map_name_null_or_empty() {
    // SAFETY: NULL is allowed.
    fails_with(ErrorKind::NullArgument, |out, error| unsafe {
        mmf_map_open(null(), usize::MAX, null(), out, error)
    });
    fails_with(ErrorKind::InvalidArgument, open("", &defaults()));
}

#[test]
fn e3_rights_outside_of_full_control_and_system_security() {
    for rights in [0x10, 0x10_0000, i32::MIN, -1] {
        let options = mmf_map_options_t { rights, ..defaults() };
        fails_with(ErrorKind::OutOfRange, open(&unique("e3"), &options));
    }
}

#[test]
fn e3_access_or_inheritability_not_in_the_enumeration() {
    for access in NUMBERS_WITHOUT_ACCESS {
        let options = mmf_map_options_t { access, ..defaults() };
        fails_with(ErrorKind::OutOfRange, open(&unique("e3"), &options));
    }
    for inheritability in [-1, 2] {
        let options = mmf_map_options_t { inheritability, ..defaults() };
        fails_with(ErrorKind::OutOfRange, open(&unique("e3"), &options));
    }
}

#[test]
fn e3_missing() {
    let message = fails_with(ErrorKind::NotFound, open(&unique("e3"), &defaults()));
    assert!(message.contains("No process holds"), "{message}");
    // With a wait that ends.
    let options = mmf_map_options_t { wait_ms: 1, ..defaults() };
    fails_with(ErrorKind::NotFound, open(&unique("e3"), &options));
    let options = mmf_map_options_t { wait_ms: -2, ..defaults() };
    fails_with(ErrorKind::OutOfRange, open(&unique("e3"), &options));
}

#[test]
fn e3_every_right_opens() {
    let name = unique("e3");
    let map = works(create_new(&name, 64, &defaults()));
    for rights in [1, 2, 4, 6, 8, 0xC, 0xE, 0x2_0004, 0xF_000F] {
        let options = mmf_map_options_t { rights, ..defaults() };
        let other = works(open(&name, &options));
        close(other);
    }
    close(map);
}

#[test]
fn e3_a_wait_ends_when_the_map_comes() {
    let name = unique("e3");
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let options = mmf_map_options_t { wait_ms: -1, ..defaults() };
            works(open(&name, &options))
        });
        let map = works(create_new(&name, 64, &defaults()));
        close(waiter.join().unwrap());
        close(map);
    });
}

#[test]
fn e4_path_null_or_empty() {
    // SAFETY: NULL is allowed.
    let message = fails_with(ErrorKind::NullArgument, |out, error| unsafe {
        mmf_map_create_from_file(null(), 0, OPEN, null(), 0, 0, null(), out, error)
    });
    assert!(message.contains("path"), "{message}");
    fails_with(ErrorKind::InvalidArgument, from_file("", OPEN, None, 0, &defaults()));
}

#[test]
fn e4_map_name_empty() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::InvalidArgument, from_file(&path, OPEN, Some(""), 0, &defaults()));
}

#[test]
fn e4_capacity_negative() {
    let (_folder, path) = file(Some(b"text"));
    for capacity in [-1, i64::MIN] {
        fails_with(ErrorKind::OutOfRange, from_file(&path, OPEN, None, capacity, &defaults()));
    }
}

#[test]
fn e4_access_bad_or_write() {
    let (_folder, path) = file(Some(b"text"));
    for access in NUMBERS_WITHOUT_ACCESS {
        let options = mmf_map_options_t { access, ..defaults() };
        fails_with(ErrorKind::OutOfRange, from_file(&path, OPEN, None, 0, &options));
    }
    let options = with_access(MMF_ACCESS_WRITE);
    fails_with(ErrorKind::InvalidArgument, from_file(&path, OPEN, None, 0, &options));
}

#[test]
fn e4_mode_append_or_truncate() {
    let (_folder, path) = file(Some(b"text"));
    for mode in [5, 6] {
        fails_with(ErrorKind::InvalidArgument, from_file(&path, mode, None, 0, &defaults()));
    }
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn e4_mode_not_in_the_enumeration() {
    let (_folder, path) = file(Some(b"text"));
    for mode in [i32::MIN, -1, 0, 7, i32::MAX] {
        fails_with(ErrorKind::OutOfRange, from_file(&path, mode, None, 0, &defaults()));
    }
}

#[test]
fn e4_capacity_zero_and_file_empty() {
    let (_folder, path) = file(Some(b""));
    fails_with(ErrorKind::InvalidArgument, from_file(&path, OPEN, None, 0, &defaults()));
    assert_eq!(fs::read(&path).unwrap(), b"", "a file that was there stays");
    let (_folder, path) = file(None);
    for mode in [CREATE_NEW, OPEN_OR_CREATE] {
        fails_with(ErrorKind::InvalidArgument, from_file(&path, mode, None, 0, &defaults()));
        assert!(fs::metadata(&path).is_err(), "a file that the call made is gone again");
    }
}

#[test]
fn e4_open_but_the_file_is_missing() {
    let (_folder, path) = file(None);
    fails_with(ErrorKind::NotFound, from_file(&path, OPEN, None, 0, &defaults()));
}

#[test]
fn e4_create_new_but_the_file_exists() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::AlreadyExists, from_file(&path, CREATE_NEW, None, 8, &defaults()));
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn e4_directory_missing() {
    let (_folder, path) = file(None);
    let path = format!("{path}/in/it");
    for mode in [OPEN, CREATE_NEW, OPEN_OR_CREATE] {
        fails_with(ErrorKind::DirectoryNotFound, from_file(&path, mode, None, 8, &defaults()));
    }
}

#[test]
fn e4_access_read_but_capacity_above_the_files_length() {
    let (_folder, path) = file(Some(b"text"));
    let options = with_access(MMF_ACCESS_READ);
    fails_with(ErrorKind::InvalidArgument, from_file(&path, OPEN, None, 5, &options));
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn e4_capacity_below_the_files_length() {
    let (_folder, path) = file(Some(b"text"));
    fails_with(ErrorKind::OutOfRange, from_file(&path, OPEN, None, 3, &defaults()));
    let map = works(from_file(&path, OPEN, None, 0, &defaults()));
    assert_eq!(info(map).capacity, 4);
    close(map);
}

#[test]
fn e4_capacity_above_the_files_length_extends_it_to_exactly_that() {
    let (_folder, path) = file(Some(b"text"));
    let map = works(from_file(&path, OPEN, None, 5001, &defaults()));
    assert_eq!(info(map).capacity, 5001);
    close(map);
    let bytes = fs::read(&path).unwrap();
    assert_eq!((bytes.len(), &bytes[..6]), (5001, &b"text\0\0"[..]));
}

#[test]
fn e4_too_large_for_any_disk() {
    let (_folder, path) = file(Some(b"text"));
    let (status, message) = fails(from_file(&path, OPEN, None, 1 << 46, &defaults()));
    // EFBIG is ArgumentOutOfRange in .NET, ENOSPC an IOException: the file system chooses.
    assert!(
        [ErrorKind::NoSpace, ErrorKind::OutOfRange, ErrorKind::TooLarge].contains(&status),
        "{status:?} {message}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"text");
}

#[test]
fn e4_map_name_in_use() {
    let (_folder, path) = file(Some(b"text"));
    let name = unique("e4");
    let map = works(create_new(&name, 8, &defaults()));
    fails_with(ErrorKind::AlreadyExists, from_file(&path, OPEN, Some(&name), 0, &defaults()));
    close(map);
    let map = works(from_file(&path, OPEN, Some(&name), 0, &defaults()));
    assert_eq!(info(map).kind, mmf_kind_t::MMF_KIND_NAMED_FILE as i32);
    fails_with(ErrorKind::AlreadyExists, create_new(&name, 8, &defaults()));
    let other = works(open(&name, &defaults()));
    assert_eq!(info(other).capacity, 4);
    close(other);
    close(map);
}

#[test]
fn e4_a_file_map_has_the_permissions_of_its_file() {
    let (_folder, path) = file(Some(b"text"));
    let options = mmf_map_options_t { mode: 0o600, ..defaults() };
    fails_with(ErrorKind::NotSupported, from_file(&path, OPEN, None, 0, &options));
}

#[cfg(unix)]
mod descriptors {
    use super::*;
    use std::fs::{File, OpenOptions};
    use std::os::fd::{AsRawFd, IntoRawFd, RawFd};

    fn from_descriptor(
        descriptor: RawFd,
        leave_open: bool,
        access: mmf_access_t,
    ) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
        let options = with_access(access);
        // SAFETY: the pointers lead to what they should; the tests keep the descriptor open.
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
    fn e5_descriptor_that_is_none() {
        // A number that was open and is closed could be another test's by now; these never are.
        for descriptor in [-1, -2, i32::MAX] {
            let message = fails_with(
                ErrorKind::InvalidHandle,
                from_descriptor(descriptor, false, MMF_ACCESS_READ),
            );
            assert!(message.contains(&descriptor.to_string()), "{message}");
        }
    }

    #[test]
    fn e5_the_other_arguments_are_checked_as_for_paths() {
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
        assert!(is_open(file.as_raw_fd()), "a call that fails takes nothing");
    }

    #[test]
    fn e5_pipe_or_folder() {
        let (reader, writer) = std::io::pipe().unwrap();
        for pipe in [reader.as_raw_fd(), writer.as_raw_fd()] {
            fails_with(ErrorKind::NotAFile, from_descriptor(pipe, true, MMF_ACCESS_READ));
        }
        let folder = File::open(std::env::temp_dir()).unwrap();
        fails_with(ErrorKind::NotAFile, from_descriptor(folder.as_raw_fd(), true, MMF_ACCESS_READ));
    }

    #[test]
    fn e5_leave_open_false_closes_it_with_the_map() {
        let (_folder, path) = file(Some(b"text"));
        let descriptor =
            OpenOptions::new().read(true).write(true).open(path).unwrap().into_raw_fd();
        let map = works(from_descriptor(descriptor, false, MMF_ACCESS_READ_WRITE));
        let the_view = works(view(map, 0, 0, MMF_ACCESS_READ));
        assert!(is_open(descriptor));
        let inode = descriptor_inode(descriptor);
        close(map);
        assert_ne!(descriptor_inode(descriptor), inode, "closed, or another's by now");
        close_view(the_view);
    }

    #[test]
    fn e5_leave_open_true_leaves_it_to_the_caller() {
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
    fn e5_file_access_by_map_access() {
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
}

#[test]
fn e6_offset_or_size_negative() {
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
fn e6_access_not_in_the_enumeration() {
    let map = anonymous(64);
    for access in NUMBERS_WITHOUT_ACCESS {
        // SAFETY: the pointers lead to places of their types.
        fails_with(ErrorKind::OutOfRange, |out: *mut mmf_view_t, error| unsafe {
            mmf_view_create(map, 0, 0, access, out, error)
        });
    }
    close(map);
}

#[test]
fn e6_offset_behind_the_end() {
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
fn e6_size_above_32_bits() {
    let map = anonymous(64);
    for size in [1 << 32, 8_192_000_000_001, i64::MAX] {
        fails_with(ErrorKind::OutOfRange, view(map, 1, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn e6_size_huge_is_told_before_the_end_of_the_map() {
    let map = anonymous(64);
    for size in [8_192_000_000_001, i64::MAX] {
        fails_with(ErrorKind::TooLarge, view(map, 1, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
fn e6_offset_and_size_beyond_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for (offset, size) in [(0, capacity + 1), (1, capacity), (capacity, 1), (capacity, 1 << 31)] {
        fails_with(ErrorKind::AccessDenied, view(map, offset, size, MMF_ACCESS_READ));
    }
    close(map);
}

#[test]
fn e6_size_zero_goes_to_the_end_and_may_be_empty() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    for (offset, size) in [(0, capacity), (63, capacity - 63), (capacity, 0)] {
        let the_view = works(view(map, offset, 0, MMF_ACCESS_READ));
        // SAFETY: the pointers lead to places of their types.
        let info: mmf_view_info_t =
            crate::works_sized(|out, error| unsafe { mmf_view_get_info(the_view, out, error) });
        assert_eq!((info.offset, info.size as i64), (offset, size));
        assert_eq!(info.access, MMF_ACCESS_READ as i32);
        close_view(the_view);
    }
    close(map);
}

#[test]
fn e6_map_closed() {
    let map = anonymous(64);
    close(map);
    fails_with(ErrorKind::Closed, view(map, 0, 0, MMF_ACCESS_READ));
    // The numbers come first.
    fails_with(ErrorKind::OutOfRange, view(map, -1, 0, MMF_ACCESS_READ));
}

#[test]
fn e6_map_access_by_view_access() {
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
        let map = works(from_file(&path, OPEN, None, 0, &with_access(map_access)));
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
    // SAFETY: there are 64 bytes.
    move |_, error| unsafe { mmf_map_write(map, offset, [1_u8; 64].as_ptr().cast(), size, error) }
}

fn fill(
    map: mmf_map_t,
    offset: i64,
    count: i64,
) -> impl Fn(*mut (), *mut mmf_error_t) -> mmf_status_t {
    // SAFETY: the error is a place for one.
    move |_, error| unsafe { mmf_map_fill(map, offset, count, 1, error) }
}

#[test]
fn e7_position_negative() {
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
fn e7_position_at_or_behind_the_end() {
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
fn e7_value_straddles_the_end() {
    let map = anonymous(64);
    let capacity = info(map).capacity;
    fails_with(ErrorKind::InvalidArgument, read(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, write(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, fill(map, capacity - 7, 8));
    fails_with(ErrorKind::InvalidArgument, fill(map, 1, i64::MAX));
    // Nothing was written, not even what would have fitted.
    let bytes: [u8; 64] = works(read(map, capacity - 64, 64));
    assert_eq!(bytes, [0; 64]);
    close(map);
}

#[test]
fn e7_read_on_write_only_and_write_on_read_only() {
    let name = unique("e7");
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
fn e7_flush_with_any_access() {
    for access in [MMF_ACCESS_READ, MMF_ACCESS_WRITE, MMF_ACCESS_READ_WRITE] {
        let map = anonymous(64);
        let the_view = works(view(map, 0, 0, access));
        // SAFETY: a handle is any number.
        works(|_: *mut (), error| unsafe { mmf_view_flush(the_view, error) });
        // SAFETY: a handle is any number.
        works(|_: *mut (), error| unsafe { mmf_map_flush(map, error) });
        close_view(the_view);
        close(map);
    }
}

#[test]
fn e8_every_status_has_its_name_and_no_other_number_has_one() {
    use std::ffi::{CStr, c_char};
    for number in (-2..=100).chain([i32::MIN, i32::MAX]) {
        let mut place = crate::place::<*const c_char>();
        // SAFETY: the place is one for it.
        let status = unsafe { mmf_status_describe(number, place.as_mut_ptr()) };
        let known = ErrorKind::from_number(number);
        if known.is_none() && number != mmf_status_t::MMF_STATUS_OK as i32 {
            assert_eq!(status, mmf_status_t::MMF_STATUS_INVALID_ARGUMENT, "{number}");
            assert!(crate::is_untouched(&place));
            continue;
        }
        assert_eq!(status, mmf_status_t::MMF_STATUS_OK, "{number}");
        // SAFETY: the call has filled it.
        let name = unsafe { place.assume_init() };
        // SAFETY: the name ends with a NUL and stays for ever.
        let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap();
        assert_eq!(name, known.map_or("OK", ErrorKind::name));
    }
}
