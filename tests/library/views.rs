//! Views: windows at any offset and of any size, whose access the processor enforces.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![allow(unsafe_code, reason = "the memory of a view is touched as a C program touches it")]

use crate::common;
use common::again::{again, part};
use common::{assert_capacity, assert_fails, bytes_of, unique};
use mmf::{Access, ErrorKind, Map, MapOptions};

#[test]
fn a_view_begins_and_ends_anywhere() {
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
            // SAFETY: the first byte of the view, which lives and is for reading.
            assert_eq!(unsafe { first.read() }, all[offset as usize]);
            // SAFETY: its last byte.
            assert_eq!(unsafe { last.read() }, all[(offset + size - 1) as usize]);
        }
    }
}

#[test]
fn size_zero_is_up_to_the_end_and_at_the_end_it_is_empty() {
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
fn views_overlap_and_share_their_bytes() {
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
    // And with the bytes that go through the descriptor, in both directions.
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
fn copy_on_write_is_private_and_the_rest_stays_shared() {
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
    assert_eq!(&bytes, b"original", "not even another private view sees it");
    private.flush().unwrap();
    assert_eq!(&bytes_of(&map)[..8], b"original", "flushing does not make it public");
    drop(private);
    assert_eq!(&bytes_of(&map)[..8], b"original");
}

#[test]
fn a_copy_on_write_map_permits_reading_and_private_writing_only() {
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
    // And it does not hold the name.
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

#[test]
fn many_views_of_one_map() {
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
fn copying_in_and_out_stays_inside() {
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
fn a_view_answers_what_it_is_not_for() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(4_096).unwrap();
    let read = map.view(0, 10, Access::Read).unwrap();
    let write = map.view(0, 10, Access::Write).unwrap();
    let error = assert_fails(read.write_at(b"x", 0), ErrorKind::WrongAccess);
    assert!(error.message().contains("Read"), "{error}");
    assert_fails(write.read_at(&mut [0], 0), ErrorKind::WrongAccess);
    // As in .NET: what a view is for is asked before where.
    assert_fails(read.write_at(b"x", 99), ErrorKind::WrongAccess);
    assert_fails(write.read_at(&mut [0], 99), ErrorKind::WrongAccess);
    write.write_at(b"x", 0).unwrap();
    let mut byte = [0];
    read.read_at(&mut byte, 0).unwrap();
    assert_eq!(&byte, b"x");
}

/// The child touches the memory behind the library's back; the page tables stop it.
fn dies_by_touching(test: &str, touch: impl FnOnce(&Map)) {
    if part().is_some() {
        let map = MapOptions::new().create_anonymous(4_096).unwrap();
        #[cfg(unix)]
        // SAFETY: no core file of a process that is meant to die; nothing else is changed.
        unsafe {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        }
        touch(&map);
        println!("survived");
        std::process::exit(7);
    }
    let output = again(test, "toucher").output().unwrap();
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
        // An access violation; or, under Wine, that no debugger could be started to look at it.
        let stopped = [0xC000_0005_u32 as i32, 0xC000_0354_u32 as i32].map(Some);
        assert!(stopped.contains(&output.status.code()), "{}: {out}", output.status);
    }
}

#[test]
fn the_processor_stops_writing_to_a_view_for_reading() {
    let _alone = common::alone();
    dies_by_touching("views::the_processor_stops_writing_to_a_view_for_reading", |map| {
        let view = map.view(100, 10, Access::Read).unwrap();
        // SAFETY: none. That this write ends the process is what is tested.
        unsafe { view.pointer().write_volatile(1) };
    });
}

#[test]
fn the_processor_stops_reading_a_view_that_is_gone() {
    let _alone = common::alone();
    dies_by_touching("views::the_processor_stops_reading_a_view_that_is_gone", |map| {
        let view = map.view(0, 0, Access::Read).unwrap();
        let pointer = view.pointer();
        drop(view);
        // SAFETY: none. That this read ends the process is what is tested.
        println!("{}", unsafe { pointer.read_volatile() });
    });
}

#[test]
fn what_a_view_cannot_be() {
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
        // Before the sum is looked at; on 32 bits it is the caller's mistake.
        let status = if cfg!(target_pointer_width = "32") {
            ErrorKind::OutOfRange
        } else {
            ErrorKind::TooLarge
        };
        assert_fails(view(0, size), status);
        assert_fails(view(capacity - 1, size), status);
    }
}
