//! A full `/dev/shm`: creating fails, takes back what the dead left, and harms nothing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mmf::{Access, ErrorKind, Map, MapOptions};

use crate::common;
use crate::common::again::{again, part};
use crate::common::{assert_fails, bytes_of, unique};
use crate::limits::{LINUX, MIB, SMALL_SHM, behind, objects};

#[test]
fn more_than_shared_memory_has_is_an_error_that_leaves_nothing() {
    let _alone = common::alone();
    behind(
        "limits::shared_memory::more_than_shared_memory_has_is_an_error_that_leaves_nothing",
        SMALL_SHM,
        || {
            for capacity in [4 * MIB, 2 * MIB, 1 << 33] {
                if usize::try_from(capacity).is_err() {
                    continue;
                }
                for result in
                    [Map::create_new("small", capacity), Map::create_or_open("small", capacity)]
                {
                    let error = assert_fails(result, ErrorKind::NoSpace);
                    assert!(error.message().contains("small"), "{error}");
                    assert!(error.message().contains(&capacity.to_string()), "{error}");
                }
                assert_eq!(objects(), Vec::<String>::new());
                assert_fails(Map::open("small"), ErrorKind::NotFound);
            }
            // What fits is made, and every byte of it is there.
            let map = Map::create_new("small", MIB / 2).unwrap();
            map.view(0, 0, Access::ReadWrite)
                .unwrap()
                .write_at(&vec![1; MIB as usize / 2], 0)
                .unwrap();
        },
    );
}

#[test]
fn a_name_that_lives_exists_even_where_memory_is_full() {
    let _alone = common::alone();
    behind(
        "limits::shared_memory::a_name_that_lives_exists_even_where_memory_is_full",
        SMALL_SHM,
        || {
            let map = Map::create_new("living", 600 * 1024).unwrap();
            let mut more = Vec::new();
            for size in [128 * 1024, 16 * 1024, 4 * 1024] {
                while let Ok(map) = Map::create_new(&unique("fill"), size) {
                    more.push(map);
                }
            }
            assert_fails(Map::create_new("other", 4_096), ErrorKind::NoSpace);
            for capacity in [4_096, 4 * MIB] {
                assert_fails(Map::create_new("living", capacity), ErrorKind::AlreadyExists);
                let opened = Map::create_or_open("living", capacity).unwrap();
                opened.replace_text("still works").unwrap();
            }
            assert_eq!(map.read_text().unwrap(), "still works");
            // What is reserved can be written, by the descriptor and as memory, up to the last byte.
            map.fill(0, map.capacity(), 0xFF).unwrap();
            for map in &more {
                map.view(0, 0, Access::ReadWrite).unwrap().write_at(b"reserved", 0).unwrap();
            }
            assert_eq!(mmf::list().unwrap().len(), more.len() + 1);
            drop(more);
            Map::create_new("other", 4_096).unwrap();
        },
    );
}

#[test]
fn the_memory_of_dead_maps_is_taken_back_when_it_is_short() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::shared_memory::the_memory_of_dead_maps_is_taken_back_when_it_is_short";
    if part().as_deref() == Some("victim") {
        std::mem::forget(Map::create_new(&unique("dead"), 700 * 1024).unwrap());
        let own = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &own]).status().unwrap();
        unreachable!("killed");
    }
    behind(TEST, SMALL_SHM, || {
        for _ in 0..3 {
            let victim = again(TEST, "victim").output().unwrap();
            assert!(!victim.status.success());
            let map = Map::create_new("next", 700 * 1024).unwrap();
            assert_eq!(bytes_of(&map), vec![0; 700 * 1024]);
        }
    });
}

/// Leaves as many dead maps as there is room for, each of `capacity` bytes.
fn leave_dead_maps(capacity: u64) -> ! {
    let mut made = 0;
    while let Ok(map) = Map::create_new(&unique("dead"), capacity) {
        std::mem::forget(map);
        made += 1;
    }
    assert!(made > 0);
    let own = std::process::id().to_string();
    Command::new("kill").args(["-KILL", &own]).status().unwrap();
    unreachable!("killed");
}

/// Mounts a file system of its own on every place that the back end makes files in.
fn own_places(options: &str) -> String {
    let objects = format!("mount -t tmpfs -o {options} tmpfs /dev/shm");
    if LINUX {
        return objects;
    }
    format!(
        "{objects} && gate=/tmp/.mmf-$(id -u) && mkdir -p -m 700 $gate && mount -t tmpfs -o mode=700,{options} tmpfs $gate"
    )
}

#[test]
fn the_dead_are_swept_when_objects_run_out() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::the_dead_are_swept_when_objects_run_out";
    if part().as_deref() == Some("victim") {
        leave_dead_maps(1);
    }
    behind(TEST, &own_places("nr_inodes=16"), || {
        // The sweep before a process's first creation is not the one that is meant.
        drop(Map::create_new("first", 1).unwrap());
        let path = std::env::current_exe().unwrap();
        let read = MapOptions::new().access(Access::Read);
        let makers: [(&str, &dyn Fn() -> mmf::Result<Map>); 3] = [
            ("create", &|| Map::create_new("next", 64)),
            ("create or open", &|| Map::create_or_open("next", 64)),
            ("a file's record", &|| read.clone().name("next").map_file(&path)),
        ];
        for (what, make) in makers {
            assert!(!again(TEST, "victim").output().unwrap().status.success());
            if LINUX {
                assert!(fs::write("/dev/shm/one-more", "").is_err(), "the dead left room");
            }
            make().expect(what);
        }
    });
}

#[test]
fn the_dead_are_swept_when_a_record_does_not_fit() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::the_dead_are_swept_when_a_record_does_not_fit";
    if part().as_deref() == Some("victim") {
        leave_dead_maps(4_096);
    }
    let setup = "mount -t tmpfs -o size=64k tmpfs /dev/shm";
    behind(TEST, setup, || {
        drop(Map::create_new("first", 1).unwrap());
        let path = std::env::current_exe().unwrap();
        assert!(!again(TEST, "victim").output().unwrap().status.success());
        assert!(fs::write("/dev/shm/one-more", "x").is_err(), "the dead left room");
        let read = MapOptions::new().access(Access::Read);
        let _ = fs::remove_file("/dev/shm/one-more");
        read.clone().name("next").map_file(&path).unwrap();
    });
}

/// A list is what a completion at a prompt waits for.
#[test]
fn a_list_shows_nothing_dead_and_removes_for_a_moment_only() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::shared_memory::a_list_shows_nothing_dead_and_removes_for_a_moment_only";
    const DEAD: usize = 3_000;
    behind(TEST, &own_places("size=50%"), || {
        use std::os::unix::fs::PermissionsExt;
        let map = Map::create_new("living", 64).unwrap();
        // What killed holders leave, made in a faster way.
        let folder = match LINUX {
            true => PathBuf::from("/dev/shm"),
            false => PathBuf::from(format!("/tmp/.mmf-{}", rustix::process::geteuid().as_raw())),
        };
        let left = || fs::read_dir(&folder).unwrap().count();
        let living = left();
        for number in 0..DEAD {
            if LINUX {
                let path = folder.join(format!("dead-{number}"));
                fs::write(&path, "x").unwrap();
                fs::set_permissions(&path, PermissionsExt::from_mode(0o1600)).unwrap();
            } else {
                let name = format!("dead-{number}");
                let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
                fs::create_dir(folder.join(hex)).unwrap();
            }
        }
        let mut lists = 0;
        while left() > living {
            assert_eq!(mmf::list().unwrap().len(), 1, "only one lives");
            lists += 1;
            assert!(lists < 10_000, "{} are never removed", left() - living);
        }
        assert!(lists > 1, "one list removed all of {DEAD}");
        drop(map);
    });
}

#[test]
fn a_delayed_map_in_full_memory_is_an_error_where_bytes_are_copied() {
    let _alone = common::alone();
    behind(
        "limits::shared_memory::a_delayed_map_in_full_memory_is_an_error_where_bytes_are_copied",
        SMALL_SHM,
        || {
            let delayed = MapOptions::new().delay_allocation(true);
            let map = delayed.create_new("delayed", 4 * MIB).unwrap();
            map.replace_text("there is room for this").unwrap();
            assert_fails(map.fill(0, 2 * MIB, 1), ErrorKind::NoSpace);
            assert_fails(map.write_at(&vec![1; 2 << 20], 0), ErrorKind::NoSpace);
        },
    );
}

#[test]
fn a_write_that_fails_for_want_of_room_changes_nothing() {
    let _alone = common::alone();
    let setup = "mount -t tmpfs -o size=64k tmpfs /dev/shm";
    behind(
        "limits::shared_memory::a_write_that_fails_for_want_of_room_changes_nothing",
        setup,
        || {
            let delayed = MapOptions::new().delay_allocation(true);
            let map = delayed.create_new("delayed", 4 * MIB).unwrap();
            let old = "old ".repeat(2_500);
            map.replace_text(&old).unwrap();
            // Of each, a part would fit.
            let long = "x".repeat(100_000);
            for round in 0..3 {
                let error = assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
                assert!(error.message().contains("unchanged"), "{error}");
                assert_fails(map.append_text(&long), ErrorKind::NoSpace);
                assert_fails(map.write_at(long.as_bytes(), 3), ErrorKind::NoSpace);
                assert_fails(map.write_at(long.as_bytes(), 4 * MIB - 100_000), ErrorKind::NoSpace);
                assert_fails(map.fill(0, 2 * MIB, b'f'), ErrorKind::NoSpace);
                assert_eq!(map.read_bytes().unwrap(), old.as_bytes(), "round {round}");
            }
            // What did not work took nothing away from what does.
            let fits = "fits ".repeat(8_000);
            map.replace_text(&fits).unwrap();
            assert_eq!(map.read_text().unwrap(), fits);
            map.write_at(b"far away", 2 * MIB).unwrap();
        },
    );
}

/// The same on a disk.
#[test]
fn a_write_to_a_sparse_file_that_fails_for_want_of_room_changes_nothing() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::a_write_to_a_sparse_file_that_fails_for_want_of_room_changes_nothing";
    let setup = "mount -t tmpfs -o size=64k tmpfs /mnt";
    behind(TEST, setup, || {
        let file = fs::File::create("/mnt/file").unwrap();
        file.set_len(4 * MIB).unwrap();
        let map = Map::map_file("/mnt/file").unwrap();
        let old = "old ".repeat(2_500);
        map.replace_text(&old).unwrap();
        let long = "x".repeat(100_000);
        assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
        assert_fails(map.append_text(&long), ErrorKind::NoSpace);
        assert_fails(map.write_at(long.as_bytes(), 3), ErrorKind::NoSpace);
        assert_eq!(map.read_bytes().unwrap(), old.as_bytes());
    });
}

#[test]
fn a_named_file_map_in_full_memory_leaves_its_file_alone() {
    let _alone = common::alone();
    behind(
        "limits::shared_memory::a_named_file_map_in_full_memory_leaves_its_file_alone",
        SMALL_SHM,
        || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "four").unwrap();
            fs::write("/dev/shm/full", vec![1; 2 << 20]).unwrap_err();
            let map = MapOptions::new().name("named").capacity(10_000).map_file(&path);
            match map {
                // Its name may have a place elsewhere.
                Ok(map) => assert!(!LINUX && map.capacity() == 10_000),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
                    assert_eq!(fs::read(&path).unwrap(), b"four");
                    assert_eq!(objects(), ["full"]);
                }
            }
            // Without a name it takes nothing there.
            let map = MapOptions::new().capacity(10_000).map_file(&path).unwrap();
            map.replace_text("text").unwrap();
        },
    );
}
