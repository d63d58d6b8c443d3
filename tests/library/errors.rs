//! .NET's error table, row by row: the same kind of error for each bad input, at creation, in the
//! same order of checks. Rows about null pointers and numbers outside of an enumeration are the C
//! interface's, and are tested there; here are their conversions.
//!
//! Where Windows and Unix differ, both answers are written down.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::fs;
use std::path::PathBuf;

use crate::common;
use common::{assert_fails, named, unique};
use mmf::backend::{MAX_CAPACITY, PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{Access, ErrorKind, FileMode, Map, MapOptions, Permissions, Result, Rights};

/// What a capacity beyond the address space is: on 32 bits the caller's mistake, else the limit of
/// the machine.
const TOO_LARGE: ErrorKind =
    if cfg!(target_pointer_width = "32") { ErrorKind::OutOfRange } else { ErrorKind::TooLarge };

/// A capacity that nobody can have, where that is found after the arguments were checked.
const HUGE: u64 = if cfg!(target_pointer_width = "32") { 5 } else { u64::MAX };

fn options() -> MapOptions {
    MapOptions::new()
}

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// Permissions that this system does not have.
fn wrong_permissions() -> Permissions {
    if SECURITY_DESCRIPTORS {
        Permissions::new().mode(0o600)
    } else {
        Permissions::new().sddl("D:(A;;GA;;;WD)")
    }
}

mod create_new {
    use super::*;

    #[test]
    fn the_name_is_empty() {
        let _beside = common::beside_others();
        let error = assert_fails(options().create_new("", 1), ErrorKind::InvalidArgument);
        assert_eq!(error.message(), Map::open("").unwrap_err().message());
    }

    #[test]
    fn the_capacity_is_zero() {
        let _beside = common::beside_others();
        assert_fails(options().create_new(&unique("zero"), 0), ErrorKind::OutOfRange);
        assert_fails(options().create_anonymous(0), ErrorKind::OutOfRange);
    }

    #[test]
    fn the_capacity_is_beyond_the_address_space() {
        let _beside = common::beside_others();
        for capacity in [MAX_CAPACITY + 1, i64::MAX as u64, u64::MAX] {
            let error = assert_fails(options().create_new(&unique("huge"), capacity), TOO_LARGE);
            assert!(error.message().contains(&capacity.to_string()), "{error}");
            assert_fails(options().create_anonymous(capacity), TOO_LARGE);
            assert_fails(options().delay_allocation(true).create_anonymous(capacity), TOO_LARGE);
        }
    }

    #[test]
    fn the_capacity_is_more_than_there_is() {
        let _beside = common::beside_others();
        // Addressable, but no machine has it: told at once, and not by using up what others need.
        let capacity = 1 << 46;
        if cfg!(target_pointer_width = "32") {
            // There what is addressable may well be there.
            return;
        }
        let name = unique("more");
        for result in [options().create_new(&name, capacity), options().create_anonymous(capacity)]
        {
            let error = result.unwrap_err();
            let small = [ErrorKind::NoSpace, ErrorKind::TooLarge, ErrorKind::OutOfRange];
            assert!(small.contains(&error.kind()), "{error}");
        }
        common::assert_nothing_left(&name);
        assert_fails(Map::open(&name), ErrorKind::NotFound);
    }

    #[test]
    fn the_access_is_write() {
        let _beside = common::beside_others();
        let write = options().access(Access::Write);
        assert_fails(write.create_new(&unique("write"), 1), ErrorKind::InvalidArgument);
        assert_fails(write.create_anonymous(1), ErrorKind::InvalidArgument);
    }

    #[test]
    fn the_name_exists() {
        let _beside = common::beside_others();
        let name = unique("exists");
        let _map = Map::create_new(&name, 1).unwrap();
        assert_fails(Map::create_new(&name, 1), ErrorKind::AlreadyExists);
    }

    #[test]
    fn permissions_that_the_system_does_not_have() {
        let _beside = common::beside_others();
        let wrong = options().permissions(wrong_permissions());
        assert_fails(wrong.create_new(&unique("perm"), 1), ErrorKind::NotSupported);
        assert_fails(wrong.create_anonymous(1), ErrorKind::NotSupported);
        if PERMISSION_MODES {
            for mode in [0, 0o400, 0o060, 0o1600, 0o700, 0o601, 0o4600, u32::MAX] {
                let wrong = options().permissions(Permissions::new().mode(mode));
                let made = wrong.create_new(&unique("mode"), 1);
                assert_fails(made, ErrorKind::InvalidArgument);
            }
        }
    }

    /// Each input has one more thing wrong than the last; the earliest check answers.
    #[test]
    fn the_order_of_the_checks() {
        let _beside = common::beside_others();
        let taken = unique("order");
        let _map = Map::create_new(&taken, 1).unwrap();
        let wrong = options().access(Access::Write).permissions(wrong_permissions());
        let name = |result: Result<Map>| {
            let error = assert_fails(result, ErrorKind::InvalidArgument);
            assert!(error.message().contains("name"), "{error}");
        };
        name(wrong.create_new("", 0));
        assert_fails(wrong.create_new(&taken, 0), ErrorKind::OutOfRange);
        let error = assert_fails(wrong.create_new(&taken, HUGE), ErrorKind::InvalidArgument);
        assert!(error.message().contains("writing alone"), "{error}");
        let wrong = options().permissions(wrong_permissions());
        assert_fails(wrong.create_new(&taken, HUGE), ErrorKind::NotSupported);
        assert_fails(options().create_new(&taken, u64::MAX), TOO_LARGE);
        assert_fails(options().create_new(&taken, 1), ErrorKind::AlreadyExists);
    }
}

mod create_or_open {
    use super::*;

    #[test]
    fn the_name_is_empty() {
        let _beside = common::beside_others();
        assert_fails(options().create_or_open("", 1), ErrorKind::InvalidArgument);
    }

    #[test]
    fn the_capacity_is_zero_even_if_it_would_only_open() {
        let _beside = common::beside_others();
        let name = unique("zero");
        assert_fails(options().create_or_open(&name, 0), ErrorKind::OutOfRange);
        let _map = Map::create_new(&name, 1).unwrap();
        assert_fails(options().create_or_open(&name, 0), ErrorKind::OutOfRange);
        assert_fails(options().create_or_open(&name, u64::MAX), TOO_LARGE);
        let write = options().access(Access::Write);
        assert_fails(write.create_or_open(&name, 0), ErrorKind::OutOfRange);
    }

    #[test]
    fn the_access_is_write_and_the_name_is_missing() {
        let _beside = common::beside_others();
        let name = unique("write");
        let write = options().access(Access::Write);
        assert_fails(write.create_or_open(&name, 10), ErrorKind::InvalidArgument);
        common::assert_nothing_left(&name);
        // But what lives is opened.
        let map = Map::create_new(&name, 10).unwrap();
        let opened = write.create_or_open(&name, 10).unwrap();
        opened.write_at(b"written", 0).unwrap();
        assert_fails(opened.read_at(&mut [0], 0), ErrorKind::AccessDenied);
        assert_eq!(map.read_text().unwrap(), "written");
    }

    #[test]
    fn the_name_exists_and_capacity_and_options_are_ignored() {
        let _beside = common::beside_others();
        let name = unique("ignored");
        let map = Map::create_new(&name, 100).unwrap();
        let other = options().delay_allocation(true).create_or_open(&name, 5_000_000).unwrap();
        assert_eq!(other.capacity(), map.capacity());
    }

    #[test]
    fn the_original_is_read_only_and_read_write_is_asked_for() {
        let _beside = common::beside_others();
        let name = unique("ro");
        let _map = options().access(Access::Read).create_new(&name, 100).unwrap();
        for opened in [Map::create_or_open(&name, 1).unwrap(), Map::open(&name).unwrap()] {
            // An IOException in .NET, not an UnauthorizedAccessException.
            assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
        }
    }

    #[test]
    fn the_original_is_read_write_and_opened_for_reading() {
        let _beside = common::beside_others();
        let name = unique("rw");
        let _map = Map::create_new(&name, 100).unwrap();
        let read = options().access(Access::Read);
        for opened in [read.create_or_open(&name, 1).unwrap(), read.open(&name).unwrap()] {
            assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::AccessDenied);
        }
    }

    #[test]
    fn the_order_of_the_checks() {
        let _beside = common::beside_others();
        let name = unique("order");
        let wrong = options().permissions(wrong_permissions());
        assert_fails(wrong.create_or_open("", 0), ErrorKind::InvalidArgument);
        assert_fails(wrong.create_or_open(&name, 0), ErrorKind::OutOfRange);
        assert_fails(wrong.create_or_open(&name, HUGE), ErrorKind::NotSupported);
        assert_fails(options().create_or_open(&name, u64::MAX), TOO_LARGE);
    }
}

mod open_existing {
    use super::*;

    #[test]
    fn the_name_is_empty() {
        let _beside = common::beside_others();
        assert_fails(options().open(""), ErrorKind::InvalidArgument);
    }

    #[test]
    fn rights_that_do_not_exist() {
        let _beside = common::beside_others();
        for number in [0x10, 0x20_0000, -1, i32::MIN, 0x200_0000] {
            assert_fails(Rights::from_number(number), ErrorKind::OutOfRange);
        }
        for number in [0, 1, 4, 6, 0xF_000F, 0x100_0000] {
            assert_eq!(Rights::from_number(number).unwrap().number(), number);
        }
    }

    #[test]
    fn the_name_is_missing() {
        let _beside = common::beside_others();
        assert_fails(Map::open(&unique("missing")), ErrorKind::NotFound);
    }
}

mod create_from_file {
    use super::*;

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
    fn the_capacity_is_beyond_the_address_space() {
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
    fn access_and_mode_numbers_that_do_not_exist() {
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
        // Truncate and Append exist, and fit no map.
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
    fn the_file_exists_and_should_be_new() {
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
        for mode in [FileMode::Open, FileMode::OpenOrCreate, FileMode::Create, FileMode::CreateNew]
        {
            let result = options().file_mode(mode).capacity(10).map_file(&path);
            assert_fails(result, ErrorKind::DirectoryNotFound);
        }
    }

    #[test]
    fn a_file_is_where_a_folder_should_be() {
        let _beside = common::beside_others();
        let (_folder, path) = file(b"text");
        let error = Map::map_file(path.join("below")).unwrap_err();
        // Windows calls it a folder that is not found, too.
        assert_eq!(error.kind(), ErrorKind::DirectoryNotFound, "{error}");
    }

    /// On Unix root may write what it likes; so this runs as another user where it can.
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
    fn the_access_is_read_and_the_capacity_is_larger() {
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
    fn the_capacity_is_larger_and_the_file_grows_to_exactly_it() {
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
            // Four GiB may well fit.
            return;
        }
        let result = options().capacity(capacity).map_file(&path);
        let status = result.unwrap_err().kind();
        // .NET: too large for the file system is out of range, too large for the disk an IOException.
        let small = [
            ErrorKind::NoSpace,
            ErrorKind::OutOfRange,
            ErrorKind::TooLarge,
            ErrorKind::InvalidArgument,
        ];
        assert!(small.contains(&status), "{status:?}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 4, "the file is as it was");
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
    fn reading_alone_makes_no_file() {
        let _beside = common::beside_others();
        let (folder, path) = file(b"text");
        let read = options().access(Access::Read);
        for mode in [FileMode::Create, FileMode::CreateNew] {
            let result =
                read.clone().file_mode(mode).capacity(10).map_file(folder.path().join("new"));
            assert_fails(result, ErrorKind::InvalidArgument);
            let result = read.clone().file_mode(mode).capacity(10).map_file(&path);
            assert_fails(result, ErrorKind::InvalidArgument);
        }
        assert_eq!(fs::read(&path).unwrap(), b"text", "not even emptied");
    }

    #[test]
    fn permissions_are_the_files_own() {
        let _beside = common::beside_others();
        let (_folder, path) = file(b"text");
        let own =
            if PERMISSION_MODES { Permissions::new().mode(0o600) } else { wrong_permissions() };
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
        // The file before the name.
        let name = unique("order");
        let _map = Map::create_new(&name, 10).unwrap();
        let result = options().name(&name).capacity(1).map_file(&missing);
        assert_fails(result, ErrorKind::NotFound);
        let result = options().name(&name).capacity(1).map_file(&path);
        assert_fails(result, ErrorKind::OutOfRange);
        let result = options().name(&name).capacity(5).map_file(&path);
        assert_fails(result, ErrorKind::AlreadyExists);
    }
}

mod create_from_descriptor {
    use super::*;

    fn map(file: &fs::File, options: &MapOptions, name: Option<&str>, size: u64) -> Result<Map> {
        let descriptor = file.try_clone().unwrap();
        named(options.clone(), name).capacity(size).map_descriptor(descriptor)
    }

    /// The table of file access and map access, at creation on every system. (.NET on Unix says it
    /// at the first view.)
    #[test]
    fn file_access_and_map_access() {
        let _beside = common::beside_others();
        let (_folder, path) = file(b"text");
        use Access::{CopyOnWrite, Read, ReadExecute, ReadWrite, ReadWriteExecute};
        let open =
            |read, write| fs::OpenOptions::new().read(read).write(write).open(&path).unwrap();
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
        // Execution is the handle's right on Windows and the file system's on Unix.
        for (file, access) in
            [(&reads, ReadExecute), (&both, ReadExecute), (&both, ReadWriteExecute)]
        {
            match map(file, &options().access(access), None, 0) {
                Ok(map) => drop(map.view(0, 0, access).unwrap()),
                Err(error) => assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}"),
            }
        }
    }

    #[test]
    fn the_other_rows() {
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
}

mod views {
    use super::*;

    fn map() -> Map {
        options().create_anonymous(4_096).unwrap()
    }

    #[test]
    fn the_offset_is_behind_the_capacity() {
        let _beside = common::beside_others();
        // Out of range everywhere; Windows itself would say access denied.
        let map = map();
        assert_fails(map.view(map.capacity() + 1, 0, Access::Read), ErrorKind::OutOfRange);
    }

    #[test]
    fn offset_and_size_reach_beyond_the_capacity() {
        let _beside = common::beside_others();
        let map = map();
        let capacity = map.capacity();
        for (offset, size) in [(capacity, 1), (0, capacity + 1), (capacity - 1, 2)] {
            assert_fails(map.view(offset, size, Access::Read), ErrorKind::AccessDenied);
        }
    }

    #[test]
    fn the_size_is_huge() {
        let _beside = common::beside_others();
        let map = map();
        for size in [8_192_000_000_001, i64::MAX as u64, u64::MAX] {
            assert_fails(map.view(0, size, Access::Read), TOO_LARGE);
        }
    }

    #[test]
    fn the_size_is_zero() {
        let _beside = common::beside_others();
        let map = map();
        let capacity = map.capacity();
        assert_eq!(map.view(1, 0, Access::Read).unwrap().len() as u64, capacity - 1);
        assert_eq!(map.view(capacity, 0, Access::Read).unwrap().len(), 0);
    }

    #[test]
    fn the_access_is_not_compatible() {
        let _beside = common::beside_others();
        use Access::{CopyOnWrite, Read, ReadExecute, ReadWrite, Write};
        for (access, wrong) in [
            (Read, &[Write, ReadWrite, ReadExecute][..]),
            (CopyOnWrite, &[Write, ReadWrite, ReadExecute]),
            (ReadWrite, &[ReadExecute, Access::ReadWriteExecute]),
        ] {
            let map = options().access(access).create_anonymous(4_096).unwrap();
            for view in wrong {
                assert_fails(map.view(0, 0, *view), ErrorKind::AccessDenied);
            }
        }
    }

    #[test]
    fn the_order_of_the_checks() {
        let _beside = common::beside_others();
        let map = options().access(Access::Read).create_anonymous(4_096).unwrap();
        let capacity = map.capacity();
        if cfg!(target_pointer_width = "64") {
            let wrong = map.view(capacity + 1, u64::MAX, Access::ReadWrite);
            assert_fails(wrong, ErrorKind::OutOfRange);
            assert_fails(map.view(capacity, u64::MAX, Access::ReadWrite), ErrorKind::TooLarge);
        } else {
            // There the size is looked at before anything else.
            let wrong = map.view(capacity + 1, u64::MAX, Access::ReadWrite);
            let error = assert_fails(wrong, ErrorKind::OutOfRange);
            assert!(error.message().contains("32 bits"), "{error}");
        }
        let error = assert_fails(map.view(capacity, 1, Access::ReadWrite), ErrorKind::AccessDenied);
        assert!(error.message().contains("beyond"), "{error}");
        let error = assert_fails(map.view(0, 1, Access::ReadWrite), ErrorKind::AccessDenied);
        assert!(error.message().contains("permits no view"), "{error}");
    }
}

mod view_operations {
    use super::*;

    #[test]
    fn the_position_is_at_or_behind_the_end() {
        let _beside = common::beside_others();
        let view =
            options().create_anonymous(4_096).unwrap().view(0, 10, Access::ReadWrite).unwrap();
        for position in [10, 11, u64::MAX] {
            assert_fails(view.read_at(&mut [0], position), ErrorKind::OutOfRange);
            assert_fails(view.write_at(&[0], position), ErrorKind::OutOfRange);
        }
    }

    #[test]
    fn a_value_straddles_the_end() {
        let _beside = common::beside_others();
        let view =
            options().create_anonymous(4_096).unwrap().view(0, 10, Access::ReadWrite).unwrap();
        assert_fails(view.read_at(&mut [0; 4], 8), ErrorKind::InvalidArgument);
        assert_fails(view.write_at(&[0; 4], 8), ErrorKind::InvalidArgument);
    }

    #[test]
    fn reading_a_view_for_writing_and_writing_a_view_for_reading() {
        let _beside = common::beside_others();
        let map = options().create_anonymous(4_096).unwrap();
        let error = map.view(0, 0, Access::Write).unwrap().read_at(&mut [0], 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongAccess);
        let error = map.view(0, 0, Access::Read).unwrap().write_at(&[0], 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongAccess);
    }

    #[test]
    fn flushing_is_right_for_every_access() {
        let _beside = common::beside_others();
        let map = options().create_anonymous(4_096).unwrap();
        for access in [Access::Read, Access::Write, Access::ReadWrite, Access::CopyOnWrite] {
            map.view(0, 0, access).unwrap().flush().unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn a_path_is_too_long() {
    let _beside = common::beside_others();
    let long = "x".repeat(256);
    assert_fails(Map::map_file(&long), ErrorKind::PathTooLong);
    let long = "folder/".repeat(1_000);
    assert_fails(Map::map_file(&long), ErrorKind::PathTooLong);
}
