//! Saving: what is written, where, and that nobody ever finds half of it.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

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

/// The names in a folder, to see that nothing is left beside the target.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_whole_map_is_saved_as_it_is() {
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
fn an_untouched_map_is_saved_as_zeros() {
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
fn an_existing_file_is_replaced_whole() {
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
fn an_existing_file_is_kept_when_asked() {
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
fn of_many_who_keep_what_exists_one_saves() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let map = anonymous(4_096);
    map.replace_text("text").unwrap();
    let keep = part_of(SavePart::Text).keep_existing(true);
    let saved = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..6).map(|_| scope.spawn(|| map.save_with(&path, &keep))).collect();
        savers
            .into_iter()
            .map(|saver| saver.join().unwrap())
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
fn many_savers_to_one_path_leave_one_whole_file() {
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
    assert!(permissions.readonly(), "its protection stays");
    #[allow(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

#[test]
fn the_maps_own_file_is_refused() {
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
    // To any other file it can be saved.
    let copy = folder.path().join("copy");
    map.save(&copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"12345");
}

#[test]
fn what_cannot_be_saved_to() {
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
fn a_name_without_a_folder_is_saved_to_the_current_one() {
    let _alone = common::alone();
    // The current folder of tests is the package; the child works in a folder of its own.
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
        "a_name_without_a_folder_is_saved_to_the_current_one",
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
fn saving_runs_under_the_callers_lock() {
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
            // Longer than this file system takes.
            continue;
        }
        map.save_with(&path, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"long");
    }
}

/// A process that is killed in the middle of a big save leaves the old file or the new one.
#[test]
fn a_crash_leaves_the_old_file_or_the_new_one() {
    let _alone = common::alone();
    const SIZE: usize = 24 << 20;
    const TEST: &str = "a_crash_leaves_the_old_file_or_the_new_one";
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
        // It saves again and again from the first change on, and kills come at different points.
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
        // The system removes it, unless the kill comes between the last two calls.
        assert!(left <= 2, "{left} of 8 kills left something");
    }
    // What the last one may have left is removed by the next save, of whatever to wherever in there.
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
fn actor() {
    common::process::act();
}

#[test]
fn only_abandoned_files_of_a_killed_save_are_removed() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    let other = folder.path().join("other");
    let abandoned = folder.path().join(".mmf-0123456789abcdef.tmp");
    let kept =
        [".mmf-0123456789abcdeX.tmp", ".mmf-0123.tmp", ".saved.tmp", "mmf-0123456789abcdef.tmp"];
    for name in kept {
        fs::write(folder.path().join(name), "somebody's").unwrap();
    }
    fs::write(&abandoned, "left").unwrap();
    // It is somebody's as long as he has it open, locked as a save locks it.
    let at_work = fs::File::options().read(true).write(true).open(&abandoned).unwrap();
    #[cfg(unix)]
    at_work.lock_shared().unwrap();
    anonymous(64).save(&path).unwrap();
    assert!(abandoned.exists());
    drop(at_work);
    anonymous(64).save(&other).unwrap();
    assert!(!abandoned.exists());
    assert_eq!(names(folder.path()).len(), kept.len() + 2);
}

#[test]
fn a_file_that_a_program_has_to_itself_is_not_replaced() {
    let _beside = common::beside_others();
    let (folder, path) = folder();
    fs::write(&path, "of another program").unwrap();
    #[cfg(unix)]
    let alone = {
        let file = fs::File::options().read(true).write(true).open(&path).unwrap();
        // As .NET's FileShare.None.
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

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};

    #[test]
    fn holes_stay_holes() {
        let _beside = common::beside_others();
        let (_folder, path) = folder();
        let map = MapOptions::new().delay_allocation(true).create_anonymous(256 << 20).unwrap();
        map.write_at(b"an island", 100 << 20).unwrap();
        map.save(&path).unwrap();
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
        let _beside = common::beside_others();
        let (_folder, path) = folder();
        let map = anonymous(64 << 20);
        map.write_at(b"x", 0).unwrap();
        map.save(&path).unwrap();
        let saved = fs::metadata(&path).unwrap();
        assert_eq!(saved.len(), 64 << 20);
        if mmf::backend::EXACT_SIZES {
            assert!(saved.blocks() * 512 < 1 << 20, "{} blocks", saved.blocks());
        }
    }

    #[test]
    fn an_existing_files_mode_stays_and_a_new_one_has_the_usual_mode() {
        let _beside = common::beside_others();
        let (folder, path) = folder();
        let map = anonymous(64);
        for mode in [0o600, 0o640, 0o666, 0o755, 0o604] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            map.save(&path).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
        }
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let new = folder.path().join("new");
        map.save(&new).unwrap();
        assert_eq!(fs::metadata(&new).unwrap().mode(), fs::metadata(&usual).unwrap().mode());
    }

    #[test]
    fn an_existing_files_owner_stays_where_that_is_allowed() {
        let _beside = common::beside_others();
        let (_folder, path) = folder();
        fs::write(&path, "old").unwrap();
        if std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_err() {
            common::not_run("save: owner", "giving a file away takes root");
            return;
        }
        anonymous(64).save(&path).unwrap();
        let saved = fs::metadata(&path).unwrap();
        assert_eq!((saved.uid(), saved.gid()), (65_534, 65_534));
    }

    #[test]
    fn links_are_followed_and_stay() {
        let _beside = common::beside_others();
        let (folder, path) = folder();
        let map = anonymous(64);
        map.replace_text("through").unwrap();
        fs::write(&path, "old").unwrap();
        let link = folder.path().join("link");
        let second = folder.path().join("second");
        symlink("saved", &link).unwrap();
        symlink(&link, &second).unwrap();
        map.save_with(&second, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"through");
        assert!(link.is_symlink() && second.is_symlink());
        // Also a link to what is not there yet, in another folder.
        fs::create_dir(folder.path().join("sub")).unwrap();
        let dangling = folder.path().join("dangling");
        symlink("sub/new", &dangling).unwrap();
        map.save_with(&dangling, &part_of(SavePart::Text)).unwrap();
        assert_eq!(fs::read(folder.path().join("sub/new")).unwrap(), b"through");
        assert!(dangling.is_symlink());
        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        map.save(&circle).unwrap_err();
        assert!(circle.is_symlink());
    }

    #[test]
    fn the_maps_own_file_is_known_by_any_link() {
        let _beside = common::beside_others();
        let (folder, path) = folder();
        fs::write(&path, "12345").unwrap();
        let map = Map::map_file(&path).unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        let hard = folder.path().join("hard");
        fs::hard_link(&path, &hard).unwrap();
        for path in [&link, &hard] {
            assert_fails(map.save(path), ErrorKind::InvalidArgument);
        }
        // The memory of a named map can be seen as a file on some systems.
        let name = unique("own");
        let map = Map::create_new(&name, 64).unwrap();
        if let Some(path) = common::seen(&name).filter(|path| path.exists()) {
            map.save(&path).unwrap_err();
            assert_eq!(Map::open(&name).unwrap().capacity(), map.capacity());
        }
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused_and_not_opened() {
        let _beside = common::beside_others();
        let (folder, _) = folder();
        let pipe = folder.path().join("pipe");
        common::make_pipe(&pipe);
        let link = folder.path().join("link");
        symlink("pipe", &link).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        // Somebody reads the pipe: who opened it for writing would not wait, and be seen.
        let mut options = fs::File::options();
        let mut reader = options.read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).unwrap();
        let map = anonymous(100_000);
        map.write_at(b"end", 70_000).unwrap();
        let null = Path::new("/dev/null");
        for path in [pipe.as_path(), &link, &socket, null] {
            for options in [
                part_of(SavePart::Content),
                part_of(SavePart::Text).force(true),
                SaveOptions::new().keep_existing(true),
            ] {
                let error = assert_fails(map.save_with(path, &options), ErrorKind::NotAFile);
                assert!(error.message().contains("regular file"), "{error}");
            }
            assert!(!fs::metadata(path).unwrap().is_file());
        }
        let read = std::io::Read::read(&mut reader, &mut [0]).unwrap();
        assert_eq!(read, 0, "nobody wrote, and nobody has it open");
        assert_eq!(names(folder.path()).len(), 3);
    }

    #[test]
    fn what_does_more_than_permit_is_not_handed_on() {
        let _beside = common::beside_others();
        let (_folder, path) = folder();
        let map = anonymous(64);
        // setuid, setgid, sticky, and the marks of maps in memory.
        for special in [0o4000, 0o2000, 0o1000, 0o6000, 0o7000] {
            for mode in [0o755, 0o777, 0o600, 0o610, 0o700, 0o644] {
                fs::write(&path, "old").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(special | mode)).unwrap();
                map.save(&path).unwrap();
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
                fs::remove_file(&path).unwrap();
            }
        }
    }

    /// Another user, who may write the folder but not give files away.
    #[test]
    fn what_stands_for_an_owner_or_a_group_that_is_lost_is_not_given_to_another() {
        let _alone = common::alone();
        const TEST: &str =
            "unix::what_stands_for_an_owner_or_a_group_that_is_lost_is_not_given_to_another";
        const NOBODY: u32 = 65_534;
        if let Some(folder) = part() {
            let map = anonymous(64);
            for entry in fs::read_dir(folder).unwrap() {
                map.save_with(entry.unwrap().path(), &SaveOptions::new().force(true)).unwrap();
            }
            return;
        }
        let open = tempfile::tempdir_in("/tmp").unwrap();
        let folder = open.path().join("folder");
        fs::create_dir(&folder).unwrap();
        for path in [open.path(), &folder] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let cases = [
            ("setuid", 0, 0, 0o4777, (NOBODY, 0o700)),
            ("others-file", 0, NOBODY, 0o666, (NOBODY, 0o600)),
            ("own-file", NOBODY, NOBODY, 0o664, (NOBODY, 0o664)),
            ("others-group", NOBODY, 0, 0o664, (NOBODY, 0o644)),
            ("group-alone", NOBODY, 0, 0o640, (NOBODY, 0o600)),
            ("all-but-the-group", NOBODY, 0, 0o604, (NOBODY, 0o600)),
        ];
        for (name, user, group, mode, _) in cases {
            let path = folder.join(name);
            fs::write(&path, "old").unwrap();
            if std::os::unix::fs::chown(&path, Some(user), Some(group)).is_err() {
                common::not_run("save: lost owners", "giving a file away takes root");
                return;
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let (_copy, program) = again::for_everybody();
        let mut command = again::again_by(&["env"], &program, TEST, folder.to_str().unwrap());
        std::os::unix::process::CommandExt::uid(&mut command, NOBODY).current_dir("/");
        std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
        again::succeeds(&mut command);
        for (name, _, _, _, expected) in cases {
            let saved = fs::metadata(folder.join(name)).unwrap();
            assert_eq!((saved.uid(), saved.mode() & 0o7777), expected, "{name}");
            assert_eq!(saved.len(), 64, "{name}");
        }
    }

    #[test]
    fn the_memory_of_a_map_that_lives_is_refused_by_any_path() {
        let _alone = common::alone();
        let name = unique("living");
        let Some(object) = common::seen(&name) else { return };
        let (_folder, link) = folder();
        symlink(&object, &link).unwrap();
        let hard = common::seen(&unique("hard")).unwrap();
        let map = Map::create_new(&name, 4_096).unwrap();
        map.replace_text("lives").unwrap();
        fs::hard_link(&object, &hard).unwrap();
        let inode = fs::metadata(&object).unwrap().ino();
        let other = anonymous(64);
        for path in [&object, &link, &hard] {
            for options in [SaveOptions::new(), SaveOptions::new().force(true)] {
                let error = assert_fails(other.save_with(path, &options), ErrorKind::AccessDenied);
                assert!(error.message().contains("map"), "{error}");
            }
        }
        assert_eq!(fs::metadata(&object).unwrap().ino(), inode);
        assert!(!map.is_orphaned().unwrap());
        assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "lives");
        // Also of one that other processes hold.
        let mut actor = common::process::Actor::start();
        actor.ask(&["open", "m", &name]).unwrap();
        drop(map);
        assert_fails(other.save(&object), ErrorKind::AccessDenied);
        assert_eq!(actor.ask(&["read", "m"]).unwrap(), "lives");
        // A dead one is in nobody's way, and what is saved in its place is no map of ours.
        actor.kill();
        fs::remove_file(&hard).unwrap();
        other.save(&object).unwrap();
        assert_eq!(fs::metadata(&object).unwrap().mode() & 0o7000, 0);
        assert!(Map::open(&name).unwrap().is_foreign());
        let _ = mmf::list().unwrap();
        assert_eq!(fs::read(&object).unwrap(), [0; 64], "no list removes it");
        fs::remove_file(&object).unwrap();
    }

    #[test]
    fn a_folder_that_may_not_be_written_is_an_error_that_leaves_nothing() {
        let _alone = common::alone();
        const TEST: &str = "unix::a_folder_that_may_not_be_written_is_an_error_that_leaves_nothing";
        let (folder, path) = folder();
        // Root may write anywhere; whoever made the folder is who runs.
        if part().is_none() && fs::metadata(folder.path()).unwrap().uid() == 0 {
            return again::succeeds_as_nobody(TEST);
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        let map = anonymous(64);
        assert_fails(map.save(&path), ErrorKind::AccessDenied);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(names(folder.path()).is_empty());
    }
}

#[cfg(target_os = "linux")]
mod steps {
    use super::*;
    use common::process::Actor;
    use common::step::{Step, at_every_step, words};
    use std::time::Duration;

    /// An actor with a map whose bytes are all the same, about to save it.
    fn saver(actor: &mut Actor, name: &str, path: &Path, named: bool) -> Vec<String> {
        let size = SIZE.to_string();
        actor.ask(&["create", "m", name, &size]).unwrap();
        if named {
            actor.ask(&["forbid_nameless_objects"]).unwrap();
        }
        let map = Map::open(name).unwrap();
        map.fill(0, SIZE, b'n').unwrap();
        words(&["save", "m", path.to_str().unwrap()])
    }

    const SIZE: u64 = 100_000;

    fn assert_whole(path: &Path, what: &str) -> u8 {
        let found = fs::read(path).unwrap();
        assert_eq!(found.len() as u64, SIZE, "{what}");
        assert!(found.iter().all(|byte| *byte == found[0]), "{what}: a mixture");
        found[0]
    }

    #[test]
    fn a_save_killed_at_any_step_leaves_one_of_the_two_files_and_in_the_end_nothing_else() {
        let _alone = common::alone();
        for named in [false, true] {
            let (folder, path) = folder();
            let other = folder.path().join("other");
            let (mut left, mut old, mut new) = (0, 0, 0);
            at_every_step(
                "save killed at any step",
                |actor, name| {
                    fs::write(&path, vec![b'o'; SIZE as usize]).unwrap();
                    saver(actor, name, &path, named)
                },
                |actor, stepped, _, step| {
                    let what = format!("named {named}, {step}");
                    stepped.kill(actor);
                    match assert_whole(&path, &what) {
                        b'o' => old += 1,
                        _ => new += 1,
                    }
                    left += names(folder.path()).iter().filter(|it| it.ends_with(".tmp")).count();
                    anonymous(64).save(&other).unwrap();
                    let mut names = names(folder.path());
                    names.sort();
                    assert_eq!(names, ["other", "saved"], "{what}");
                },
            );
            assert!(old > 0 && new > 0, "kills came before and after: {old}, {new}");
            // Between a link and a rename, which a kill may miss since not every run has the same
            // steps; or as long as there are no files without a name.
            assert!(if named { left > 3 } else { left <= 3 }, "{named}: {left}");
        }
    }

    #[test]
    fn a_save_in_the_middle_is_not_taken_for_a_killed_one() {
        let _alone = common::alone();
        for named in [false, true] {
            let (folder, path) = folder();
            let other = folder.path().join("other");
            at_every_step(
                "save beside a save",
                |actor, name| {
                    fs::write(&path, vec![b'o'; SIZE as usize]).unwrap();
                    saver(actor, name, &path, named)
                },
                |mut actor, stepped, _, step| {
                    anonymous(64).save(&other).unwrap();
                    stepped.release();
                    assert_eq!(actor.hear(), "ok\t", "{step}");
                    assert_eq!(assert_whole(&path, step), b'n');
                    assert_eq!(names(folder.path()).len(), 2, "{step}");
                },
            );
        }
    }

    #[test]
    fn the_content_lock_is_free_while_the_disk_is_waited_for() {
        let _alone = common::alone();
        let (_folder, path) = folder();
        let waits = [libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_write, libc::SYS_linkat];
        let (mut free, mut busy) = (0, 0);
        at_every_step(
            "no disk under the lock",
            |actor, name| saver(actor, name, &path, false),
            |actor, stepped, name, step| {
                let map = Map::open(name).unwrap();
                let lock = map.lock_exclusive(Duration::ZERO);
                let waits = waits.map(|it| format!("{:?}", Step::Before(it as u64)));
                if waits.iter().any(|wait| step.ends_with(wait.as_str())) {
                    lock.expect(step);
                    free += 1;
                } else if lock.is_err() {
                    busy += 1;
                }
                stepped.kill(actor);
            },
        );
        assert!(free >= 3, "it was met while it waited for the disk: {free}");
        assert!(busy > 0, "and while it had the lock");
    }
}
