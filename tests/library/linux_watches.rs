//! Difficult moments for watches on Linux: inotify ends a watch, its queue or its limits are full, the process drops
//! its privileges, or a writer is killed before one of its system calls.
#![cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
#![allow(unsafe_code, reason = "processes are stopped, and get other namespaces and users")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::common;
use common::process::Actor;
use common::step::{at_every_step, words};
use common::watching::{next, now};
use common::{lock_bytes, not_run, unique};
use mmf::{Event, Map, MapOptions, Permissions, TrustedOwner};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

const NOBODY: &str = "65534";

#[test]
fn a_change_of_a_killed_writer_is_reported_at_once() {
    let _alone = common::alone();
    let held = RefCell::new(None);
    at_every_step(
        "watches: a writer is killed",
        |actor, name| {
            let map = Map::create_new(name, 16_384).unwrap();
            map.replace_text("what was there before").unwrap();
            actor.ask(&["open", "m", name]).unwrap();
            let watch = map.watch().unwrap();
            *held.borrow_mut() = Some((map, watch));
            words(&["replace_long", "m", "y", "9000"])
        },
        |actor, stepped, _, step| {
            let (map, watch) = held.take().unwrap();
            stepped.kill(actor);
            if map.read_text().unwrap() != "what was there before" {
                assert_eq!(now(&watch), Event::Changed, "{step}");
            }
            // The next change is reported, too.
            map.append_text("by the next one").unwrap();
            assert_eq!(next(&watch), Event::Changed, "{step}");
        },
    );
}

/// If a file was created without a name, the kernel ends its watch when a later name is removed.
#[test]
fn a_watch_continues_after_the_kernel_ended_it() {
    let _alone = common::alone();
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let path = folder.path().join("file");
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_TMPFILE)
        .open(folder.path())
        .unwrap();
    file.set_len(4_096).unwrap();
    let link = Command::new("ln")
        .args(["-L", &format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())])
        .arg(&path)
        .status();
    assert!(link.unwrap().success(), "link the file");
    let map = MapOptions::new().map_descriptor(file.try_clone().unwrap()).unwrap();
    let watches = [map.watch().unwrap(), map.watch().unwrap()];
    std::fs::remove_file(&path).unwrap();
    for watch in &watches {
        assert_eq!(next(watch), Event::Changed, "changes may have been lost");
        assert_eq!(now(watch), Event::TimedOut);
    }
    for _ in 0..3 {
        map.replace_text("text").unwrap();
        for watch in &watches {
            assert_eq!(next(watch), Event::Changed);
            assert_eq!(now(watch), Event::TimedOut);
        }
    }
}

/// After an overflow, every watch reports a change.
#[test]
fn an_overflow_of_the_queue_is_reported_as_a_change_of_every_map() {
    let _beside = common::beside_others();
    let queue = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let queue: u32 = queue.trim().parse().unwrap();
    if queue > 1 << 20 {
        not_run("watches: overflow", "the queue is too long to fill it");
        return;
    }
    let full = MapOptions::new().create_anonymous(4_096).unwrap();
    let late = MapOptions::new().create_anonymous(4_096).unwrap();
    let (of_full, of_late) = (full.watch().unwrap(), late.watch().unwrap());
    // Two equal events in a row would count as one, so they alternate.
    let file = std::fs::File::from(full.duplicate_descriptor().unwrap());
    for _ in 0..queue / 2 + 10 {
        full.write_at(b"x", 0).unwrap();
        // SAFETY: the descriptor is open.
        assert_eq!(unsafe { libc::fchmod(file.as_raw_fd(), 0o600) }, 0);
    }
    late.write_at(b"x", 0).unwrap();
    assert_eq!(next(&of_late), Event::Changed);
    assert_eq!(now(&of_late), Event::TimedOut);
    assert_eq!(next(&of_full), Event::Changed);
    assert_eq!(now(&of_full), Event::TimedOut);
    late.write_at(b"x", 0).unwrap();
    assert_eq!(next(&of_late), Event::Changed, "the watch still works");
}

#[test]
fn closing_a_watch_frees_its_resources() {
    let _alone = common::alone();
    let mut actor = Actor::start();
    for key in ["a", "b"] {
        actor.ask(&["anonymous", key, "4096"]).unwrap();
    }
    let before = actor.ask(&["descriptors"]);
    actor.ask(&["watch", "a"]).unwrap();
    assert_eq!(actor.ask(&["watched"]).as_deref(), Ok("1"));
    let with_one = actor.ask(&["descriptors"]);
    // The second time, the new watch replaces the old one.
    for _ in 0..2 {
        actor.ask(&["watch", "b"]).unwrap();
        assert_eq!(actor.ask(&["watched"]).as_deref(), Ok("2"));
    }
    actor.ask(&["unwatch", "b"]).unwrap();
    assert_eq!(actor.ask(&["watched"]).as_deref(), Ok("1"));
    assert_eq!(actor.ask(&["descriptors"]), with_one);
    actor.ask(&["unwatch", "a"]).unwrap();
    assert_eq!(actor.ask(&["descriptors"]), before);
}

#[test]
fn started_programs_do_not_inherit_watches() {
    let _alone = common::alone();
    let mut actor = Actor::start();
    actor.ask(&["anonymous", "m", "4096"]).unwrap();
    actor.ask(&["watch", "m"]).unwrap();
    let seen = actor.ask(&["inherited"]).unwrap();
    assert!(seen.contains('|'), "{seen}");
    assert!(!seen.contains("anon_inode"), "{seen}");
}

#[test]
fn the_error_at_the_limit_of_descriptors_does_not_blame_inotify() {
    let _alone = common::alone();
    let mut actor = Actor::start();
    actor.ask(&["anonymous", "m", "4096"]).unwrap();
    actor.ask(&["use_up_descriptors"]).unwrap();
    assert_eq!(actor.ask(&["watch", "m"]), Err("IO".to_owned()));
    let message = actor.ask(&["message"]).unwrap();
    assert!(message.contains("ulimit -n"), "{message}");
    assert!(!message.contains("inotify"), "{message}");
}

/// A user namespace has its own limits, which its root may lower.
#[test]
fn the_error_at_a_limit_of_inotify_names_the_limit() {
    let _alone = common::alone();
    for (setting, name) in [
        ("max_inotify_instances", "fs.inotify.max_user_instances"),
        ("max_inotify_watches", "fs.inotify.max_user_watches"),
    ] {
        let limited = move |command: &mut Command| {
            let limit = move || {
                // SAFETY: takes a number.
                if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
                    return Err(io::Error::last_os_error());
                }
                std::fs::write("/proc/self/uid_map", "0 0 1")?;
                std::fs::write(format!("/proc/sys/user/{setting}"), "0")
            };
            // SAFETY: the child has one thread, and its allocator is usable, because the process forks while it holds
            // the lock of the allocator.
            unsafe { command.pre_exec(limit) };
        };
        let mut probe = Command::new("true");
        limited(&mut probe);
        if !probe.status().is_ok_and(|status| status.success()) {
            not_run("watches: limits of inotify", "this process cannot create user namespaces");
            return;
        }
        let mut actor = Actor::start_with(limited);
        actor.ask(&["anonymous", "m", "4096"]).unwrap();
        assert_eq!(actor.ask(&["watch", "m"]), Err("IO".to_owned()), "{setting}");
        let message = actor.ask(&["message"]).unwrap();
        assert!(message.contains(&format!("the limit {name}.")), "{message}");
        assert!(message.contains(&format!("sysctl {name}")), "{message}");
        // The map itself still works.
        actor.ask(&["replace", "m", "text"]).unwrap();
        assert_eq!(actor.ask(&["read", "m"]).as_deref(), Ok("text"));
    }
}

#[test]
fn a_map_of_another_user_can_be_watched_if_it_may_be_read() {
    let _alone = common::alone();
    let user = 20_000 + std::process::id() % 20_000;
    let Some(mut other) = Actor::start_as(user, "watches: another user's map") else { return };
    let (ours, theirs, closed) = (unique("ours"), unique("theirs"), unique("closed"));
    let for_all = || MapOptions::new().permissions(Permissions::new().mode(0o666));
    // The other user watches a map of root.
    let map = for_all().create_new(&ours, 4_096).unwrap();
    other.ask(&["open", "m", &ours]).unwrap();
    other.ask(&["watch", "m"]).unwrap();
    map.replace_text("by root").unwrap();
    assert_eq!(other.ask(&["wait", "m"]).as_deref(), Ok("Changed"));
    let watch = map.watch().unwrap();
    other.ask(&["append", "m", "by the other"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(other.ask(&["wait", "m"]).as_deref(), Ok("Changed"), "its own write");
    other.ask(&["notify", "m"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    // Root watches a map of the other user.
    other.ask(&["create", "t", &theirs, "4096", "for all"]).unwrap();
    let trusting = MapOptions::new().trusted_owner(TrustedOwner::User(user));
    let map = trusting.open(&theirs).unwrap();
    let watch = map.watch().unwrap();
    other.ask(&["replace", "t", "text"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    other.ask(&["close", "t"]).unwrap();
    assert_eq!(next(&watch), Event::Alone);
    // A map that may not be read cannot be opened, so it cannot be watched.
    let _map = Map::create_new(&closed, 4_096).unwrap();
    assert_eq!(other.ask(&["open", "c", &closed]), Err("ACCESS_DENIED".to_owned()));
}

#[test]
fn a_watch_continues_after_its_process_drops_its_privileges() {
    let _alone = common::alone();
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("watches: dropped privileges", "only root can drop privileges");
        return;
    }
    let name = unique("dropped");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    actor.ask(&["watch", "m"]).unwrap();
    actor.ask(&["become", NOBODY]).unwrap();
    for _ in 0..3 {
        map.replace_text("text").unwrap();
        assert_eq!(actor.ask(&["wait", "m"]).as_deref(), Ok("Changed"));
        assert_eq!(actor.ask(&["wait", "m", "0"]).as_deref(), Ok("TimedOut"));
    }
    let watch = map.watch().unwrap();
    actor.ask(&["write_view", "m", "text"]).unwrap();
    actor.ask(&["notify", "m"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(actor.ask(&["watch", "m"]), Err("ACCESS_DENIED".to_owned()));
    let message = actor.ask(&["message"]).unwrap();
    assert!(message.contains("before privileges are dropped"), "{message}");
}

#[test]
fn a_watch_of_a_foreign_object_reports_the_writes_of_all_programs() {
    let _beside = common::beside_others();
    let name = unique("foreign");
    let path = common::seen(&name).unwrap();
    std::fs::write(&path, [0; 4_096]).unwrap();
    let map = Map::open(&name).unwrap();
    let watch = map.watch().unwrap();
    map.replace_text("text").unwrap();
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(now(&watch), Event::TimedOut);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(b"foreign", 0).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(next(&watch), Event::Orphaned);
}

#[test]
fn a_watch_of_a_named_file_map_watches_its_name_and_its_file() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 4_096]).unwrap();
    let name = unique("record");
    let map = MapOptions::new().name(&name).map_file(&path).unwrap();
    let watch = map.watch().unwrap();
    let mut other = Actor::start();
    other.ask(&["open", "m", &name]).unwrap();
    other.ask(&["write", "m", "0", "text"]).unwrap();
    assert_eq!(next(&watch), Event::Changed);
    other.ask(&["close", "m"]).unwrap();
    assert_eq!(next(&watch), Event::Alone);
    std::fs::remove_file(common::seen(&name).unwrap()).unwrap();
    assert_eq!(next(&watch), Event::Orphaned);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(10).unwrap();
    assert_eq!(next(&watch), Event::Truncated);
}

/// One process watches the memory of a map as a map and as a file, which need different events.
#[test]
fn watches_of_two_kinds_on_one_inode_are_independent() {
    let _alone = common::alone();
    let name = unique("kinds");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut watcher = Actor::start();
    watcher.ask(&["open", "m", &name]).unwrap();
    watcher.ask(&["map_memory_of", "f", "m"]).unwrap();
    watcher.ask(&["watch", "m"]).unwrap();
    watcher.ask(&["watch", "f"]).unwrap();
    assert_eq!(watcher.ask(&["watched"]).as_deref(), Ok("1"));
    map.replace_text("text").unwrap();
    for key in ["m", "f"] {
        assert_eq!(watcher.ask(&["wait", key]).as_deref(), Ok("Changed"));
        assert_eq!(watcher.ask(&["wait", key, "0"]).as_deref(), Ok("TimedOut"));
    }
    drop(map);
    assert_eq!(watcher.ask(&["ready", "m", "60000"]).as_deref(), Ok("true"));
    assert_eq!(watcher.ask(&["wait", "m", "0"]).as_deref(), Ok("Alone"));
    assert_eq!(watcher.ask(&["wait", "f", "0"]).as_deref(), Ok("TimedOut"));
}

/// Permissions, locks and opening change no bytes.
#[test]
fn operations_that_change_no_bytes_are_not_reported() {
    let _alone = common::alone();
    let name = unique("quiet");
    let map = Map::create_new(&name, 4_096).unwrap();
    map.replace_text("text").unwrap();
    let watch = map.watch().unwrap();
    let mut other = Actor::start();
    other.ask(&["open", "m", &name]).unwrap();
    other.ask(&["read", "m"]).unwrap();
    other.ask(&["both_lock", "m"]).unwrap();
    // `both_lock` wrote. The other commands do not write.
    assert_eq!(next(&watch), Event::Changed);
    assert_eq!(now(&watch), Event::TimedOut);
    other.ask(&["open", "again", &name]).unwrap();
    other.ask(&["close", "again"]).unwrap();
    other.ask(&["read", "m"]).unwrap();
    map.set_permissions(&Permissions::new().mode(0o640)).unwrap();
    mmf::list().unwrap();
    assert_eq!(now(&watch), Event::TimedOut);
}

/// When a process is killed, inotify reports that it closed the object before its locks are gone, and then nothing
/// more. The watch must check the locks again, even if a change came with the close.
#[test]
fn being_left_alone_is_reported_even_without_an_event_of_inotify() {
    let _beside = common::beside_others();
    const A_MINUTE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };
    let name = unique("slow");
    let map = Map::create_new(&name, 4_096).unwrap();
    let watch = map.watch().unwrap();
    // Without the name, no other process can open the object and so wake the watch.
    let path = std::path::Path::new("/dev/shm").join(&name);
    let object = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let path = format!("/proc/self/fd/{}", object.as_raw_fd());
    assert_eq!(now(&watch), Event::Orphaned);
    for waits in [true, false] {
        let other = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        lock_bytes::lock(&other, libc::F_RDLCK, lock_bytes::PRESENCE);
        map.append_text("last words").unwrap();
        drop(std::fs::File::open(&path).unwrap());
        assert_eq!(now(&watch), Event::Changed);
        lock_bytes::lock(&other, libc::F_UNLCK, lock_bytes::PRESENCE);
        if waits {
            assert_eq!(next(&watch), Event::Alone);
        } else {
            // The descriptor becomes ready, perhaps several times.
            let event = loop {
                let mut ready = [PollFd::new(&watch, PollFlags::IN)];
                assert_eq!(poll(&mut ready, Some(&A_MINUTE)), Ok(1), "the descriptor is not ready");
                match now(&watch) {
                    Event::TimedOut => {}
                    event => break event,
                }
            };
            assert_eq!(event, Event::Alone);
        }
    }
}
