//! Files that programs open exclusively: they cannot be mapped, and mapped files cannot be opened exclusively.

use super::*;

/// Opens a file exclusively, as .NET does with `FileShare.None`.
#[cfg(unix)]
fn open_exclusively(path: &Path) -> std::io::Result<fs::File> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    // The file locks of std are those of `flock`, like those of .NET.
    file.try_lock()?;
    Ok(file)
}

/// Opens a file exclusively.
#[cfg(windows)]
fn open_exclusively(path: &Path) -> std::io::Result<fs::File> {
    use std::os::windows::fs::OpenOptionsExt;
    fs::OpenOptions::new().read(true).write(true).share_mode(0).open(path)
}

#[test]
fn a_file_that_is_open_exclusively_cannot_be_mapped() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"of another program");
    let alone = open_exclusively(&path).unwrap();
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
fn a_mapped_file_cannot_be_opened_exclusively() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    for access in [Access::Read, Access::CopyOnWrite, Access::ReadWrite] {
        let options = MapOptions::new().access(access);
        let map = options.map_file(&path).unwrap();
        // Opening it shared succeeds, also for writing.
        drop(Map::map_file(&path).unwrap());
        open_exclusively(&path).unwrap_err();
        let view = map.view(0, 0, Access::Read).unwrap();
        drop(map);
        if cfg!(unix) {
            // The view still has the file open.
            open_exclusively(&path).unwrap_err();
        }
        drop(view);
        open_exclusively(&path).unwrap();
    }
}

#[test]
fn a_file_of_a_named_map_cannot_be_opened_exclusively() {
    let _alone = common::alone();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    let name = unique("shared");
    let options = MapOptions::new();
    let map = options.clone().name(&name).map_file(&path).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    open_exclusively(&path).unwrap_err();
    drop(map);
    if cfg!(unix) {
        // On Windows, a section alone does not prevent this, as in .NET.
        open_exclusively(&path).unwrap_err();
    }
    actor.kill();
    open_exclusively(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_mapped_file_stays_shared_while_a_forked_child_lives() {
    let _alone = common::alone();
    let folder = Folder::new();
    let path = folder.file("file", &[0; 5_000]);
    let mut actor = Actor::start();
    let name = unique("forked");
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let child = actor.ask(&["fork", "later", "stay"]).unwrap();
    actor.ask(&["close", "m"]).unwrap();
    open_exclusively(&path).unwrap_err();
    actor.end("return");
    open_exclusively(&path).unwrap_err();
    let child = child.parse().unwrap();
    // SAFETY: signals the child of the actor, which ends only by this signal.
    assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0);
    while open_exclusively(&path).is_err() {
        std::thread::yield_now();
    }
}

/// The owner of a descriptor decides how it is locked.
#[cfg(unix)]
#[test]
fn a_descriptor_that_is_locked_exclusively_can_be_mapped() {
    let _beside = common::beside_others();
    let folder = Folder::new();
    let path = folder.file("file", b"text");
    let alone = open_exclusively(&path).unwrap();
    let map = MapOptions::new().map_descriptor(descriptor(&alone)).unwrap();
    assert_eq!(map.read_text().unwrap(), "text");
    alone.unlock().unwrap();
    alone.try_lock().unwrap();
}
