//! File maps: by path in every file mode, by descriptor, with and without a name.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![cfg_attr(unix, allow(unsafe_code, reason = "a forked child is ended by a signal"))]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::process::Actor;
use common::{assert_fails, bytes_of, named, text, unique};
use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions, Result};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn missing(&self) -> PathBuf {
        self.0.path().join("missing")
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn map(path: &Path, mode: FileMode, capacity: u64) -> Result<Map> {
    MapOptions::new().file_mode(mode).capacity(capacity).map_file(path)
}

#[test]
fn a_file_map_shows_the_file_and_says_what_it_is() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"bytes of the file");
    let map = Map::map_file(&path).unwrap();
    assert_eq!(map.kind(), Kind::File);
    assert_eq!(map.name(), None);
    assert_eq!(map.capacity(), 17);
    assert_eq!(map.access(), Access::ReadWrite);
    assert!(!map.is_foreign());
    assert!(!map.is_orphaned().unwrap());
    assert!(!map.is_inheritable());
    assert_eq!(fs::canonicalize(map.path().unwrap()).unwrap(), fs::canonicalize(&path).unwrap());
    assert!(map.path().unwrap().is_absolute());
    assert_eq!(bytes_of(&map), b"bytes of the file");
    assert_eq!(map.read_text().unwrap(), "bytes of the file");
}

#[test]
fn what_is_written_is_in_the_file() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[b'.'; 5_000]);
    let map = Map::map_file(&path).unwrap();
    map.write_at(b"descriptor", 0).unwrap();
    map.view(4_990, 10, Access::ReadWrite).unwrap().write_at(b"the  view!", 0).unwrap();
    map.flush().unwrap();
    let read = fs::read(&path).unwrap();
    assert_eq!(&read[..10], b"descriptor");
    assert_eq!(&read[4_990..], b"the  view!");
    assert_eq!(read.len(), 5_000);
    map.replace_text("now text").unwrap();
    drop(map);
    let read = fs::read(&path).unwrap();
    assert_eq!(&read[..8], b"now text");
    assert!(read[8..].iter().all(|byte| *byte == 0));
    assert_eq!(read.len(), 5_000, "a map never changes its file's length");
}

#[test]
fn a_view_of_a_file_flushes_and_outlives_the_map() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 10_000]);
    let map = Map::map_file(&path).unwrap();
    let view = map.view(5_001, 100, Access::ReadWrite).unwrap();
    drop(map);
    view.write_at(b"late", 0).unwrap();
    view.flush().unwrap();
    drop(view);
    assert_eq!(&fs::read(&path).unwrap()[5_001..5_005], b"late");
}

#[test]
fn private_views_leave_the_file_alone() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"original");
    for access in [Access::CopyOnWrite, Access::Read, Access::ReadWrite] {
        let map = MapOptions::new().access(access).map_file(&path).unwrap();
        let view = map.view(0, 0, Access::CopyOnWrite).unwrap();
        view.write_at(b"changed!", 0).unwrap();
        view.flush().unwrap();
        map.flush().unwrap();
        assert_eq!(bytes_of(&map), b"original");
    }
    assert_eq!(fs::read(&path).unwrap(), b"original");
}

#[test]
fn actor() {
    common::process::act();
}

// File modes

#[test]
fn create_new_makes_the_file_and_refuses_one_that_exists() {
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
fn create_makes_the_file_or_empties_it() {
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
fn open_needs_the_file_and_lets_it_grow() {
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
    // The end of what is there and nothing more.
    assert_eq!(map(&path, FileMode::Open, 5_000).unwrap().capacity(), 5_000);
    assert_eq!(map(&path, FileMode::Open, 0).unwrap().capacity(), 5_000);
}

#[test]
fn open_or_create_does_either() {
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
fn a_private_map_creates_its_file_and_makes_it_grow() {
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
    // What it replaces is gone.
    let path = folder.file("replaced", b"something longer");
    assert_eq!(
        private.clone().file_mode(FileMode::Create).capacity(4).map_file(&path).unwrap().capacity(),
        4
    );
    assert_eq!(fs::read(&path).unwrap(), [0; 4]);
    // A descriptor is one of the caller's, and what it is open for decides.
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
fn a_link_to_a_file_that_does_not_exist_creates_that_file() {
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
            // A call that fails takes back what it created, and leaves what was there.
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

// Locks

/// Opens a file as .NET does for a program that wants it for itself (`FileShare.None`).
#[cfg(unix)]
fn open_alone(path: &Path) -> std::io::Result<fs::File> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    // std's file locks are those of `flock`, as .NET's are.
    file.try_lock()?;
    Ok(file)
}

/// Opens a file for a program that wants it for itself.
#[cfg(windows)]
fn open_alone(path: &Path) -> std::io::Result<fs::File> {
    use std::os::windows::fs::OpenOptionsExt;
    fs::OpenOptions::new().read(true).write(true).share_mode(0).open(path)
}

#[test]
fn a_file_that_a_program_has_to_itself_is_not_mapped() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"of another program");
    let alone = open_alone(&path).unwrap();
    let name = unique("alone");
    for access in [Access::Read, Access::CopyOnWrite, Access::ReadWrite] {
        for mode in [FileMode::Open, FileMode::OpenOrCreate, FileMode::Create] {
            if access == Access::Read && mode == FileMode::Create {
                continue;
            }
            let options = MapOptions::new().access(access);
            for name in [None, Some(name.as_str())] {
                let capacity = if access == Access::Read { 0 } else { 100 };
                let failed =
                    named(options.clone().file_mode(mode), name).capacity(capacity).map_file(&path);
                let error = assert_fails(failed, ErrorKind::SharingViolation);
                assert!(error.message().contains("file"), "{error}");
            }
        }
    }
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    drop(alone);
    assert_eq!(fs::read(&path).unwrap(), b"of another program");
    map(&path, FileMode::Create, 100).unwrap();
}

#[test]
fn a_file_that_is_mapped_nobody_gets_to_himself() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    for access in [Access::Read, Access::CopyOnWrite, Access::ReadWrite] {
        let options = MapOptions::new().access(access);
        let map = options.map_file(&path).unwrap();
        // Who shares it may have it, to write it, too.
        drop(Map::map_file(&path).unwrap());
        open_alone(&path).unwrap_err();
        let view = map.view(0, 0, Access::Read).unwrap();
        drop(map);
        if cfg!(unix) {
            // The view has the file still.
            open_alone(&path).unwrap_err();
        }
        drop(view);
        open_alone(&path).unwrap();
    }
}

#[test]
fn a_file_that_is_mapped_by_its_maps_name_nobody_gets_to_himself() {
    let _alone = common::alone();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    let name = unique("shared");
    let options = MapOptions::new();
    let map = options.clone().name(&name).map_file(&path).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    open_alone(&path).unwrap_err();
    drop(map);
    if cfg!(unix) {
        // On Windows a section alone shuts nobody out, as in .NET.
        open_alone(&path).unwrap_err();
    }
    actor.kill();
    open_alone(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_forked_child_keeps_the_file_that_it_has_mapped() {
    let _alone = common::alone();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    let mut actor = Actor::start();
    let name = unique("forked");
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let child = actor.ask(&["fork", "later", "stay"]).unwrap();
    actor.ask(&["close", "m"]).unwrap();
    open_alone(&path).unwrap_err();
    actor.end("return");
    open_alone(&path).unwrap_err();
    let child = child.parse().unwrap();
    // SAFETY: signals the child that the actor told of, which ends only by this.
    assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0);
    while open_alone(&path).is_err() {
        std::thread::yield_now();
    }
}

/// How a descriptor is locked is its owner's to decide.
#[cfg(unix)]
#[test]
fn a_descriptor_that_its_program_has_to_itself_is_mapped() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"text");
    let alone = open_alone(&path).unwrap();
    let map = MapOptions::new().map_descriptor(descriptor(&alone)).unwrap();
    assert_eq!(map.read_text().unwrap(), "text");
    alone.unlock().unwrap();
    alone.try_lock().unwrap();
}

#[test]
fn a_file_that_the_call_created_is_removed_again_when_it_fails() {
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
    // One that was there stays.
    fs::write(&path, "").unwrap();
    assert_fails(map(&path, FileMode::OpenOrCreate, 0), ErrorKind::InvalidArgument);
    assert!(path.exists());
}

#[test]
fn two_maps_of_one_file_are_one_memory() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 4_096]);
    let one = Map::map_file(&path).unwrap();
    let two = Map::map_file(&path).unwrap();
    one.append_text("one").unwrap();
    two.append_text("two").unwrap();
    assert_eq!(one.read_text().unwrap(), "one\r\ntwo");
    // And one lock.
    let lock = one.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(two.lock_exclusive(std::time::Duration::ZERO), ErrorKind::Timeout);
    two.append_text_with("three", &text().lock(&lock)).unwrap();
}

#[test]
fn a_path_may_hold_anything_that_a_path_can() {
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

// Names

#[test]
fn a_named_file_map_is_opened_by_its_name() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 4_096]);
    let name = unique("named");
    let options = MapOptions::new();
    let map = options.clone().name(&name).capacity(10_000).map_file(&path).unwrap();
    assert_eq!(map.kind(), Kind::NamedFile);
    assert_eq!(map.name(), Some(name.as_str()));
    assert_eq!(map.capacity(), 10_000);
    assert!(!map.is_foreign());
    assert!(!map.is_orphaned().unwrap());
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.kind(), Kind::NamedFile);
    assert_eq!(opened.capacity(), 10_000, "a file ends where it ends");
    opened.append_text("by name").unwrap();
    assert_eq!(map.read_text().unwrap(), "by name");
    drop(map);
    // Whoever opened it holds it.
    assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "by name");
    drop(opened);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
    assert_eq!(&fs::read(&path).unwrap()[..7], b"by name");
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);
}

#[test]
fn a_named_file_map_that_is_open_for_reading_stays_so() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"read only");
    let name = unique("named-ro");
    let read = MapOptions::new().access(Access::Read);
    let _map = read.clone().name(&name).map_file(&path).unwrap();
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.read_text().unwrap(), "read only");
    assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
    assert_fails(opened.write_at(b"x", 0), ErrorKind::ReadOnlyMap);
    assert_eq!(fs::read(&path).unwrap(), b"read only");
}

#[test]
fn a_named_file_map_is_never_seen_before_its_file_has_grown() {
    let _beside = common::beside_others();
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    const CAPACITY: u64 = 40_000;
    let folder = Folder::new();
    let name = unique("grown");
    let (done, seen) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                if let Ok(map) = Map::open(&name) {
                    // The creator goes on however this ends; what was seen is looked at below.
                    let whole = map.read_at(&mut [0], CAPACITY - 1).is_ok();
                    seen.fetch_add(if whole { 1 } else { 1 << 24 }, Relaxed);
                }
            }
        });
        let options = MapOptions::new();
        for round in 0..20_000 {
            let path = folder.0.path().join(round.to_string());
            drop(
                options
                    .clone()
                    .file_mode(FileMode::Create)
                    .name(&name)
                    .capacity(CAPACITY)
                    .map_file(&path),
            );
            let enough = round >= 300 && seen.load(Relaxed) > 0;
            if enough {
                break;
            }
        }
        done.store(true, Relaxed);
    });
    let seen = seen.into_inner();
    assert!(seen > 0, "it was opened at least once");
    assert!(seen < 1 << 24, "all of it was always there");
}

/// Windows does not let a mapped file be replaced; elsewhere an editor's save leads to this.
#[cfg(unix)]
#[test]
fn a_file_that_was_saved_anew_is_told_from_one_that_is_missing() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"old");
    let name = unique("replaced");
    let options = MapOptions::new();
    let map = options.clone().name(&name).map_file(&path).unwrap();
    let new = folder.file("new", b"new");
    fs::rename(&new, &path).unwrap();
    let error = assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    assert!(error.message().contains("file"), "{error}");
    assert_fails(Map::create_or_open(&name, 10), ErrorKind::FileReplaced);
    assert_fails(Map::create_new(&name, 10), ErrorKind::AlreadyExists);
    fs::remove_file(&path).unwrap();
    assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    fs::create_dir(&path).unwrap();
    assert_fails(Map::open(&name), ErrorKind::FileReplaced);
    // Its holder goes on undisturbed.
    assert_eq!(map.read_text().unwrap(), "old");
    drop(map);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

// Descriptors

/// For a map, since it keeps what it is given.
fn descriptor(file: &fs::File) -> fs::File {
    file.try_clone().unwrap()
}

fn open(path: &Path, read: bool, write: bool) -> fs::File {
    fs::OpenOptions::new().read(read).write(write).open(path).unwrap()
}

#[test]
fn a_descriptor_stays_the_callers_and_is_not_needed_further() {
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
    // Neither where the caller is in the file changed, nor that it can be used.
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
fn a_descriptor_that_was_given_away_is_closed_with_the_map() {
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
        let leads = fs::read_link(format!("/proc/self/fd/{number}"));
        assert!(leads.is_err() || leads.unwrap() != path, "still open");
    }
    // Views survive both.
    let mut bytes = [0; 10];
    view.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"0123456789");
}

#[test]
fn what_a_descriptor_is_open_for_limits_the_map() {
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
fn the_lengths_of_a_descriptors_file_obey_the_same_rules() {
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
fn a_map_can_be_named_when_it_is_made_from_a_descriptor() {
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
    assert_eq!(fs::metadata(&path).unwrap().len(), 10, "it did not grow for nothing");
}

#[test]
fn what_is_no_file_cannot_be_mapped() {
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
fn a_pipe_or_a_device_by_path_is_refused_without_waiting() {
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
fn a_pipe_or_a_device_by_path_is_refused() {
    let _beside = common::beside_others();
    for access in [Access::Read, Access::ReadWrite] {
        let options = MapOptions::new().access(access);
        assert_fails(options.clone().capacity(10).map_file("NUL"), ErrorKind::NotAFile);
    }
}

#[cfg(unix)]
#[test]
fn the_memory_of_a_map_that_lives_keeps_its_size() {
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
    // As it is it can be mapped: that is how .NET finds it.
    assert_eq!(map(&path, FileMode::Open, 0).unwrap().read_text().unwrap(), "in memory");
    assert_eq!(Map::open(&name).unwrap().capacity(), 5_000);
}

#[cfg(unix)]
#[test]
fn the_descriptor_of_our_own_memory_can_be_mapped_again() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(5_000).unwrap();
    map.replace_text("shared").unwrap();
    let fd = map.duplicate_descriptor().unwrap();
    let again = MapOptions::new().map_descriptor(fd).unwrap();
    assert_eq!(again.capacity(), map.capacity());
    again.append_text("twice").unwrap();
    assert_eq!(map.read_text().unwrap(), "shared\r\ntwice");
    // One memory, one lock.
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(again.lock_exclusive(std::time::Duration::ZERO), ErrorKind::Timeout);
    again.append_text_with("under", &text().lock(&lock)).unwrap();
}

// Truncated files

/// Windows does not let a file be cut short while it is mapped.
#[cfg(unix)]
#[test]
fn a_file_cut_short_under_a_map_is_an_error_and_does_not_grow_again() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[b'x'; 10_000]);
    let map = Map::map_file(&path).unwrap();
    let name = unique("cut");
    let named = MapOptions::new().name(&name).map_file(&path).unwrap();
    let opened = Map::open(&name).unwrap();
    map.append_text_with("", &text().separator("")).unwrap();
    for length in [5_000, 0] {
        open(&path, true, true).set_len(length).unwrap();
        assert_fails(Map::open(&name), ErrorKind::Truncated);
        for map in [&map, &named, &opened] {
            let target = folder.0.path().join("saved");
            let mut ten = [0; 10];
            assert_fails(map.read_at(&mut ten, length), ErrorKind::Truncated);
            assert_fails(map.read_at(&mut ten, 9_990), ErrorKind::Truncated);
            for offset in [0, length, 9_990] {
                let error = assert_fails(map.write_at(&ten, offset), ErrorKind::Truncated);
                assert!(error.message().contains(&length.to_string()), "{error}");
                assert_fails(map.fill(offset, 10, 1), ErrorKind::Truncated);
            }
            assert_fails(map.read_text(), ErrorKind::Truncated);
            assert_fails(map.read_text_utf16(), ErrorKind::Truncated);
            assert_fails(map.read_bytes(), ErrorKind::Truncated);
            assert_fails(map.content_length(), ErrorKind::Truncated);
            assert_fails(map.replace_text("new"), ErrorKind::Truncated);
            assert_fails(map.append_text("new"), ErrorKind::Truncated);
            assert_fails(map.save(&target), ErrorKind::Truncated);
            assert!(!target.exists());
            map.flush().unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), vec![b'x'; length as usize]);
    }
    // What is restored can be used again.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(10_000).unwrap();
    map.replace_text("back").unwrap();
    assert_eq!(named.read_text().unwrap(), "back");
}

#[cfg(unix)]
#[test]
fn memory_cut_short_by_another_program_is_an_error_too() {
    let _beside = common::beside_others();
    let name = unique("cut-shm");
    let Some(path) = common::seen(&name) else { return };
    let map = Map::create_new(&name, 10_000).unwrap();
    map.replace_text("text").unwrap();
    open(&path, true, true).set_len(100).unwrap();
    assert_fails(map.read_at(&mut [0], 200), ErrorKind::Truncated);
    assert_fails(map.write_at(b"x", 0), ErrorKind::Truncated);
    assert_fails(map.append_text("more"), ErrorKind::Truncated);
    assert_fails(map.read_text(), ErrorKind::Truncated);
    assert_eq!(fs::metadata(&path).unwrap().len(), 100);
}
