//! Trust: a process uses its own maps, those of root, and those of owners that the caller trusts.
//!
//! The tests use other real users, for which they need root. Otherwise they report that they did not run.
#![allow(unsafe_code, reason = "system calls count openings and take locks")]
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod counted;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::common;
use common::process::Actor;
use common::{assert_fails, unique};
use mmf::{ErrorKind, Map, MapOptions, TrustedOwner};

const ROOT: u32 = 0;

/// Two ordinary users, which no other run of the tests uses at the same time.
struct Users {
    alice: u32,
    mallory: u32,
}

impl Users {
    fn new() -> Users {
        let alice = 20_000 + std::process::id() % 20_000 * 2;
        Users { alice, mallory: alice + 1 }
    }
}

impl Drop for Users {
    fn drop(&mut self) {
        // The private directories of the portable back end.
        for user in [self.alice, self.mallory] {
            let _ = fs::remove_dir_all(format!("/tmp/.mmf-{user}"));
        }
    }
}

/// The path of an object. Reports it if objects are not visible as files.
fn path_of(name: &str) -> Option<PathBuf> {
    let place = common::seen(name);
    if place.is_none() {
        common::not_run("trust", "objects are not visible as files here");
    }
    place
}

/// Creates an object of a user that everyone may read and write.
fn create_object(place: &Path, owner: u32, bytes: &[u8]) {
    fs::write(place, bytes).unwrap();
    add_permissions(place, 0o666);
    chown(place, Some(owner), Some(owner)).unwrap();
}

/// Adds permissions to an object and keeps its mark.
fn add_permissions(place: &Path, permissions: u32) {
    let mode = fs::metadata(place).unwrap().permissions().mode();
    fs::set_permissions(place, fs::Permissions::from_mode(mode | permissions)).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ObjectKind {
    Map,
    Record,
    Foreign,
}

/// Tests each owner, each kind of object, each call and each trusted owner.
#[test]
fn only_maps_of_trusted_owners_are_opened() {
    let _alone = common::alone();
    let users = Users::new();
    let Users { alice, mallory } = users;
    let suite = "trust: whose map is opened";
    let Some(mut by_alice) = Actor::start_as(alice, suite) else { return };
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "of the file").unwrap();
    add_permissions(&file, 0o666);
    let mut by_root = Actor::start();

    for owner in [alice, ROOT, mallory] {
        for what in [ObjectKind::Map, ObjectKind::Record, ObjectKind::Foreign] {
            let name = unique("whose");
            let Some(place) = path_of(&name) else { return };
            let mut holder = Actor::start_as(owner, suite).unwrap();
            match what {
                ObjectKind::Map => holder.ask(&["create", "m", &name, "11"]).unwrap(),
                ObjectKind::Record => {
                    holder.ask(&["map_file", "m", file.to_str().unwrap(), &name]).unwrap()
                }
                ObjectKind::Foreign => {
                    create_object(&place, owner, b"of a friend");
                    String::new()
                }
            };
            if place.exists() {
                // A record that others may write is not followed.
                add_permissions(&place, if what == ObjectKind::Record { 0o444 } else { 0o666 });
            }
            for (victim, user) in [(&mut by_alice, alice), (&mut by_root, ROOT)] {
                // The portable back end has records in the private directory of the user, where others do not find
                // them.
                let is_private = cfg!(mmf_backend = "portable") && what == ObjectKind::Record;
                if is_private && owner != user {
                    assert_eq!(victim.ask(&["open", "m", &name]), Err("NOT_FOUND".to_owned()));
                    continue;
                }
                let mallorys = format!("trust {mallory}");
                let alices = format!("trust {alice}");
                for (trust, added) in [
                    ("trust root", None),
                    ("trust all", Some(owner)),
                    (&mallorys, Some(mallory)),
                    (&alices, Some(alice)),
                ] {
                    let case = format!("{what:?} of {owner} by {user}, {trust}");
                    let own = owner == user || owner == ROOT;
                    let trusted = own || (what != ObjectKind::Record && added == Some(owner));
                    for command in [
                        &["open", "m", &name, trust][..],
                        &["create_or_open", "m", &name, "64", trust],
                    ] {
                        let case = format!("{case}: {}", command[0]);
                        let opened = victim.ask(command);
                        if !trusted {
                            assert_eq!(opened, Err("ACCESS_DENIED".to_owned()), "{case}");
                            let message = victim.ask(&["message"]).unwrap();
                            assert!(message.contains(&format!("uid {owner}")), "{message}");
                            assert!(message.contains(&name), "{message}");
                            continue;
                        }
                        assert_eq!(opened.as_deref(), Ok(""), "{case}");
                        assert_eq!(victim.ask(&["capacity", "m"]).as_deref(), Ok("11"), "{case}");
                        victim.ask(&["close", "m"]).unwrap();
                    }
                    let created = victim.ask(&["create", "m", &name, "64", trust]);
                    assert_eq!(created, Err("ALREADY_EXISTS".to_owned()), "{case}");
                    // The error advises opening the map only if that would succeed.
                    let message = victim.ask(&["message"]).unwrap();
                    assert_eq!(message.contains(&format!("uid {owner}")), !trusted, "{message}");
                    assert_eq!(message.contains("open it"), trusted, "{message}");
                }
                let listed = victim.ask(&["listed", &name]).unwrap();
                if cfg!(mmf_backend = "portable") && (owner != user || what == ObjectKind::Foreign)
                {
                    assert_eq!(
                        listed, "not",
                        "the portable back end lists only the maps of the user"
                    );
                    continue;
                }
                let trusted = owner == user || owner == ROOT;
                let path = Some(&file).filter(|_| what == ObjectKind::Record && trusted);
                let expected = format!("owner {:?} trusted {trusted} path {path:?}", Some(owner));
                assert_eq!(listed, expected, "{what:?} of {owner} by {user}");
            }
            if what == ObjectKind::Foreign {
                assert_eq!(
                    fs::read(&place).unwrap(),
                    b"of a friend",
                    "the foreign object was changed"
                );
                fs::remove_file(&place).unwrap();
            } else {
                holder.ask(&["close", "m"]).unwrap();
                // The portable back end removes the lock of a map of another user only in a sweep.
                mmf::sweep().unwrap();
                common::assert_nothing_left(&name);
            }
        }
    }
    assert_eq!(fs::read(&file).unwrap(), b"of the file");
}

/// In a set-user-ID program, the user that started it is another user.
#[test]
fn the_effective_user_decides_which_maps_are_trusted() {
    let _alone = common::alone();
    use std::os::unix::process::CommandExt;
    let users = Users::new();
    let Users { alice, mallory } = users;
    if Actor::start_as(alice, "trust: the effective user").is_none() {
        return;
    }
    let (_folder, program) = common::again::for_everybody();
    let mut acting_as_alice = Actor::start_with(|command| {
        let mut other = std::process::Command::new(&program);
        other.args(command.get_args());
        other.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
        other.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let change = move || {
            // SAFETY: takes numbers only, and may be called between fork and exec.
            let changed = unsafe { libc::setreuid(mallory, alice) };
            if changed == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
        };
        // SAFETY: `change` only makes system calls.
        unsafe { other.pre_exec(change) };
        *command = other;
    });
    for (owner, opened) in [(alice, true), (ROOT, true), (mallory, false)] {
        let name = unique("acting");
        let Some(place) = path_of(&name) else { return };
        create_object(&place, owner, b"bytes");
        let answer = acting_as_alice.ask(&["open", "m", &name]);
        let expected = if opened { Ok(String::new()) } else { Err("ACCESS_DENIED".to_owned()) };
        assert_eq!(answer, expected, "of {owner}");
        fs::remove_file(&place).unwrap();
    }
    // Such a program may not use /proc/self/fd, but can still open the file.
    let file = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    fs::write(file.path(), "of a file").unwrap();
    chown(file.path(), Some(alice), None).unwrap();
    let name = unique("acting");
    let mut alice = Actor::start_as(alice, "trust: the effective user").unwrap();
    alice.ask(&["map_file", "m", file.path().to_str().unwrap(), &name]).unwrap();
    acting_as_alice.ask(&["open", "m", &name]).unwrap();
    assert_eq!(acting_as_alice.ask(&["read", "m"]).unwrap(), "of a file");
    acting_as_alice.ask(&["create", "own", &unique("acting"), "64"]).unwrap();
    acting_as_alice.ask(&["close", "own"]).unwrap();
}

/// An object that another user created first is not used.
#[test]
fn a_name_that_another_user_created_first_is_not_used() {
    let _alone = common::alone();
    let users = Users::new();
    let Some(mut alice) = Actor::start_as(users.alice, "trust: existing names") else { return };
    for what in ["memory", "empty", "link", "pipe", "device"] {
        let name = unique("taken");
        let Some(place) = path_of(&name) else { return };
        let target = tempfile::NamedTempFile::new_in("/tmp").unwrap();
        chown(target.path(), Some(users.alice), None).unwrap();
        match what {
            "memory" => create_object(&place, users.mallory, &[0; 64]),
            "empty" => create_object(&place, users.mallory, b""),
            "link" => std::os::unix::fs::symlink(target.path(), &place).unwrap(),
            "pipe" => create_node(&place, libc::S_IFIFO, 0),
            _ => create_node(&place, libc::S_IFCHR, libc::makedev(1, 3)),
        }
        if what != "link" {
            add_permissions(&place, 0o666);
        }
        std::os::unix::fs::lchown(&place, Some(users.mallory), None).unwrap();
        let refusal = match what {
            "memory" | "empty" => "ACCESS_DENIED",
            _ => "NOT_A_MAP",
        };
        for command in [
            &["open", "m", &name][..],
            &["open", "m", &name, "read"],
            &["create_or_open", "m", &name, "64"],
        ] {
            let denied = alice.ask(command);
            // The file system may refuse a device before the library can check it.
            let device = what == "device" && denied == Err("ACCESS_DENIED".to_owned());
            assert!(device || denied == Err(refusal.to_owned()), "{what}: {denied:?}");
        }
        let created = alice.ask(&["create", "m", &name, "64"]);
        assert!(created.is_err(), "{what}");
        if matches!(what, "memory" | "empty") {
            assert_eq!(created, Err("ALREADY_EXISTS".to_owned()), "{what}");
            assert!(fs::read(&place).unwrap().iter().all(|byte| *byte == 0), "{what}");
            alice.ask(&["open", "m", &name]).unwrap_err();
            let message = alice.ask(&["message"]).unwrap();
            assert!(
                message.contains("trusted owner"),
                "the message does not say what to do: {message}"
            );
        }
        assert_eq!(fs::read(target.path()).unwrap(), b"", "{what}");
        fs::remove_file(&place).unwrap();
    }
}

#[test]
fn a_map_of_a_trusted_owner_is_shared() {
    let _alone = common::alone();
    let users = Users::new();
    let suite = "trust: sharing";
    let Some(mut alice) = Actor::start_as(users.alice, suite) else { return };
    let name = unique("shared");
    let Some(place) = path_of(&name) else { return };
    let mut mallory = Actor::start_as(users.mallory, suite).unwrap();
    if mmf::backend::PERMISSION_MODES {
        mallory.ask(&["create", "m", &name, "64", "for all"]).unwrap();
    } else {
        create_object(&place, users.mallory, &[0; 64]);
        mallory.ask(&["open", "m", &name]).unwrap();
    }
    mallory.ask(&["replace", "m", "one"]).unwrap();
    let trust = format!("trust {}", users.mallory);
    alice.ask(&["open", "m", &name, &trust]).unwrap();
    alice.ask(&["append", "m", "two"]).unwrap();
    assert_eq!(mallory.ask(&["read", "m"]).unwrap(), "one|two");
    // The open map stays usable, although opening it again fails.
    assert_eq!(alice.ask(&["open", "again", &name]), Err("ACCESS_DENIED".to_owned()));
    alice.ask(&["append", "m", "three"]).unwrap();
    assert_eq!(mallory.ask(&["read", "m"]).unwrap(), "one|two|three");
    alice.ask(&["close", "m"]).unwrap();
    mallory.ask(&["close", "m"]).unwrap();
    if mmf::backend::PERMISSION_MODES {
        common::assert_nothing_left(&name);
    } else {
        fs::remove_file(&place).unwrap();
    }
}

/// The message has the name of the owner if the system knows it.
#[test]
fn the_error_names_the_owner_by_number_and_name() {
    let _beside = common::beside_others();
    // SAFETY: returns a number.
    if unsafe { libc::geteuid() } != ROOT {
        common::not_run("trust: names of owners", "only root can change the owner of a file");
        return;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid: u32 = fields.nth(1)?.parse().ok()?;
        (uid != ROOT).then(|| (uid, name.to_owned()))
    });
    let unnamed = (3_999_999_999, "the user with uid 3999999999".to_owned());
    let named = named.map(|(uid, name)| (uid, format!("the user '{name}' (uid {uid})")));
    for (uid, owner) in named.into_iter().chain([unnamed]) {
        let name = unique("named");
        let Some(place) = path_of(&name) else { return };
        fs::write(&place, "x").unwrap();
        if chown(&place, Some(uid), None).is_err() {
            common::not_run("trust: names of owners", "this user namespace does not have the user");
        } else {
            let message = assert_fails(Map::open(&name), ErrorKind::AccessDenied).to_string();
            assert!(message.contains(&owner), "{message} does not name {owner}");
            let trusting = MapOptions::new().trusted_owner(TrustedOwner::User(uid));
            trusting.open(&name).unwrap();
        }
        fs::remove_file(&place).unwrap();
    }
}

/// Creates a FIFO or a device.
fn create_node(path: &Path, kind: libc::mode_t, device: libc::dev_t) {
    assert!(try_create_node(path, kind, device), "create {}", path.display());
}

fn try_create_node(path: &Path, kind: libc::mode_t, device: libc::dev_t) -> bool {
    let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the path ends with a NUL.
    unsafe { libc::mknod(path.as_ptr(), kind | 0o666, device) == 0 }
}

/// The name of a map refers to its file even if the path of the file was a link, which is not followed later.
#[test]
fn a_file_that_was_mapped_through_a_link_can_be_opened_by_name() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "through a link").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let name = unique("linked");
    let map = MapOptions::new().file_mode(mmf::FileMode::Open).name(&name).map_file(&link).unwrap();
    assert_eq!(map.path(), Some(link.as_path()));
    let other = Map::open(&name).unwrap();
    assert_eq!(other.read_text().unwrap(), "through a link");
    other.replace_text("both").unwrap();
    assert_eq!(map.read_text().unwrap(), "both");
}

#[test]
fn opening_a_named_map_of_a_truncated_file_is_an_error() {
    let _beside = common::beside_others();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), [b'x'; 100]).unwrap();
    let name = unique("cut");
    let map =
        MapOptions::new().file_mode(mmf::FileMode::Open).name(&name).map_file(file.path()).unwrap();
    file.as_file().set_len(99).unwrap();
    assert_fails(Map::open(&name), ErrorKind::Truncated);
    assert_fails(Map::create_or_open(&name, 1), ErrorKind::Truncated);
    file.as_file().set_len(100).unwrap();
    assert_eq!(Map::open(&name).unwrap().capacity(), 100);
    drop(map);
    common::assert_nothing_left(&name);
}
