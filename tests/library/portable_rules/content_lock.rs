//! The content lock, a file that cleaners can remove.

use std::fs;
use std::time::Duration;

use super::{make_foreign, object};
use crate::common;
use common::process::Actor;
use common::{assert_fails, assert_nothing_left, presence, unique};
use mmf::{ErrorKind, Map};

/// A cleaner removes the lock file. A process that locks afterwards must lock a file that others see.
#[test]
fn a_removed_lock_file_is_never_locked() {
    let _alone = common::alone();
    let name = unique("lock");
    let map = Map::create_new(&name, 64).unwrap();
    let file = presence(&name).with_extension("c").join("lock");
    let first = map.lock_exclusive(Duration::from_secs(60)).unwrap();
    assert_fails(map.lock_exclusive(Duration::ZERO), ErrorKind::Timeout);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| map.lock_exclusive(Duration::from_secs(60)).unwrap());
        drop(first);
        let second = waiting.join().unwrap();
        let mut actor = Actor::start();
        actor.ask(&["open", "m", &name]).unwrap();
        assert_eq!(actor.ask(&["lock", "m", "0"]), Err("TIMEOUT".to_owned()));
        drop(second);
        fs::remove_file(&file).unwrap();
        actor.ask(&["lock", "m", "0"]).unwrap();
        assert_fails(map.lock_exclusive(Duration::ZERO), ErrorKind::Timeout);
    });
}

/// Processes that hold a foreign object have no presence. If a map of the library gets the name and is closed, its
/// presence is removed, but not the lock that they share.
#[test]
fn the_lock_of_a_foreign_object_survives_a_map_with_its_name() {
    let _alone = common::alone();
    let name = unique("foreign-lock");
    make_foreign(&name, &[0; 64]);
    let map = Map::open(&name).unwrap();
    // In another process, because threads of one process would exclude each other even with different files.
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    actor.ask(&["lock", "m", "0"]).unwrap();
    fs::remove_file(object(&name)).unwrap();
    drop(Map::create_new(&name, 64).unwrap());
    assert_fails(map.lock_exclusive(Duration::ZERO), ErrorKind::Timeout);
    assert!(actor.end("exit").success());
    drop(map.lock_exclusive(Duration::ZERO).unwrap());
    drop(map);
    mmf::sweep().unwrap();
    assert_nothing_left(&name);
}

/// A process is stopped at any step of locking. A cleaner removes the lock file, and another process takes the lock.
/// The first one must not get it, too.
#[test]
fn a_process_does_not_get_the_lock_of_a_removed_file() {
    let _alone = common::alone();
    common::step::at_every_step(
        "a cleaner removes a lock file",
        |actor, name| {
            actor.ask(&["create", "m", name, "64"]).unwrap();
            common::step::words(&["lock", "m", "0"])
        },
        |mut actor, stepped, name, step| {
            let file = presence(name).with_extension("c").join("lock");
            // If the process already has the lock, this fails.
            let map = Map::open(name).unwrap();
            if map.lock_exclusive(Duration::ZERO).is_ok() {
                let _ = fs::remove_file(&file);
                let _lock = map.lock_exclusive(Duration::ZERO).unwrap();
                stepped.release();
                assert_eq!(actor.hear(), "err\tTIMEOUT", "{step}");
            } else {
                stepped.release();
                assert_eq!(actor.hear(), "ok\t", "{step}");
            }
            assert!(actor.end("return").success());
        },
    );
}

#[test]
fn a_forked_child_that_drops_the_lock_of_its_parent_changes_nothing() {
    let _alone = common::alone();
    let map = Map::create_new(&unique("drop"), 64).unwrap();
    let lock = map.lock_exclusive(Duration::from_secs(60)).unwrap();
    // SAFETY: the child makes system calls, drops its own values, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            // Other files may now have the descriptor number of the lock.
            let files: Vec<_> = (0..64).map(|_| fs::File::open("/dev/null").unwrap()).collect();
            drop(lock);
            let open = files.iter().all(|file| file.metadata().is_ok());
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(!open)) }
        }
        child => {
            let mut status = 0;
            // SAFETY: waits for our child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child closed the descriptor of another file");
            assert_fails(map.lock_exclusive(Duration::ZERO), ErrorKind::Timeout);
            drop(lock);
            map.lock_exclusive(Duration::ZERO).unwrap();
        }
    }
}
