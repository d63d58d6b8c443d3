//! A full `/dev/shm`: creating a map removes dead maps, or fails and changes nothing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mmf::{Access, ErrorKind, Map, MapOptions};

use crate::common;
use crate::common::again::{again, part};
use crate::common::{assert_fails, bytes_of, unique};
use crate::limits::{LINUX, MIB, SMALL_SHM, in_namespace, objects};

#[test]
fn a_map_larger_than_shared_memory_is_an_error_and_leaves_nothing_behind() {
    let _alone = common::alone();
    in_namespace(
        "limits::shared_memory::a_map_larger_than_shared_memory_is_an_error_and_leaves_nothing_behind",
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
            // A map that fits is created, and all its bytes can be written.
            let map = Map::create_new("small", MIB / 2).unwrap();
            map.view(0, 0, Access::ReadWrite)
                .unwrap()
                .write_at(&vec![1; MIB as usize / 2], 0)
                .unwrap();
        },
    );
}

#[test]
fn a_living_map_exists_even_if_memory_is_full() {
    let _alone = common::alone();
    in_namespace(
        "limits::shared_memory::a_living_map_exists_even_if_memory_is_full",
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
            // All reserved bytes can be written, through the descriptor and through views.
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
fn dead_maps_are_removed_when_memory_is_short() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::dead_maps_are_removed_when_memory_is_short";
    if part().as_deref() == Some("victim") {
        std::mem::forget(Map::create_new(&unique("dead"), 700 * 1024).unwrap());
        let own = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &own]).status().unwrap();
        unreachable!("killed");
    }
    in_namespace(TEST, SMALL_SHM, || {
        for _ in 0..3 {
            let victim = again(TEST, "victim").output().unwrap();
            assert!(!victim.status.success());
            let map = Map::create_new("next", 700 * 1024).unwrap();
            assert_eq!(bytes_of(&map), vec![0; 700 * 1024]);
        }
    });
}

/// Creates maps of `capacity` bytes until memory is full, and kills this process.
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

/// Mounts a new file system on every folder in which the back end creates files.
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
fn dead_maps_are_removed_when_inodes_run_out() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::dead_maps_are_removed_when_inodes_run_out";
    if part().as_deref() == Some("victim") {
        leave_dead_maps(1);
    }
    in_namespace(TEST, &own_places("nr_inodes=16"), || {
        // The first creation of a process always sweeps, so it is done before.
        drop(Map::create_new("first", 1).unwrap());
        let path = std::env::current_exe().unwrap();
        let read = MapOptions::new().access(Access::Read);
        let makers: [(&str, &dyn Fn() -> mmf::Result<Map>); 3] = [
            ("create", &|| Map::create_new("next", 64)),
            ("create or open", &|| Map::create_or_open("next", 64)),
            ("the record of a file", &|| read.clone().name("next").map_file(&path)),
        ];
        for (what, make) in makers {
            assert!(!again(TEST, "victim").output().unwrap().status.success());
            if LINUX {
                assert!(fs::write("/dev/shm/one-more", "").is_err(), "the dead maps left space");
            }
            make().expect(what);
        }
    });
}

#[test]
fn dead_maps_are_removed_when_a_record_does_not_fit() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::dead_maps_are_removed_when_a_record_does_not_fit";
    if part().as_deref() == Some("victim") {
        leave_dead_maps(4_096);
    }
    let setup = "mount -t tmpfs -o size=64k tmpfs /dev/shm";
    in_namespace(TEST, setup, || {
        drop(Map::create_new("first", 1).unwrap());
        let path = std::env::current_exe().unwrap();
        assert!(!again(TEST, "victim").output().unwrap().status.success());
        assert!(fs::write("/dev/shm/one-more", "x").is_err(), "the dead maps left space");
        let read = MapOptions::new().access(Access::Read);
        let _ = fs::remove_file("/dev/shm/one-more");
        read.clone().name("next").map_file(&path).unwrap();
    });
}

/// Completion at a prompt waits for the list, so it must be fast.
#[test]
fn a_list_shows_no_dead_maps_and_removes_them_only_for_a_moment() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::shared_memory::a_list_shows_no_dead_maps_and_removes_them_only_for_a_moment";
    const DEAD: usize = 3_000;
    in_namespace(TEST, &own_places("size=50%"), || {
        use std::os::unix::fs::PermissionsExt;
        let map = Map::create_new("living", 64).unwrap();
        // Leftovers of killed processes, created in a faster way.
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
            assert_eq!(mmf::list().unwrap().len(), 1, "only one map lives");
            lists += 1;
            assert!(lists < 10_000, "{} are never removed", left() - living);
        }
        assert!(lists > 1, "one list removed all of {DEAD}");
        drop(map);
    });
}

#[test]
fn writing_to_a_delayed_map_is_an_error_if_memory_is_full() {
    let _alone = common::alone();
    in_namespace(
        "limits::shared_memory::writing_to_a_delayed_map_is_an_error_if_memory_is_full",
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
fn a_write_that_fails_for_lack_of_memory_changes_nothing() {
    let _alone = common::alone();
    let setup = "mount -t tmpfs -o size=64k tmpfs /dev/shm";
    in_namespace(
        "limits::shared_memory::a_write_that_fails_for_lack_of_memory_changes_nothing",
        setup,
        || {
            let delayed = MapOptions::new().delay_allocation(true);
            let map = delayed.create_new("delayed", 4 * MIB).unwrap();
            let old = "old ".repeat(2_500);
            map.replace_text(&old).unwrap();
            // Parts of these writes would fit.
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
            // The failed writes used no memory.
            let fits = "fits ".repeat(8_000);
            map.replace_text(&fits).unwrap();
            assert_eq!(map.read_text().unwrap(), fits);
            map.write_at(b"far away", 2 * MIB).unwrap();
        },
    );
}

/// The same for a file on a disk.
#[test]
fn a_write_to_a_sparse_file_that_fails_for_lack_of_space_changes_nothing() {
    let _alone = common::alone();
    const TEST: &str = "limits::shared_memory::a_write_to_a_sparse_file_that_fails_for_lack_of_space_changes_nothing";
    let setup = "mount -t tmpfs -o size=64k tmpfs /mnt";
    in_namespace(TEST, setup, || {
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
fn a_failed_named_file_map_leaves_its_file_alone_if_memory_is_full() {
    let _alone = common::alone();
    in_namespace(
        "limits::shared_memory::a_failed_named_file_map_leaves_its_file_alone_if_memory_is_full",
        SMALL_SHM,
        || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "four").unwrap();
            fs::write("/dev/shm/full", vec![1; 2 << 20]).unwrap_err();
            let map = MapOptions::new().name("named").capacity(10_000).map_file(&path);
            match map {
                // The portable back end stores the name elsewhere.
                Ok(map) => assert!(!LINUX && map.capacity() == 10_000),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
                    assert_eq!(fs::read(&path).unwrap(), b"four");
                    assert_eq!(objects(), ["full"]);
                }
            }
            // Without a name, it needs no shared memory.
            let map = MapOptions::new().capacity(10_000).map_file(&path).unwrap();
            map.replace_text("text").unwrap();
        },
    );
}
