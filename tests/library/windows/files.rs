//! Maps of files, and files that a map is saved to.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::{text, unique};
use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions};

#[test]
fn a_file_can_be_mapped_several_times_and_not_be_emptied_meanwhile() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let map = Map::map_file(&path).unwrap();
    assert_eq!(map.capacity(), 7);
    let name = unique("file");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    actor.ask(&["replace", "m", "CONTENT"]).unwrap();
    assert_eq!(map.read_text().unwrap(), "CONTENT");
    map.flush().unwrap();

    let error =
        MapOptions::new().file_mode(FileMode::Create).capacity(10).map_file(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileMapped, "{error}");
    assert!(error.message().contains("mapped"), "{error}");
}

#[test]
fn an_existing_name_leaves_the_file_unchanged() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let name = unique("taken");
    let _map = Map::create_new(&name, 64).unwrap();
    let error = MapOptions::new().name(&name).capacity(5000).map_file(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 7);
}

/// Another thread creates a map with the name after the library has checked it. By then, the file may have grown: the
/// library makes it grow for private maps, and the kernel for others. (Wine checks the name first.)
#[test]
fn a_name_that_is_created_at_the_last_moment_leaves_the_file_unchanged() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let written = std::fs::metadata(&path).unwrap().modified().unwrap();
    let name = unique("taken");
    let mut refused = 0;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also when this thread panics.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = Stop(&stop);
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = Map::create_new(&name, 64);
            }
        });
        for round in 0..1_000 {
            let access = if round % 2 == 0 { Access::CopyOnWrite } else { Access::ReadWrite };
            let options = MapOptions::new().access(access).name(&name).capacity(5_000);
            let made = options.map_file(&path);
            let found = std::fs::metadata(&path).unwrap();
            match made {
                Ok(map) => {
                    assert_eq!(found.len(), 5_000);
                    drop(map);
                    // Restore the file for the next round.
                    let file = std::fs::File::options().write(true).open(&path).unwrap();
                    while file.set_len(7).is_err() {
                        // While the other thread finds the name, it holds the map for a moment.
                        std::thread::yield_now();
                    }
                    file.set_modified(written).unwrap();
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
                    refused += 1;
                    assert_eq!((found.len(), found.modified().unwrap()), (7, written));
                }
            }
        }
    });
    assert!(refused > 0, "the name never existed");
    assert_eq!(&std::fs::read(&path).unwrap()[..7], b"content");
}

/// Creates a symbolic link to an existing file. Wine has no call for it, but can start `ln` of the host system. It
/// does not report when `ln` ends.
fn symlink(target: &Path, link: &Path) -> bool {
    let _ = std::os::windows::fs::symlink_file(target, link);
    if link.exists() {
        return true;
    }
    let on_host = |path: &Path| Some(path.to_str()?.strip_prefix("Z:")?.replace('\\', "/"));
    let (Some(host_target), Some(host_link)) = (on_host(target), on_host(link)) else {
        return false;
    };
    let _ = Command::new("Z:\\bin\\ln").arg("-s").args([host_target, host_link]).status();
    for _ in 0..1_000 {
        if link.exists() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn mapping_a_dangling_link_creates_its_target() {
    let _alone = common::alone();
    let place = if Path::new("Z:\\tmp").is_dir() { "Z:\\tmp".into() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(place).unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "").unwrap();
    if !symlink(&target, &link) {
        return common::not_run("links on Windows", "this user may not create links");
    }
    std::fs::remove_file(&target).unwrap();
    let map = |mode: FileMode, capacity: u64| {
        MapOptions::new().file_mode(mode).capacity(capacity).map_file(&link)
    };
    assert_eq!(map(FileMode::Open, 100).unwrap_err().kind(), ErrorKind::NotFound);
    for mode in [FileMode::Create, FileMode::OpenOrCreate] {
        assert_eq!(map(mode, 100).unwrap().capacity(), 100, "{mode:?}");
        assert_eq!(std::fs::metadata(&target).unwrap().len(), 100, "{mode:?}");
        std::fs::remove_file(&target).unwrap();
        // A failed call removes the file that it created. Wine does not report that the path is a link.
        assert_eq!(map(mode, 0).unwrap_err().kind(), ErrorKind::InvalidArgument, "{mode:?}");
        assert!(!target.exists() || !link.is_symlink(), "{mode:?}");
        let _ = std::fs::remove_file(&target);
    }
    // Wine cannot remove a folder with a dangling link.
    std::fs::write(&target, "").unwrap();
    std::fs::remove_file(&link).unwrap();
}

#[test]
fn the_name_and_the_path_of_a_file_share_a_content_lock() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let name = unique("both");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let by_name = Map::open(&name).unwrap();
    assert_eq!((by_name.kind(), by_name.capacity()), (Kind::NamedFile, 7));
    let shown = std::fs::canonicalize(by_name.path().unwrap()).unwrap();
    assert_eq!(shown, std::fs::canonicalize(&path).unwrap());
    let by_path = Map::map_file(&path).unwrap();
    let lock = by_name.lock_exclusive(Duration::ZERO).unwrap();
    assert_eq!(by_path.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(actor.ask(&["lock", "m", "0"]).unwrap_err(), "TIMEOUT");
    by_path.replace_text_with("locked", &text().lock(&lock)).unwrap();
    by_name.flush().unwrap();

    let error = by_name.save_with(&path, &mmf::SaveOptions::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[test]
fn saving_respects_and_keeps_the_attributes_of_the_target() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved");
    let map = MapOptions::new().create_anonymous(64).unwrap();
    map.replace_text("new").unwrap();
    let save = mmf::SaveOptions::new().part(mmf::SavePart::Text);
    map.save_with(&path, &save).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");

    std::fs::write(&path, "old").unwrap();
    let error = map.save_with(&path, &save.clone().keep_existing(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let mut flags = std::fs::metadata(&path).unwrap().permissions();
    flags.set_readonly(true);
    std::fs::set_permissions(&path, flags.clone()).unwrap();
    let error = map.save_with(&path, &save).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    map.save_with(&path, &save.clone().force(true)).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert!(std::fs::metadata(&path).unwrap().permissions().readonly());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "other files are left");

    #[allow(clippy::permissions_set_readonly_false, reason = "the folder is to be removed")]
    flags.set_readonly(false);
    std::fs::set_permissions(&path, flags).unwrap();
}
