//! Maps of descriptors, and things that cannot be mapped.

use super::*;

#[test]
fn mapping_a_duplicate_leaves_the_descriptor_of_the_caller_unchanged() {
    let _beside = common::beside_others();
    use std::io::{Read, Seek, SeekFrom};
    let folder = Folder::new();
    let path = folder.file("file", b"0123456789");
    let mut file = open(&path, true, true);
    file.seek(SeekFrom::Start(4)).unwrap();
    let map = MapOptions::new().map_descriptor(descriptor(&file)).unwrap();
    assert_eq!(map.kind(), Kind::File);
    assert_eq!(map.capacity(), 10);
    map.write_at(b"ab", 0).unwrap();
    assert_eq!(map.read_text().unwrap(), "ab23456789");
    // The descriptor has kept its position, and can still be used.
    let mut rest = String::new();
    file.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "456789");
    drop(map);
    file.rewind().unwrap();
    file.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "456789ab23456789");

    let map = MapOptions::new().capacity(20).map_descriptor(descriptor(&file)).unwrap();
    drop(file);
    map.write_at(b"!", 19).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 20);
}

#[test]
fn a_descriptor_is_closed_with_its_map() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"0123456789");
    let file = open(&path, true, true);
    #[cfg(unix)]
    let number = std::os::fd::AsRawFd::as_raw_fd(&file);
    let map = MapOptions::new().map_descriptor(file).unwrap();
    assert_eq!(map.read_text().unwrap(), "0123456789");
    let view = map.view(0, 0, Access::Read).unwrap();
    drop(map);
    #[cfg(unix)]
    {
        let target = fs::read_link(format!("/proc/self/fd/{number}"));
        assert!(target.is_err() || target.unwrap() != path, "the descriptor is still open");
    }
    // The view outlives both.
    let mut bytes = [0; 10];
    view.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"0123456789");
}

#[test]
fn the_access_of_a_descriptor_limits_the_map() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"0123456789");
    let all = [Access::Read, Access::CopyOnWrite, Access::ReadWrite];
    for (read, write, good) in [(true, false, &all[..2]), (false, true, &[]), (true, true, &all)] {
        let file = open(&path, read, write);
        for access in all {
            let map = MapOptions::new().access(access).map_descriptor(descriptor(&file));
            if good.contains(&access) {
                assert_eq!(bytes_of(&map.unwrap()), b"0123456789");
            } else {
                assert_fails(map, ErrorKind::AccessDenied);
            }
        }
    }
}

#[test]
fn capacities_for_descriptors_follow_the_rules_for_files() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"0123456789");
    let file = open(&path, true, true);
    let options = MapOptions::new();
    assert_fails(
        options.clone().capacity(9).map_descriptor(descriptor(&file)),
        ErrorKind::OutOfRange,
    );
    let read = MapOptions::new().access(Access::Read);
    assert_fails(
        read.clone().capacity(11).map_descriptor(descriptor(&file)),
        ErrorKind::InvalidArgument,
    );
    file.set_len(0).unwrap();
    assert_fails(options.map_descriptor(descriptor(&file)), ErrorKind::InvalidArgument);
    assert_eq!(
        options.clone().capacity(7).map_descriptor(descriptor(&file)).unwrap().capacity(),
        7
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), 7);
}

#[test]
fn a_map_of_a_descriptor_can_have_a_name() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"0123456789");
    let name = unique("fd-named");
    let file = open(&path, true, true);
    let map = MapOptions::new().name(&name).map_descriptor(descriptor(&file)).unwrap();
    assert_eq!(map.kind(), Kind::NamedFile);
    assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "0123456789");
    let taken = MapOptions::new().name(&name).capacity(20).map_descriptor(descriptor(&file));
    assert_fails(taken, ErrorKind::AlreadyExists);
    assert_eq!(fs::metadata(&path).unwrap().len(), 10, "the file grew although the call failed");
}

#[test]
fn only_files_can_be_mapped() {
    let _beside = common::beside_others();
    let (reader, _writer) = std::io::pipe().unwrap();
    let read = MapOptions::new().access(Access::Read);
    assert_fails(read.map_descriptor(reader), ErrorKind::NotAFile);

    let folder = Folder::new();
    for access in [Access::Read, Access::ReadWrite] {
        let options = MapOptions::new().access(access);
        let error = assert_fails(options.map_file(folder.0.path()), ErrorKind::AccessDenied);
        assert!(error.message().contains("folder"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_fifo_or_a_device_is_refused_without_waiting() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let pipe = folder.missing();
    common::make_pipe(&pipe);
    for path in [pipe.as_path(), Path::new("/dev/null"), Path::new("/dev/zero")] {
        for access in [Access::Read, Access::ReadWrite] {
            let options = MapOptions::new().access(access);
            let result = options.clone().capacity(10).map_file(path);
            assert_fails(result, ErrorKind::NotAFile);
        }
    }
}

#[cfg(windows)]
#[test]
fn a_device_is_refused() {
    let _beside = common::beside_others();
    for access in [Access::Read, Access::ReadWrite] {
        let options = MapOptions::new().access(access);
        assert_fails(options.clone().capacity(10).map_file("NUL"), ErrorKind::NotAFile);
    }
}

#[cfg(unix)]
#[test]
fn the_object_of_a_living_map_keeps_its_size() {
    let _beside = common::beside_others();
    let name = unique("object");
    let Some(path) = common::seen(&name) else { return };
    let memory = Map::create_new(&name, 5_000).unwrap();
    memory.replace_text("in memory").unwrap();
    for mode in [FileMode::Create, FileMode::Open, FileMode::OpenOrCreate] {
        let error = assert_fails(map(&path, mode, 6_000), ErrorKind::FileMapped);
        assert!(error.message().contains("map"), "{error}");
    }
    assert_fails(map(&path, FileMode::Create, 100), ErrorKind::FileMapped);
    assert_eq!(memory.read_text().unwrap(), "in memory");
    // It can be mapped with its own size, as .NET does.
    assert_eq!(map(&path, FileMode::Open, 0).unwrap().read_text().unwrap(), "in memory");
    assert_eq!(Map::open(&name).unwrap().capacity(), 5_000);
}

#[cfg(unix)]
#[test]
fn the_descriptor_of_a_map_can_be_mapped_again() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(5_000).unwrap();
    map.replace_text("shared").unwrap();
    let fd = map.duplicate_descriptor().unwrap();
    let again = MapOptions::new().map_descriptor(fd).unwrap();
    assert_eq!(again.capacity(), map.capacity());
    again.append_text("twice").unwrap();
    assert_eq!(map.read_text().unwrap(), "shared\r\ntwice");
    // The maps also share the lock.
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(again.lock_exclusive(std::time::Duration::ZERO), ErrorKind::Timeout);
    again.append_text_with("under", &text().lock(&lock)).unwrap();
}
