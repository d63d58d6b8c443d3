//! Processes that cannot write to the folder for shared memory.

use std::fs;
use std::os::unix::process::CommandExt;

use super::object;
use crate::common;
use common::process::Actor;
use common::{assert_fails, assert_nothing_left, not_run, presence, unique};
use mmf::{Access, ErrorKind, Map, MapOptions};

/// An actor that cannot write to `/dev/shm`, as in a sandbox.
fn sandboxed() -> Option<Actor> {
    let mut probe = std::process::Command::new("true");
    confine(&mut probe);
    if !probe.status().is_ok_and(|status| status.success()) {
        return None;
    }
    Some(Actor::start_with(confine))
}

fn confine(command: &mut std::process::Command) {
    let confine = || {
        // SAFETY: takes a number.
        if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let none = std::ptr::null();
        let private = libc::MS_REC | libc::MS_PRIVATE;
        // SAFETY: the strings end with a NUL, and the other pointers may be null.
        if unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let (what, place) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr());
        // SAFETY: the strings end with a NUL, and the other pointer may be null.
        if unsafe { libc::mount(what, place, what, libc::MS_RDONLY, none.cast()) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: the function only makes system calls, which a forked child may do.
    unsafe { command.pre_exec(confine) };
}

#[test]
fn without_shared_memory_a_map_is_a_file_in_its_presence() {
    let _alone = common::alone();
    let name = unique("sandbox");
    let (Some(mut one), Some(mut two)) = (sandboxed(), sandboxed()) else {
        not_run("maps without shared memory", "this user may not mount file systems");
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
    // The system itself reports changes of a file.
    two.ask(&["watch", "m"]).unwrap();
    two.say(&["wait", "m"]);
    one.ask(&["write", "m", "0", "from"]).unwrap();
    assert_eq!(two.hear(), "ok\tChanged");
    // Its files must not be replaced by a save.
    let link = presence(&unique("link"));
    let data = presence(&name).join("data");
    fs::hard_link(&data, &link).unwrap();
    let anonymous = MapOptions::new().create_anonymous(64).unwrap();
    for path in [&data, &link, &presence(&name).join("record")] {
        assert_fails(anonymous.save(path), ErrorKind::AccessDenied);
    }
    fs::remove_file(&link).unwrap();
    // Processes outside of the sandbox find it, too.
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
