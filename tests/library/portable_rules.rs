//! The rules of the portable protocol that others can put to the test: cleaners of files and of
//! directories, foreign programs, a sandbox, a gate that stays shut.
#![cfg(all(target_os = "linux", mmf_backend = "portable"))]
#![allow(unsafe_code, reason = "processes are stopped, and get a world of their own")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped};
use common::{again, assert_fails, assert_nothing_left, not_run, presence, unique};
use mmf::{Access, ErrorKind, Kind, Map, MapOptions};

fn object(name: &str) -> PathBuf {
    common::seen(name).expect("Linux shows its objects")
}

/// Whether nobody may write.
fn read_only(map: &Map) -> bool {
    map.write_at(b"x", 0).is_err_and(|error| error.kind() == ErrorKind::ReadOnlyMap)
}

/// An object as a foreign program makes it.
fn foreign(name: &str, bytes: &[u8]) {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(object(name)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn our_objects_carry_the_mark_and_are_their_users_alone() {
    let _beside = common::beside_others();
    let name = unique("mark");
    let _map = Map::create_new(&name, 64).unwrap();
    assert_eq!(fs::metadata(object(&name)).unwrap().mode() & 0o7777, 0o2600);
    assert_eq!(fs::metadata(presence(&name)).unwrap().mode() & 0o7777, 0o700);
    let gate = presence(&name).parent().unwrap().to_owned();
    assert_eq!(fs::metadata(gate).unwrap().mode() & 0o7777, 0o700);
}

#[test]
fn a_cleaner_of_files_leaves_the_presence_and_a_holder_restores_the_record() {
    let _alone = common::alone();
    let name = unique("cleaner");
    let first = MapOptions::new().access(Access::Read).create_new(&name, 5000).unwrap();
    let second = Map::open(&name).unwrap();
    assert!(read_only(&second));
    fs::remove_file(presence(&name).join("record")).unwrap();
    fs::remove_dir(presence(&name)).expect_err("the presence is kept");
    // Until it is restored all that is known is the object itself.
    let third = Map::open(&name).unwrap();
    assert_eq!(third.capacity(), 5000);
    assert!(!read_only(&third));
    drop(third);
    assert!(!presence(&name).join("record").exists(), "who does not know it cannot restore it");
    drop(first);
    let third = Map::open(&name).unwrap();
    assert!(read_only(&third));
    drop((second, third));
    assert_nothing_left(&name);
}

#[test]
fn a_named_file_map_without_its_record_fails_until_it_is_restored() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "on disk").unwrap();
    let name = unique("lost");
    let map = |name| MapOptions::new().name(name).map_file(&path);
    let first = map(&name).unwrap();
    let second = Map::open(&name).unwrap();
    fs::remove_file(presence(&name).join("record")).unwrap();
    assert_fails(Map::open(&name), ErrorKind::Orphaned);
    assert_fails(map(&name), ErrorKind::AlreadyExists);
    drop(first);
    let third = Map::open(&name).unwrap();
    assert_eq!(third.kind(), Kind::NamedFile);
    assert_eq!(third.read_text().unwrap(), "on disk");
    drop((second, third));
    assert_nothing_left(&name);
}

#[test]
fn a_presence_that_was_removed_never_leads_to_a_second_map() {
    let _beside = common::beside_others();
    let name = unique("removed");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("first").unwrap();
    fs::remove_dir_all(presence(&name)).unwrap();
    assert!(map.is_orphaned().unwrap(), "its holder notices");
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    let other = Map::create_or_open(&name, 4096).unwrap();
    assert!(other.is_foreign());
    assert_eq!((other.capacity(), other.read_text().unwrap()), (64, "first".to_owned()));
    mmf::list().unwrap();
    drop((map, other));
    // Nobody knows any more whose it is: it stays, and is never reset.
    let late = Map::open(&name).unwrap();
    assert_eq!(late.read_text().unwrap(), "first");
    drop(late);
    fs::remove_file(object(&name)).unwrap();
    assert_fails(Map::open(&name), ErrorKind::NotFound);
}

#[test]
fn a_presence_that_was_made_anew_is_not_the_old_holders_to_remove() {
    let _beside = common::beside_others();
    let name = unique("anew");
    let map = Map::create_new(&name, 64).unwrap();
    fs::remove_dir_all(presence(&name)).unwrap();
    fs::remove_file(object(&name)).unwrap();
    let second = Map::create_new(&name, 128).unwrap();
    // What the old holder knows is not to be restored here.
    fs::remove_file(presence(&name).join("record")).unwrap();
    drop(map);
    assert!(!second.is_orphaned().unwrap());
    assert_eq!(Map::open(&name).unwrap().capacity(), 128);
    drop(second);
    assert_nothing_left(&name);
}

#[test]
fn a_foreign_object_in_the_place_of_ours_is_left_alone() {
    let _alone = common::alone();
    let name = unique("swapped");
    let map = Map::create_new(&name, 64).unwrap();
    fs::remove_file(object(&name)).unwrap();
    foreign(&name, b"theirs");
    assert!(map.is_orphaned().unwrap());
    assert_fails(Map::open(&name), ErrorKind::Orphaned);
    drop(map);
    assert!(!presence(&name).exists());
    let theirs = Map::open(&name).unwrap();
    assert!(theirs.is_foreign());
    assert_eq!(theirs.read_text().unwrap(), "theirs");
    drop(theirs);
    assert_eq!(fs::read(object(&name)).unwrap(), b"theirs");
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn after_a_kill_a_foreign_object_in_the_place_of_ours_is_left_alone() {
    let _alone = common::alone();
    let name = unique("dead-swap");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    actor.kill();
    fs::remove_file(object(&name)).unwrap();
    foreign(&name, b"theirs");
    mmf::list().unwrap();
    assert!(!presence(&name).exists(), "the dead one's presence is swept");
    assert_eq!(fs::read(object(&name)).unwrap(), b"theirs");
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn a_foreign_object_without_a_size_is_in_the_making() {
    let _alone = common::alone();
    let name = unique("making");
    foreign(&name, b"");
    assert_fails(Map::open(&name), ErrorKind::Busy);
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    fs::remove_file(object(&name)).unwrap();
}

#[test]
fn what_is_no_memory_is_told() {
    let _alone = common::alone();
    for kind in ["link", "folder", "pipe"] {
        let name = unique(kind);
        let place = object(&name);
        match kind {
            "link" => std::os::unix::fs::symlink("/etc/passwd", &place).unwrap(),
            "folder" => fs::create_dir(&place).unwrap(),
            _ => {
                let path = std::ffi::CString::new(place.to_str().unwrap()).unwrap();
                // SAFETY: the path is a string that ends in NUL.
                assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
            }
        }
        assert_fails(Map::open(&name), ErrorKind::NotAMap);
        assert_fails(Map::create_new(&name, 64), ErrorKind::NotAMap);
        assert_fails(Map::create_or_open(&name, 64), ErrorKind::NotAMap);
        let removed = fs::remove_file(&place).or_else(|_| fs::remove_dir(&place));
        removed.unwrap();
    }
}

#[test]
fn names_that_differ_in_case_and_long_ones_are_maps_of_their_own() {
    let _beside = common::beside_others();
    let small = unique("case");
    let large = small.to_uppercase();
    let long = format!("{small}{}", "x".repeat(1000));
    let names = [&small, &large, &long, &format!("{long}y")];
    let maps: Vec<Map> = names.iter().map(|name| Map::create_new(name, 64).unwrap()).collect();
    for (name, map) in names.iter().zip(&maps) {
        map.replace_text(name.get(..40).unwrap_or(name)).unwrap();
        let other = Map::open(name).unwrap();
        assert_eq!(other.read_text().unwrap(), name.get(..40).unwrap_or(name));
        assert!(mmf::list().unwrap().iter().any(|it| it.name == **name), "listed by its own name");
    }
}

/// A lock file that a cleaner removes while somebody waits for it: who gets it afterwards gets one
/// that others see.
#[test]
fn a_content_lock_is_always_the_one_that_its_path_leads_to() {
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

/// Those who hold a foreign object have no presence. A map of ours that had its name meanwhile takes its
/// presence with it when it goes, but not the lock that they share.
#[test]
fn the_lock_of_a_foreign_object_outlives_a_map_of_ours_with_its_name() {
    let _alone = common::alone();
    let name = unique("foreign-lock");
    foreign(&name, &[0; 64]);
    let map = Map::open(&name).unwrap();
    // In a process of its own: within one the lock's file would not have to be the same.
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

/// A taker that is stopped at any step, while a cleaner removes the lock's file and another one
/// takes the lock: the first one must not have it, too.
#[test]
fn a_taker_that_was_overtaken_by_a_cleaner_does_not_get_the_lock() {
    let _alone = common::alone();
    common::step::at_every_step(
        "a cleaner removes a lock's file",
        |actor, name| {
            actor.ask(&["create", "m", name, "64"]).unwrap();
            common::step::words(&["lock", "m", "0"])
        },
        |mut actor, stepped, name, step| {
            let file = presence(name).with_extension("c").join("lock");
            // One that has the lock already is not overtaken.
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

/// A name that changes hands at any moment of its opening: what is read and where the name leads
/// are of the same object.
#[test]
fn a_foreign_object_that_is_replaced_while_it_is_opened_is_not_mixed_up() {
    let _alone = common::alone();
    let mut last = String::new();
    common::step::at_every_step(
        "a foreign object replaced while it is opened",
        |_, name| {
            // Where the opening had no further step, it lies there still.
            let _ = fs::remove_file(object(&last));
            name.clone_into(&mut last);
            foreign(name, b"old");
            common::step::words(&["open", "m", name])
        },
        |mut actor, stepped, name, step| {
            fs::remove_file(object(name)).unwrap();
            foreign(name, b"new");
            stepped.release();
            assert_eq!(actor.hear(), "ok\t", "{step}");
            let orphaned = actor.ask(&["orphaned", "m"]).unwrap();
            let wanted = if orphaned == "true" { "old" } else { "new" };
            assert_eq!(actor.ask(&["read", "m"]).unwrap(), wanted, "{step}");
            fs::remove_file(object(name)).unwrap();
        },
    );
    fs::remove_file(object(&last)).unwrap();
}

#[test]
fn a_forked_child_that_drops_its_parents_lock_touches_nothing() {
    let _alone = common::alone();
    let map = Map::create_new(&unique("drop"), 64).unwrap();
    let lock = map.lock_exclusive(Duration::from_secs(60)).unwrap();
    // SAFETY: the child makes system calls, drops what is its own, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            // Somebody else has the lock's number here by now.
            let files: Vec<_> = (0..64).map(|_| fs::File::open("/dev/null").unwrap()).collect();
            drop(lock);
            let open = files.iter().all(|file| file.metadata().is_ok());
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(!open)) }
        }
        child => {
            let mut status = 0;
            // SAFETY: waits for our own child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child lost a descriptor");
            assert_fails(map.lock_exclusive(Duration::ZERO), ErrorKind::Timeout);
            drop(lock);
            map.lock_exclusive(Duration::ZERO).unwrap();
        }
    }
}

/// A creator that is stopped while it reserves, and an opener that is stopped at one of its first
/// steps; then the creator is killed, and the opener goes on.
#[test]
fn a_half_made_map_never_looks_living() {
    let _alone = common::alone();
    // Two rounds of looking, at least.
    for steps in 0..60 {
        let name = unique("half");
        let Some((creator, stopped)) = half_made(&name) else {
            not_run("a creator killed while an opener looks", NO_STEPS);
            return;
        };
        let mut opener = Actor::start();
        let mut stepped = Stepped::attach(&mut opener).expect("as for the first one");
        opener.say(&["open", "m", &name]);
        let at = stepped.skip(steps);
        stopped.kill(creator);
        stepped.release();
        assert_eq!(opener.hear(), "err\tNOT_FOUND", "step {steps}, {at:?}");
        assert_nothing_left(&name);
    }
}

/// Somebody who is stopped while its map is half-made, without having the gate.
fn half_made(name: &str) -> Option<(Actor, Stepped)> {
    let mut actor = Actor::start();
    let mut stepped = Stepped::attach(&mut actor)?;
    actor.say(&["create", "m", name, "70000"]);
    loop {
        assert_ne!(stepped.next(), Step::Done, "it never was half-made");
        if object(name).exists() && !is_gate_shut() {
            return Some((actor, stepped));
        }
    }
}

/// Whether somebody has the gate, and keeps it.
fn is_gate_shut() -> bool {
    use std::os::fd::AsRawFd;
    let gate = fs::File::open(presence("x").parent().unwrap()).unwrap();
    (0..100).all(|_| {
        std::thread::sleep(Duration::from_micros(10));
        // SAFETY: the descriptor is open for the call.
        unsafe { libc::flock(gate.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) != 0 }
    })
}

/// Somebody who is stopped while it has the gate.
struct Stopped(Stepped, Actor);

impl Stopped {
    fn new() -> Option<Stopped> {
        for steps in 0.. {
            let mut actor = Actor::start();
            let mut stepped = Stepped::attach(&mut actor)?;
            actor.say(&["create", "m", &unique("stop"), "64"]);
            assert_ne!(stepped.skip(steps), Step::Done, "it never had the gate");
            if is_gate_shut() {
                return Some(Stopped(stepped, actor));
            }
            stepped.kill(actor);
        }
        None
    }
}

#[test]
fn a_gate_that_stays_shut_is_busy_and_ending_does_not_wait_for_it() {
    let _alone = common::alone();
    let name = unique("busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let map = Map::open(&name).unwrap();
    let Some(stopped) = Stopped::new() else {
        not_run("a gate that stays shut", NO_STEPS);
        return;
    };
    std::thread::scope(|scope| {
        let calls: [fn(&str) -> mmf::Result<Map>; 3] = [
            |name| Map::open(name),
            |name| Map::create_new(name, 64),
            |name| Map::create_or_open(name, 64),
        ];
        for call in calls {
            let name = &name;
            scope.spawn(move || assert_eq!(call(name).unwrap_err().kind(), ErrorKind::Busy));
        }
    });
    assert!(actor.end("return").success());
    drop(map);
    assert!(object(&name).exists(), "nobody could remove it");
    stopped.0.release();
    drop(stopped.1);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    assert_nothing_left(&name);
}

/// An actor in a world in which `/dev/shm` cannot be written, as in a sandbox.
fn sandboxed() -> Option<Actor> {
    let mut probe = std::process::Command::new("true");
    confine(&mut probe);
    if !probe.status().is_ok_and(|status| status.success()) {
        return None;
    }
    Some(Actor::start_with(confine))
}

fn confine(command: &mut std::process::Command) {
    let apart = || {
        // SAFETY: a number.
        if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let none = std::ptr::null();
        let private = libc::MS_REC | libc::MS_PRIVATE;
        // SAFETY: strings that end in NUL, and pointers that may be null.
        if unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let (what, place) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr());
        // SAFETY: as above.
        if unsafe { libc::mount(what, place, what, libc::MS_RDONLY, none.cast()) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: system calls only, which a forked child may make.
    unsafe { command.pre_exec(apart) };
}

#[test]
fn without_shared_memory_maps_are_files_of_the_presence() {
    let _alone = common::alone();
    let name = unique("sandbox");
    let (Some(mut one), Some(mut two)) = (sandboxed(), sandboxed()) else {
        not_run("maps without shared memory", "this user may not mount anything");
        return;
    };
    one.ask(&["create", "m", &name, "5000"]).unwrap();
    assert!(presence(&name).join("data").exists());
    assert!(!object(&name).exists());
    one.ask(&["replace", "m", "from one"]).unwrap();
    two.ask(&["open", "m", &name]).unwrap();
    assert_eq!(two.ask(&["read", "m"]).unwrap(), "from one");
    assert_eq!(two.ask(&["capacity", "m"]).unwrap(), "5000");
    assert_eq!(two.ask(&["orphaned", "m"]).unwrap(), "false");
    assert_eq!(two.ask(&["create", "other", &name, "64"]), Err("ALREADY_EXISTS".to_owned()));
    // The system itself tells of changes of a file.
    two.ask(&["watch", "m"]).unwrap();
    two.say(&["wait", "m"]);
    one.ask(&["write", "m", "0", "from"]).unwrap();
    assert_eq!(two.hear(), "ok\tChanged");
    // Its file is nobody's to replace.
    let link = presence(&unique("link"));
    let data = presence(&name).join("data");
    fs::hard_link(&data, &link).unwrap();
    let anonymous = MapOptions::new().create_anonymous(64).unwrap();
    for path in [&data, &link, &presence(&name).join("record")] {
        assert_fails(anonymous.save(path), ErrorKind::AccessDenied);
    }
    fs::remove_file(&link).unwrap();
    // Who is not in the sandbox finds it, too.
    let map = Map::open(&name).unwrap();
    let view = map.view(0, 0, Access::CopyOnWrite).unwrap();
    view.write_at(b"mine", 0).unwrap();
    assert_eq!(map.read_text().unwrap(), "from one");
    drop((map, view));
    one.kill();
    assert_eq!(two.ask(&["read", "m"]).unwrap(), "from one");
    two.kill();
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    assert_nothing_left(&name);
}

#[test]
fn the_private_directory_is_made_anew_when_a_cleaner_took_it() {
    let _alone = common::alone();
    // As another user, whose directory no other test uses.
    let user = 61_234;
    let root = PathBuf::from(format!("/tmp/.mmf-{user}"));
    // What a run left that failed in the middle.
    let _ = fs::remove_file(&root).or_else(|_| fs::remove_dir_all(&root));
    let (_folder, program) = again::for_everybody();
    let mut probe = std::process::Command::new(&program);
    if !probe.arg("--list").uid(user).output().is_ok_and(|it| it.status.success()) {
        not_run("the private directory of another user", "no other user to be");
        return;
    }
    let start = || {
        Actor::start_with(|command| {
            let mut other = std::process::Command::new(&program);
            other
                .args(again::only("actor"))
                .env("MMF_TEST_ACTOR", "1")
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .uid(user);
            *command = other;
        })
    };
    let name = unique("gate");
    let mut one = start();
    one.ask(&["create", "m", &name, "64"]).unwrap();
    fs::remove_dir_all(&root).unwrap();
    let mut two = start();
    // The object is all that is left, and it is nobody's to replace.
    assert_eq!(two.ask(&["create", "m", &name, "64"]), Err("ALREADY_EXISTS".to_owned()));
    two.ask(&["create_or_open", "m", &name, "128"]).unwrap();
    assert_eq!(two.ask(&["capacity", "m"]).unwrap(), "64");
    for wrong in [0o755, 0o701, 0o1700] {
        fs::set_permissions(&root, fs::Permissions::from_mode(wrong)).unwrap();
        let refused = two.ask(&["open", "other", &name]);
        assert_eq!(refused, Err("ACCESS_DENIED".to_owned()), "mode {wrong:o}");
    }
    fs::remove_dir_all(&root).unwrap();
    std::os::unix::fs::symlink("/tmp", &root).unwrap();
    assert_eq!(two.ask(&["open", "other", &name]), Err("ACCESS_DENIED".to_owned()));
    fs::remove_file(&root).unwrap();
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o700)).unwrap();
    let refused = two.ask(&["open", "other", &name]);
    assert_eq!(refused, Err("ACCESS_DENIED".to_owned()), "another user's directory");
    drop((one, two));
    let _ = fs::remove_dir_all(&root);
    fs::remove_file(object(&name)).unwrap();
}
