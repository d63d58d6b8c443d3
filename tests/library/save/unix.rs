//! Saving on Unix: which properties of the file it keeps, and which targets it refuses.

use super::*;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};

#[test]
fn holes_are_saved_as_holes() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = MapOptions::new().delay_allocation(true).create_anonymous(256 << 20).unwrap();
    map.write_at(b"an island", 100 << 20).unwrap();
    map.save(&path).unwrap();
    let saved = fs::metadata(&path).unwrap();
    assert_eq!(saved.len(), 256 << 20);
    // One page of data, and metadata of the file system.
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
fn reserved_memory_that_was_never_written_is_saved_as_a_hole() {
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
fn an_existing_file_keeps_its_mode_and_a_new_one_has_the_usual_mode() {
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
fn an_existing_file_keeps_its_owner_if_that_is_allowed() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    fs::write(&path, "old").unwrap();
    if std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_err() {
        common::not_run("save: owner", "only root can change the owner of a file");
        return;
    }
    anonymous(64).save(&path).unwrap();
    let saved = fs::metadata(&path).unwrap();
    assert_eq!((saved.uid(), saved.gid()), (65_534, 65_534));
}

#[test]
fn links_are_followed_and_kept() {
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
    // Also a dangling link, to another folder.
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
fn a_map_cannot_be_saved_to_its_own_file_through_any_link() {
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
    // On some systems, the object of a named map is visible as a file.
    let name = unique("own");
    let map = Map::create_new(&name, 64).unwrap();
    if let Some(path) = common::seen(&name).filter(|path| path.exists()) {
        map.save(&path).unwrap_err();
        assert_eq!(Map::open(&name).unwrap().capacity(), map.capacity());
    }
}

#[test]
fn only_regular_files_are_opened_for_saving() {
    let _beside = common::beside_others();
    let (folder, _) = folder();
    let pipe = folder.path().join("pipe");
    common::make_pipe(&pipe);
    let link = folder.path().join("link");
    symlink("pipe", &link).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    // The FIFO has a reader, so opening it for writing would succeed, and the reader would notice.
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
    assert_eq!(read, 0, "the FIFO was opened or written");
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn special_mode_bits_are_not_kept() {
    let _beside = common::beside_others();
    let (_folder, path) = folder();
    let map = anonymous(64);
    // setuid, setgid, sticky, and the marks of objects.
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

/// Another user may write to the folder, but may not change the owner of files.
#[test]
fn the_permissions_of_a_lost_owner_or_group_are_removed() {
    let _alone = common::alone();
    const TEST: &str = "save::unix::the_permissions_of_a_lost_owner_or_group_are_removed";
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
            common::not_run("save: lost owners", "only root can change the owner of a file");
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
fn the_object_of_a_living_map_is_refused_through_any_path() {
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
    // Also if only another process holds the map.
    let mut actor = common::process::Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    drop(map);
    assert_fails(other.save(&object), ErrorKind::AccessDenied);
    assert_eq!(actor.ask(&["read", "m"]).unwrap(), "lives");
    // A dead map is replaced. The saved file is not a map of the library.
    actor.kill();
    fs::remove_file(&hard).unwrap();
    other.save(&object).unwrap();
    assert_eq!(fs::metadata(&object).unwrap().mode() & 0o7000, 0);
    assert!(Map::open(&name).unwrap().is_foreign());
    let _ = mmf::list().unwrap();
    assert_eq!(fs::read(&object).unwrap(), [0; 64], "the list removed the file");
    fs::remove_file(&object).unwrap();
}

#[test]
fn saving_to_a_read_only_folder_is_an_error_and_leaves_nothing_behind() {
    let _alone = common::alone();
    const TEST: &str =
        "save::unix::saving_to_a_read_only_folder_is_an_error_and_leaves_nothing_behind";
    let (folder, path) = folder();
    // Root may write to every folder, so another user runs this. The owner of the folder is the current user.
    if part().is_none() && fs::metadata(folder.path()).unwrap().uid() == 0 {
        return again::succeeds_as_nobody(TEST);
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let map = anonymous(64);
    assert_fails(map.save(&path), ErrorKind::AccessDenied);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(names(folder.path()).is_empty());
}
