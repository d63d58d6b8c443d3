//! Who may use a map: mode and owner at creation and later, and the maps of other users.
//!
//! The tests with a second user need root and run parts of themselves as somebody else.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use crate::common;
use common::{assert_fails, unique};
use mmf::backend::{PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{ErrorKind, Map, MapOptions, Permissions};

#[test]
fn a_map_is_its_creators_alone_unless_asked() {
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
fn a_mode_is_set_at_creation_whatever_the_umask_and_changed_later() {
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
            // What is not said stays.
            map.set_permissions(&Permissions::default()).unwrap();
            assert_eq!(map.permissions().unwrap().mode, Some(0o600));
        }
    }
}

#[test]
fn a_changed_mode_takes_nothing_from_a_maps_life() {
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
fn modes_that_fit_no_map_are_refused_later_too() {
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
fn a_read_only_map_stays_so_whatever_its_mode() {
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

    /// Runs a part of a test as another user, to its end. `None`: that cannot be done here.
    fn run_as(uid: u32, test: &str, part: &str) -> Option<std::process::Output> {
        if std::fs::metadata("/proc/self").map_or(1, |own| own.uid()) != 0 {
            common::not_run("permissions: another user", "needs root to become somebody else");
            return None;
        }
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        let program = ["setpriv", &user, &group, "--clear-groups", "--no-new-privs"];
        if std::process::Command::new(program[0]).arg("--version").output().is_err() {
            common::not_run("permissions: another user", "there is no setpriv");
            return None;
        }
        // The other user must get at the test program, wherever it was built.
        let copy = std::env::temp_dir().join(unique("other"));
        std::fs::copy(own(), &copy).unwrap();
        std::os::unix::fs::chown(&copy, Some(uid), None).unwrap();
        let mut command = again_by(&program, &copy, test, part);
        let output = command.current_dir("/").output().unwrap();
        std::fs::remove_file(&copy).unwrap();
        Some(output)
    }

    /// Runs a part of a test as another user. `false`: that cannot be done here.
    #[must_use]
    fn as_nobody(test: &str, part: &str) -> bool {
        let Some(output) = run_as(NOBODY, test, part) else { return false };
        assert_succeeded(&output);
        true
    }

    #[test]
    fn another_users_map_is_closed_to_us() {
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
                let who = ["uid 0", "another user"];
                assert!(who.iter().any(|who| error.message().contains(who)), "{error}");
            }
            // It stands in the list nevertheless, where lists reach so far: its name is taken.
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
        if as_nobody("permissions::users::another_users_map_is_closed_to_us", &name) {
            assert_eq!(map.read_text().unwrap(), "mine");
            assert!(Map::open(&name).is_ok());
        }
    }

    #[test]
    fn a_map_that_others_may_read_is_read_and_not_written() {
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
            "permissions::users::a_map_that_others_may_read_is_read_and_not_written",
            &name,
        ) {
            // The other's close took nothing away.
            assert!(Map::open(&name).is_ok());
        }
        drop(map);
        common::assert_nothing_left(&name);
    }

    #[test]
    fn a_map_that_others_may_write_is_shared_with_its_lock() {
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
        if as_nobody(
            "permissions::users::a_map_that_others_may_write_is_shared_with_its_lock",
            &name,
        ) {
            assert_eq!(map.read_text().unwrap(), "ours\r\ntheirs");
            assert_eq!(map.permissions().unwrap().mode, Some(0o666));
        }
        drop(map);
        // A write by another user must not have taken the mark away, or nobody would clean.
        common::assert_nothing_left(&name);
    }

    #[test]
    fn a_map_is_given_to_another_user() {
        let _alone = common::alone();
        if !PERMISSION_MODES {
            return;
        }
        if let Some(name) = part() {
            let map = Map::open(&name).unwrap();
            assert_eq!(map.permissions().unwrap().uid, Some(NOBODY));
            map.append_text("mine now").unwrap();
            // Only root gives away.
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
            common::not_run("permissions: owner", "giving a map away takes root");
            return;
        };
        assert_eq!(map.permissions().unwrap(), theirs);
        if as_nobody("permissions::users::a_map_is_given_to_another_user", &name) {
            assert_eq!(map.read_text().unwrap(), "mine now");
        }
        drop(map);
        common::assert_nothing_left(&name);

        // And later, with the mark kept.
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

    /// The other user's holder is killed: its leftover is nobody's map, and not ours to remove.
    #[test]
    fn another_users_leftover_is_missing_to_open_and_taken_to_create() {
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
                // As by a kill: no exit handler runs.
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
        const TEST: &str =
            "permissions::users::another_users_leftover_is_missing_to_open_and_taken_to_create";
        // Of a user as whom nobody else runs, whose sweep would find it.
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
            assert!(common::seen(name).unwrap().exists(), "it was not theirs to remove");
        }
        // To one who may remove it, it is a leftover as any.
        for name in &names {
            drop(Map::create_new(name, 64).unwrap());
            common::assert_nothing_left(name);
        }
    }

    #[test]
    fn a_file_that_may_not_be_written_is_mapped_for_reading_only() {
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
            // Whoever opens it by name for writing gets it, and not the writing view, as on Windows.
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
        let test = "permissions::users::a_file_that_may_not_be_written_is_mapped_for_reading_only";
        let _ = as_nobody(test, path.to_str().unwrap());
    }
}
