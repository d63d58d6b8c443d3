//! Who keeps a map alive, and when it is gone: with real processes that end in every way.
#![allow(unsafe_code, reason = "processes are signalled and forked")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod common;

use common::process::Actor;
use common::{assert_nothing_left, unique};
use mmf::backend::{CAN_BE_ORPHANED, LEFTOVER_AFTER_KILL, ORPHANED_NAME_IS_FREE};
use mmf::{Access, ErrorKind, Map, MapOptions};

#[test]
fn actor() {
    common::process::act();
}

#[track_caller]
fn assert_missing(name: &str) {
    let error = Map::open(name).expect_err("nobody holds it");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.message().contains("No process holds"), "{error}");
}

/// A linker that finds no library for the platform may quietly take this machine's own.
#[cfg(target_os = "linux")]
#[test]
fn the_processes_here_run_on_the_c_library_that_is_meant() {
    let _beside = common::beside_others();
    let mapped = std::fs::read_to_string("/proc/self/maps").unwrap();
    let glibc = mapped.lines().any(|line| line.ends_with("/libc.so.6"));
    assert_eq!(glibc, cfg!(target_env = "gnu"), "{mapped}");
}

#[test]
fn the_creator_exits_and_another_holder_keeps_the_map() {
    let _alone = common::alone();
    let name = unique("keeps");
    let (mut a, mut b, mut c) = (Actor::start(), Actor::start(), Actor::start());
    a.ask(&["create", "m", &name, "1024"]).unwrap();
    a.ask(&["replace", "m", "from a"]).unwrap();
    b.ask(&["open", "m", &name]).unwrap();
    assert!(a.end("return").success());
    c.ask(&["open", "m", &name]).unwrap();
    assert_eq!(c.ask(&["read", "m"]).unwrap(), "from a");
    b.kill();
    assert_eq!(c.ask(&["read", "m"]).unwrap(), "from a");
    c.ask(&["close", "m"]).unwrap();
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn the_last_close_ends_the_name() {
    let _beside = common::beside_others();
    let name = unique("last-close");
    let first = Map::create_new(&name, 64).unwrap();
    let second = Map::open(&name).unwrap();
    drop(first);
    let third = Map::open(&name).unwrap();
    drop(second);
    drop(third);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn ending_without_closing_ends_the_name() {
    let _alone = common::alone();
    for how in ["return", "exit"] {
        let name = unique("end");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "4096"]).unwrap();
        actor.ask(&["view", "m"]).unwrap();
        assert!(actor.end(how).success());
        assert_nothing_left(&name);
        assert_missing(&name);
    }
}

#[test]
fn a_named_file_map_ends_with_its_process_and_the_file_stays() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "on disk").unwrap();
    let name = unique("file-end");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let here = Map::open(&name).unwrap();
    assert_eq!(here.kind(), mmf::Kind::NamedFile);
    assert_eq!(here.read_text().unwrap(), "on disk");
    drop(here);
    assert!(actor.end("return").success());
    assert_nothing_left(&name);
    assert_missing(&name);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "on disk");
}

#[test]
fn after_a_kill_the_name_is_dead_at_once_and_its_bytes_are_never_seen_again() {
    let _alone = common::alone();
    let name = unique("kill");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    assert_missing(&name);

    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    let map = Map::create_new(&name, 512).unwrap();
    let mut bytes = [1; 512];
    map.read_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes, [0; 512]);

    let mut actor = Actor::start();
    let name = unique("kill");
    actor.ask(&["create", "m", &name, "1024"]).unwrap();
    actor.ask(&["replace", "m", "old"]).unwrap();
    actor.kill();
    let map = Map::create_or_open(&name, 512).unwrap();
    assert_eq!(map.capacity() / 512, mmf_page(512));
    assert_eq!(map.read_text().unwrap(), "");
}

/// How many times 512 bytes a map of 512 bytes has.
fn mmf_page(size: u64) -> u64 {
    let map = MapOptions::new().create_new(&unique("page"), size).expect("a new map");
    map.capacity() / size
}

#[test]
fn the_next_process_that_creates_anything_gives_the_memory_of_killed_ones_back() {
    let _alone = common::alone();
    let name = unique("sweep");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "1048576"]).unwrap();
    actor.kill();
    if LEFTOVER_AFTER_KILL && let Some(path) = common::seen(&name) {
        // A glance is a millisecond and begins anywhere: among very many objects, or on a machine
        // that gives its time to others, several may be needed.
        let crowd = std::fs::read_dir(mmf::backend::FOLDER.unwrap()).unwrap().count();
        for _ in 0..crowd / 50 + 50 {
            let mut other = Actor::start();
            other.ask(&["create", "m", &unique("other"), "1"]).unwrap();
            other.end("return");
            if !path.exists() {
                break;
            }
        }
    }
    assert_nothing_left(&name);
}

#[test]
fn a_sweep_gives_the_memory_of_all_killed_ones_back_and_counts_them() {
    let _alone = common::alone();
    let living = Map::create_new(&unique("living"), 64).unwrap();
    living.replace_text("here").unwrap();
    // The first creation of any other process may take the dead ones before we do.
    let tries = if LEFTOVER_AFTER_KILL { 20 } else { 1 };
    let counted = (0..tries).any(|_| {
        let names = [unique("dead"), unique("dead")];
        let mut actor = Actor::start();
        for name in &names {
            actor.ask(&["create", name, name, "1024"]).unwrap();
        }
        actor.kill();
        let removed = mmf::sweep().unwrap();
        names.iter().for_each(|name| assert_nothing_left(name));
        removed >= 2
    });
    assert_eq!(counted, LEFTOVER_AFTER_KILL);
    assert_eq!(Map::open(living.name().unwrap()).unwrap().read_text().unwrap(), "here");
}

#[test]
fn listing_gives_the_memory_of_killed_ones_back() {
    let _alone = common::alone();
    let (dead, living) = (unique("dead"), unique("living"));
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &dead, "1024"]).unwrap();
    actor.kill();
    let _map = Map::create_new(&living, 77).unwrap();
    let found = mmf::list().unwrap();
    assert!(!found.iter().any(|map| map.name == dead));
    let entry = found.iter().find(|map| map.name == living).expect("it lives");
    assert!(entry.capacity >= 77);
    assert!(!entry.foreign);
    assert_nothing_left(&dead);
}

#[test]
fn two_handles_in_one_process_each_hold() {
    let _alone = common::alone();
    let name = unique("two");
    let mut actor = Actor::start();
    actor.ask(&["create", "a", &name, "1024"]).unwrap();
    actor.ask(&["open", "b", &name]).unwrap();
    actor.ask(&["replace", "a", "text"]).unwrap();
    actor.ask(&["close", "a"]).unwrap();
    assert_eq!(actor.ask(&["read", "b"]).unwrap(), "text");
    assert!(Map::open(&name).is_ok());
    actor.ask(&["close", "b"]).unwrap();
    assert_missing(&name);
    assert_eq!(actor.ask(&["open", "b", &name]), Err("NOT_FOUND".into()));
}

#[test]
fn a_view_outlives_its_handle_and_does_not_hold_the_name() {
    let _beside = common::beside_others();
    let name = unique("view");
    let map = Map::create_new(&name, 10_000).unwrap();
    let view = map.view(4_097, 5, Access::ReadWrite).unwrap();
    drop(map);
    assert_missing(&name);
    view.write_at(b"alive", 0).unwrap();
    let mut bytes = [0; 5];
    view.read_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"alive");
    // The name is free for another map, which has nothing to do with the view.
    let other = Map::create_new(&name, 10_000).unwrap();
    other.read_at(&mut bytes, 4_097).unwrap();
    assert_eq!(bytes, [0; 5]);
}

#[test]
fn an_open_that_waits_gets_the_map_when_it_comes() {
    let _alone = common::alone();
    let name = unique("wait");
    let mut actor = Actor::start();
    actor.say(&["open_waiting", "m", &name, "60"]);
    let map = Map::create_new(&name, 128).unwrap();
    assert!(actor.hear().starts_with("ok\t"));
    drop(map);
    assert!(Map::open(&name).is_ok(), "the one that waited holds it");
}

#[test]
fn exact_create_new_among_many() {
    let _alone = common::alone();
    let name = unique("race");
    let mut actors: Vec<Actor> = (0..6).map(|_| Actor::start()).collect();
    for _ in 0..20 {
        for actor in &mut actors {
            actor.say(&["create", "m", &name, "64"]);
        }
        let answers: Vec<String> = actors.iter_mut().map(Actor::hear).collect();
        let made = answers.iter().filter(|answer| answer.starts_with("ok")).count();
        let taken = answers.iter().filter(|answer| *answer == "err\tALREADY_EXISTS").count();
        assert_eq!((made, taken), (1, actors.len() - 1), "{answers:?}");
        for (actor, answer) in actors.iter_mut().zip(&answers) {
            if answer.starts_with("ok") {
                actor.ask(&["close", "m"]).unwrap();
            }
        }
        assert_nothing_left(&name);
    }
}

#[test]
fn appends_of_threads_handles_and_processes_are_all_there() {
    let _alone = common::alone();
    const EACH: u32 = 200;
    let name = unique("append");
    let map = Map::create_new(&name, 1 << 20).unwrap();
    let second = Map::open(&name).unwrap();
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    actor.say(&["append_many", "m", "process", &EACH.to_string()]);
    std::thread::scope(|scope| {
        for (who, map) in [("one", &map), ("two", &map), ("handle", &second)] {
            scope.spawn(move || {
                for number in 0..EACH {
                    map.append_text(&format!("{who}{number}")).unwrap();
                }
            });
        }
    });
    assert_eq!(actor.hear(), "ok\t");
    let all = map.read_text().unwrap();
    let mut lines: Vec<&str> = all.split("\r\n").collect();
    lines.sort_unstable();
    let mut wanted: Vec<String> = ["one", "two", "handle", "process"]
        .iter()
        .flat_map(|who| (0..EACH).map(move |number| format!("{who}{number}")))
        .collect();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
}

#[test]
fn a_killed_process_frees_its_content_lock() {
    let _alone = common::alone();
    let name = unique("lock-kill");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let map = Map::open(&name).unwrap();
    actor.ask(&["lock", "m", "0"]).unwrap();
    let error = map.lock_exclusive(std::time::Duration::ZERO).expect_err("the actor has it");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    actor.kill();
    map.lock_exclusive(std::time::Duration::from_secs(60)).unwrap();
}

#[test]
fn a_name_taken_away_is_told() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x").filter(|_| CAN_BE_ORPHANED) else { return };
    let name = unique("orphan");
    let path = path.with_file_name(&name);
    let map = Map::create_new(&name, 64).unwrap();
    assert!(!map.is_orphaned().unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(map.is_orphaned().unwrap());
    map.replace_text("still mine").unwrap();
    assert_eq!(map.read_text().unwrap(), "still mine");
    if ORPHANED_NAME_IS_FREE {
        let second = Map::create_new(&name, 64).unwrap();
        drop(map);
        assert!(!second.is_orphaned().unwrap(), "the first one's close left the second one alone");
        assert!(Map::open(&name).is_ok());
    } else {
        // Never a second map under a name that somebody holds.
        let error = Map::create_new(&name, 64).expect_err("the first one lives");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
        for opened in [Map::open(&name), Map::create_or_open(&name, 64)] {
            let error = opened.expect_err("its memory cannot be found");
            assert_eq!(error.kind(), ErrorKind::Orphaned, "{error}");
        }
        drop(map);
        assert_missing(&name);
    }
}

/// Runs something that must not hang, whatever its answer.
#[cfg(unix)]
fn answer<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(std::time::Duration::from_secs(120)).expect("it gives an answer")
}

#[test]
#[cfg(unix)]
fn a_map_that_was_truncated_is_truncated_to_everybody() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x") else { return };
    for capacity in [4_096, 100_000] {
        let name = unique("truncated");
        let path = path.with_file_name(&name);
        let map = Map::create_new(&name, capacity).unwrap();
        map.replace_text("text").unwrap();
        let view = map.view(0, 0, Access::Read).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();

        let (open, create, either) = (name.clone(), name.clone(), name.clone());
        common::assert_fails(answer(move || Map::open(&open)), ErrorKind::Truncated);
        common::assert_fails(
            answer(move || Map::create_or_open(&either, 64)),
            ErrorKind::Truncated,
        );
        common::assert_fails(
            answer(move || Map::create_new(&create, 64)),
            ErrorKind::AlreadyExists,
        );
        assert!(answer(mmf::list).unwrap().iter().any(|map| map.name == name), "it lives");
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
            common::assert_fails(map.view(0, 0, access), ErrorKind::Truncated);
        }
        common::assert_fails(map.read_text(), ErrorKind::Truncated);
        assert!(path.exists(), "listing did not sweep it");

        drop((map, view));
        assert_missing(&name);
        assert_nothing_left(&name);
        drop(Map::create_new(&name, 64).unwrap());
        assert_nothing_left(&name);
    }
}

#[test]
#[cfg(unix)]
fn a_truncated_map_whose_holders_were_killed_is_missing() {
    let _alone = common::alone();
    let Some(path) = common::seen("x") else { return };
    let name = unique("truncated");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "4096"]).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(path.with_file_name(&name)).unwrap();
    file.set_len(0).unwrap();
    actor.kill();
    let open = name.clone();
    common::assert_fails(answer(move || Map::open(&open)), ErrorKind::NotFound);
    let create = name.clone();
    drop(answer(move || Map::create_new(&create, 64)).unwrap());
    assert_nothing_left(&name);
}

#[test]
#[cfg(unix)]
fn a_map_whose_memory_is_mapped_as_a_new_file_answers() {
    let _beside = common::beside_others();
    let Some(path) = common::seen("x") else { return };
    let name = unique("as-a-file");
    let path = path.with_file_name(&name);
    let map = Map::create_new(&name, 4_096).unwrap();
    // Refused, or a truncation: both leave the map one that can be asked.
    let _ = MapOptions::new().file_mode(mmf::FileMode::Create).map_file(&path);
    let open = name.clone();
    if let Err(error) = answer(move || Map::open(&open)) {
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    }
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[cfg(unix)]
mod forks {
    use super::*;

    #[test]
    fn a_childs_exit_leaves_the_parents_map_alone() {
        let _alone = common::alone();
        for how in [&["exit"][..], &["close", "m"]] {
            let name = unique("fork");
            let mut actor = Actor::start();
            actor.ask(&["create", "m", &name, "1024"]).unwrap();
            let command = [&["fork"], how].concat();
            assert_eq!(actor.ask(&command).unwrap(), "0");
            let map = Map::open(&name).expect("the parent holds it");
            drop(map);
            actor.ask(&["append", "m", "after"]).unwrap();
            assert_eq!(actor.ask(&["read", "m"]).unwrap(), "after");
            actor.ask(&["close", "m"]).unwrap();
            assert_missing(&name);
        }
    }

    #[test]
    fn a_child_holds_what_it_was_forked_with() {
        let _alone = common::alone();
        let name = unique("fork-holds");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "1024"]).unwrap();
        let child = actor.ask(&["fork", "later", "stay"]).unwrap();
        actor.ask(&["close", "m"]).unwrap();
        assert!(Map::open(&name).is_ok(), "the child holds it");
        actor.kill();
        assert!(Map::open(&name).is_ok(), "the child holds it");
        kill(&child);
        wait_until(|| Map::open(&name).is_err());
        assert_missing(&name);
    }

    #[test]
    fn parent_and_child_append_at_once() {
        let _alone = common::alone();
        const EACH: &str = "300";
        let name = unique("fork-append");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "1048576"]).unwrap();
        let child = actor.ask(&["fork", "later", "append_many", "m", "child", EACH]).unwrap();
        actor.ask(&["append_many", "m", "parent", EACH]).unwrap();
        let child: i32 = child.parse().unwrap();
        wait_until(|| !alive(child));
        let all = actor.ask(&["read", "m"]).unwrap();
        let mut lines: Vec<&str> = all.split('|').collect();
        assert_eq!(lines.len(), 600);
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 600);
    }

    #[test]
    fn a_forked_child_does_not_keep_its_parents_lock() {
        let _alone = common::alone();
        let name = unique("fork-lock");
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &name, "64"]).unwrap();
        actor.ask(&["lock", "m", "0"]).unwrap();
        let child = actor.ask(&["fork", "later", "stay"]).unwrap();
        let map = Map::open(&name).unwrap();
        assert!(map.lock_exclusive(std::time::Duration::ZERO).is_err());
        actor.kill();
        map.lock_exclusive(std::time::Duration::from_secs(60)).expect("nobody has it");
        kill(&child);
    }

    /// A program that does nothing but have what it inherited; it ends with the test.
    struct Heir(std::process::Child);

    impl Heir {
        /// It has begun when this returns: a child that is only about to begin still has all of
        /// its parent's descriptors.
        fn start() -> Heir {
            use std::io::Read;
            use std::os::unix::process::CommandExt;
            use std::process::Stdio;
            let mut command = std::process::Command::new("sh");
            command.args(["-c", "echo; exec sleep 600 >&2"]);
            // In a process group of its own, as a shell starts its jobs.
            command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut heir = command.spawn().expect("start a shell");
            let mut output = heir.stdout.take().expect("piped");
            assert_eq!(output.read(&mut [0]).expect("listen to the heir"), 1);
            Heir(heir)
        }
    }

    impl Drop for Heir {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_program_that_is_started_inherits_only_when_asked() {
        let _alone = common::alone();
        for inherits in [true, false] {
            let name = unique("inherit");
            let map = MapOptions::new().inheritable(inherits).create_new(&name, 64).unwrap();
            assert_eq!(map.is_inheritable(), inherits);
            let heir = Heir::start();
            drop(map);
            assert_eq!(Map::open(&name).is_ok(), inherits);
            drop(heir);
            assert_missing(&name);
        }
    }

    #[test]
    fn inheritance_is_changed_later() {
        let _alone = common::alone();
        let name = unique("inherit-later");
        let map = Map::create_new(&name, 64).unwrap();
        assert!(!map.is_inheritable());
        map.set_inheritable(true).unwrap();
        let heir = Heir::start();
        map.set_inheritable(false).unwrap();
        assert!(!map.is_inheritable());
        let too_late = Heir::start();
        drop(map);
        assert!(Map::open(&name).is_ok(), "the heir holds it");
        drop(heir);
        assert_missing(&name);
        drop(too_late);
    }

    fn kill(process: &str) {
        let process = process.parse().expect("a process id");
        // SAFETY: signals a process that this test started.
        assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
    }

    fn alive(process: i32) -> bool {
        // A zombie still answers to signals: ask what state it is in.
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        !state.is_empty() && !state.rsplit(')').next().unwrap_or("").trim().starts_with('Z')
    }

    /// Waits for something that another process is about to do.
    fn wait_until(mut done: impl FnMut() -> bool) {
        while !done() {
            std::thread::yield_now();
        }
    }
}

#[cfg(unix)]
mod peers {
    use mmf::backend::TELLS_FOREIGN;

    use super::*;

    fn object(name: &str) -> String {
        format!("/{name}")
    }

    // It does not build for other systems.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    #[test]
    fn the_crate_shared_memory_opens_ours_and_we_open_theirs() {
        let _beside = common::beside_others();
        use shared_memory::ShmemConf;
        let name = unique("crate");
        let map = Map::create_new(&name, 4096).unwrap();
        map.replace_text("ours").unwrap();
        let peer = ShmemConf::new().os_id(object(&name)).open().unwrap();
        assert_eq!(peer.len(), 4096);
        // SAFETY: the peer maps 4096 bytes, and nobody writes meanwhile.
        assert_eq!(unsafe { &peer.as_slice()[..4] }, b"ours");
        drop(peer);
        assert!(!map.is_orphaned().unwrap(), "an opener of that crate removes nothing");
        drop(map);
        assert_missing(&name);

        let name = unique("crate");
        let peer = ShmemConf::new().os_id(object(&name)).size(8192).create().unwrap();
        let map = Map::open(&name).unwrap();
        assert_eq!(map.is_foreign(), TELLS_FOREIGN);
        assert_eq!(map.capacity(), 8192);
        map.replace_text("for you").unwrap();
        // SAFETY: the peer maps 8192 bytes, and nobody writes meanwhile.
        assert_eq!(unsafe { &peer.as_slice()[..7] }, b"for you");
        drop(map);
        assert!(Map::open(&name).is_ok(), "closing ours leaves theirs");
        assert_eq!(Map::create_new(&name, 1).unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop(peer);
        assert_missing(&name);
    }

    #[test]
    fn python_opens_ours_and_we_open_theirs() {
        let _alone = common::alone();
        let script = r#"
import sys
from multiprocessing import shared_memory, resource_tracker
name, mode = sys.argv[1], sys.argv[2]
if mode == "create":
    memory = shared_memory.SharedMemory(name, create=True, size=5000)
    memory.buf[:6] = b"python"
    print("ready", flush=True)
    sys.stdin.readline()
    print(bytes(memory.buf[:4]).decode(), flush=True)
    memory.close()
    memory.unlink()
else:
    memory = shared_memory.SharedMemory(name)
    # Before 3.13 an attacher's exit removes the name, unless it is told that it is not the owner.
    resource_tracker.unregister(memory._name, "shared_memory")
    print(bytes(memory.buf[:4]).decode(), memory.size, flush=True)
    memory.buf[:4] = b"snek"
    memory.close()
"#;
        let python = |name: &str, mode: &str| {
            std::process::Command::new("python3")
                .args(["-c", script, name, mode])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
        };
        let name = unique("python");
        let map = Map::create_new(&name, 5000).unwrap();
        map.replace_text("ours").unwrap();
        let Ok(peer) = python(&name, "open") else {
            common::not_run("python peer", "there is no python3 here");
            return;
        };
        let output = peer.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "ours 5000");
        assert!(!map.is_orphaned().unwrap());
        assert_eq!(map.read_text().unwrap(), "snek");

        let name = unique("python");
        let mut peer = python(&name, "create").unwrap();
        use std::io::{BufRead, BufReader, Write};
        let mut lines = BufReader::new(peer.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let map = Map::open(&name).unwrap();
        assert_eq!(map.is_foreign(), TELLS_FOREIGN);
        assert_eq!(map.capacity(), 5000);
        assert_eq!(map.read_text().unwrap(), "python");
        map.replace_text("rust").unwrap();
        drop(map);
        assert!(Map::open(&name).is_ok(), "closing ours leaves theirs");
        peer.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "rust");
        assert!(peer.wait().unwrap().success());
    }

    /// What a plain C program does: `shm_open`, `ftruncate`, `mmap`, and never a lock.
    #[test]
    fn plain_shm_open_sees_the_same_bytes_and_is_left_alone() {
        let _beside = common::beside_others();
        let name = unique("posix");
        let path = std::ffi::CString::new(object(&name)).unwrap();
        let flags = libc::O_CREAT | libc::O_EXCL | libc::O_RDWR;
        // SAFETY: a NUL-terminated name and plain flags.
        let fd = unsafe { libc::shm_open(path.as_ptr(), flags, 0o600) };
        assert!(fd >= 0);
        // SAFETY: our own descriptor.
        assert_eq!(unsafe { libc::ftruncate(fd, 4096) }, 0);
        let map = Map::open(&name).unwrap();
        map.replace_text("seen").unwrap();
        drop(map);
        let again = Map::create_or_open(&name, 100).expect("opens what lives, whoever made it");
        assert_eq!(again.read_text().unwrap(), "seen");
        assert_eq!(again.capacity(), 4096);
        drop(again);
        mmf::list().unwrap();
        assert!(Map::open(&name).is_ok(), "closing and listing leave it");
        // SAFETY: a NUL-terminated name.
        assert_eq!(unsafe { libc::shm_unlink(path.as_ptr()) }, 0);
        // SAFETY: our own descriptor, closed once.
        unsafe { libc::close(fd) };
        assert_missing(&name);
    }
}
