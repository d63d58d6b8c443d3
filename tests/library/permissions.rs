//! Permissions: mode and owner, at creation and later, and maps of other users.
//!
//! The tests with a second user need root. They run some of their parts as the other user.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use crate::common;
use common::{assert_fails, unique};
use mmf::backend::{PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{ErrorKind, Map, MapOptions, Permissions};

#[test]
fn by_default_only_the_creator_may_use_a_map() {
    let _beside = common::beside_others();
    let map = Map::create_new(&unique("mode"), 64).unwrap();
    if PERMISSION_MODES {
        let found = map.permissions().unwrap();
        assert_eq!(found.mode, Some(0o600));
        assert!(found.uid.is_some() && found.gid.is_some());
        assert_eq!(found.sddl, None);
    } else if SECURITY_DESCRIPTORS {
        assert!(map.permissions().unwrap().sddl.is_some());
    } else {
        assert!(map.permissions().unwrap().is_default());
        let wanted = Permissions::new().mode(0o660);
        assert_fails(map.set_permissions(&wanted), ErrorKind::NotSupported);
        let options = MapOptions::new().permissions(wanted);
        assert_fails(options.create_new(&unique("mode"), 64), ErrorKind::NotSupported);
    }
}

#[test]
fn a_mode_is_set_at_creation_without_the_umask_and_can_be_changed() {
    let _beside = common::beside_others();
    if !PERMISSION_MODES {
        return;
    }
    for mode in [0o600, 0o660, 0o640, 0o606, 0o666] {
        let options = MapOptions::new().permissions(Permissions::new().mode(mode));
        let name = unique("mode");
        for map in [options.create_new(&name, 64).unwrap(), options.create_anonymous(64).unwrap()] {
            assert_eq!(map.permissions().unwrap().mode, Some(mode));
            for later in [0o666, 0o600] {
                map.set_permissions(&Permissions::new().mode(later)).unwrap();
                assert_eq!(map.permissions().unwrap().mode, Some(later));
            }
            // Permissions that are not given stay the same.
            map.set_permissions(&Permissions::default()).unwrap();
            assert_eq!(map.permissions().unwrap().mode, Some(0o600));
        }
    }
}

#[test]
fn changing_the_mode_does_not_affect_the_life_of_a_map() {
    let _beside = common::beside_others();
    if !PERMISSION_MODES {
        return;
    }
    let name = unique("life");
    let map = Map::create_new(&name, 64).unwrap();
    map.set_permissions(&Permissions::new().mode(0o666)).unwrap();
    let other = Map::open(&name).unwrap();
    assert!(!other.is_foreign());
    other.set_permissions(&Permissions::new().mode(0o660)).unwrap();
    assert_eq!(map.permissions().unwrap().mode, Some(0o660));
    drop(map);
    assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
    drop(other);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
}

#[test]
fn changing_to_an_invalid_mode_is_refused() {
    let _beside = common::beside_others();
    if !PERMISSION_MODES {
        return;
    }
    let map = Map::create_new(&unique("wrong"), 64).unwrap();
    for mode in [0, 0o400, 0o200, 0o777, 0o1600, 0o2600, 0o4600, 0o10_600] {
        assert_fails(
            map.set_permissions(&Permissions::new().mode(mode)),
            ErrorKind::InvalidArgument,
        );
    }
    assert_fails(map.set_permissions(&Permissions::new().sddl("D:")), ErrorKind::NotSupported);
    assert_eq!(map.permissions().unwrap().mode, Some(0o600));
}

#[test]
fn a_read_only_map_stays_read_only_whatever_its_mode_is() {
    let _beside = common::beside_others();
    if !PERMISSION_MODES {
        return;
    }
    let name = unique("ro");
    let options = MapOptions::new().access(mmf::Access::Read);
    let map = options.permissions(Permissions::new().mode(0o660)).create_new(&name, 64).unwrap();
    map.set_permissions(&Permissions::new().mode(0o666)).unwrap();
    assert_fails(Map::open(&name).unwrap().write_at(b"x", 0), ErrorKind::ReadOnlyMap);
}

#[cfg(unix)]
mod users {
    use super::*;
    use common::again::{again_by, assert_succeeded, own, part};

    use mmf::{Access, Rights, TrustedOwner};
    use std::os::unix::fs::MetadataExt;

    const NOBODY: u32 = 65_534;

    /// Runs a part of a test as another user. If this is not possible, reports it and returns `None`.
    fn run_as(uid: u32, test: &str, part: &str) -> Option<std::process::Output> {
        if std::fs::metadata("/proc/self").map_or(1, |own| own.uid()) != 0 {
            common::not_run("permissions: another user", "only root can become another user");
            return None;
        }
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        let program = ["setpriv", &user, &group, "--clear-groups", "--no-new-privs"];
        if std::process::Command::new(program[0]).arg("--version").output().is_err() {
            common::not_run("permissions: another user", "setpriv is not installed");
            return None;
        }
        // The other user may not have access to the folder of the test program.
        let copy = std::env::temp_dir().join(unique("other"));
        std::fs::copy(own(), &copy).unwrap();
        std::os::unix::fs::chown(&copy, Some(uid), None).unwrap();
        let mut command = again_by(&program, &copy, test, part);
        let output = command.current_dir("/").output().unwrap();
        std::fs::remove_file(&copy).unwrap();
        Some(output)
    }

    /// Runs a part of a test as the user nobody, and asserts that it succeeds. `false` if this is not possible.
    #[must_use]
    fn as_nobody(test: &str, part: &str) -> bool {
        let Some(output) = run_as(NOBODY, test, part) else { return false };
        assert_succeeded(&output);
        true
    }

    #[test]
    fn a_map_of_another_user_is_inaccessible_by_default() {
        let _alone = common::alone();
        if let Some(name) = part() {
            for error in [
                assert_fails(Map::open(&name), ErrorKind::AccessDenied),
                assert_fails(Map::create_new(&name, 64), ErrorKind::AccessDenied),
                assert_fails(Map::create_or_open(&name, 64), ErrorKind::AccessDenied),
                assert_fails(
                    MapOptions::new().access(Access::Read).open(&name),
                    ErrorKind::AccessDenied,
                ),
            ] {
                let owners = ["uid 0", "another user"];
                assert!(owners.iter().any(|owner| error.message().contains(owner)), "{error}");
            }
            // The list of the Linux back end has the map nevertheless, because its name is taken.
            if let Some(path) = common::seen(&name)
                && !cfg!(mmf_backend = "portable")
            {
                assert!(path.exists());
                assert!(mmf::list().unwrap().iter().any(|map| map.name == name));
            }
            return;
        }
        let name = unique("theirs");
        let map = Map::create_new(&name, 64).unwrap();
        map.replace_text("mine").unwrap();
        if as_nobody("permissions::users::a_map_of_another_user_is_inaccessible_by_default", &name)
        {
            assert_eq!(map.read_text().unwrap(), "mine");
            assert!(Map::open(&name).is_ok());
        }
    }

    #[test]
    fn a_map_that_others_may_read_cannot_be_written_by_them() {
        let _alone = common::alone();
        if !PERMISSION_MODES {
            return;
        }
        if let Some(name) = part() {
            assert_fails(Map::open(&name), ErrorKind::AccessDenied);
            let map = MapOptions::new().access(Access::Read).open(&name).unwrap();
            assert_eq!(map.read_text().unwrap(), "for all");
            assert_fails(map.write_at(b"x", 0), ErrorKind::AccessDenied);
            assert_fails(
                map.set_permissions(&Permissions::new().mode(0o666)),
                ErrorKind::AccessDenied,
            );
            return;
        }
        let name = unique("read");
        let options = MapOptions::new().permissions(Permissions::new().mode(0o644));
        let map = options.create_new(&name, 64).unwrap();
        map.replace_text("for all").unwrap();
        if as_nobody(
            "permissions::users::a_map_that_others_may_read_cannot_be_written_by_them",
            &name,
        ) {
            // The other user closed it, and it still lives.
            assert!(Map::open(&name).is_ok());
        }
        drop(map);
        common::assert_nothing_left(&name);
    }

    #[test]
    fn a_map_that_others_may_write_shares_its_lock() {
        let _alone = common::alone();
        if !PERMISSION_MODES {
            return;
        }
        if let Some(name) = part() {
            let map = Map::open(&name).unwrap();
            map.append_text("theirs").unwrap();
            map.view(0, 0, Access::ReadWrite).unwrap();
            let rights = Rights::READ | Rights::WRITE;
            assert_eq!(map.rights(), rights);
            assert!(!map.is_foreign());
            return;
        }
        let name = unique("write");
        let options = MapOptions::new().permissions(Permissions::new().mode(0o666));
        let map = options.create_new(&name, 64).unwrap();
        map.append_text("ours").unwrap();
        if as_nobody("permissions::users::a_map_that_others_may_write_shares_its_lock", &name) {
            assert_eq!(map.read_text().unwrap(), "ours\r\ntheirs");
            assert_eq!(map.permissions().unwrap().mode, Some(0o666));
        }
        drop(map);
        // A write by another user must not remove the mark, because then the object would stay behind.
        common::assert_nothing_left(&name);
    }

    #[test]
    fn root_can_give_a_map_to_another_user() {
        let _alone = common::alone();
        if !PERMISSION_MODES {
            return;
        }
        if let Some(name) = part() {
            let map = Map::open(&name).unwrap();
            assert_eq!(map.permissions().unwrap().uid, Some(NOBODY));
            map.append_text("mine now").unwrap();
            // Only root may change the owner.
            let gift = Permissions::new().uid(0);
            assert_fails(map.set_permissions(&gift), ErrorKind::AccessDenied);
            let options = MapOptions::new().permissions(gift);
            assert_fails(options.create_new(&unique("gift"), 64), ErrorKind::AccessDenied);
            return;
        }
        let name = unique("given");
        let theirs = Permissions::new().mode(0o600).uid(NOBODY).gid(NOBODY);
        let options = MapOptions::new().permissions(theirs.clone());
        let Ok(map) = options.create_new(&name, 64) else {
            common::not_run("permissions: owner", "only root may change the owner of a map");
            return;
        };
        assert_eq!(map.permissions().unwrap(), theirs);
        if as_nobody("permissions::users::root_can_give_a_map_to_another_user", &name) {
            assert_eq!(map.read_text().unwrap(), "mine now");
        }
        drop(map);
        common::assert_nothing_left(&name);

        // Later it works, too, and the mark stays.
        let name = unique("given");
        let map = Map::create_new(&name, 64).unwrap();
        map.set_permissions(&theirs).unwrap();
        assert_eq!(map.permissions().unwrap(), theirs);
        assert_fails(Map::open(&name), ErrorKind::AccessDenied);
        let trusting = MapOptions::new().trusted_owner(TrustedOwner::User(NOBODY));
        assert!(!trusting.open(&name).unwrap().is_foreign());
        drop(map);
        common::assert_nothing_left(&name);
    }

    /// The process of the other user is killed. Its map is dead, but this user may not remove it.
    #[test]
    fn a_dead_map_of_another_user_is_missing_for_open_and_an_error_for_create() {
        let _alone = common::alone();
        if !PERMISSION_MODES || common::seen("x").is_none() {
            return;
        }
        if let Some(names) = part() {
            let names: Vec<&str> = names.split(',').collect();
            if names[0] == "maker" {
                for (name, mode) in [(names[1], 0o666), (names[2], 0o644)] {
                    let options = MapOptions::new().permissions(Permissions::new().mode(mode));
                    std::mem::forget(options.create_new(name, 64).unwrap());
                }
                // After a kill, no exit handler runs.
                std::process::Command::new("kill")
                    .args(["-KILL", &std::process::id().to_string()])
                    .status()
                    .unwrap();
                unreachable!("killed");
            }
            for name in names {
                for access in [Access::ReadWrite, Access::Read] {
                    let options = MapOptions::new().access(access);
                    assert_fails(options.open(name), ErrorKind::NotFound);
                    for result in [options.create_new(name, 64), options.create_or_open(name, 64)] {
                        let error = assert_fails(result, ErrorKind::AccessDenied);
                        assert!(error.message().contains("leftover"), "{error}");
                        assert!(error.message().contains("uid 65533"), "{error}");
                    }
                }
                assert!(!mmf::list().unwrap().iter().any(|map| map.name == *name));
            }
            return;
        }
        const TEST: &str = "permissions::users::a_dead_map_of_another_user_is_missing_for_open_and_an_error_for_create";
        // No other process runs as this user, so no sweep removes the maps.
        let names = [unique("left"), unique("left")];
        let part = format!("maker,{},{}", names[0], names[1]);
        let Some(maker) = run_as(NOBODY - 1, TEST, &part) else { return };
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(maker.status.signal(), Some(libc::SIGKILL), "{maker:?}");
        if !mmf::backend::LEFTOVER_AFTER_KILL {
            return;
        }
        assert!(as_nobody(TEST, &names.join(",")));
        for name in &names {
            assert!(common::seen(name).unwrap().exists(), "another user removed the map");
        }
        // A user that may remove it does so.
        for name in &names {
            drop(Map::create_new(name, 64).unwrap());
            common::assert_nothing_left(name);
        }
    }

    #[test]
    fn a_file_that_may_not_be_written_can_only_be_mapped_for_reading() {
        let _alone = common::alone();
        if let Some(path) = part() {
            for access in [Access::ReadWrite, Access::CopyOnWrite] {
                let options = MapOptions::new().access(access);
                let result = options.map_file(&path);
                assert_fails(result, ErrorKind::AccessDenied);
            }
            let map = MapOptions::new()
                .access(Access::Read)
                .name(&unique("named-ro"))
                .map_file(&path)
                .unwrap();
            assert_eq!(map.read_text().unwrap(), "only read");
            // As on Windows, opening it by name for writing succeeds, and a view for writing fails.
            let opened = Map::open(map.name().unwrap()).unwrap();
            assert_fails(opened.view(0, 0, Access::ReadWrite), ErrorKind::ReadOnlyMap);
            assert_eq!(opened.read_text().unwrap(), "only read");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "only read").unwrap();
        use std::os::unix::fs::PermissionsExt;
        let modes = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        modes(folder.path(), 0o755);
        modes(&path, 0o444);
        let test =
            "permissions::users::a_file_that_may_not_be_written_can_only_be_mapped_for_reading";
        let _ = as_nobody(test, path.to_str().unwrap());
    }
}
