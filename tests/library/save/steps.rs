//! A save that is stopped or killed at any step.

use super::*;
use common::process::Actor;
use common::step::{Step, at_every_step, words};
use std::time::Duration;

/// Prepares an actor with a map of equal bytes, and returns its command for saving it.
fn prepare_save(actor: &mut Actor, name: &str, path: &Path, named: bool) -> Vec<String> {
    let size = SIZE.to_string();
    actor.ask(&["create", "m", name, &size]).unwrap();
    if named {
        actor.ask(&["forbid_nameless_objects"]).unwrap();
    }
    let map = Map::open(name).unwrap();
    map.fill(0, SIZE, b'n').unwrap();
    words(&["save", "m", path.to_str().unwrap()])
}

const SIZE: u64 = 100_000;

fn assert_complete(path: &Path, what: &str) -> u8 {
    let found = fs::read(path).unwrap();
    assert_eq!(found.len() as u64, SIZE, "{what}");
    assert!(found.iter().all(|byte| *byte == found[0]), "{what}: a mixture");
    found[0]
}

#[test]
fn a_save_killed_at_any_step_leaves_the_old_file_or_the_new_one() {
    let _alone = common::alone();
    for named in [false, true] {
        let (folder, path) = folder();
        let other = folder.path().join("other");
        let (mut left, mut old, mut new) = (0, 0, 0);
        at_every_step(
            "save killed at any step",
            |actor, name| {
                fs::write(&path, vec![b'o'; SIZE as usize]).unwrap();
                prepare_save(actor, name, &path, named)
            },
            |actor, stepped, _, step| {
                let what = format!("named {named}, {step}");
                stepped.kill(actor);
                match assert_complete(&path, &what) {
                    b'o' => old += 1,
                    _ => new += 1,
                }
                left += names(folder.path()).iter().filter(|it| it.ends_with(".tmp")).count();
                anonymous(64).save(&other).unwrap();
                let mut names = names(folder.path());
                names.sort();
                assert_eq!(names, ["other", "saved"], "{what}");
            },
        );
        assert!(old > 0 && new > 0, "no kill came before or after the replacement: {old}, {new}");
        // A kill leaves a file only between the link and the rename, or, without `O_TMPFILE`, during the whole save.
        assert!(if named { left > 3 } else { left <= 3 }, "{named}: {left}");
    }
}

#[test]
fn a_save_in_progress_is_not_taken_for_a_killed_one() {
    let _alone = common::alone();
    for named in [false, true] {
        let (folder, path) = folder();
        let other = folder.path().join("other");
        at_every_step(
            "a save during another save",
            |actor, name| {
                fs::write(&path, vec![b'o'; SIZE as usize]).unwrap();
                prepare_save(actor, name, &path, named)
            },
            |mut actor, stepped, _, step| {
                anonymous(64).save(&other).unwrap();
                stepped.release();
                assert_eq!(actor.hear(), "ok\t", "{step}");
                assert_eq!(assert_complete(&path, step), b'n');
                assert_eq!(names(folder.path()).len(), 2, "{step}");
            },
        );
    }
}

#[test]
fn the_content_lock_is_free_during_writes_to_the_disk() {
    let _alone = common::alone();
    let (_folder, path) = folder();
    let waits = [libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_write, libc::SYS_linkat];
    let (mut free, mut busy) = (0, 0);
    at_every_step(
        "the content lock during writes to the disk",
        |actor, name| prepare_save(actor, name, &path, false),
        |actor, stepped, name, step| {
            let map = Map::open(name).unwrap();
            let lock = map.lock_exclusive(Duration::ZERO);
            let waits = waits.map(|it| format!("{:?}", Step::Before(it as u64)));
            if waits.iter().any(|wait| step.ends_with(wait.as_str())) {
                lock.expect(step);
                free += 1;
            } else if lock.is_err() {
                busy += 1;
            }
            stepped.kill(actor);
        },
    );
    assert!(free >= 3, "only {free} steps wait for the disk");
    assert!(busy > 0, "no step holds the lock");
}
