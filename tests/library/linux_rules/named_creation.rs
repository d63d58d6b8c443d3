//! Creating objects under their final names, where the kernel or a sandbox forbids `O_TMPFILE`.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::path_of;
use crate::common;
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped};
use common::{assert_missing, assert_nothing_left, not_run, unique};
use mmf::Map;

/// Without `O_TMPFILE`, a creator that is killed after reserving memory leaves an object of size 0 behind.
#[test]
fn memory_that_a_killed_creator_reserved_is_freed() {
    let _alone = common::alone();
    let name = unique("reserved");
    let mut actor = Actor::start();
    if actor.ask(&["forbid_nameless_objects"]).is_err() {
        return;
    }
    let Some(mut stepped) = Stepped::attach(&mut actor) else {
        not_run("memory of killed creators", NO_STEPS);
        return;
    };
    actor.say(&["create", "m", &name, "5000000"]);
    let is_reserved =
        || std::fs::metadata(path_of(&name)).is_ok_and(|it| it.blocks() * 512 >= 5_000_000);
    while !is_reserved() {
        assert_ne!(stepped.next(), Step::Done, "the object was created in another way");
    }
    assert_eq!(std::fs::metadata(path_of(&name)).unwrap().len(), 0);
    mmf::list().unwrap();
    assert!(is_reserved(), "the memory of a living creator was freed");
    stepped.kill(actor);
    let start = Instant::now();
    while path_of(&name).exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no sweep removes it");
        std::thread::sleep(Duration::from_millis(50));
        let found = mmf::list().unwrap();
        assert!(!found.iter().any(|map| map.name == name), "a dead map is listed");
    }
}

/// A sandbox may forbid `O_TMPFILE` with any error.
#[test]
fn maps_can_be_created_whatever_error_forbids_o_tmpfile() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    for error in [libc::EPERM, libc::EACCES, libc::ENOSYS] {
        let mut actor = Actor::start();
        if actor.ask(&["forbid_nameless_objects", &error.to_string()]).is_err() {
            not_run("sandboxes without O_TMPFILE", "this process cannot filter system calls");
            return;
        }
        let name = unique("sandbox");
        actor.ask(&["create", "m", &name, "5000"]).unwrap();
        actor.ask(&["replace", "m", &error.to_string()]).unwrap();
        actor.ask(&["save", "m", &saved.to_string_lossy()]).unwrap();
        let text = std::fs::read(&saved).unwrap();
        assert!(text.starts_with(error.to_string().as_bytes()));
        actor.ask(&["close", "m"]).unwrap();
        assert_nothing_left(&name);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Before Linux 6.10, `linkat` takes a descriptor from privileged processes only, and a sandbox may refuse it, too.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_map_gets_its_name_through_proc_if_its_descriptor_cannot_be_linked() {
    let _alone = common::alone();
    for error in [libc::ENOENT, libc::EPERM, libc::EINVAL] {
        let name = unique("linked");
        let mut actor = Actor::start();
        let Some(mut stepped) = Stepped::attach(&mut actor) else {
            not_run("kernels that link no descriptor", NO_STEPS);
            return;
        };
        actor.say(&["create", "m", &name, "5000"]);
        let link = libc::SYS_linkat as u64;
        loop {
            match stepped.next() {
                Step::Before(call) if call == link => break,
                step => assert_ne!(step, Step::Done, "the map got its name in another way"),
            }
        }
        stepped.fail(link, error);
        assert!(!path_of(&name).exists());
        stepped.release();
        assert_eq!(actor.hear(), "ok\t");
        assert_eq!(std::fs::metadata(path_of(&name)).unwrap().len(), 5000);
        actor.ask(&["close", "m"]).unwrap();
        assert_nothing_left(&name);
    }
}

/// Without `O_TMPFILE`, an object of size 0 counts as half-made, and its creator checks twice that it still exists.
#[test]
fn creating_without_o_tmpfile_is_safe_at_every_moment() {
    let _alone = common::alone();
    let old_kernel = |command: &[&str]| -> Option<(Actor, Stepped)> {
        let mut actor = Actor::start();
        // The sweep before the first creation must not be among the steps, because its length varies.
        actor.ask(&["create", "first", &unique("first"), "1"]).ok()?;
        actor.ask(&["close", "first"]).ok()?;
        actor.ask(&["forbid_nameless_objects"]).ok()?;
        let stepped = Stepped::attach(&mut actor)?;
        actor.say(command);
        Some((actor, stepped))
    };
    let is_half_made = |name: &str| std::fs::metadata(path_of(name)).is_ok_and(|it| it.len() == 0);
    // From the moment when the object has its name to the moment when it has its size.
    for act in ["kill", "remove", "open"] {
        let mut moments = 0;
        loop {
            let name = unique("old-kernel");
            let Some((mut actor, mut stepped)) = old_kernel(&["create", "m", &name, "5000"]) else {
                not_run(
                    "creating without O_TMPFILE",
                    "this process cannot filter or trace system calls",
                );
                return;
            };
            while !is_half_made(&name) {
                assert_ne!(stepped.next(), Step::Done, "the object was created in another way");
            }
            let at = if moments == 0 { None } else { Some(stepped.skip(moments - 1)) };
            if at == Some(Step::Done) || !is_half_made(&name) {
                stepped.release();
                assert_eq!(actor.hear(), "ok\t");
                break;
            }
            moments += 1;
            let context = format!("{act}, moment {moments}, before {at:?}");
            match act {
                // The map is missing, and its name is free.
                "kill" => {
                    stepped.kill(actor);
                    assert_missing(&name);
                    drop(Map::create_new(&name, 64).unwrap());
                    assert_nothing_left(&name);
                }
                // Another program removes the half-made object, and this process creates a map with the name.
                "remove" => {
                    std::fs::remove_file(path_of(&name)).unwrap();
                    let map = Map::create_new(&name, 64).unwrap();
                    stepped.release();
                    let made = actor.hear().starts_with("ok");
                    let split = made && actor.ask(&["orphaned", "m"]).unwrap() != "true";
                    assert!(!split, "{context}: two maps have the name");
                    assert!(!map.is_orphaned().unwrap(), "{context}");
                }
                // An opener waits until the map is complete.
                _ => {
                    let mut opener = Actor::start();
                    opener.say(&["open_waiting", "m", &name, "60"]);
                    stepped.release();
                    assert_eq!(actor.hear(), "ok\t", "{context}");
                    assert_eq!(opener.hear(), "ok\t", "{context}");
                    assert_eq!(opener.ask(&["capacity", "m"]).unwrap(), "5000");
                }
            }
        }
        assert!(moments > 3, "only {moments} moments were tested");
    }
}

/// A umask can remove the permissions that other processes need to remove the object.
#[test]
fn a_creator_that_is_killed_under_a_umask_frees_its_name() {
    let _alone = common::alone();
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("killed under a umask", "only root can act as another user");
        return;
    }
    let is_half_made = |name: &str| std::fs::metadata(path_of(name)).is_ok_and(|it| it.len() == 0);
    let mut moments = 0;
    loop {
        let name = unique("umask");
        let nobody = || Actor::start_as(65_534, "killed under a umask");
        let (Some(mut creator), Some(mut next)) = (nobody(), nobody()) else { return };
        creator.ask(&["create", "first", &unique("first"), "1"]).unwrap();
        creator.ask(&["umask", "777"]).unwrap();
        creator.ask(&["forbid_nameless_objects"]).unwrap();
        let Some(mut stepped) = Stepped::attach(&mut creator) else {
            not_run("killed under a umask", NO_STEPS);
            return;
        };
        creator.say(&["create", "m", &name, "5000"]);
        while !is_half_made(&name) {
            assert_ne!(stepped.next(), Step::Done, "the object was created in another way");
        }
        let at = if moments == 0 { None } else { Some(stepped.skip(moments - 1)) };
        if at == Some(Step::Done) || !is_half_made(&name) {
            break;
        }
        stepped.kill(creator);
        assert_eq!(next.ask(&["open", "m", &name]), Err("NOT_FOUND".into()), "{moments}");
        next.ask(&["create", "m", &name, "64"]).unwrap();
        next.ask(&["close", "m"]).unwrap();
        assert_nothing_left(&name);
        moments += 1;
    }
    assert!(moments > 3, "only {moments} moments were tested");
}

/// The creator checks that its object still exists before anything else.
#[test]
fn a_creator_whose_half_made_object_was_removed_tries_again() {
    let _alone = common::alone();
    let name = unique("second-check");
    let mut actor = Actor::start();
    if actor.ask(&["forbid_nameless_objects"]).is_err() {
        return;
    }
    let Some(mut stepped) = Stepped::attach(&mut actor) else {
        not_run("the second check of a creator", NO_STEPS);
        return;
    };
    actor.say(&["create", "m", &name, "5000"]);
    while !path_of(&name).exists() {
        assert_ne!(stepped.next(), Step::Done);
    }
    // The object has its name, but the creator does not hold the gate yet.
    std::fs::remove_file(path_of(&name)).unwrap();
    let map = Map::create_new(&name, 64).unwrap();
    stepped.release();
    assert_eq!(actor.hear(), "err\tALREADY_EXISTS");
    assert!(!map.is_orphaned().unwrap());
}
