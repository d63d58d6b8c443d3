//! Saving: what is written, where, and that nobody ever finds half of it.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::again::{self, again, part};
use common::{assert_fails, bytes_of, text, unique};
use mmf::{Access, Encoding, FileMode, Map, MapOptions, Rights, SaveOptions, SavePart, Status};

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

/// The names in a folder, to see that nothing is left beside the target.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_whole_map_is_saved_as_it_is() {
    let (folder, path) = folder();
    let map = anonymous(3 << 20);
    for (offset, byte) in [(0, 1), (4_095, 2), (300_000, 0xFF), ((3 << 20) - 1, 9)] {
        map.write(offset, &[byte]).unwrap();
    }
    map.save(&path, &SaveOptions::new()).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map));
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn an_untouched_map_is_saved_as_zeros() {
    let (_folder, path) = folder();
    let map = anonymous(100_000);
    map.save(&path, &SaveOptions::new()).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map));
    map.save(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    map.save(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn the_content_is_saved_up_to_its_end() {
    let (_folder, path) = folder();
    let map = anonymous(100_000);
    map.write(0, b"a\0b").unwrap();
    map.write(50_000, b"\x01\0\xFF").unwrap();
    map.save(&path, &part_of(SavePart::Content)).unwrap();
    assert!(fs::read(&path).unwrap() == bytes_of(&map)[..50_003]);
    // Byte order marks belong to the content.
    map.replace_text("wide", &text().encoding(Encoding::Utf16Le)).unwrap();
    map.save(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"\xFF\xFEw\0i\0d\0e");
}

#[test]
fn the_text_is_saved_as_utf8_with_its_ending() {
    let (_folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("gr\u{fc}n", &text().encoding(Encoding::Utf16Be)).unwrap();
    map.save(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "gr\u{fc}n");
    map.save(&path, &part_of(SavePart::Text).ending("\r\n")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "gr\u{fc}n\r\n");
    map.replace_bytes(b"a\0b\xFFc", &text()).unwrap();
    map.save(&path, &part_of(SavePart::Text)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "ab\u{fffd}c");
}

#[test]
fn an_existing_file_is_replaced_whole() {
    let (folder, path) = folder();
    fs::write(&path, "x".repeat(100_000)).unwrap();
    let map = anonymous(4_096);
    map.replace_text("short", &text()).unwrap();
    map.save(&path, &part_of(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"short");
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn an_existing_file_is_kept_when_asked() {
    let (folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("new", &text()).unwrap();
    let keep = part_of(SavePart::Text).keep_existing(true);
    map.save(&path, &keep).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    map.replace_text("newer", &text()).unwrap();
    let error = assert_fails(map.save(&path, &keep), Status::AlreadyExists);
    assert!(error.message().contains("saved"), "{error}");
    assert_fails(map.save(&path, &keep.clone().force(true)), Status::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn of_many_who_keep_what_exists_one_saves() {
    let (folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("text", &text()).unwrap();
    let keep = part_of(SavePart::Text).keep_existing(true);
    let saved = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..6).map(|_| scope.spawn(|| map.save(&path, &keep))).collect();
        savers
            .into_iter()
            .map(|saver| saver.join().unwrap())
            .filter(|result| match result {
                Ok(()) => true,
                Err(error) => {
                    assert_eq!(error.status(), Status::AlreadyExists, "{error}");
                    false
                }
            })
            .count()
    });
    assert_eq!(saved, 1);
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn many_savers_to_one_path_leave_one_whole_file() {
    let (folder, path) = folder();
    std::thread::scope(|scope| {
        for letter in ["a", "b", "c", "d"] {
            let path = &path;
            scope.spawn(move || {
                let map = anonymous(100_000);
                map.replace_text(&letter.repeat(60_000), &text()).unwrap();
                for _ in 0..10 {
                    map.save(path, &part_of(SavePart::Text)).unwrap();
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
    let (_folder, path) = folder();
    fs::write(&path, "protected").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let map = anonymous(4_096);
    map.replace_text("new", &text()).unwrap();
    let error = assert_fails(map.save(&path, &part_of(SavePart::Text)), Status::AccessDenied);
    assert!(error.message().contains("force"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"protected");
    map.save(&path, &part_of(SavePart::Text).force(true)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    assert!(permissions.readonly(), "its protection stays");
    #[allow(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

#[test]
fn the_maps_own_file_is_refused() {
    let (folder, path) = folder();
    fs::write(&path, "12345").unwrap();
    let name = unique("own");
    let map = Map::map_file(&path).unwrap();
    let named = MapOptions::new().map_file(&path, FileMode::Open, Some(&name), 0).unwrap();
    let other_way = folder.path().join(".").join("saved");
    for map in [&map, &named] {
        for path in [&path, &other_way] {
            for options in [SaveOptions::new(), SaveOptions::new().force(true)] {
                let error = assert_fails(map.save(path, &options), Status::InvalidArgument);
                assert!(error.message().contains("saved"), "{error}");
            }
        }
    }
    assert_eq!(fs::read(&path).unwrap(), b"12345");
    // To any other file it can be saved.
    let copy = folder.path().join("copy");
    map.save(&copy, &SaveOptions::new()).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"12345");
}

#[test]
fn what_cannot_be_saved_to() {
    let (folder, path) = folder();
    let map = anonymous(4_096);
    let options = SaveOptions::new();
    assert_fails(map.save("", &options), Status::InvalidArgument);
    let error = assert_fails(map.save(folder.path(), &options), Status::AccessDenied);
    assert!(error.message().contains("folder"), "{error}");
    let nowhere = folder.path().join("no folder").join("file");
    assert_fails(map.save(nowhere, &options), Status::DirectoryNotFound);
    fs::write(&path, "file").unwrap();
    map.save(path.join("below"), &options).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"file");
}

#[test]
fn a_name_without_a_folder_is_saved_to_the_current_one() {
    // The current folder of tests is the package; the child works in a folder of its own.
    if let Some(folder) = part() {
        std::env::set_current_dir(&folder).unwrap();
        let map = anonymous(4_096);
        map.replace_text("here", &text()).unwrap();
        map.save("bare", &part_of(SavePart::Text)).unwrap();
        map.save("bare", &part_of(SavePart::Text)).unwrap();
        return;
    }
    let (folder, _) = folder();
    again::succeeds(&mut again(
        "a_name_without_a_folder_is_saved_to_the_current_one",
        folder.path().to_str().unwrap(),
    ));
    assert_eq!(fs::read(folder.path().join("bare")).unwrap(), b"here");
    assert_eq!(names(folder.path()), ["bare"]);
}

#[test]
fn saving_needs_the_right_to_read() {
    let (_folder, path) = folder();
    let name = unique("write");
    let _map = Map::create_new(&name, 64).unwrap();
    let write = MapOptions::new().rights(Rights::WRITE).open(&name).unwrap();
    assert_fails(write.save(&path, &SaveOptions::new()), Status::AccessDenied);
    assert!(!path.exists());
    let read = MapOptions::new().access(Access::Read).open(&name).unwrap();
    read.save(&path, &SaveOptions::new()).unwrap();
}

#[test]
fn saving_runs_under_the_callers_lock() {
    let (_folder, path) = folder();
    let map = anonymous(64);
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    map.replace_text("under", &text().lock(&lock)).unwrap();
    let under = part_of(SavePart::Text).text(text().lock(&lock));
    map.save(&path, &under).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"under");
}

#[test]
fn a_long_file_name_can_be_saved_to() {
    let (folder, _) = folder();
    let map = anonymous(64);
    map.replace_text("long", &text()).unwrap();
    for path in ["x".repeat(255), "\u{e9}".repeat(120)] {
        let path = folder.path().join(path);
        if fs::write(&path, "").is_err() {
            // Longer than this file system takes.
            continue;
        }
        map.save(&path, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"long");
    }
}

/// A process that is killed in the middle of a big save leaves the old file or the new one.
#[test]
fn a_crash_leaves_the_old_file_or_the_new_one() {
    const SIZE: usize = 24 << 20;
    const TEST: &str = "a_crash_leaves_the_old_file_or_the_new_one";
    if let Some(path) = part() {
        let map = anonymous(SIZE as u64);
        for byte in (b'a'..=b'z').cycle() {
            map.fill(0, SIZE as u64, byte).unwrap();
            map.save(&path, &SaveOptions::new()).unwrap();
        }
    }
    let (folder, path) = folder();
    fs::write(&path, vec![b'!'; SIZE]).unwrap();
    for round in 0..8_u64 {
        let mut child = again(TEST, path.to_str().unwrap()).spawn().unwrap();
        // It is saving as soon as its new file stands beside the old one, and kills come at
        // different points of that.
        while names(folder.path()).len() < 2 {
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
        for name in names(folder.path()) {
            if name != "saved" {
                fs::remove_file(folder.path().join(name)).unwrap();
            }
        }
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn holes_stay_holes() {
        let (_folder, path) = folder();
        let map = MapOptions::new().delay_allocation(true).create_anonymous(256 << 20).unwrap();
        map.write(100 << 20, b"an island").unwrap();
        map.save(&path, &SaveOptions::new()).unwrap();
        let saved = fs::metadata(&path).unwrap();
        assert_eq!(saved.len(), 256 << 20);
        // One page of data, and whatever the file system needs around it.
        assert!(saved.blocks() * 512 < 1 << 20, "{} blocks", saved.blocks());
        let mut found = [0; 9];
        std::os::unix::fs::FileExt::read_exact_at(
            &fs::File::open(&path).unwrap(),
            &mut found,
            100 << 20,
        )
        .unwrap();
        assert_eq!(&found, b"an island");
    }

    #[test]
    fn memory_that_is_reserved_and_was_never_written_is_a_hole_too() {
        let (_folder, path) = folder();
        let map = anonymous(64 << 20);
        map.write(0, b"x").unwrap();
        map.save(&path, &SaveOptions::new()).unwrap();
        let saved = fs::metadata(&path).unwrap();
        assert_eq!(saved.len(), 64 << 20);
        if mmf::backend::EXACT_SIZES {
            assert!(saved.blocks() * 512 < 1 << 20, "{} blocks", saved.blocks());
        }
    }

    #[test]
    fn an_existing_files_mode_stays_and_a_new_one_has_the_usual_mode() {
        let (folder, path) = folder();
        let map = anonymous(64);
        for mode in [0o600, 0o640, 0o666, 0o755, 0o604] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            map.save(&path, &SaveOptions::new()).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
        }
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let new = folder.path().join("new");
        map.save(&new, &SaveOptions::new()).unwrap();
        assert_eq!(fs::metadata(&new).unwrap().mode(), fs::metadata(&usual).unwrap().mode());
    }

    #[test]
    fn an_existing_files_owner_stays_where_that_is_allowed() {
        let (_folder, path) = folder();
        fs::write(&path, "old").unwrap();
        if std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_err() {
            common::not_run("save: owner", "giving a file away takes root");
            return;
        }
        anonymous(64).save(&path, &SaveOptions::new()).unwrap();
        let saved = fs::metadata(&path).unwrap();
        assert_eq!((saved.uid(), saved.gid()), (65_534, 65_534));
    }

    #[test]
    fn links_are_followed_and_stay() {
        let (folder, path) = folder();
        let map = anonymous(64);
        map.replace_text("through", &text()).unwrap();
        fs::write(&path, "old").unwrap();
        let link = folder.path().join("link");
        let second = folder.path().join("second");
        symlink("saved", &link).unwrap();
        symlink(&link, &second).unwrap();
        map.save(&second, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"through");
        assert!(link.is_symlink() && second.is_symlink());
        // Also a link to what is not there yet, in another folder.
        fs::create_dir(folder.path().join("sub")).unwrap();
        let dangling = folder.path().join("dangling");
        symlink("sub/new", &dangling).unwrap();
        map.save(&dangling, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(folder.path().join("sub/new")).unwrap(), b"through");
        assert!(dangling.is_symlink());
        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        map.save(&circle, &SaveOptions::new()).unwrap_err();
        assert!(circle.is_symlink());
    }

    #[test]
    fn the_maps_own_file_is_known_by_any_link() {
        let (folder, path) = folder();
        fs::write(&path, "12345").unwrap();
        let map = Map::map_file(&path).unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        let hard = folder.path().join("hard");
        fs::hard_link(&path, &hard).unwrap();
        for path in [&link, &hard] {
            assert_fails(map.save(path, &SaveOptions::new()), Status::InvalidArgument);
        }
        // The memory of a named map can be seen as a file on some systems.
        let name = unique("own");
        let map = Map::create_new(&name, 64).unwrap();
        if let Some(path) = common::seen(&name).filter(|path| path.exists()) {
            map.save(&path, &SaveOptions::new()).unwrap_err();
            assert_eq!(Map::open(&name).unwrap().capacity(), map.capacity());
        }
    }

    #[test]
    fn a_pipe_and_a_device_are_written_to_and_not_replaced() {
        let (folder, _) = folder();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let map = anonymous(100_000);
        map.write(70_000, b"end").unwrap();
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read(pipe).unwrap())
        };
        map.save(&pipe, &part_of(SavePart::Content)).unwrap();
        let read = reader.join().unwrap();
        assert!(read == bytes_of(&map)[..70_003]);
        map.save("/dev/null", &SaveOptions::new()).unwrap();
        let keep = SaveOptions::new().keep_existing(true);
        assert_fails(map.save("/dev/null", &keep), Status::AlreadyExists);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        // A device that is full is an error, and no panic.
        let error = map.save("/dev/full", &SaveOptions::new());
        if fs::metadata("/dev/full").is_ok() {
            assert_fails(error, Status::NoSpace);
        }
    }

    #[test]
    fn a_folder_that_may_not_be_written_is_an_error_that_leaves_nothing() {
        const TEST: &str = "unix::a_folder_that_may_not_be_written_is_an_error_that_leaves_nothing";
        let (folder, path) = folder();
        // Root may write anywhere; whoever made the folder is who runs.
        if part().is_none() && fs::metadata(folder.path()).unwrap().uid() == 0 {
            return again::succeeds_as_nobody(TEST);
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        let map = anonymous(64);
        assert_fails(map.save(&path, &SaveOptions::new()), Status::AccessDenied);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(names(folder.path()).is_empty());
    }
}
