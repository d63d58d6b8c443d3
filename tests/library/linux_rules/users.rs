//! Maps whose owner or mode changed, and dead maps of another user.

use std::os::unix::fs::PermissionsExt;

use super::place;
use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, not_run, unique};
use mmf::{MapOptions, Permissions};

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
