//! Views of any offset and size, whose access the processor enforces.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![allow(unsafe_code, reason = "the tests access the memory of views directly, like a C program")]

use crate::common;
use common::again::{again, part};
use common::{assert_capacity, assert_fails, bytes_of, unique};
use mmf::{Access, ErrorKind, Map, MapOptions};

#[test]
fn a_view_can_begin_and_end_anywhere() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("view"), 20_000).unwrap();
    let all: Vec<u8> = (0..20_000_u32).map(|number| (number % 253) as u8).collect();
    map.write_at(&all, 0).unwrap();
    for offset in [0, 1, 7, 4_095, 4_096, 4_097, 8_191, 12_345, 19_999] {
        for size in [1, 2, 4_095, 4_096, 4_097, 7_655] {
            if offset + size > 20_000 {
                continue;
            }
            let view = map.view(offset, size, Access::Read).unwrap();
            assert_eq!(view.len() as u64, size);
            assert_eq!(view.offset(), offset);
            assert_eq!(view.access(), Access::Read);
            let mut bytes = vec![0; size as usize];
            view.read_at(&mut bytes, 0).unwrap();
            assert_eq!(bytes, all[offset as usize..][..size as usize]);
            let first = view.pointer();
            let last = first.wrapping_add(view.len() - 1);
            // SAFETY: the first byte of the view, which is open for reading.
            assert_eq!(unsafe { first.read() }, all[offset as usize]);
            // SAFETY: the last byte of the view.
            assert_eq!(unsafe { last.read() }, all[(offset + size - 1) as usize]);
        }
    }
}

#[test]
fn size_0_means_up_to_the_end() {
    let _beside = common::beside_others();
    for capacity in [1, 4_095, 4_096, 4_097, 65_536] {
        let map = MapOptions::new().create_anonymous(capacity).unwrap();
        assert_capacity(&map, capacity);
        let capacity = map.capacity();
        assert_eq!(map.view(0, 0, Access::ReadWrite).unwrap().len() as u64, capacity);
        assert_eq!(map.view(capacity - 1, 0, Access::Read).unwrap().len(), 1);
        let empty = map.view(capacity, 0, Access::ReadWrite).unwrap();
        assert_eq!(empty.len(), 0);
        assert_eq!(empty.offset(), capacity);
        empty.flush().unwrap();
        empty.read_at(&mut [], 0).unwrap();
        empty.write_at(&[], 0).unwrap();
        assert_fails(empty.read_at(&mut [0], 0), ErrorKind::OutOfRange);
    }
}

#[test]
fn overlapping_views_share_their_bytes() {
    let _beside = common::beside_others();
    let name = unique("overlap");
    let map = Map::create_new(&name, 20_000).unwrap();
    let other = Map::open(&name).unwrap();
    let first = map.view(3, 10_000, Access::ReadWrite).unwrap();
    let second = map.view(5_000, 10_001, Access::ReadWrite).unwrap();
    let third = other.view(0, 0, Access::Read).unwrap();
    first.write_at(b"shared", 5_000).unwrap();
    for (view, at) in [(&second, 3), (&third, 5_003)] {
        let mut bytes = [0; 6];
        view.read_at(&mut bytes, at).unwrap();
        assert_eq!(&bytes, b"shared");
    }
    // Also with reads and writes through the descriptor, in both directions.
    other.write_at(b"SHARED", 5_003).unwrap();
    let mut bytes = [0; 6];
    first.read_at(&mut bytes, 5_000).unwrap();
    assert_eq!(&bytes, b"SHARED");
    second.write_at(b"x", 10_000).unwrap();
    assert_eq!(bytes_of(&map)[15_000], b'x');
    second.flush().unwrap();
}

#[test]
fn text_through_a_view_is_content() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(4_096).unwrap();
    map.view(0, 0, Access::Write).unwrap().write_at(b"written as memory", 0).unwrap();
    assert_eq!(map.read_text().unwrap(), "written as memory");
}

#[test]
fn a_copy_on_write_view_is_private() {
    let _beside = common::beside_others();
    let name = unique("cow");
    let map = Map::create_new(&name, 16_384).unwrap();
    map.write_at(b"original", 0).unwrap();
    let private = map.view(0, 0, Access::CopyOnWrite).unwrap();
    private.write_at(b"changed!", 0).unwrap();
    let mut bytes = [0; 8];
    private.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"changed!");
    assert_eq!(&bytes_of(&map)[..8], b"original");
    let second = Map::open(&name).unwrap().view(0, 8, Access::CopyOnWrite).unwrap();
    second.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"original", "another private view shows the change");
    private.flush().unwrap();
    assert_eq!(&bytes_of(&map)[..8], b"original", "flushing made the change public");
    drop(private);
    assert_eq!(&bytes_of(&map)[..8], b"original");
}

#[test]
fn a_copy_on_write_map_permits_only_reading_and_private_writing() {
    let _beside = common::beside_others();
    let map = MapOptions::new().access(Access::CopyOnWrite).create_anonymous(4_096).unwrap();
    map.view(0, 0, Access::Read).unwrap();
    map.view(0, 0, Access::CopyOnWrite).unwrap().write_at(b"mine", 9).unwrap();
    for access in [Access::ReadWrite, Access::Write, Access::ReadExecute] {
        assert_fails(map.view(0, 0, access), ErrorKind::AccessDenied);
    }
    assert_fails(map.write_at(b"x", 0), ErrorKind::AccessDenied);
}

#[test]
fn views_outlive_their_map() {
    let _beside = common::beside_others();
    let name = unique("outlive");
    let map = Map::create_new(&name, 10_000).unwrap();
    let view = map.view(4_999, 2_000, Access::ReadWrite).unwrap();
    drop(map);
    view.write_at(b"still here", 0).unwrap();
    let mut bytes = [0; 10];
    view.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"still here");
    view.flush().unwrap();
    // The view does not hold the name.
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

#[test]
fn a_map_can_have_many_views() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(100_000).unwrap();
    let views: Vec<_> =
        (0..1_000).map(|at| map.view(at * 100, 100, Access::ReadWrite).unwrap()).collect();
    for (number, view) in views.iter().enumerate() {
        view.write_at(&[number as u8], 50).unwrap();
    }
    let bytes = bytes_of(&map);
    for number in 0..1_000 {
        assert_eq!(bytes[number * 100 + 50], number as u8);
    }
}

#[test]
fn reads_and_writes_past_the_end_of_a_view_fail() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(4_096).unwrap();
    let view = map.view(10, 100, Access::ReadWrite).unwrap();
    let mut ten = [7; 10];
    for offset in [100, 101, u64::MAX - 4, u64::MAX] {
        assert_fails(view.read_at(&mut ten, offset), ErrorKind::OutOfRange);
        assert_fails(view.write_at(&ten, offset), ErrorKind::OutOfRange);
    }
    for offset in [91, 99] {
        assert_fails(view.read_at(&mut ten, offset), ErrorKind::InvalidArgument);
        assert_fails(view.write_at(&ten, offset), ErrorKind::InvalidArgument);
    }
    view.read_at(&mut [], 100).unwrap();
    view.write_at(&ten, 90).unwrap();
    let bytes = bytes_of(&map);
    assert_eq!(&bytes[100..110], &ten);
    assert!(bytes[110..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_view_refuses_operations_that_its_access_does_not_permit() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(4_096).unwrap();
    let read = map.view(0, 10, Access::Read).unwrap();
    let write = map.view(0, 10, Access::Write).unwrap();
    let error = assert_fails(read.write_at(b"x", 0), ErrorKind::WrongAccess);
    assert!(error.message().contains("Read"), "{error}");
    assert_fails(write.read_at(&mut [0], 0), ErrorKind::WrongAccess);
    // As in .NET, the access is checked before the offset.
    assert_fails(read.write_at(b"x", 99), ErrorKind::WrongAccess);
    assert_fails(write.read_at(&mut [0], 99), ErrorKind::WrongAccess);
    write.write_at(b"x", 0).unwrap();
    let mut byte = [0];
    read.read_at(&mut byte, 0).unwrap();
    assert_eq!(&byte, b"x");
}

/// Asserts that a child process that accesses memory directly is ended by the system.
fn assert_dies(test: &str, touch: impl FnOnce(&Map)) {
    if part().is_some() {
        let map = MapOptions::new().create_anonymous(4_096).unwrap();
        #[cfg(unix)]
        // SAFETY: the kernel reads one structure. The process must not write a core file when it dies.
        unsafe {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        }
        touch(&map);
        println!("survived");
        std::process::exit(7);
    }
    let output = again(test, "child").output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(!out.contains("survived"), "{out}");
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        let stopped = [Some(libc::SIGSEGV), Some(libc::SIGBUS)];
        assert!(stopped.contains(&output.status.signal()), "{}: {out}", output.status);
    }
    #[cfg(windows)]
    {
        // An access violation, or, under Wine, the error that no debugger could be started.
        let stopped = [0xC000_0005_u32 as i32, 0xC000_0354_u32 as i32].map(Some);
        assert!(stopped.contains(&output.status.code()), "{}: {out}", output.status);
    }
}

#[test]
fn writing_to_a_view_for_reading_ends_the_process() {
    let _alone = common::alone();
    assert_dies("views::writing_to_a_view_for_reading_ends_the_process", |map| {
        let view = map.view(100, 10, Access::Read).unwrap();
        // SAFETY: none. The test checks that this write ends the process.
        unsafe { view.pointer().write_volatile(1) };
    });
}

#[test]
fn reading_a_closed_view_ends_the_process() {
    let _alone = common::alone();
    assert_dies("views::reading_a_closed_view_ends_the_process", |map| {
        let view = map.view(0, 0, Access::Read).unwrap();
        let pointer = view.pointer();
        drop(view);
        // SAFETY: none. The test checks that this read ends the process.
        println!("{}", unsafe { pointer.read_volatile() });
    });
}

#[test]
fn invalid_offsets_and_sizes_of_views_are_refused() {
    let _beside = common::beside_others();
    let name = unique("not");
    let map = Map::create_new(&name, 4_096).unwrap();
    let capacity = map.capacity();
    let view = |offset, size| map.view(offset, size, Access::ReadWrite);
    for offset in [capacity + 1, i64::MAX as u64, u64::MAX] {
        let error = assert_fails(view(offset, 0), ErrorKind::OutOfRange);
        assert!(error.message().contains(&name), "{error}");
        assert_fails(view(offset, 1), ErrorKind::OutOfRange);
    }
    for (offset, size) in [(capacity, 1), (0, capacity + 1), (1, capacity), (capacity - 1, 2)] {
        let error = assert_fails(view(offset, size), ErrorKind::AccessDenied);
        assert!(error.message().contains("At most"), "{error}");
    }
    for size in [8_192_000_000_001, i64::MAX as u64, u64::MAX] {
        // The size is checked before the sum. On 32 bits it is a wrong argument.
        let status = if cfg!(target_pointer_width = "32") {
            ErrorKind::OutOfRange
        } else {
            ErrorKind::TooLarge
        };
        assert_fails(view(0, size), status);
        assert_fails(view(capacity - 1, size), status);
    }
}
