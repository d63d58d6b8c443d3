//! Memory groups (cgroups): going past the limit is an error, and the kernel kills no process.

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
fn the_limit_of_a_memory_group_is_an_error_and_kills_no_process() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::groups::the_limit_of_a_memory_group_is_an_error_and_kills_no_process";
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
        // A map that fits is created, and a larger one with delayed allocation.
        let map = Map::create_new(&name, 8 * MIB).unwrap();
        map.fill(0, 8 * MIB, 1).unwrap();
        let delayed = MapOptions::new().delay_allocation(true);
        delayed.create_new(&unique("group"), 256 * MIB).unwrap();
        return;
    }
    if !LINUX {
        // The portable back end is for systems without memory groups.
        return;
    }
    let Some(group) = Group::new(64 * MIB) else {
        common::not_run("limits: memory group", "this process cannot create control groups");
        return;
    };
    assert_succeeded(&again(TEST, group.0.to_str().unwrap()).output().unwrap());
}

/// Runs `body` in another process in a new group. The kernel kills it if it goes past the limit.
fn in_group(test: &str, limit: u64, body: impl FnOnce()) {
    if let Some(group) = part() {
        fs::write(Path::new(&group).join("cgroup.procs"), std::process::id().to_string()).unwrap();
        return body();
    }
    let Some(group) = Group::new(limit) else {
        common::not_run(&format!("limits: {test}"), "this process cannot create control groups");
        return;
    };
    assert_succeeded(&again(test, group.0.to_str().unwrap()).output().unwrap());
}

#[test]
fn small_maps_together_respect_the_limit_of_a_memory_group() {
    let _alone = common::alone();
    if !LINUX {
        // The portable back end is for systems without memory groups.
        return;
    }
    in_group(
        "limits::groups::small_maps_together_respect_the_limit_of_a_memory_group",
        64 * MIB,
        || {
            for size in [64 << 10, MIB - 1, 1] {
                let mut maps = Vec::new();
                let mut reserved = 0;
                let error = loop {
                    // Filling the group with maps of one byte would take too long.
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
                    assert!(reserved <= 64 * MIB, "more memory than the limit");
                };
                if let Some(error) = error {
                    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
                    assert!(error.message().contains("control group"), "{error}");
                    assert!(reserved > 32 * MIB, "refused although memory is left: {reserved}");
                }
            }
        },
    );
}

/// The first creation of a process checks the limit, too, because other processes may have used the memory.
#[test]
fn the_first_small_map_of_a_process_in_a_full_group_is_refused() {
    let _alone = common::alone();
    if !LINUX {
        return;
    }
    in_group(
        "limits::groups::the_first_small_map_of_a_process_in_a_full_group_is_refused",
        64 * MIB,
        || {
            // Started while memory is left.
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
fn limits_are_respected_even_without_free_descriptors() {
    let _alone = common::alone();
    const TEST: &str = "limits::groups::limits_are_respected_even_without_free_descriptors";
    if !LINUX {
        return;
    }
    in_group(TEST, 64 * MIB, || {
        let few = Rlimit { current: Some(64), maximum: Some(64) };
        rustix::process::setrlimit(Resource::Nofile, few).unwrap();
        for free in 1..4 {
            let mut files = Vec::new();
            while let Ok(file) = fs::File::open("/dev/null") {
                files.push(file);
            }
            files.truncate(files.len() - free);
            let name = unique("few");
            // More than the memory of the machine, which the library reads without a file. On 32 bits this is another
            // error.
            let is_wide = cfg!(target_pointer_width = "64");
            let all = is_wide.then(|| Map::create_new(&name, 1 << 46));
            // More than the limit of the group, for which the library needs to open a file.
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
fn a_sparse_map_larger_than_the_memory_group_can_be_read() {
    let _alone = common::alone();
    in_group(
        "limits::groups::a_sparse_map_larger_than_the_memory_group_can_be_read",
        128 * MIB,
        || {
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
                // As large as the map, but most of its memory is never touched.
                let bytes = map.read_bytes().unwrap();
                assert_eq!(bytes.len(), 1 << 30);
                assert_eq!(
                    (&bytes[..6], &bytes[(1 << 30) - 5..]),
                    (&b"first\0"[..], &b"\0last"[..])
                );
                map.replace_text("short").unwrap();
                assert_eq!(map.content_length().unwrap(), 5);
            }
        },
    );
}
