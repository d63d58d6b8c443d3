//! The private directory of a user, which contains the presences of the maps and their gate.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use super::object;
use crate::common;
use common::process::Actor;
use common::{again, not_run, unique};

#[test]
fn a_removed_private_directory_is_created_again() {
    let _alone = common::alone();
    // The directory of a user that no other test uses.
    let user = 61_234;
    let root = PathBuf::from(format!("/tmp/.mmf-{user}"));
    // Leftovers of a failed run.
    let _ = fs::remove_file(&root).or_else(|_| fs::remove_dir_all(&root));
    let (_folder, program) = again::for_everybody();
    let mut probe = std::process::Command::new(&program);
    if !probe.arg("--list").uid(user).output().is_ok_and(|it| it.status.success()) {
        not_run("the private directory of another user", "this process cannot become another user");
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
    // Only the object is left, and it must not be replaced.
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
