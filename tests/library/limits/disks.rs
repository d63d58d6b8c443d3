//! Full disks: a file grows, is emptied or replaced completely, or not at all.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use mmf::{Access, ErrorKind, FileMode, Map, MapOptions, SaveOptions, SavePart};

use crate::common;
use crate::common::{assert_fails, bytes_of, named, unique};
use crate::limits::{LINUX, MIB, SMALL_SHM, in_child, in_namespace, objects};

/// Mounts a small disk.
const SMALL_DISK: &str = "mount -t tmpfs -o size=1m tmpfs /mnt";

#[test]
fn a_file_is_emptied_only_if_the_disk_has_room_for_the_map() {
    let _alone = common::alone();
    in_namespace(
        "limits::disks::a_file_is_emptied_only_if_the_disk_has_room_for_the_map",
        SMALL_DISK,
        || {
            let path = Path::new("/mnt/file");
            let old = vec![b'x'; 300 << 10];
            fs::write(path, &old).unwrap();
            fs::write("/mnt/other", vec![b'y'; 600 << 10]).unwrap();
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            let name = unique("room");
            for access in [Access::ReadWrite, Access::CopyOnWrite] {
                for name in [None, Some(name.as_str())] {
                    for mode in [FileMode::Create, FileMode::Open] {
                        let options = MapOptions::new().access(access);
                        let failed = named(options.clone().file_mode(mode), name)
                            .capacity(500 << 10)
                            .map_file(path);
                        assert_fails(failed, ErrorKind::NoSpace);
                        assert!(fs::read(path).unwrap() == old, "{mode:?}, {access:?}, {name:?}");
                        assert_eq!(fs::metadata(path).unwrap().modified().unwrap(), modified);
                    }
                }
            }
            // The space of the old bytes counts as free.
            let options = MapOptions::new();
            let map = options
                .clone()
                .file_mode(FileMode::Create)
                .name(&name)
                .capacity(350 << 10)
                .map_file(path)
                .unwrap();
            assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
            map.view(0, 0, Access::ReadWrite).unwrap().write_at(&vec![1; 350 << 10], 0).unwrap();
        },
    );
}

/// Mounts a disk with half of its space reserved for root. As with a quota, a process finds out only while it
/// allocates the space.
const RESERVED: &str = "image=$(mktemp) && truncate -s 16m $image && mkfs.ext4 -q -F -m 50 $image && mount -o loop $image /mnt && rm $image && chmod 777 /mnt";

#[test]
fn a_file_whose_growth_fails_midway_is_unchanged() {
    let _alone = common::alone();
    in_namespace("limits::disks::a_file_whose_growth_fails_midway_is_unchanged", RESERVED, || {
        const NOBODY: u32 = 65_534;
        // SAFETY: takes a number.
        let group = unsafe { libc::setgid(NOBODY) };
        // SAFETY: takes a number.
        let user = unsafe { libc::setuid(NOBODY) };
        if (group, user) != (0, 0) || fs::write("/mnt/probe", vec![1; 10 << 20]).is_ok() {
            common::not_run("limits: reserved room", "every user may use the reserved space here");
            return;
        }
        fs::remove_file("/mnt/probe").unwrap();
        let path = Path::new("/mnt/file");
        let old = vec![b'x'; 10_000];
        fs::write(path, &old).unwrap();
        let before = fs::metadata(path).unwrap();
        let name = unique("reserved");
        for access in [Access::ReadWrite, Access::CopyOnWrite] {
            for name in [None, Some(name.as_str())] {
                for mode in [FileMode::Open, FileMode::Create] {
                    let what = format!("{mode:?}, {access:?}, {name:?}");
                    let options = MapOptions::new().access(access);
                    let failed = named(options.clone().file_mode(mode), name)
                        .capacity(9 << 20)
                        .map_file(path);
                    assert_eq!(failed.expect_err(&what).kind(), ErrorKind::NoSpace, "{what}");
                    assert!(fs::read(path).unwrap() == old, "{what}");
                    let after = fs::metadata(path).unwrap();
                    let of = |it: &fs::Metadata| (it.mtime(), it.mtime_nsec());
                    assert_eq!(of(&after), of(&before), "{what}");
                    // The reserved space is free again, except for metadata of the file system.
                    assert!(after.blocks() <= before.blocks() + 16, "{what}");
                }
            }
        }
        // A map that fits can still be created.
        Map::map_file(path).unwrap();
        MapOptions::new().file_mode(FileMode::Create).capacity(1 << 20).map_file(path).unwrap();
    });
}

#[test]
fn a_file_is_not_emptied_if_its_record_does_not_fit() {
    let _alone = common::alone();
    in_namespace(
        "limits::disks::a_file_is_not_emptied_if_its_record_does_not_fit",
        SMALL_SHM,
        || {
            if !LINUX {
                // The portable back end stores records elsewhere.
                return;
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "old").unwrap();
            let mut filler = fs::File::create("/dev/shm/filler").unwrap();
            while std::io::Write::write(&mut filler, &[1; 4096]).is_ok() {}
            for mode in [FileMode::Create, FileMode::Open] {
                let failed =
                    MapOptions::new().file_mode(mode).name("named").capacity(100).map_file(&path);
                assert_fails(failed, ErrorKind::NoSpace);
                assert_eq!(fs::read(&path).unwrap(), b"old", "{mode:?}");
            }
            assert_eq!(objects(), ["filler"]);
            drop(filler);
            fs::remove_file("/dev/shm/filler").unwrap();
            MapOptions::new()
                .file_mode(FileMode::Create)
                .name("named")
                .capacity(100)
                .map_file(&path)
                .unwrap();
            assert_eq!(fs::read(&path).unwrap(), [0; 100]);
        },
    );
}

#[test]
fn a_file_is_not_emptied_for_a_map_past_the_file_size_limit() {
    let _alone = common::alone();
    in_child(
        "limits::disks::a_file_is_not_emptied_for_a_map_past_the_file_size_limit",
        "ulimit -f 100",
        || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "old").unwrap();
            for mode in [FileMode::Create, FileMode::Open] {
                for name in [None, Some(unique("ulimit"))] {
                    let failed = named(MapOptions::new().file_mode(mode), name.as_deref())
                        .capacity(MIB)
                        .map_file(&path);
                    let error = assert_fails(failed, ErrorKind::NoSpace);
                    assert!(error.message().contains("ulimit"), "{error}");
                    assert_eq!(fs::read(&path).unwrap(), b"old");
                }
            }
        },
    );
}

#[test]
fn a_save_without_space_leaves_only_the_old_file() {
    let _alone = common::alone();
    in_namespace(
        "limits::disks::a_save_without_space_leaves_only_the_old_file",
        SMALL_DISK,
        || {
            let path = Path::new("/mnt/file");
            let old = vec![b'x'; 600 << 10];
            fs::write(path, &old).unwrap();
            let found = fs::metadata(path).unwrap();
            let map = MapOptions::new().create_anonymous(700 << 10).unwrap();
            map.fill(0, 700 << 10, b'n').unwrap();
            for part in [SavePart::Map, SavePart::Content, SavePart::Text] {
                let options = SaveOptions::new().part(part);
                for path in [path, Path::new("/mnt/other")] {
                    assert_fails(map.save_with(path, &options), ErrorKind::NoSpace);
                }
                assert!(fs::read(path).unwrap() == old);
                assert_eq!(fs::metadata(path).unwrap().ino(), found.ino());
                assert_eq!(fs::read_dir("/mnt").unwrap().count(), 1);
            }
            fs::write(path, "").unwrap();
            map.save(path).unwrap();
            assert!(fs::read(path).unwrap() == bytes_of(&map));
        },
    );
}
