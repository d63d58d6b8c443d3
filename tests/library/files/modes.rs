//! File modes and paths: when a file is created, opened, emptied or left alone.

use super::*;

#[test]
fn create_new_creates_the_file_and_refuses_an_existing_one() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.missing();
    let made = map(&path, FileMode::CreateNew, 3_000).unwrap();
    assert_eq!(made.capacity(), 3_000);
    assert_eq!(fs::metadata(&path).unwrap().len(), 3_000);
    assert!(bytes_of(&made).iter().all(|byte| *byte == 0));
    made.write_at(b"kept", 0).unwrap();
    assert_fails(map(&path, FileMode::CreateNew, 3_000), ErrorKind::AlreadyExists);
    drop(made);
    assert_fails(map(&path, FileMode::CreateNew, 3_000), ErrorKind::AlreadyExists);
    assert_eq!(&fs::read(&path).unwrap()[..4], b"kept");
}

#[test]
fn create_creates_the_file_or_empties_it() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.missing();
    drop(map(&path, FileMode::Create, 10).unwrap());
    fs::write(&path, "something longer than that").unwrap();
    let emptied = map(&path, FileMode::Create, 10).unwrap();
    assert_eq!(emptied.capacity(), 10);
    assert_eq!(bytes_of(&emptied), [0; 10]);
    drop(emptied);
    assert_eq!(fs::read(&path).unwrap(), [0; 10]);
}

#[test]
fn open_needs_the_file_and_can_make_it_grow() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    assert_fails(map(&folder.missing(), FileMode::Open, 10), ErrorKind::NotFound);
    assert!(!folder.missing().exists());
    let path = folder.file("file", b"short");
    let grown = map(&path, FileMode::Open, 5_000).unwrap();
    assert_eq!(grown.capacity(), 5_000);
    assert_eq!(fs::metadata(&path).unwrap().len(), 5_000);
    let bytes = bytes_of(&grown);
    assert_eq!(&bytes[..5], b"short");
    assert!(bytes[5..].iter().all(|byte| *byte == 0));
    // The capacity may be the length of the file, or 0.
    assert_eq!(map(&path, FileMode::Open, 5_000).unwrap().capacity(), 5_000);
    assert_eq!(map(&path, FileMode::Open, 0).unwrap().capacity(), 5_000);
}

#[test]
fn open_or_create_creates_a_missing_file_and_opens_an_existing_one() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.missing();
    let made = map(&path, FileMode::OpenOrCreate, 100).unwrap();
    made.write_at(b"once", 0).unwrap();
    drop(made);
    let opened = map(&path, FileMode::OpenOrCreate, 0).unwrap();
    assert_eq!(opened.capacity(), 100);
    assert_eq!(&bytes_of(&opened)[..4], b"once");
}

#[test]
fn a_private_map_can_create_its_file_and_make_it_grow() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let private = MapOptions::new().access(Access::CopyOnWrite);
    for mode in [FileMode::CreateNew, FileMode::Create, FileMode::OpenOrCreate, FileMode::Open] {
        let path = folder.0.path().join(format!("{mode:?}"));
        if mode == FileMode::Open {
            fs::write(&path, "short").unwrap();
        }
        let map = private.clone().file_mode(mode).capacity(5_000).map_file(&path).unwrap();
        assert_eq!(map.capacity(), 5_000);
        let view = map.view(0, 0, Access::CopyOnWrite).unwrap();
        view.write_at(b"private", 4_990).unwrap();
        drop((view, map));
        let mut expected = vec![0; 5_000];
        if mode == FileMode::Open {
            expected[..5].copy_from_slice(b"short");
        }
        assert_eq!(fs::read(&path).unwrap(), expected, "{mode:?}");
    }
    // The old content is removed.
    let path = folder.file("replaced", b"something longer");
    assert_eq!(
        private.clone().file_mode(FileMode::Create).capacity(4).map_file(&path).unwrap().capacity(),
        4
    );
    assert_eq!(fs::read(&path).unwrap(), [0; 4]);
    // For a descriptor, only the access that it was opened with counts.
    let file = open(&path, true, false);
    let failed = private.clone().capacity(10).map_descriptor(descriptor(&file));
    assert_fails(failed, ErrorKind::AccessDenied);
    let file = open(&path, true, true);
    assert_eq!(
        private.clone().capacity(10).map_descriptor(descriptor(&file)).unwrap().capacity(),
        10
    );
    assert_eq!(fs::read(&path).unwrap(), [0; 10]);
}

#[cfg(unix)]
#[test]
fn mapping_a_dangling_link_creates_its_target() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let (link, second) = (folder.0.path().join("link"), folder.0.path().join("second"));
    let target = folder.0.path().join("sub").join("target");
    fs::create_dir(target.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("sub/target", &link).unwrap();
    std::os::unix::fs::symlink("link", &second).unwrap();
    for path in [&link, &second] {
        for mode in [FileMode::Create, FileMode::OpenOrCreate] {
            assert_eq!(map(path, mode, 100).unwrap().capacity(), 100);
            assert_eq!(fs::metadata(&target).unwrap().len(), 100);
            assert!(path.is_symlink());
            fs::remove_file(&target).unwrap();
            // A failed call removes the file that it created, and keeps the link.
            assert_fails(map(path, mode, 0), ErrorKind::InvalidArgument);
            assert!(path.is_symlink() && !target.exists());
        }
        assert_fails(map(path, FileMode::CreateNew, 100), ErrorKind::AlreadyExists);
        assert_fails(map(path, FileMode::Open, 100), ErrorKind::NotFound);
        assert!(path.is_symlink() && !target.exists());
    }
    fs::remove_dir(target.parent().unwrap()).unwrap();
    let error = assert_fails(map(&link, FileMode::OpenOrCreate, 100), ErrorKind::NotFound);
    assert!(error.message().contains("link"), "{error}");
    std::os::unix::fs::symlink("circle", folder.0.path().join("circle")).unwrap();
    map(&folder.0.path().join("circle"), FileMode::OpenOrCreate, 100).unwrap_err();
}

#[test]
fn a_failed_call_removes_the_file_that_it_created() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.missing();
    for mode in [FileMode::CreateNew, FileMode::Create, FileMode::OpenOrCreate] {
        assert_fails(map(&path, mode, 0), ErrorKind::InvalidArgument);
        assert!(!path.exists(), "{mode:?}");
    }
    let read = MapOptions::new().access(Access::Read);
    let failed = read.clone().file_mode(FileMode::OpenOrCreate).capacity(10).map_file(&path);
    assert_fails(failed, ErrorKind::InvalidArgument);
    assert!(!path.exists());
    let name = unique("taken");
    let _map = Map::create_new(&name, 10).unwrap();
    let failed =
        MapOptions::new().file_mode(FileMode::CreateNew).name(&name).capacity(10).map_file(&path);
    assert_fails(failed, ErrorKind::AlreadyExists);
    assert!(!path.exists());
    // A file that existed before is kept.
    fs::write(&path, "").unwrap();
    assert_fails(map(&path, FileMode::OpenOrCreate, 0), ErrorKind::InvalidArgument);
    assert!(path.exists());
}

#[test]
fn unusual_paths_work() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    for name in ["with space", "gr\u{fc}n \u{1f600}", "per%cent", &"long".repeat(50)] {
        let path = folder.file(name, b"text");
        assert_eq!(Map::map_file(&path).unwrap().read_text().unwrap(), "text");
        let map_name = unique("path");
        let named = MapOptions::new().name(&map_name).map_file(&path).unwrap();
        assert_eq!(Map::open(&map_name).unwrap().path(), named.path());
    }
}

#[test]
fn a_relative_path_is_made_absolute() {
    let _beside = common::beside_others();
    // The current folder of the tests is the package.
    let map = MapOptions::new().access(Access::Read).map_file("Cargo.toml").unwrap();
    assert!(map.path().unwrap().is_absolute());
    assert!(map.path().unwrap().ends_with("Cargo.toml"));
    assert!(map.read_text().unwrap().contains("[package]"));
}
