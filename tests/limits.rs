//! What happens at the limits of a Linux system: a full `/dev/shm`, memory groups, `ulimit`, a
//! system without `/proc`. Each in a process of its own, in namespaces of its own where it takes
//! them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![allow(unsafe_code, reason = "a process becomes another user's")]

mod common;

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::again::{again, again_by, assert_succeeded, leave_memory, limit, own, part};
use common::group::Group;
use common::process::Actor;
use common::{assert_fails, bytes_of, named, seen, text, unique};
use rustix::process::{Resource, Rlimit};

use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions, SaveOptions, SavePart};

/// Whether the back end is the one that is made for this system.
const LINUX: bool = matches!(mmf::backend::NAME.as_bytes(), b"Linux");
const MIB: u64 = 1 << 20;

/// Runs `body` in a process of its own, after `setup` (a shell command) was run in a mount
/// namespace of its own. Says loudly if this system does not let us.
fn behind(test: &str, setup: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    // As root, or in a user namespace in which we are as good as root.
    let found = ["-m", "-Urm"].into_iter().find(|flags| {
        let probe = Command::new("unshare").args([flags, "sh", "-c", setup]).output();
        probe.is_ok_and(|output| output.status.success())
    });
    let Some(flags) = found else {
        common::not_run(
            &format!("limits: {test}"),
            &format!("neither root nor a user namespace may do here: {setup}"),
        );
        return;
    };
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    let program = ["unshare", flags, "sh", "-c", &script];
    assert_succeeded(&again_by(&program, &own(), test, "child").output().unwrap());
}

/// Runs `body` in a process of its own, after a shell command like `ulimit`.
fn after(test: &str, setup: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    assert_succeeded(&again_by(&["sh", "-c", &script], &own(), test, "child").output().unwrap());
}

fn objects() -> Vec<String> {
    let entries = fs::read_dir("/dev/shm").unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

// A full /dev/shm

const SMALL_SHM: &str = "mount -t tmpfs -o size=1m tmpfs /dev/shm";

#[test]
fn actor() {
    common::process::act();
}

#[test]
fn more_than_shared_memory_has_is_an_error_that_leaves_nothing() {
    let _beside = common::beside_others();
    behind("more_than_shared_memory_has_is_an_error_that_leaves_nothing", SMALL_SHM, || {
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
        map.view(0, 0, Access::ReadWrite).unwrap().write_at(&vec![1; MIB as usize / 2], 0).unwrap();
    });
}

#[test]
fn a_name_that_lives_exists_even_where_memory_is_full() {
    let _beside = common::beside_others();
    behind("a_name_that_lives_exists_even_where_memory_is_full", SMALL_SHM, || {
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
    });
}

#[test]
fn the_memory_of_dead_maps_is_taken_back_when_it_is_short() {
    let _beside = common::beside_others();
    const TEST: &str = "the_memory_of_dead_maps_is_taken_back_when_it_is_short";
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
    let _beside = common::beside_others();
    const TEST: &str = "the_dead_are_swept_when_objects_run_out";
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
    let _beside = common::beside_others();
    const TEST: &str = "the_dead_are_swept_when_a_record_does_not_fit";
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
    let _beside = common::beside_others();
    const TEST: &str = "a_list_shows_nothing_dead_and_removes_for_a_moment_only";
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
    let _beside = common::beside_others();
    behind("a_delayed_map_in_full_memory_is_an_error_where_bytes_are_copied", SMALL_SHM, || {
        let delayed = MapOptions::new().delay_allocation(true);
        let map = delayed.create_new("delayed", 4 * MIB).unwrap();
        map.replace_text("there is room for this").unwrap();
        assert_fails(map.fill(0, 2 * MIB, 1), ErrorKind::NoSpace);
        assert_fails(map.write_at(&vec![1; 2 << 20], 0), ErrorKind::NoSpace);
    });
}

#[test]
fn a_write_that_fails_for_want_of_room_changes_nothing() {
    let _beside = common::beside_others();
    let setup = "mount -t tmpfs -o size=64k tmpfs /dev/shm";
    behind("a_write_that_fails_for_want_of_room_changes_nothing", setup, || {
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
    });
}

/// The same on a disk.
#[test]
fn a_write_to_a_sparse_file_that_fails_for_want_of_room_changes_nothing() {
    let _beside = common::beside_others();
    const TEST: &str = "a_write_to_a_sparse_file_that_fails_for_want_of_room_changes_nothing";
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
    let _beside = common::beside_others();
    behind("a_named_file_map_in_full_memory_leaves_its_file_alone", SMALL_SHM, || {
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
    });
}

// Other systems than the usual

#[test]
fn a_system_without_shared_memory_says_so() {
    let _beside = common::beside_others();
    behind("a_system_without_shared_memory_says_so", "mount -t tmpfs tmpfs /dev", || {
        if LINUX {
            for result in [Map::create_new("name", 64), Map::create_or_open("name", 64)] {
                let error = assert_fails(result, ErrorKind::NotSupported);
                assert!(error.message().contains("/dev/shm"), "{error}");
            }
            assert_fails(Map::open("name"), ErrorKind::NotFound);
            assert_fails(mmf::list(), ErrorKind::NotSupported);
        }
        let map = MapOptions::new().create_anonymous(64);
        if LINUX {
            map.unwrap().replace_text("works").unwrap();
        }
    });
}

#[test]
fn shared_memory_that_cannot_be_written() {
    let _beside = common::beside_others();
    let setup = "mount -t tmpfs -o ro tmpfs /dev/shm";
    behind("shared_memory_that_cannot_be_written", setup, || {
        assert_fails(Map::open("name"), ErrorKind::NotFound);
        // Others have another place for the memory then.
        if LINUX {
            assert_fails(Map::create_new("name", 64), ErrorKind::AccessDenied);
            assert_fails(Map::create_or_open("name", 64), ErrorKind::AccessDenied);
        } else {
            Map::create_new("name", 64).unwrap();
        }
    });
}

/// The whole life of a map, for systems that lack something.
fn a_whole_life() {
    let map = Map::create_new("life", 100_000).unwrap();
    map.replace_text("one").unwrap();
    let other = Map::open("life").unwrap();
    other.append_text("two").unwrap();
    assert_fails(Map::create_new("life", 1), ErrorKind::AlreadyExists);
    assert_eq!(map.read_text().unwrap(), "one\r\ntwo");
    let view = other.view(4_097, 10, Access::ReadWrite).unwrap();
    view.write_at(b"view", 0).unwrap();
    let mut bytes = [0; 4];
    map.read_at(&mut bytes, 4_097).unwrap();
    assert_eq!(&bytes, b"view");
    let lock = map.lock_exclusive(std::time::Duration::ZERO).unwrap();
    assert_fails(other.lock_shared(std::time::Duration::ZERO), ErrorKind::Timeout);
    drop(lock);
    let read = MapOptions::new().access(Access::Read).open("life").unwrap();
    read.view(0, 0, Access::Read).unwrap();
    assert_fails(read.write_at(b"x", 0), ErrorKind::AccessDenied);
    assert!(mmf::list().unwrap().iter().any(|map| map.name == "life"));
    assert!(!map.is_orphaned().unwrap());
    drop((map, other, read));
    assert_fails(Map::open("life"), ErrorKind::NotFound);
    common::assert_nothing_left("life");

    let anonymous = MapOptions::new().create_anonymous(100_000).unwrap();
    anonymous.replace_text("anonymous").unwrap();
    assert_eq!(anonymous.read_text().unwrap(), "anonymous");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let options = MapOptions::new();
    let file = options
        .clone()
        .file_mode(FileMode::CreateNew)
        .name("life")
        .capacity(5_000)
        .map_file(&path)
        .unwrap();
    Map::open("life").unwrap().append_text("file").unwrap();
    assert_eq!(file.read_text().unwrap(), "file");
    anonymous.save(path.with_extension("saved")).unwrap();
}

#[test]
fn a_system_without_proc() {
    let _beside = common::beside_others();
    behind("a_system_without_proc", "mount -t tmpfs tmpfs /proc", || {
        if !LINUX {
            return a_whole_life();
        }
        let map = Map::create_new("no-proc", 100_000).unwrap();
        map.replace_text("one").unwrap();
        let other = Map::open("no-proc").unwrap();
        other.append_text("two").unwrap();
        assert_eq!(map.read_text().unwrap(), "one\r\ntwo");
        map.view(5, 10, Access::ReadWrite).unwrap();
        drop((map, other));
        assert_fails(Map::open("no-proc"), ErrorKind::NotFound);
        common::assert_nothing_left("no-proc");
        let anonymous = MapOptions::new().create_anonymous(100_000).unwrap();
        anonymous.write_at(b"bytes", 0).unwrap();
        anonymous.view(0, 0, Access::ReadWrite).unwrap();
        // Its lock needs a second opening, and it has no name to be opened by.
        let error = assert_fails(anonymous.read_text(), ErrorKind::NotSupported);
        assert!(error.message().contains("/proc"), "{error}");
    });
}

/// A file system without reservation: what is reserved there is written.
#[test]
fn shared_memory_on_a_file_system_that_cannot_reserve() {
    let _beside = common::beside_others();
    let setup = "mount -t ramfs ramfs /dev/shm && chmod 1777 /dev/shm";
    behind("shared_memory_on_a_file_system_that_cannot_reserve", setup, || {
        a_whole_life();
        let map = Map::create_new("filled", 3 * MIB + 5).unwrap();
        assert_eq!(map.capacity(), 3 * MIB + 5);
        assert!(bytes_of(&map).iter().all(|byte| *byte == 0));
    });
}

// Limits of the process

/// 512 KiB in the units of a POSIX shell.
const SMALL_FILES: &str = "ulimit -f 1024";

#[test]
fn the_file_size_limit_is_an_error_and_no_signal() {
    let _beside = common::beside_others();
    const TEST: &str = "the_file_size_limit_is_an_error_and_no_signal";
    after(TEST, SMALL_FILES, || {
        let name = unique("fsize");
        for capacity in [512 * 1024 + 1, 4 * MIB] {
            for delayed in [false, true] {
                let options = MapOptions::new().delay_allocation(delayed);
                for result in [
                    options.create_new(&name, capacity),
                    options.create_or_open(&name, capacity),
                    options.create_anonymous(capacity),
                ] {
                    let error = assert_fails(result, ErrorKind::NoSpace);
                    assert!(error.message().contains("ulimit"), "{error}");
                }
            }
            common::assert_nothing_left(&name);
        }
        let map = Map::create_new(&name, 512 * 1024).unwrap();
        map.fill(0, map.capacity(), 1).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for mode in [FileMode::CreateNew, FileMode::OpenOrCreate] {
            let result = MapOptions::new().file_mode(mode).capacity(MIB).map_file(&path);
            assert_fails(result, ErrorKind::NoSpace);
            assert!(!path.exists());
        }
        fs::write(&path, "four").unwrap();
        let result = MapOptions::new().capacity(MIB).map_file(&path);
        assert_fails(result, ErrorKind::NoSpace);
        assert_eq!(fs::read(&path).unwrap(), b"four");
    });
}

#[test]
fn a_map_larger_than_the_file_size_limit_is_read_and_written_up_to_it() {
    let _alone = common::alone();
    const TEST: &str = "a_map_larger_than_the_file_size_limit_is_read_and_written_up_to_it";
    if let Some(name) = part() {
        let map = Map::open(&name).unwrap();
        map.write_at(b"last", 512 * 1024 - 4).unwrap();
        assert_fails(map.write_at(b"last!", 512 * 1024 - 4), ErrorKind::NoSpace);
        assert_fails(map.write_at(b"x", MIB), ErrorKind::NoSpace);
        assert_fails(map.fill(0, MIB, 1), ErrorKind::NoSpace);
        map.replace_text("text").unwrap();
        let long = "x".repeat(600 * 1024);
        assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
        map.view(MIB, 0, Access::ReadWrite)
            .unwrap()
            .write_at(b"memory has no such limit", 0)
            .unwrap();
        map.read_at(&mut [0; 100], MIB).unwrap();
        // To a handle that looks for the end it lies behind the limit.
        assert_fails(Map::open(&name).unwrap().append_text("more"), ErrorKind::NoSpace);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved");
        for part in [SavePart::Map, SavePart::Content, SavePart::Text] {
            let done = map.save_with(&path, &SaveOptions::new().part(part));
            if part == SavePart::Text {
                done.unwrap();
            } else {
                assert_fails(done, ErrorKind::NoSpace);
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{part:?}");
            }
        }
        return;
    }
    let name = unique("fsize");
    let map = Map::create_new(&name, 2 * MIB).unwrap();
    let script = format!("{SMALL_FILES} && exec \"$0\" \"$@\"");
    let mut child = again_by(&["sh", "-c", &script], &own(), TEST, &name);
    if !LINUX {
        // A back end that copies through memory has no limit to look at.
        return;
    }
    assert_succeeded(&child.output().unwrap());
    let mut bytes = [0; 6];
    map.read_at(&mut bytes, MIB).unwrap();
    assert_eq!(&bytes, b"memory");
}

#[test]
fn a_file_size_limit_that_is_lowered_later_is_an_error_and_no_signal() {
    let _beside = common::beside_others();
    const TEST: &str = "a_file_size_limit_that_is_lowered_later_is_an_error_and_no_signal";
    after(TEST, "true", || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let options = MapOptions::new();
        let file = options
            .clone()
            .file_mode(FileMode::CreateNew)
            .capacity(2 * MIB)
            .map_file(&path)
            .unwrap();
        let named = Map::create_new(&unique("lowered"), 2 * MIB).unwrap();
        let anonymous = options.create_anonymous(2 * MIB).unwrap();
        let mut maps = vec![&file, &anonymous];
        // Elsewhere it is copied through memory, which has no such limit.
        if LINUX {
            maps.push(&named);
        }
        let old = "old ".repeat(4_000);
        for map in &maps {
            map.replace_text(&old).unwrap();
        }
        limit(libc::RLIMIT_FSIZE as i32, 16_000);
        for map in &maps {
            let long = "x".repeat(20_000);
            let error = assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
            assert!(error.message().contains("ulimit"), "{error}");
            assert_fails(map.append_text("more"), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"xy", 15_999), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"x", MIB), ErrorKind::NoSpace);
            assert_fails(map.fill(0, MIB, 1), ErrorKind::NoSpace);
            assert_eq!(map.read_text().unwrap(), old);
            map.replace_text("short").unwrap();
        }
        limit(libc::RLIMIT_FSIZE as i32, 0);
        for map in &maps {
            assert_fails(map.replace_text("x"), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"x", 0), ErrorKind::NoSpace);
            assert_eq!(map.read_text().unwrap(), "short");
        }
    });
}

#[test]
fn a_record_that_may_not_be_written_is_an_error_and_no_signal() {
    let _beside = common::beside_others();
    const TEST: &str = "a_record_that_may_not_be_written_is_an_error_and_no_signal";
    after(TEST, "ulimit -f 0", || {
        let name = unique("record");
        let read = MapOptions::new().access(Access::Read);
        let named = read.clone().name(&name).map_file(own());
        let error = assert_fails(named, ErrorKind::NoSpace);
        assert!(error.message().contains("ulimit"), "{error}");
        assert_fails(Map::open(&name), ErrorKind::NotFound);
        common::assert_nothing_left(&name);
    });
}

// Memory of the process

#[test]
fn a_process_short_of_memory_is_told_so_by_every_change_of_the_content() {
    let _beside = common::beside_others();
    const TEST: &str = "a_process_short_of_memory_is_told_so_by_every_change_of_the_content";
    // Else the C library has address space for each thread in store.
    after(TEST, "export MALLOC_ARENA_MAX=1", || {
        let delayed = MapOptions::new().delay_allocation(true);
        let map = delayed.create_anonymous(512 * MIB).unwrap();
        map.replace_text("old").unwrap();
        let long = "x".repeat(96 << 20);
        leave_memory(512 << 10);
        let wide = text().encoding(mmf::Encoding::Utf16Le);
        let errors = [
            map.append_text(&long),
            map.append_text_with("short", &text().separator(&long)),
            map.append_bytes_with(long.as_bytes(), &text().separator_bytes(b"|")),
            map.append_bytes_with(b"short", &text().separator_bytes(long.as_bytes())),
            map.replace_text_with(&long, &wide),
            map.replace_text_with(&long, &text().encoding(mmf::Encoding::Utf32Be)),
            map.replace_text_with(&long, &text().encoding(mmf::Encoding::Utf8Mark)),
            map.fill(1 << 20, 64 << 20, 1),
        ];
        for (number, done) in errors.into_iter().enumerate() {
            let error = done.expect_err(&format!("number {number}"));
            assert_eq!(error.kind(), ErrorKind::NoSpace, "number {number}: {error}");
        }
        assert_eq!(map.read_text().unwrap(), "old");
        // What needs no memory of its own works.
        map.replace_text(&long).unwrap();
        for error in [
            map.read_text().unwrap_err(),
            map.read_text_utf16().unwrap_err(),
            map.read_bytes().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
        }
        assert_eq!(map.content_length().unwrap(), 96 << 20);
        map.append_text("short").unwrap();
    });
}

#[test]
fn running_out_of_descriptors_is_an_error_that_leaves_nothing() {
    let _beside = common::beside_others();
    const TEST: &str = "running_out_of_descriptors_is_an_error_that_leaves_nothing";
    let body = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "file").unwrap();
        let read_only = MapOptions::new().access(Access::Read);
        let memory = unique("nofile");
        let file = unique("nofile");
        let mut maps = vec![
            read_only.create_new(&memory, 64).unwrap(),
            read_only.clone().name(&file).capacity(4).map_file(&path).unwrap(),
        ];
        let mut failed = 0;
        for round in 0..300 {
            let name = unique("nofile");
            let result = match round % 6 {
                0 => Map::create_new(&name, 64),
                1 => Map::create_or_open(&name, 64),
                2 => MapOptions::new().create_anonymous(64),
                3 => MapOptions::new().name(&name).map_file(&path),
                4 => read_only.open(&memory),
                _ => read_only.open(&file),
            };
            match result {
                Ok(map) => {
                    // What is known of a map is the same when little can be opened.
                    match round % 6 {
                        3 | 5 => assert_eq!((map.kind(), map.capacity()), (Kind::NamedFile, 4)),
                        2 => assert_eq!(map.kind(), Kind::Anonymous),
                        _ => assert_eq!((map.kind(), map.capacity()), (Kind::Named, 64)),
                    }
                    let _ = map.append_text_with("x", &text().timeout(std::time::Duration::ZERO));
                    maps.push(map);
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
                    failed += 1;
                    if LINUX {
                        assert!(error.message().contains("ulimit -n"), "{error}");
                        common::assert_nothing_left(&name);
                    }
                }
            }
        }
        assert!(failed > 100, "{failed}");
        let names: Vec<String> =
            maps.iter().filter_map(|map| map.name().map(str::to_owned)).collect();
        drop(maps);
        for name in names {
            assert_fails(Map::open(&name), ErrorKind::NotFound);
            common::assert_nothing_left(&name);
        }
    };
    if part().is_some() {
        return body();
    }
    // Which of an operation's calls is the one that fails depends on how many there may be.
    for limit in 33..=44 {
        after(TEST, &format!("ulimit -n {limit}"), body);
    }
}

#[test]
fn a_content_larger_than_this_process_can_hold_is_an_error() {
    let _alone = common::alone();
    // More than any machine here has; a file with nothing in it but its ends.
    let size: u64 = if cfg!(target_pointer_width = "64") { 1 << 43 } else { 3 << 30 };
    if fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|how| how.trim() == "1") {
        common::not_run("huge content", "this system promises memory that it does not have");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = fs::File::create(&path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(b"first", 0).unwrap();
    file.write_all_at(b"last", size - 4).unwrap();
    let map = Map::map_file(&path).unwrap();
    let error = map.read_bytes().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
    assert!(error.message().contains(&format!("{size} bytes of content")), "{error}");
    // Text leaves out the NULs, and what is left is little.
    assert_eq!(map.read_text().unwrap(), "firstlast");
    let units = map.read_text_utf16().unwrap();
    assert_eq!(String::from_utf16(&units).unwrap(), "firstlast");
}

// Memory groups

#[test]
fn a_memory_group_answers_instead_of_killing() {
    let _beside = common::beside_others();
    const TEST: &str = "a_memory_group_answers_instead_of_killing";
    if let Some(group) = part() {
        fs::write(Path::new(&group).join("cgroup.procs"), std::process::id().to_string()).unwrap();
        let name = unique("group");
        for result in [
            Map::create_new(&name, 256 * MIB),
            Map::create_or_open(&name, 256 * MIB),
            MapOptions::new().create_anonymous(256 * MIB),
        ] {
            let error = assert_fails(result, ErrorKind::NoSpace);
            assert!(error.message().contains("control group"), "{error}");
            common::assert_nothing_left(&name);
        }
        // What fits is there, and what was refused can be made without reserving.
        let map = Map::create_new(&name, 8 * MIB).unwrap();
        map.fill(0, 8 * MIB, 1).unwrap();
        let delayed = MapOptions::new().delay_allocation(true);
        delayed.create_new(&unique("group"), 256 * MIB).unwrap();
        return;
    }
    if !LINUX {
        // The portable back end is made for systems that have no such groups.
        return;
    }
    let Some(group) = Group::new(64 * MIB) else {
        common::not_run("limits: memory group", "no control group can be made here");
        return;
    };
    assert_succeeded(&again(TEST, group.0.to_str().unwrap()).output().unwrap());
}

/// Enters a group made for this test, which is killed when it goes past its limit.
fn in_a_group(test: &str, limit: u64, body: impl FnOnce()) {
    if let Some(group) = part() {
        fs::write(Path::new(&group).join("cgroup.procs"), std::process::id().to_string()).unwrap();
        return body();
    }
    let Some(group) = Group::new(limit) else {
        common::not_run(&format!("limits: {test}"), "no control group can be made here");
        return;
    };
    assert_succeeded(&again(test, group.0.to_str().unwrap()).output().unwrap());
}

#[test]
fn small_maps_in_a_memory_group_add_up() {
    let _beside = common::beside_others();
    if !LINUX {
        // The portable back end is made for systems that have no such groups.
        return;
    }
    in_a_group("small_maps_in_a_memory_group_add_up", 64 * MIB, || {
        for size in [64 << 10, MIB - 1, 1] {
            let mut maps = Vec::new();
            let mut reserved = 0;
            let error = loop {
                // The last ones are too small to fill it in a test's time.
                if size == 1 && maps.len() == 200 {
                    break None;
                }
                match Map::create_new(&unique("small"), size) {
                    Ok(map) => {
                        reserved += size;
                        maps.push(map);
                    }
                    Err(error) => break Some(error),
                }
                assert!(reserved <= 64 * MIB, "more than the group has");
            };
            if let Some(error) = error {
                assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
                assert!(error.message().contains("control group"), "{error}");
                assert!(reserved > 32 * MIB, "refused although there is room: {reserved}");
            }
        }
    });
}

/// A process that has created nothing yet looks, too: what is there may have been taken by others.
#[test]
fn the_first_small_map_of_a_process_in_a_full_group_is_refused() {
    let _beside = common::beside_others();
    if !LINUX {
        return;
    }
    in_a_group("the_first_small_map_of_a_process_in_a_full_group_is_refused", 64 * MIB, || {
        // It starts while there is room to start.
        let mut other = Actor::start();
        let mut maps = Vec::new();
        for size in [MIB, 64 << 10, 4096] {
            while let Ok(map) = Map::create_new(&unique("full"), size) {
                maps.push(map);
            }
        }
        let refused = other.ask(&["create", "m", &unique("first"), "65536"]);
        assert_eq!(refused, Err("NO_SPACE".to_owned()));
        drop(maps);
        other.ask(&["create", "m", &unique("first"), "65536"]).unwrap();
    });
}

#[test]
fn without_descriptors_to_look_by_a_limit_is_not_passed() {
    let _beside = common::beside_others();
    const TEST: &str = "without_descriptors_to_look_by_a_limit_is_not_passed";
    if !LINUX {
        return;
    }
    in_a_group(TEST, 64 * MIB, || {
        let few = Rlimit { current: Some(64), maximum: Some(64) };
        rustix::process::setrlimit(Resource::Nofile, few).unwrap();
        for free in 1..4 {
            let mut files = Vec::new();
            while let Ok(file) = fs::File::open("/dev/null") {
                files.push(file);
            }
            files.truncate(files.len() - free);
            let name = unique("few");
            // More than the machine has: a number tells. A process of 32 bits is refused for its own size.
            let is_wide = cfg!(target_pointer_width = "64");
            let all = is_wide.then(|| Map::create_new(&name, 1 << 46));
            // More than the group has: a file tells, if one more can be opened.
            let more = Map::create_new(&name, 256 * MIB);
            drop(files);
            if let Some(all) = all {
                assert_fails(all, ErrorKind::NoSpace);
            }
            let error =
                assert_fails(more, if free == 1 { ErrorKind::Io } else { ErrorKind::NoSpace });
            assert!(free > 1 || error.message().contains("/proc/self/cgroup"), "{error}");
            common::assert_nothing_left(&name);
        }
    });
}

#[test]
fn a_sparse_map_larger_than_the_group_is_read() {
    let _beside = common::beside_others();
    in_a_group("a_sparse_map_larger_than_the_group_is_read", 128 * MIB, || {
        if cfg!(target_pointer_width = "32") {
            return;
        }
        let options = MapOptions::new().delay_allocation(true);
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("file")).unwrap();
        file.set_len(1 << 30).unwrap();
        for map in [
            options.create_new(&unique("sparse"), 1 << 30).unwrap(),
            options.create_anonymous(1 << 30).unwrap(),
            Map::map_file(folder.path().join("file")).unwrap(),
        ] {
            map.write_at(b"first", 0).unwrap();
            map.write_at(b"last", (1 << 30) - 4).unwrap();
            assert_eq!(map.read_text().unwrap(), "firstlast");
            assert_eq!(map.read_text_utf16().unwrap().len(), 9);
            assert_eq!(map.content_length().unwrap(), 1 << 30);
            // As large as the map, and as little of it is touched as of the map.
            let bytes = map.read_bytes().unwrap();
            assert_eq!(bytes.len(), 1 << 30);
            assert_eq!((&bytes[..6], &bytes[(1 << 30) - 5..]), (&b"first\0"[..], &b"\0last"[..]));
            map.replace_text("short").unwrap();
            assert_eq!(map.content_length().unwrap(), 5);
        }
    });
}

// What memory costs

#[test]
fn memory_is_reserved_at_creation_and_no_operation_gives_it_back() {
    let _alone = common::alone();
    let name = unique("blocks");
    let Some(path) = seen(&name) else { return };
    let map = Map::create_new(&name, 8 * MIB).unwrap();
    let reserved = || fs::metadata(&path).unwrap().blocks() * 512;
    if !LINUX && reserved() == 0 {
        return;
    }
    assert_eq!(reserved(), 8 * MIB);
    map.replace_text(&"long ".repeat(1 << 20)).unwrap();
    map.replace_text("short").unwrap();
    assert_eq!(reserved(), 8 * MIB);
    map.fill(0, 8 * MIB, 0xFF).unwrap();
    map.replace_text("").unwrap();
    assert_eq!(map.content_length().unwrap(), 0);
    map.fill(0, 8 * MIB, 0).unwrap();
    map.append_text("x").unwrap();
    map.read_text().unwrap();
    assert_eq!(reserved(), 8 * MIB);
}

#[test]
fn a_delayed_map_of_64_gib_costs_what_is_in_it() {
    let _alone = common::alone();
    let name = unique("delayed");
    let Some(path) = seen(&name).filter(|_| LINUX) else { return };
    let delayed = MapOptions::new().delay_allocation(true);
    if cfg!(target_pointer_width = "32") {
        assert_fails(delayed.create_new(&name, 64 << 30), ErrorKind::OutOfRange);
        return;
    }
    let map = delayed.create_new(&name, 64 << 30).unwrap();
    assert_eq!(map.capacity(), 64 << 30);
    map.append_text("a line").unwrap();
    map.append_text("and another").unwrap();
    // Reading all of it as bytes would take minutes, and all the memory there is.
    let opened = Map::open(&name).unwrap();
    assert_eq!(opened.read_text().unwrap(), "a line\r\nand another");
    assert_eq!(opened.content_length().unwrap(), 19);
    map.write_at(b"!", (64 << 30) - 1).unwrap();
    assert_eq!(opened.read_text().unwrap(), "a line\r\nand another!");
    opened.replace_text("short").unwrap();
    assert_eq!(opened.content_length().unwrap(), 5);
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    opened.save_with(&saved, &SaveOptions::new().part(SavePart::Content)).unwrap();
    assert_eq!(fs::read(&saved).unwrap(), b"short");
    assert!(fs::metadata(&path).unwrap().blocks() * 512 <= 16 * 1024);
}

#[test]
fn a_handle_costs_few_descriptors_and_no_thread() {
    let _beside = common::beside_others();
    const TEST: &str = "a_handle_costs_few_descriptors_and_no_thread";
    after(TEST, "true", || {
        let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![0; 4_096]).unwrap();
        let name = unique("cost");
        let (descriptors, threads) = (count("fd"), count("task"));
        let use_up = |map: &Map| {
            map.append_text("text").unwrap();
            map.read_text().unwrap();
            let _views: Vec<_> =
                (0..10).map(|_| map.view(0, 0, Access::ReadWrite).unwrap()).collect();
            count("fd") - descriptors
        };
        let map = Map::create_new(&name, 4_096).unwrap();
        // The other back end has the lock in a file of its own, opened with the handle and once more
        // for use, in a directory that is kept from being swept.
        // And it keeps open what wakes those who watch: later another user might not open it.
        let (file, directory, words) = if LINUX { (0, 0, 0) } else { (1, 1, 1) };
        // The memory, the presence and the lock are kept apart.
        assert!(use_up(&map) <= 3 + file + words, "named: {}", use_up(&map));
        drop(map);
        let map = MapOptions::new().create_anonymous(4_096).unwrap();
        assert!(use_up(&map) <= 2 + file + directory, "anonymous: {}", use_up(&map));
        drop(map);
        let map = Map::map_file(&path).unwrap();
        assert!(use_up(&map) <= 2 + file + directory, "file: {}", use_up(&map));
        drop(map);
        // A name and a file: one more.
        let map = MapOptions::new().name(&name).map_file(&path).unwrap();
        assert!(use_up(&map) <= 3 + file + directory, "named file: {}", use_up(&map));
        drop(map);
        assert_eq!((count("fd"), count("task")), (descriptors, threads));
    });
}

// Files that are mapped anew

/// A small disk of its own, where the shell command left its marks.
const SMALL_DISK: &str = "mount -t tmpfs -o size=1m tmpfs /mnt";

#[test]
fn a_file_is_emptied_only_if_there_is_room_for_what_comes() {
    let _beside = common::beside_others();
    behind("a_file_is_emptied_only_if_there_is_room_for_what_comes", SMALL_DISK, || {
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
        // In the place of the old bytes there is room for more than what is free.
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
    });
}

/// A disk half of which is for the administrator alone: that it is not to be had is found out only by
/// asking for it, as with a quota.
const RESERVED: &str = "image=$(mktemp) && truncate -s 16m $image && mkfs.ext4 -q -F -m 50 $image && mount -o loop $image /mnt && rm $image && chmod 777 /mnt";

#[test]
fn a_file_is_as_it_was_when_the_system_stops_its_growth_midway() {
    let _beside = common::beside_others();
    behind("a_file_is_as_it_was_when_the_system_stops_its_growth_midway", RESERVED, || {
        const NOBODY: u32 = 65_534;
        // SAFETY: changes who this process is, and nothing in its memory.
        let group = unsafe { libc::setgid(NOBODY) };
        // SAFETY: as above.
        let user = unsafe { libc::setuid(NOBODY) };
        if (group, user) != (0, 0) || fs::write("/mnt/probe", vec![1; 10 << 20]).is_ok() {
            common::not_run("limits: reserved room", "nobody here can be refused it");
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
                    // What was reserved is given back, but for what the file system notes about it.
                    assert!(after.blocks() <= before.blocks() + 16, "{what}");
                }
            }
        }
        // What fits can be had still.
        Map::map_file(path).unwrap();
        MapOptions::new().file_mode(FileMode::Create).capacity(1 << 20).map_file(path).unwrap();
    });
}

#[test]
fn a_file_is_not_emptied_for_a_name_that_finds_no_room() {
    let _beside = common::beside_others();
    behind("a_file_is_not_emptied_for_a_name_that_finds_no_room", SMALL_SHM, || {
        if !LINUX {
            // The other back end keeps what it knows of names elsewhere.
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
    });
}

#[test]
fn a_file_is_not_emptied_for_more_than_a_process_may_write() {
    let _beside = common::beside_others();
    after("a_file_is_not_emptied_for_more_than_a_process_may_write", "ulimit -f 100", || {
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
    });
}

#[test]
fn a_save_that_finds_no_room_leaves_the_old_file_and_nothing_else() {
    let _beside = common::beside_others();
    behind("a_save_that_finds_no_room_leaves_the_old_file_and_nothing_else", SMALL_DISK, || {
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
    });
}
