//! Creating objects under their final names, where the kernel or a sandbox forbids `O_TMPFILE`.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::place;
use crate::common;
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped};
use common::{assert_missing, assert_nothing_left, not_run, unique};
use mmf::Map;

/// Without nameless objects, a creator that is killed after reserving leaves memory behind that
/// has no size.
#[test]
fn memory_reserved_by_a_creator_that_was_killed_is_given_back() {
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
        || std::fs::metadata(place(&name)).is_ok_and(|it| it.blocks() * 512 >= 5_000_000);
    while !is_reserved() {
        assert_ne!(stepped.next(), Step::Done, "it was made in another way");
    }
    assert_eq!(std::fs::metadata(place(&name)).unwrap().len(), 0);
    mmf::list().unwrap();
    assert!(is_reserved(), "its creator lives");
    stepped.kill(actor);
    let start = Instant::now();
    while place(&name).exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no sweep takes it");
        std::thread::sleep(Duration::from_millis(50));
        let found = mmf::list().unwrap();
        assert!(!found.iter().any(|map| map.name == name), "nobody holds it");
    }
}

/// A sandbox that forbids objects without a name may say so by any error.
#[test]
fn whatever_forbids_nameless_objects_names_are_still_made() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    for error in [libc::EPERM, libc::EACCES, libc::ENOSYS] {
        let mut actor = Actor::start();
        if actor.ask(&["forbid_nameless_objects", &error.to_string()]).is_err() {
            not_run("sandboxes without O_TMPFILE", "no system calls can be forbidden here");
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

/// Where objects must be made under their names, size 0 is "in the making", and a
/// creator looks twice.
#[test]
fn without_nameless_objects_creating_is_as_safe() {
    let _alone = common::alone();
    let old_kernel = |command: &[&str]| -> Option<(Actor, Stepped)> {
        let mut actor = Actor::start();
        // Its glance at what others left must not be among the steps: it is longer or shorter.
        actor.ask(&["create", "first", &unique("first"), "1"]).ok()?;
        actor.ask(&["close", "first"]).ok()?;
        actor.ask(&["forbid_nameless_objects"]).ok()?;
        let stepped = Stepped::attach(&mut actor)?;
        actor.say(command);
        Some((actor, stepped))
    };
    let is_half_made = |name: &str| std::fs::metadata(place(name)).is_ok_and(|it| it.len() == 0);
    // From the moment at which the object has its name up to the one at which it has its size.
    for act in ["kill", "take for garbage", "wait"] {
        let mut moments = 0;
        loop {
            let name = unique("old-kernel");
            let Some((mut actor, mut stepped)) = old_kernel(&["create", "m", &name, "5000"]) else {
                not_run(
                    "creating without O_TMPFILE",
                    "no system calls can be forbidden or stepped here",
                );
                return;
            };
            while !is_half_made(&name) {
                assert_ne!(stepped.next(), Step::Done, "it was made in another way");
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
                // Nothing lives, and the name is free again.
                "kill" => {
                    stepped.kill(actor);
                    assert_missing(&name);
                    drop(Map::create_new(&name, 64).unwrap());
                    assert_nothing_left(&name);
                }
                // Somebody clears the half-made object away and takes the name for himself.
                "take for garbage" => {
                    std::fs::remove_file(place(&name)).unwrap();
                    let map = Map::create_new(&name, 64).unwrap();
                    stepped.release();
                    let made = actor.hear().starts_with("ok");
                    let split = made && actor.ask(&["orphaned", "m"]).unwrap() != "true";
                    assert!(!split, "{context}: two maps");
                    assert!(!map.is_orphaned().unwrap(), "{context}");
                }
                // An opener waits for the end of the making.
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
        assert!(moments > 3, "the way without nameless objects has more moments than {moments}");
    }
}

/// A umask can take from its own creator what others need to clean up after it.
#[test]
fn a_creator_killed_under_any_umask_frees_its_name() {
    let _alone = common::alone();
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("killed under a umask", "only root can act as another user");
        return;
    }
    let is_half_made = |name: &str| std::fs::metadata(place(name)).is_ok_and(|it| it.len() == 0);
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
            assert_ne!(stepped.next(), Step::Done, "it was made in another way");
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
    assert!(moments > 3, "there are more moments than {moments}");
}

/// The second look comes before anything else, so that a creator whose object was
/// cleared away knows it.
#[test]
fn a_creator_whose_half_made_object_was_taken_starts_over() {
    let _alone = common::alone();
    let name = unique("second-look");
    let mut actor = Actor::start();
    if actor.ask(&["forbid_nameless_objects"]).is_err() {
        return;
    }
    let Some(mut stepped) = Stepped::attach(&mut actor) else {
        not_run("the second look", NO_STEPS);
        return;
    };
    actor.say(&["create", "m", &name, "5000"]);
    while !place(&name).exists() {
        assert_ne!(stepped.next(), Step::Done);
    }
    // The name is there, the gate not yet taken.
    std::fs::remove_file(place(&name)).unwrap();
    let map = Map::create_new(&name, 64).unwrap();
    stepped.release();
    assert_eq!(actor.hear(), "err\tALREADY_EXISTS");
    assert!(!map.is_orphaned().unwrap());
}
