//! Saving: what is written to which file, and that the file is always complete.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

#[cfg(target_os = "linux")]
mod steps;
#[cfg(unix)]
mod unix;

use std::fs;
use std::path::{Path, PathBuf};

use crate::common;
use common::again::{self, again, part};
use common::{assert_fails, bytes_of, text, unique};
use mmf::{Access, Encoding, ErrorKind, Map, MapOptions, Rights, SaveOptions, SavePart};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved");
    (folder, path)
}

fn anonymous(capacity: u64) -> Map {
    MapOptions::new().create_anonymous(capacity).unwrap()
}

fn part_of(part: SavePart) -> SaveOptions<'static> {
    SaveOptions::new().part(part)
}

/// The names in a folder, to check that no other files are left.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_whole_map_is_saved_byte_by_byte() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let map = anonymous(3 << 20);
    for (offset, byte) in [(0, 1), (4_095, 2), (300_000, 0xFF), ((3 << 20) - 1, 9)] {
        map.write_at(&[byte], offset).unwrap();
    }
    map.save(&path).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map));
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn an_unused_map_is_saved_as_zeros() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = anonymous(100_000);
    map.save(&path).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map));
    map.save_with(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    map.save_with(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn the_content_is_saved_up_to_its_end() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = anonymous(100_000);
    map.write_at(b"a\0b", 0).unwrap();
    map.write_at(b"\x01\0\xFF", 50_000).unwrap();
    map.save_with(&path, &part_of(SavePart::Content)).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map)[..50_003]);
    // Byte order marks belong to the content.
    map.replace_text_with("wide", &text().encoding(Encoding::Utf16Le)).unwrap();
    map.save_with(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"\xFF\xFEw\0i\0d\0e");
}

#[test]
fn the_text_is_saved_as_utf8_with_its_ending() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text_with("gr\u{fc}n", &text().encoding(Encoding::Utf16Be)).unwrap();
    map.save_with(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "gr\u{fc}n");
    map.save_with(&path, &part_of(SavePart::Text).ending("\r\n")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "gr\u{fc}n\r\n");
    map.replace_bytes(b"a\0b\xFFc").unwrap();
    map.save_with(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "ab\u{fffd}c");
}

#[test]
fn an_existing_file_is_replaced_completely() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    fs::write(&path, "x".repeat(100_000)).unwrap();
    let map = anonymous(4_096);
    map.replace_text("short").unwrap();
    map.save_with(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"short");
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn keep_existing_keeps_an_existing_file() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("new").unwrap();
    let keep = part_of(SavePart::Text).keep_existing(true);
    map.save_with(&path, &keep).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    map.replace_text("newer").unwrap();
    let error = assert_fails(map.save_with(&path, &keep), ErrorKind::AlreadyExists);
    assert!(error.message().contains("saved"), "{error}");
    assert_fails(map.save_with(&path, &keep.clone().force(true)), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn one_of_many_savers_with_keep_existing_succeeds() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("text").unwrap();
    let keep = part_of(SavePart::Text).keep_existing(true);
    let saved = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..6).map(|_| scope.spawn(|| map.save_with(&path, &keep))).collect();
        savers
            .into_iter()
            .map(|prepare_save| prepare_save.join().unwrap())
            .filter(|result| match result {
                Ok(()) => true,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
                    false
                }
            })
            .count()
    });
    assert_eq!(saved, 1);
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn many_savers_to_one_path_leave_a_complete_file() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    std::thread::scope(|scope| {
        for letter in ["a", "b", "c", "d"] {
            let path = &path;
            scope.spawn(move || {
                let map = anonymous(100_000);
                map.replace_text(&letter.repeat(60_000)).unwrap();
                for _ in 0..10 {
                    map.save_with(path, &part_of(SavePart::Text)).unwrap();
                }
            });
        }
    });
    let saved = fs::read_to_string(&path).unwrap();
    assert_eq!(saved.len(), 60_000);
    assert!(saved.bytes().all(|byte| byte == saved.as_bytes()[0]));
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn a_read_only_file_needs_force() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    fs::write(&path, "protected").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let map = anonymous(4_096);
    map.replace_text("new").unwrap();
    let error =
        assert_fails(map.save_with(&path, &part_of(SavePart::Text)), ErrorKind::AccessDenied);
    assert!(error.message().contains("force"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"protected");
    map.save_with(&path, &part_of(SavePart::Text).force(true)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    assert!(permissions.readonly(), "the file is no longer read-only");
    #[allow(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

#[test]
fn a_map_cannot_be_saved_to_its_own_file() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    fs::write(&path, "12345").unwrap();
    let name = unique("own");
    let map = Map::map_file(&path).unwrap();
    let named = MapOptions::new().name(&name).map_file(&path).unwrap();
    let other_way = folder.path().join(".").join("saved");
    for map in [&map, &named] {
        for path in [&path, &other_way] {
            for options in [SaveOptions::new(), SaveOptions::new().force(true)] {
                let error = assert_fails(map.save_with(path, &options), ErrorKind::InvalidArgument);
                assert!(error.message().contains("saved"), "{error}");
            }
        }
    }
    assert_eq!(fs::read(&path).unwrap(), b"12345");
    // It can be saved to any other file.
    let copy = folder.path().join("copy");
    map.save(&copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"12345");
}

#[test]
fn invalid_paths_cannot_be_saved_to() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let map = anonymous(4_096);
    let options = SaveOptions::new();
    assert_fails(map.save_with("", &options), ErrorKind::InvalidArgument);
    let error = assert_fails(map.save_with(folder.path(), &options), ErrorKind::AccessDenied);
    assert!(error.message().contains("folder"), "{error}");
    let nowhere = folder.path().join("no folder").join("file");
    assert_fails(map.save_with(nowhere, &options), ErrorKind::DirectoryNotFound);
    fs::write(&path, "file").unwrap();
    map.save_with(path.join("below"), &options).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"file");
}

#[test]
fn a_path_without_a_folder_is_saved_to_the_current_folder() {
    let _alone = common::alone();
    // The current folder of tests is the package, so a child process changes to another folder.
    if let Some(folder) = part() {
        std::env::set_current_dir(&folder).unwrap();
        let map = anonymous(4_096);
        map.replace_text("here").unwrap();
        map.save_with("bare", &part_of(SavePart::Text)).unwrap();
        map.save_with("bare", &part_of(SavePart::Text)).unwrap();
        return;
    }
    let (folder, _) = folder();
    again::succeeds(&mut again(
        "save::a_path_without_a_folder_is_saved_to_the_current_folder",
        folder.path().to_str().unwrap(),
    ));
    assert_eq!(fs::read(folder.path().join("bare")).unwrap(), b"here");
    assert_eq!(names(folder.path()), ["bare"]);
}

#[test]
fn saving_needs_the_right_to_read() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let name = unique("write");
    let _map = Map::create_new(&name, 64).unwrap();
    let write = MapOptions::new().rights(Rights::WRITE).open(&name).unwrap();
    assert_fails(write.save(&path), ErrorKind::AccessDenied);
    assert!(!path.exists());
    let read = MapOptions::new().access(Access::Read).open(&name).unwrap();
    read.save(&path).unwrap();
}

#[test]
fn saving_can_use_the_lock_of_the_caller() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = anonymous(64);
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    map.replace_text_with("under", &text().lock(&lock)).unwrap();
    let under = part_of(SavePart::Text).text(text().lock(&lock));
    map.save_with(&path, &under).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"under");
}

#[test]
fn a_long_file_name_can_be_saved_to() {
    let _beside = common::beside_others();
    let (folder, _) = folder();
    let map = anonymous(64);
    map.replace_text("long").unwrap();
    for path in ["x".repeat(255), "\u{e9}".repeat(120)] {
        let path = folder.path().join(path);
        if fs::write(&path, "").is_err() {
            // This file system does not allow such a long name.
            continue;
        }
        map.save_with(&path, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"long");
    }
}

#[test]
fn a_killed_save_leaves_the_old_file_or_the_new_one() {
    let _alone = common::alone();
    const SIZE: usize = 24 << 20;
    const TEST: &str = "save::a_killed_save_leaves_the_old_file_or_the_new_one";
    if let Some(path) = part() {
        let map = anonymous(SIZE as u64);
        for byte in (b'a'..=b'z').cycle() {
            map.fill(0, SIZE as u64, byte).unwrap();
            map.save(&path).unwrap();
        }
    }
    let (folder, path) = folder();
    fs::write(&path, vec![b'!'; SIZE]).unwrap();
    let mut left = 0;
    for round in 0..8_u64 {
        let mut child = again(TEST, path.to_str().unwrap()).spawn().unwrap();
        // The child saves again and again. After its first save, it is killed after different times.
        let first = first_byte(&path);
        while first_byte(&path) == first {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::yield_now();
        }
        for _ in 0..round * round * 500 {
            std::hint::black_box(round);
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = fs::read(&path).unwrap();
        assert_eq!(found.len(), SIZE, "round {round}");
        assert!(found.iter().all(|byte| *byte == found[0]), "round {round}: a mixture");
        left += names(folder.path()).len() - 1;
    }
    if cfg!(any(windows, target_os = "linux")) {
        // The system removes the new file, unless the kill comes between the last two calls.
        assert!(left <= 2, "{left} of 8 kills left a file");
    }
    // The next save to this folder removes what the last kill left.
    anonymous(64).save(folder.path().join("other")).unwrap();
    let mut left = names(folder.path());
    left.sort();
    assert_eq!(left, ["other", "saved"]);
}

fn first_byte(path: &Path) -> u8 {
    let mut byte = [0];
    std::io::Read::read_exact(&mut fs::File::open(path).unwrap(), &mut byte).unwrap();
    byte[0]
}

#[test]
fn only_abandoned_files_of_killed_saves_are_removed() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let other = folder.path().join("other");
    let abandoned = folder.path().join(".mmf-0123456789abcdef.tmp");
    let kept =
        [".mmf-0123456789abcdeX.tmp", ".mmf-0123.tmp", ".saved.tmp", "mmf-0123456789abcdef.tmp"];
    for name in kept {
        fs::write(folder.path().join(name), "of another program").unwrap();
    }
    fs::write(&abandoned, "left").unwrap();
    // While a process saves, it has the file open and locked.
    let saving = fs::File::options().read(true).write(true).open(&abandoned).unwrap();
    #[cfg(unix)]
    saving.lock_shared().unwrap();
    anonymous(64).save(&path).unwrap();
    assert!(abandoned.exists());
    drop(saving);
    anonymous(64).save(&other).unwrap();
    assert!(!abandoned.exists());
    assert_eq!(names(folder.path()).len(), kept.len() + 2);
}

#[test]
fn a_file_that_is_open_exclusively_is_not_replaced() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    fs::write(&path, "of another program").unwrap();
    #[cfg(unix)]
    let alone = {
        let file = fs::File::options().read(true).write(true).open(&path).unwrap();
        // Like FileShare.None in .NET.
        file.try_lock().unwrap();
        file
    };
    #[cfg(windows)]
    let alone = {
        use std::os::windows::fs::OpenOptionsExt;
        fs::File::options().read(true).write(true).share_mode(0).open(&path).unwrap()
    };
    let map = anonymous(64);
    let error = assert_fails(map.save(&path), ErrorKind::SharingViolation);
    assert!(error.message().contains("saved"), "{error}");
    map.save_with(&path, &SaveOptions::new().force(true)).unwrap_err();
    drop(alone);
    assert_eq!(fs::read(&path).unwrap(), b"of another program");
    assert_eq!(names(folder.path()), ["saved"]);
}
