//! Memory groups: a limit answers with an error instead of a killed process.

use std::fs;
use std::path::Path;

use mmf::{ErrorKind, Map, MapOptions};
use rustix::process::{Resource, Rlimit};

use crate::common;
use crate::common::again::{again, assert_succeeded, part};
use crate::common::group::Group;
use crate::common::process::Actor;
use crate::common::{assert_fails, unique};
use crate::limits::{LINUX, MIB};

#[test]
fn a_memory_group_answers_instead_of_killing() {
    let _alone = common::alone();
    const TEST: &str = "limits::groups::a_memory_group_answers_instead_of_killing";
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
    let _alone = common::alone();
    if !LINUX {
        // The portable back end is made for systems that have no such groups.
        return;
    }
    in_a_group("limits::groups::small_maps_in_a_memory_group_add_up", 64 * MIB, || {
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
    let _alone = common::alone();
    if !LINUX {
        return;
    }
    in_a_group(
        "limits::groups::the_first_small_map_of_a_process_in_a_full_group_is_refused",
        64 * MIB,
        || {
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
        },
    );
}

#[test]
fn without_descriptors_to_look_by_a_limit_is_not_passed() {
    let _alone = common::alone();
    const TEST: &str = "limits::groups::without_descriptors_to_look_by_a_limit_is_not_passed";
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
    let _alone = common::alone();
    in_a_group("limits::groups::a_sparse_map_larger_than_the_group_is_read", 128 * MIB, || {
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
