//! A failed call changes nothing: files keep their bytes, length, mode, owner and time, and no new files appear.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::common;
use common::{assert_fails, named, unique};
use mmf::backend::MAX_CAPACITY;
use mmf::{
    Access, ErrorKind, FileMode, Map, MapOptions, Permissions, Rights, SaveOptions, SavePart,
};

/// Everything in a folder that a call could change.
#[derive(Debug, PartialEq)]
struct State(Vec<(PathBuf, Vec<u8>, SystemTime, Owner)>);

#[cfg(unix)]
type Owner = (u32, u32, u32, u64);
#[cfg(windows)]
type Owner = bool;

fn owner(found: &fs::Metadata) -> Owner {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (found.mode(), found.uid(), found.gid(), found.ino())
    }
    #[cfg(windows)]
    found.permissions().readonly()
}

fn state_of(folder: &Path) -> State {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let found = path.symlink_metadata().unwrap();
        let bytes = if found.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        (path, bytes, found.modified().unwrap(), owner(&found))
    });
    let mut files: Vec<_> = entries.collect();
    files.sort_by(|one, two| one.0.cmp(&two.0));
    State(files)
}

/// A folder with a file whose time is in the past, so that every write shows.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [b'x'; 10_000]).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000)).unwrap();
    (folder, path)
}

/// A call that fails, and its status.
struct Case<'a> {
    what: &'a str,
    status: ErrorKind,
    mode: FileMode,
    access: Access,
    name: Option<&'a str>,
    capacity: u64,
}

/// More than the space of any disk, and more than 32 bits can address.
const TOO_MUCH: u64 = 1 << 46;
/// More than a process can address.
const HUGE: u64 = MAX_CAPACITY + 1;

#[test]
fn a_failed_mapping_of_a_file_changes_nothing() {
    let _beside = common::beside_others();
    use Access::{CopyOnWrite, Read, ReadWrite, Write};
    use FileMode::{Create, CreateNew, Open, OpenOrCreate};
    let (folder, path) = folder();
    let taken = unique("taken");
    let _taken = Map::create_new(&taken, 100).unwrap();
    let taken = Some(taken.as_str());
    let case = |what, status, mode, access, name, capacity| Case {
        what,
        status,
        mode,
        access,
        name,
        capacity,
    };
    let large =
        if cfg!(target_pointer_width = "32") { ErrorKind::OutOfRange } else { ErrorKind::TooLarge };
    let mut cases = vec![
        case("empty", ErrorKind::InvalidArgument, Create, ReadWrite, None, 0),
        case("empty, private", ErrorKind::InvalidArgument, Create, CopyOnWrite, None, 0),
        case("written only", ErrorKind::InvalidArgument, Create, Write, None, 100),
        case("read only", ErrorKind::InvalidArgument, Create, Read, None, 100),
        case("no name", ErrorKind::InvalidArgument, Create, ReadWrite, Some(""), 100),
        case("exists", ErrorKind::AlreadyExists, CreateNew, ReadWrite, None, 20_000),
    ];
    for mode in [Create, Open, OpenOrCreate] {
        for access in [ReadWrite, CopyOnWrite] {
            cases.push(case("name exists", ErrorKind::AlreadyExists, mode, access, taken, 20_000));
            cases.push(case("too large", large, mode, access, None, HUGE));
        }
    }
    cases.push(case(
        "name exists, shorter",
        ErrorKind::AlreadyExists,
        Create,
        ReadWrite,
        taken,
        10,
    ));
    for mode in [Open, OpenOrCreate] {
        for access in [Read, ReadWrite, CopyOnWrite] {
            cases.push(case("smaller", ErrorKind::OutOfRange, mode, access, None, 9_999));
        }
        cases.push(case("read, larger", ErrorKind::InvalidArgument, mode, Read, None, 10_001));
    }
    let before = state_of(folder.path());
    for case in cases {
        let options = MapOptions::new().access(case.access);
        let made = named(options.clone().file_mode(case.mode), case.name)
            .capacity(case.capacity)
            .map_file(&path);
        let what = format!("{}, {:?}, {:?}", case.what, case.mode, case.access);
        assert_eq!(made.map(drop).expect_err(&what).kind(), case.status, "{what}");
        assert_eq!(state_of(folder.path()), before, "{what}");
    }
    // No disk has so much space. The status depends on the system.
    if usize::try_from(TOO_MUCH).is_ok() {
        for mode in [Create, Open, OpenOrCreate] {
            for access in [ReadWrite, CopyOnWrite] {
                for name in [None, Some(unique("much"))] {
                    let options = MapOptions::new().access(access);
                    named(options.clone().file_mode(mode), name.as_deref())
                        .capacity(TOO_MUCH)
                        .map_file(&path)
                        .unwrap_err();
                    assert_eq!(state_of(folder.path()), before, "{mode:?}, {access:?}, no room");
                    if let Some(name) = &name {
                        assert_fails(Map::open(name), ErrorKind::NotFound);
                        common::assert_nothing_left(name);
                    }
                }
            }
        }
    }
    let wrong = if mmf::backend::SECURITY_DESCRIPTORS {
        Permissions::new().sddl("D:(A;;GA;;;WD)")
    } else {
        Permissions::new().mode(0o600)
    };
    let failed =
        MapOptions::new().permissions(wrong).file_mode(Create).capacity(100).map_file(&path);
    assert_fails(failed, ErrorKind::NotSupported);
    assert_eq!(state_of(folder.path()), before, "permissions");
    // A successful call changes the state, so the comparison works.
    MapOptions::new().file_mode(Open).capacity(10_001).map_file(&path).unwrap();
    assert_ne!(state_of(folder.path()), before);
}

#[test]
fn a_failed_mapping_of_a_missing_file_changes_nothing() {
    let _beside = common::beside_others();
    use FileMode::{Create, CreateNew, Open, OpenOrCreate};
    let (folder, _) = folder();
    let missing = folder.path().join("missing");
    let taken = unique("taken");
    let _taken = Map::create_new(&taken, 100).unwrap();
    let before = state_of(folder.path());
    for mode in [Create, CreateNew, Open, OpenOrCreate] {
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite, Access::Write] {
            for (name, capacity) in
                [(None, 0), (None, HUGE), (None, TOO_MUCH), (Some(taken.as_str()), 100)]
            {
                if capacity == TOO_MUCH && usize::try_from(capacity).is_err() {
                    continue;
                }
                let options = MapOptions::new().access(access);
                let what = format!("{mode:?}, {access:?}, {name:?}, {capacity}");
                named(options.clone().file_mode(mode), name)
                    .capacity(capacity)
                    .map_file(&missing)
                    .map(drop)
                    .expect_err(&what);
                assert_eq!(state_of(folder.path()), before, "{what}");
            }
        }
    }
}

#[test]
fn a_failed_mapping_of_a_descriptor_changes_nothing() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let taken = unique("taken");
    let _taken = Map::create_new(&taken, 100).unwrap();
    let before = state_of(folder.path());
    for (read, write) in [(true, true), (true, false), (false, true)] {
        let file = fs::File::options().read(read).write(write).open(&path).unwrap();
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
            for (name, capacity) in [(None, 1), (None, HUGE), (Some(taken.as_str()), 20_000)] {
                let options = MapOptions::new().access(access);
                let what = format!("{read}, {write}, {access:?}, {name:?}, {capacity}");
                named(options.clone(), name)
                    .capacity(capacity)
                    .map_descriptor(file.try_clone().unwrap())
                    .map(drop)
                    .expect_err(&what);
                assert_eq!(state_of(folder.path()), before, "{what}");
            }
        }
    }
}

#[test]
fn a_failed_save_changes_nothing() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let missing = folder.path().join("missing");
    fs::write(folder.path().join("mapped"), [b'm'; 5_000]).unwrap();
    fs::write(folder.path().join("read-only"), "protected").unwrap();
    let protected = folder.path().join("read-only");
    let mut permissions = fs::metadata(&protected).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&protected, permissions.clone()).unwrap();
    let name = unique("saved");
    let map = Map::create_new(&name, 20_000).unwrap();
    map.replace_text("text").unwrap();
    let writer = MapOptions::new().rights(Rights::WRITE).open(&name).unwrap();
    let mapped = Map::map_file(folder.path().join("mapped")).unwrap();
    let before = state_of(folder.path());
    let check = |what: &str, result: mmf::Result<()>, status| {
        assert_eq!(result.expect_err(what).kind(), status, "{what}");
        assert_eq!(state_of(folder.path()), before, "{what}");
    };
    for part in [SavePart::Map, SavePart::Content, SavePart::Text] {
        let options = SaveOptions::new().part(part);
        let keep = options.clone().keep_existing(true);
        check("kept", map.save_with(&path, &keep), ErrorKind::AlreadyExists);
        check("kept, forced", map.save_with(&path, &keep.force(true)), ErrorKind::AlreadyExists);
        check("no path", map.save_with("", &options), ErrorKind::InvalidArgument);
        check("folder", map.save_with(folder.path(), &options), ErrorKind::AccessDenied);
        let nowhere = folder.path().join("no").join("file");
        check("no folder", map.save_with(nowhere, &options), ErrorKind::DirectoryNotFound);
        check("read-only", map.save_with(&protected, &options), ErrorKind::AccessDenied);
        let own = folder.path().join("mapped");
        check("own file", mapped.save_with(&own, &options), ErrorKind::InvalidArgument);
        check("no right", writer.save_with(&path, &options), ErrorKind::AccessDenied);
        // A lock that another handle holds, and a lock of another map.
        let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
        let opened = Map::open(&name).unwrap();
        let at_once = mmf::TextOptions::new().timeout(std::time::Duration::ZERO);
        for path in [&path, &missing] {
            let busy = options.clone().text(at_once.clone());
            check("locked", opened.save_with(path, &busy), ErrorKind::Timeout);
            let wrong = options.clone().text(mmf::TextOptions::new().lock(&lock));
            check("another's lock", mapped.save_with(path, &wrong), ErrorKind::InvalidArgument);
        }
    }
    map.save(&path).unwrap();
    assert_ne!(state_of(folder.path()), before);
    drop(mapped);
    #[allow(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&protected, permissions).unwrap();
}
