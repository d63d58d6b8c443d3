//! The rules of the protocol on Linux, each with the moment at which it matters: a process is
//! stopped before every one of its system calls, and killed there, or others act meanwhile.
#![cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
#![allow(unsafe_code, reason = "processes are stopped, forked and given other users")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::common;
use common::again::{again, part, succeeds};
use common::process::Actor;
use common::step::{NO_STEPS, Step, Stepped, at_every_step, calls_of, dead, words};
use common::{assert_missing, assert_nothing_left, named, not_run, unique};
use mmf::{ErrorKind, Map, MapOptions, Permissions, TextOptions};

fn place(name: &str) -> PathBuf {
    common::seen(name).expect("Linux shows its maps")
}

/// A link count says nothing about the name.
#[test]
fn a_name_that_was_moved_or_linked_elsewhere_is_not_ours_to_remove() {
    let _alone = common::alone();
    for link in [false, true] {
        let (name, aside) = (unique("moved"), unique("aside"));
        let first = Map::create_new(&name, 64).unwrap();
        if link {
            std::fs::hard_link(place(&name), place(&aside)).unwrap();
            std::fs::remove_file(place(&name)).unwrap();
        } else {
            std::fs::rename(place(&name), place(&aside)).unwrap();
        }
        let second = Map::create_new(&name, 64).unwrap();
        drop(first);
        assert!(!second.is_orphaned().unwrap());
        assert_eq!(Map::create_new(&name, 64).unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop(second);
        assert_nothing_left(&name);
        // Under its new name it is a dead map like any other.
        assert_missing(&aside);
        assert_nothing_left(&aside);
    }
}

/// The same while cleaning: what the name leads to by then is somebody else's. Only between the
/// last look and the unlink itself nothing can be done against a foreign rename.
#[test]
fn a_cleaner_leaves_what_took_the_name_meanwhile() {
    let _alone = common::alone();
    at_every_step(
        "cleaner and a foreign rename",
        |_, name| {
            dead(name);
            words(&["open", "m", name])
        },
        |mut cleaner, stepped, name, step| {
            if step.ends_with(&format!("{:?}", Step::Before(libc::SYS_unlinkat as u64))) {
                stepped.release();
                cleaner.hear();
                return;
            }
            // A foreign program puts a living map in the name's place.
            let other = unique("renamed");
            let map = Map::create_new(&other, 64).unwrap();
            std::fs::rename(place(&other), place(name)).unwrap();
            stepped.release();
            cleaner.hear();
            let now = std::fs::metadata(place(name)).expect(step).ino();
            let fd = common::number(&map);
            let mine = std::fs::metadata(format!("/proc/self/fd/{fd}")).unwrap().ino();
            assert_eq!(now, mine, "{step}");
            cleaner.end("return");
            std::fs::remove_file(place(name)).unwrap();
        },
    );
}

/// The mark survives what users and the kernel do to modes.
#[test]
fn the_mark_survives_changes_of_permission_and_owner() {
    let _alone = common::alone();
    for change in ["mode", "owner", "another user's write"] {
        let name = unique("mark");
        let map = MapOptions::new()
            .permissions(Permissions::new().mode(0o666))
            .create_new(&name, 64)
            .unwrap();
        match change {
            "mode" => map.set_permissions(&Permissions::new().mode(0o660)).unwrap(),
            "owner" => {
                let owner = Permissions::new().uid(1000).gid(1000);
                if map.set_permissions(&owner).is_err() {
                    not_run("marks and owners", "only root may change the owner of a file");
                    continue;
                }
            }
            _ => {
                let Some(output) = as_nobody(&format!(
                    "printf x | dd of={} conv=notrunc status=none",
                    place(&name).display()
                )) else {
                    not_run("marks and other users", "only root can act as another user");
                    continue;
                };
                assert!(output, "another user may write a map of mode 0666");
            }
        }
        let mode = std::fs::metadata(place(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o1111, 0o1000, "{change}");
        drop(map);
        assert_nothing_left(&name);
    }
}

/// Runs a shell command as a user without rights. `None`: we may not.
fn as_nobody(command: &str) -> Option<bool> {
    use std::os::unix::process::CommandExt;
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    let mut shell = std::process::Command::new("sh");
    Some(shell.args(["-c", command]).uid(65_534).gid(65_534).status().unwrap().success())
}

/// A backup that keeps times and mode carries the mark, and is nobody's garbage.
#[test]
fn a_copy_that_keeps_mode_and_times_is_not_swept() {
    let _alone = common::alone();
    let name = unique("original");
    let copy = unique("copy");
    let map = Map::create_new(&name, 64).unwrap();
    map.replace_text("precious").unwrap();
    // Births and changes are recorded by the kernel's tick: let one pass.
    let changed = std::fs::metadata(place(&name)).unwrap().modified().unwrap();
    let tick = unique("tick");
    while {
        std::fs::write(place(&tick), "").unwrap();
        let born = std::fs::metadata(place(&tick)).unwrap().modified().unwrap();
        std::fs::remove_file(place(&tick)).unwrap();
        born <= changed
    } {}
    let copied =
        std::process::Command::new("cp").arg("-a").args([place(&name), place(&copy)]).status();
    assert!(copied.unwrap().success());
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(place(&copy)), mode(place(&name)), "the copy carries the mark");
    let found = mmf::list().unwrap();
    assert!(place(&copy).exists(), "it was not swept");
    let found = found.iter().find(|map| map.name == copy).expect("another program's memory");
    assert!(found.foreign);
    assert_eq!(found.capacity, 64);
    // Nor does any use of its name remove it: it is what any file of another program is.
    for access in [mmf::Access::ReadWrite, mmf::Access::Read] {
        let opened = MapOptions::new().access(access).open(&copy).unwrap();
        assert!(opened.is_foreign());
        assert_eq!(opened.read_text().unwrap(), "precious");
    }
    assert_eq!(Map::create_new(&copy, 64).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(Map::create_or_open(&copy, 64).unwrap().is_foreign());
    assert!(place(&copy).exists());
    std::fs::remove_file(place(&copy)).unwrap();
}

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

/// A careless `chmod -R 1777 /dev/shm` does not make a foreign object look like ours.
#[test]
fn a_foreign_object_with_the_sticky_bit_of_a_careless_chmod_is_left_alone() {
    let _alone = common::alone();
    for mode in [0o1777, 0o1755, 0o777] {
        let name = unique("foreign");
        std::fs::write(place(&name), [1; 64]).unwrap();
        std::fs::set_permissions(place(&name), PermissionsExt::from_mode(mode)).unwrap();
        mmf::list().unwrap();
        let map = Map::open(&name).unwrap();
        assert!(map.is_foreign(), "{mode:o}");
        drop(map);
        assert!(place(&name).exists(), "{mode:o}");
        std::fs::remove_file(place(&name)).unwrap();
    }
}

/// A dead map of another user that we may use but not remove.
#[test]
fn another_users_leftover_is_missing_to_openers_and_an_error_to_creators() {
    let _alone = common::alone();
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("another user's leftover", "only root can act as another user");
        return;
    }
    let sticky = std::fs::metadata(mmf::backend::FOLDER.unwrap()).unwrap().permissions().mode();
    if sticky & 0o1000 == 0 {
        not_run("another user's leftover", "this /dev/shm lets everybody remove everything");
        return;
    }
    let name = unique("leftover");
    let map = MapOptions::new()
        .permissions(Permissions::new().mode(0o666))
        .create_new(&name, 64)
        .unwrap();
    let Some(mut nobody) = Actor::start_as(65_534, "another user's leftover") else { return };
    nobody.ask(&["open", "m", &name]).unwrap();
    // Leave it as a kill would: the last holder is one who may not remove it.
    let fd = common::number(&map);
    std::mem::forget(map);
    // SAFETY: the handle is forgotten; its descriptor is ours to close.
    unsafe { libc::close(fd) };
    nobody.ask(&["close", "m"]).unwrap();
    assert!(place(&name).exists(), "it could not be removed");
    // Not *busy*: nobody tries again what cannot be done.
    assert_eq!(nobody.ask(&["open", "m", &name]), Err("NOT_FOUND".into()));
    assert_eq!(nobody.ask(&["create", "m", &name, "64"]), Err("ACCESS_DENIED".into()));
    assert_eq!(nobody.ask(&["create_or_open", "m", &name, "64"]), Err("ACCESS_DENIED".into()));
    // Nor did the one who could not remove it leave a lock behind that shuts its owner out.
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// Who waits to change goes before readers that come later.
#[test]
fn readers_that_come_later_let_a_waiting_writer_pass() {
    let _alone = common::alone();
    let name = unique("turnstile");
    let map = Map::create_new(&name, 64).unwrap();
    let reading = map.lock_shared(Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| map.lock_exclusive(Duration::from_secs(300)).map(drop));
        // Once the writer waits, no new reader gets in, though readers do not exclude each other.
        let start = Instant::now();
        while map.lock_shared(Duration::ZERO).is_ok() {
            assert!(start.elapsed() < Duration::from_secs(120), "readers pass a waiting writer");
            std::thread::yield_now();
        }
        drop(reading);
        writer.join().unwrap().unwrap();
    });
    map.lock_shared(Duration::ZERO).expect("the writer is done");
}

/// Operations under a lock that the caller holds do not take it again, nor free it.
#[test]
fn operations_under_the_callers_lock_leave_it_held() {
    let _alone = common::alone();
    let name = unique("under");
    let map = Map::create_new(&name, 64).unwrap();
    let second = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    let under = TextOptions::new().lock(&lock);
    map.append_text_with("a", &under).unwrap();
    second.append_text_with("b", &under).unwrap();
    assert_eq!(map.read_text_with(&under).unwrap(), "a\r\nb");
    let held =
        second.append_text_with("c", &TextOptions::new().timeout(Duration::ZERO)).unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Timeout);
    drop(lock);
    second.append_text_with("c", &TextOptions::new().timeout(Duration::ZERO)).unwrap();
}

/// Write-locks the gate of a name, as a process does that was stopped in the middle of a decision.
#[cfg(target_pointer_width = "64")]
struct StoppedDecider(std::fs::File);

#[cfg(target_pointer_width = "64")]
impl StoppedDecider {
    const GATE: i64 = 0x7FFF_FFFF_FFFF_FF01;

    fn new(name: &str) -> StoppedDecider {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_CLOEXEC)
            .open(place(name))
            .unwrap();
        // SAFETY: all zero is a valid value of this plain structure.
        let mut range: libc::flock = unsafe { std::mem::zeroed() };
        range.l_type = libc::F_WRLCK as libc::c_short;
        range.l_whence = libc::SEEK_SET as libc::c_short;
        range.l_start = Self::GATE as libc::off_t;
        range.l_len = 1;
        // SAFETY: our own descriptor, and a complete structure.
        let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
        assert_eq!(taken, 0, "{}", std::io::Error::last_os_error());
        StoppedDecider(file)
    }
}

/// Trying is bounded by time, and the answer is *busy*, neither *exists* nor *missing*.
#[test]
#[cfg(target_pointer_width = "64")]
fn a_gate_that_stays_shut_is_busy() {
    let _alone = common::alone();
    let name = unique("busy");
    let map = Map::create_new(&name, 64).unwrap();
    let stopped = StoppedDecider::new(&name);
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
    // A close does not wait for ever, either; the next one who may cleans.
    drop(map);
    assert!(place(&name).exists());
    drop(stopped);
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// The exit handler waits for nobody.
#[test]
#[cfg(target_pointer_width = "64")]
fn ending_does_not_wait_for_a_stopped_decider() {
    let _alone = common::alone();
    let name = unique("exit-busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let stopped = StoppedDecider::new(&name);
    assert!(actor.ends("return"), "the exit handler waits");
    drop(stopped.0);
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// Threads that are still running at exit go on with their views and their files.
#[test]
fn ending_leaves_running_threads_their_memory_and_descriptor_numbers() {
    let _alone = common::alone();
    for _ in 0..20 {
        let name = unique("exit-threads");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("innocent");
        let mut actor = Actor::start();
        // Opened by an exit handler that runs after the library's own.
        actor.ask(&["open_at_exit", file.to_str().unwrap()]).unwrap();
        actor.ask(&["create", "m", &name, "65536"]).unwrap();
        actor.ask(&["write_for_ever", "m"]).unwrap();
        let status = actor.end("exit");
        assert!(status.success(), "{status:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"", "a write landed in another file");
    }
}

/// A glance begins anywhere, so that the oldest dead map is found behind many.
#[test]
fn the_sweep_reaches_a_dead_map_behind_many_living_ones() {
    let _alone = common::alone();
    const CROWD: usize = 1_500;
    let name = unique("behind");
    dead(&name);
    let crowd: Vec<Map> =
        (0..CROWD).map(|_| Map::create_new(&unique("crowd"), 1).unwrap()).collect();
    for _ in 0..200 {
        if !place(&name).exists() {
            break;
        }
        let mut actor = Actor::start();
        actor.ask(&["create", "m", &unique("glance"), "1"]).unwrap();
        actor.end("return");
    }
    drop(crowd);
    assert_nothing_left(&name);
}

/// An editor that saves by renaming puts another file under the path.
#[test]
fn a_file_that_was_replaced_is_told_and_not_taken_for_the_map() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "first").unwrap();
    let name = unique("replaced");
    let map = MapOptions::new().name(&name).map_file(&path).unwrap();
    std::fs::write(folder.path().join("new"), "second").unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    let error = Map::open(&name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileReplaced, "{error}");
    assert_eq!(map.read_text().unwrap(), "first");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Map::open(&name).unwrap_err().kind(), ErrorKind::FileReplaced);
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}

/// As long as the record can be found, its file is open, so that no other file can
/// have its number.
#[test]
fn the_record_goes_before_its_file_is_closed() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "bytes").unwrap();
    let mut names = Vec::new();
    at_every_step(
        "order of closing a named file map",
        |actor, name| {
            actor.ask(&["map_file", "m", path.to_str().unwrap(), name]).unwrap();
            names.push(name.to_owned());
            words(&["close", "m"])
        },
        |actor, stepped, name, step| {
            let open = std::fs::read_dir(format!("/proc/{}/fd", actor.id()))
                .unwrap()
                .flatten()
                .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to == path));
            assert!(open || !place(name).exists(), "{step}: the record outlives its file");
            stepped.kill(actor);
        },
    );
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

/// A map that is too large for all memory takes none of it away from others, not for a moment.
#[test]
fn a_reservation_that_cannot_succeed_takes_nothing() {
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
            // Before it takes any.
            stepped.kill(actor);
            panic!("it begins to reserve");
        }
    }
    stepped.release();
    // On 32 bits it is too large for the address space already.
    let wide = cfg!(target_pointer_width = "64");
    assert_eq!(actor.hear(), if wide { "err\tNO_SPACE" } else { "err\tOUT_OF_RANGE" });
    assert_missing(&name);
}

/// Limits are looked up once for every MiB that small maps add up to.
#[test]
fn looking_at_the_limits_is_shared_by_small_maps() {
    let _alone = common::alone();
    let mut actor = Actor::start();
    let name = unique("limits");
    let Some(calls) = calls_of(&mut actor, &["create_many", &name, "65536", "64"]) else {
        not_run("cost of looking at limits", NO_STEPS);
        return;
    };
    let looks = calls.iter().filter(|call| **call == libc::SYS_sysinfo as u64).count();
    assert!((4..=6).contains(&looks), "{looks} looks for 4 MiB");
    let large = calls_of(&mut actor, &["create", "m", &unique("limits"), "1048576"]).unwrap();
    assert!(large.contains(&(libc::SYS_sysinfo as u64)), "1 MiB is looked at each time");
    actor.end("return");
}

/// Memory that was reserved and never written is not read.
#[test]
fn reading_skips_what_was_never_written() {
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

/// `flock` on our objects is free for others, .NET's FileStream for one.
#[test]
fn a_foreign_flock_neither_blocks_nor_holds() {
    let _alone = common::alone();
    let name = unique("flock");
    let map = Map::create_new(&name, 64).unwrap();
    let foreign = std::fs::File::open(place(&name)).unwrap();
    foreign.lock().unwrap();
    map.append_text("one").unwrap();
    Map::open(&name).unwrap().append_text("two").unwrap();
    drop(map);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn a_handle_costs_three_descriptors_at_most_and_no_thread() {
    let _alone = common::alone();
    // In a process whose threads are its own, not those of other tests.
    const TEST: &str = "linux_rules::a_handle_costs_three_descriptors_at_most_and_no_thread";
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
