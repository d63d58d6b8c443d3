//! What operations cost: system calls, reserved memory, descriptors and threads.

use super::path_of;
use crate::common;
use common::again::{again, part, succeeds};
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped, calls_of, dead};
use common::{assert_missing, assert_nothing_left, named, not_run, unique};
use mmf::{Map, MapOptions};

/// A short sweep begins at a random place, so that it finds every dead map after some tries.
#[test]
fn the_sweep_reaches_a_dead_map_among_many_living_ones() {
    let _alone = common::alone();
    const LIVING: usize = 1_500;
    let name = unique("dead");
    dead(&name);
    let living: Vec<Map> =
        (0..LIVING).map(|_| Map::create_new(&unique("living"), 1).unwrap()).collect();
    for _ in 0..200 {
        if !path_of(&name).exists() {
            break;
        }
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &unique("short"), "1"]).unwrap();
        actor.end("return");
    }
    drop(living);
    assert_nothing_left(&name);
}

/// Not even for a moment, because other processes would lack the memory.
#[test]
fn a_map_larger_than_all_memory_reserves_nothing() {
    let _alone = common::alone();
    let name = unique("hopeless");
    let mut actor = Actor::start();
    let Some(mut stepped) = Stepped::attach(&mut actor) else {
        not_run("hopeless reservation", NO_STEPS);
        return;
    };
    actor.say(&["create", "m", &name, &(1_u64 << 46).to_string()]);
    while let Step::Before(call) = stepped.next() {
        if call == libc::SYS_fallocate as u64 {
            // Kill it before it reserves memory.
            stepped.kill(actor);
            panic!("it reserves memory");
        }
    }
    stepped.release();
    // On 32 bits, it is larger than the address space.
    let wide = cfg!(target_pointer_width = "64");
    assert_eq!(actor.hear(), if wide { "err\tNO_SPACE" } else { "err\tOUT_OF_RANGE" });
    assert_missing(&name);
}

/// The limits are checked once for each MiB of small maps.
#[test]
fn small_maps_share_one_check_of_the_limits() {
    let _alone = common::alone();
    let mut actor = Actor::start();
    let name = unique("limits");
    let Some(calls) = calls_of(&mut actor, &["create_many", &name, "65536", "64"]) else {
        not_run("cost of checking limits", NO_STEPS);
        return;
    };
    let checks = calls.iter().filter(|call| **call == libc::SYS_sysinfo as u64).count();
    assert!((4..=6).contains(&checks), "{checks} checks for 4 MiB");
    let large = calls_of(&mut actor, &["create", "m", &unique("limits"), "1048576"]).unwrap();
    assert!(large.contains(&(libc::SYS_sysinfo as u64)), "no check for 1 MiB");
    actor.end("return");
}

#[test]
fn reading_skips_memory_that_was_never_written() {
    let _alone = common::alone();
    let name = unique("holes");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "100000000"]).unwrap();
    actor.ask(&["append", "m", "a line"]).unwrap();
    let Some(calls) = calls_of(&mut actor, &["read", "m"]) else {
        not_run("cost of reading", NO_STEPS);
        return;
    };
    let reads = calls.iter().filter(|call| **call == libc::SYS_pread64 as u64).count();
    assert!(reads <= 4, "100 MB would take hundreds of reads: {calls:?}");
}

#[test]
fn a_handle_costs_three_descriptors_at_most_and_no_thread() {
    let _alone = common::alone();
    // In another process, because other tests have threads and descriptors in this one.
    const TEST: &str = "linux_rules::cost::a_handle_costs_three_descriptors_at_most_and_no_thread";
    if part().is_none() {
        return succeeds(&mut again(TEST, "counts"));
    }
    let count = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 4096]).unwrap();
    let file = |name: Option<&str>| named(MapOptions::new(), name).map_file(&path);
    let (named, named_file) = (unique("costs"), unique("costs"));
    let makers: [&dyn Fn() -> mmf::Result<Map>; 4] = [
        &|| Map::create_new(&named, 4096),
        &|| MapOptions::new().create_anonymous(4096),
        &|| file(None),
        &|| file(Some(&named_file)),
    ];
    for make in makers {
        let (descriptors, threads) = (count("fd"), count("task"));
        let map = make().unwrap();
        map.append_text("text").unwrap();
        map.read_text().unwrap();
        let view = map.view(0, 0, mmf::Access::ReadWrite).unwrap();
        assert!(count("fd") <= descriptors + 3, "{:?}", map.kind());
        assert_eq!(count("task"), threads, "{:?}", map.kind());
        drop(map);
        assert_eq!(count("fd"), descriptors);
        drop(view);
    }
}
