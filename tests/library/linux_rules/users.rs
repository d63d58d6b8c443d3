//! Changes of owner and mode, and dead maps of another user.

use std::os::unix::fs::PermissionsExt;

use super::path_of;
use crate::common;
use common::process::Actor;
use common::{assert_missing, assert_nothing_left, not_run, unique};
use mmf::{MapOptions, Permissions};

#[test]
fn changes_of_mode_and_owner_keep_the_mark() {
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
                    path_of(&name).display()
                )) else {
                    not_run("marks and other users", "only root can act as another user");
                    continue;
                };
                assert!(output, "another user may write a map of mode 0666");
            }
        }
        let mode = std::fs::metadata(path_of(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o1111, 0o1000, "{change}");
        drop(map);
        assert_nothing_left(&name);
    }
}

/// Runs a shell command as the user nobody. `None` if this process may not.
fn as_nobody(command: &str) -> Option<bool> {
    use std::os::unix::process::CommandExt;
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    let mut shell = std::process::Command::new("sh");
    Some(shell.args(["-c", command]).uid(65_534).gid(65_534).status().unwrap().success())
}

/// The user may use the map but not remove it.
#[test]
fn a_dead_map_that_cannot_be_removed_is_missing_for_open_and_an_error_for_create() {
    let _alone = common::alone();
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != 0 {
        not_run("dead maps of another user", "only root can act as another user");
        return;
    }
    let sticky = std::fs::metadata(mmf::backend::FOLDER.unwrap()).unwrap().permissions().mode();
    if sticky & 0o1000 == 0 {
        not_run("dead maps of another user", "everyone may remove everything in this /dev/shm");
        return;
    }
    let name = unique("leftover");
    let map = MapOptions::new()
        .permissions(Permissions::new().mode(0o666))
        .create_new(&name, 64)
        .unwrap();
    let Some(mut nobody) = Actor::start_as(65_534, "dead maps of another user") else { return };
    nobody.ask(&["open", "m", &name]).unwrap();
    // Leave it as after a kill: the last holder may not remove it.
    let fd = common::number(&map);
    std::mem::forget(map);
    // SAFETY: the handle is forgotten, so nothing else closes its descriptor.
    unsafe { libc::close(fd) };
    nobody.ask(&["close", "m"]).unwrap();
    assert!(path_of(&name).exists(), "the other user removed it");
    // Not *busy*, because trying again would not help.
    assert_eq!(nobody.ask(&["open", "m", &name]), Err("NOT_FOUND".into()));
    assert_eq!(nobody.ask(&["create", "m", &name, "64"]), Err("ACCESS_DENIED".into()));
    assert_eq!(nobody.ask(&["create_or_open", "m", &name, "64"]), Err("ACCESS_DENIED".into()));
    // The other user left no lock behind, so the owner can remove it.
    assert_missing(&name);
    assert_nothing_left(&name);
}
