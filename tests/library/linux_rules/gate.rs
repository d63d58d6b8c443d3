//! The gate of a name, held by a process that is stopped in the middle of a decision.

use super::path_of;
use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, unique};
use mmf::{ErrorKind, Map};

/// Holds the gate of a name, like a process that is stopped while it creates or removes the name.
struct LockedGate(std::fs::File);

impl LockedGate {
    const GATE: i64 = 0x7FFF_FFFF_FFFF_FF01;

    fn new(name: &str) -> LockedGate {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_CLOEXEC)
            .open(path_of(name))
            .unwrap();
        // SAFETY: all zero is a valid value of this plain structure.
        let mut range: libc::flock = unsafe { std::mem::zeroed() };
        range.l_type = libc::F_WRLCK as libc::c_short;
        range.l_whence = libc::SEEK_SET as libc::c_short;
        range.l_start = Self::GATE as libc::off_t;
        range.l_len = 1;
        // SAFETY: the descriptor is open, and the kernel reads one structure.
        let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
        assert_eq!(taken, 0, "{}", std::io::Error::last_os_error());
        LockedGate(file)
    }
}

/// After a limited time, calls fail with *busy*, and not with *exists* or *missing*.
#[test]
fn a_locked_gate_is_busy_after_a_time() {
    let _alone = common::alone();
    let name = unique("busy");
    let map = Map::create_new(&name, 64).unwrap();
    let stopped = LockedGate::new(&name);
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
    // Closing does not wait for ever, either. A later call removes the dead map.
    drop(map);
    assert!(path_of(&name).exists());
    drop(stopped);
    assert_missing(&name);
    assert_nothing_left(&name);
}

#[test]
fn the_exit_handler_does_not_wait_for_a_locked_gate() {
    let _alone = common::alone();
    let name = unique("exit-busy");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "64"]).unwrap();
    let stopped = LockedGate::new(&name);
    assert!(actor.ends("return"), "the exit handler waits");
    drop(stopped.0);
    assert_missing(&name);
    assert_nothing_left(&name);
}
