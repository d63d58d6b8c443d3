//! Objects that are not trusted are not opened more often than necessary. The tests count how often.

use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};

#[cfg(not(mmf_backend = "portable"))]
use common::lock_bytes::{CONTENT, GATE, PRESENCE, lock};

use super::*;

/// The largest number of tries in 200 ms. The pauses between tries grow to 2 ms.
const SHORT: usize = 3 + 8 + 100;
/// How often the portable back end opens an object in each try.
const PER_TRY: usize = 3;

/// Counts how often a file is opened.
struct Opens(fs::File);

impl Opens {
    fn of(path: &Path) -> Opens {
        let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
        assert!(fd >= 0, "inotify");
        // SAFETY: the path ends with a NUL. Closing is watched, too, because inotify would merge two openings in a
        // row.
        let added =
            unsafe { libc::inotify_add_watch(fd, path.as_ptr(), libc::IN_OPEN | libc::IN_CLOSE) };
        assert!(added >= 0, "inotify");
        // SAFETY: the descriptor is new, and has no other owner.
        Opens(unsafe { fs::File::from_raw_fd(fd) })
    }

    /// Waits for the next event, with a limit.
    fn wait(&self) {
        let mut event = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the kernel reads and writes one structure.
        let events = unsafe { libc::poll(&raw mut event, 1, 60_000) };
        assert_eq!(events, 1, "the file is not opened any more");
    }

    /// How often the file was opened since the last call.
    fn count(&mut self) -> usize {
        let mut bytes = vec![0; 1 << 20];
        let length = self.0.read(&mut bytes).unwrap_or(0);
        // An event of a file has no name, so it has 16 bytes. The second four are the mask.
        let masks = bytes[..length].chunks_exact(16).map(|event| event[4..8].try_into().unwrap());
        masks.filter(|mask| u32::from_ne_bytes(*mask) & libc::IN_OPEN != 0).count()
    }
}

#[test]
fn a_foreign_object_of_size_0_is_busy_after_a_moment() {
    let _beside = common::beside_others();
    let name = unique("empty");
    let place = common::seen(&name).unwrap();
    fs::write(&place, "").unwrap();
    for open in [Map::open, |name: &str| Map::create_or_open(name, 64)] {
        let mut opens = Opens::of(&place);
        let error = assert_fails(open(&name), ErrorKind::Busy);
        assert!(error.message().contains("size"), "{error}");
        let count = opens.count();
        assert!((2..=SHORT * PER_TRY).contains(&count), "{count} opens");
    }
    assert_fails(
        Map::create_new(&name, 64),
        if cfg!(mmf_backend = "portable") { ErrorKind::AlreadyExists } else { ErrorKind::Busy },
    );
    assert!(place.exists(), "the foreign object was removed");
    fs::remove_file(&place).unwrap();
}

#[test]
fn a_waiting_open_returns_a_foreign_object_when_it_has_a_size() {
    let _alone = common::alone();
    let name = unique("later");
    let place = common::seen(&name).unwrap();
    fs::write(&place, "").unwrap();
    let mut waiting = Actor::start();
    let mut opens = Opens::of(&place);
    waiting.say(&["open_waiting", "m", &name, "600"]);
    // More tries than those of a call that does not wait.
    let mut tries = 0;
    while tries <= SHORT * PER_TRY {
        opens.wait();
        tries += opens.count();
    }
    fs::write(&place, "there").unwrap();
    assert_eq!(waiting.hear(), "ok\t");
    assert_eq!(waiting.ask(&["read", "m"]).unwrap(), "there");
    fs::remove_file(&place).unwrap();
}

#[test]
fn a_file_that_replaced_the_file_of_a_map_is_not_opened() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("file"), folder.path().join("moved"));
    for what in ["link", "pipe", "device", "file"] {
        fs::write(&path, "the file").unwrap();
        let name = unique("place");
        let map = MapOptions::new();
        let map = map.clone().file_mode(mmf::FileMode::Open).name(&name).map_file(&path).unwrap();
        fs::rename(&path, &moved).unwrap();
        match what {
            // Even a link to the file itself, because the owner of the link can change it.
            "link" => std::os::unix::fs::symlink(&moved, &path).unwrap(),
            "pipe" => create_node(&path, libc::S_IFIFO, 0),
            "device" => {
                if !try_create_node(&path, libc::S_IFCHR, libc::makedev(1, 3)) {
                    common::not_run("trust: devices", "only root can create a device");
                    continue;
                }
            }
            _ => fs::write(&path, "another").unwrap(),
        }
        let mut opens = Opens::of(&path);
        assert_fails(Map::open(&name), ErrorKind::FileReplaced);
        assert_eq!(opens.count(), 0, "{what}");
        fs::remove_file(&path).unwrap();
        fs::rename(&moved, &path).unwrap();
        assert_eq!(Map::open(&name).unwrap().read_text().unwrap(), "the file");
        drop(map);
        common::assert_nothing_left(&name);
    }
}

/// Neither the size nor the locks of an untrusted object delay the error.
#[test]
#[cfg(not(mmf_backend = "portable"))]
fn an_untrusted_owner_cannot_delay_the_error() {
    let _alone = common::alone();
    let users = Users::new();
    let Some(mut alice) = Actor::start_as(users.alice, "trust: waiting") else { return };
    for what in ["empty", "marked and empty", "gate", "empty, and gate for reading"] {
        let name = unique("waiting");
        let place = common::seen(&name).unwrap();
        create_object(&place, users.mallory, if what == "gate" { b"bytes" } else { b"" });
        if what != "empty" {
            fs::set_permissions(&place, fs::Permissions::from_mode(0o1666)).unwrap();
        }
        let holder = fs::OpenOptions::new().read(true).write(true).open(&place).unwrap();
        match what {
            "gate" => lock(&holder, libc::F_WRLCK, GATE),
            "empty, and gate for reading" => lock(&holder, libc::F_RDLCK, GATE),
            _ => {}
        }
        // An object with the mark and without a holder is dead, but Alice may not remove it.
        let (opening, creating) = match what {
            "marked and empty" => ("NOT_FOUND", "ACCESS_DENIED"),
            _ => ("ACCESS_DENIED", "ALREADY_EXISTS"),
        };
        for (command, status) in [
            (&["open", "m", &name][..], opening),
            (&["create_or_open", "m", &name, "64"], "ACCESS_DENIED"),
            (&["create", "m", &name, "64"], creating),
        ] {
            let mut opens = Opens::of(&place);
            let case = format!("{what}: {}", command[0]);
            assert_eq!(alice.ask(command), Err(status.to_owned()), "{case}");
            let count = opens.count();
            let most = if what == "empty" { 1 } else { SHORT * PER_TRY };
            assert!((1..=most).contains(&count), "{case}: {count} opens");
        }
        fs::remove_file(&place).unwrap();
    }
}

/// As documented, a process that may only read a map can delay writers and keep the name, but nothing more.
#[test]
#[cfg(not(mmf_backend = "portable"))]
fn a_reader_can_delay_writers_and_the_removal_of_a_name() {
    let _beside = common::beside_others();
    let name = unique("reader");
    let place = common::seen(&name).unwrap();
    let shared = mmf::Permissions::new().mode(0o644);
    let map = MapOptions::new().permissions(shared).create_new(&name, 64).unwrap();
    map.replace_text("read me").unwrap();
    // The file is open for reading, so the kernel grants only read locks.
    let reader = fs::File::open(&place).unwrap();
    for byte in [CONTENT, GATE] {
        lock(&reader, libc::F_RDLCK, byte);
    }
    let now = common::text().timeout(std::time::Duration::ZERO);
    assert_fails(map.replace_text_with("later", &now), ErrorKind::Timeout);
    assert_eq!(map.read_text_with(&now).unwrap(), "read me");
    assert_eq!(Map::open(&name).unwrap().read_text_with(&now).unwrap(), "read me");
    drop(map);
    assert!(place.exists(), "the object was removed although the gate is locked");
    drop(reader);
    assert_fails(Map::open(&name), ErrorKind::NotFound);
    common::assert_nothing_left(&name);
}

/// Records of named file maps, which contain the path of the file.
#[cfg(not(mmf_backend = "portable"))]
mod records {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    /// The text of a record for the file at a path.
    fn record_of(path: &Path, capacity: u64) -> String {
        let target = fs::symlink_metadata(path).unwrap();
        format!("mmf-file 1\n{} {} 0 {capacity}\n{}", target.dev(), target.ino(), path.display())
    }

    /// Creates a living record of a user with this text. It lives while the returned file is open.
    fn forge(place: &Path, owner: u32, mode: u32, text: &str) -> fs::File {
        create_object(place, owner, text.as_bytes());
        fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
        let file = fs::File::open(place).unwrap();
        lock(&file, libc::F_RDLCK, PRESENCE);
        file
    }

    #[test]
    fn a_record_of_another_user_is_not_followed() {
        let _alone = common::alone();
        let users = Users::new();
        let Some(mut alice) = Actor::start_as(users.alice, "trust: records") else { return };
        let mut root = Actor::start();
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        chown(&precious, Some(users.alice), None).unwrap();
        let name = unique("planted");
        let place = common::seen(&name).unwrap();
        let record = forge(&place, users.mallory, 0o1766, &record_of(&precious, 8));
        for victim in [&mut alice, &mut root] {
            for trust in ["trust root", "trust all", &format!("trust {}", users.mallory)] {
                let mut opens = Opens::of(&precious);
                for command in
                    [&["open", "m", &name, trust][..], &["create_or_open", "m", &name, "8", trust]]
                {
                    assert_eq!(victim.ask(command), Err("ACCESS_DENIED".to_owned()), "{trust}");
                    let message = victim.ask(&["message"]).unwrap();
                    assert!(message.contains(&format!("uid {}", users.mallory)), "{message}");
                }
                assert_eq!(opens.count(), 0, "the file was opened");
            }
            let listed = victim.ask(&["listed", &name]).unwrap();
            let owner = Some(users.mallory);
            assert_eq!(listed, format!("owner {owner:?} trusted false path None"));
        }
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        drop(record);
        fs::remove_file(&place).unwrap();
    }

    /// Permissions for the file do not permit changing the record, which contains its path.
    #[test]
    fn sharing_a_file_map_does_not_share_its_record() {
        let _alone = common::alone();
        let users = Users::new();
        let Some(mut alice) = Actor::start_as(users.alice, "trust: shared files") else {
            return;
        };
        let file = tempfile::NamedTempFile::new_in("/tmp").unwrap();
        fs::write(file.path(), [0; 64]).unwrap();
        let name = unique("shared");
        let place = common::seen(&name).unwrap();
        let map = MapOptions::new();
        let map = map.name(&name).map_file(file.path()).unwrap();
        assert_eq!(alice.ask(&["open", "m", &name]), Err("ACCESS_DENIED".to_owned()));
        map.set_permissions(&mmf::Permissions::new().mode(0o666)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(file.path()), mode(&place)), (0o666, 0o1744));
        // The map of root is trusted. It can be written although its record cannot.
        map.replace_text("root").unwrap();
        alice.ask(&["open", "m", &name]).unwrap();
        alice.ask(&["append", "m", "alice"]).unwrap();
        assert_eq!(map.read_text().unwrap(), "root\r\nalice");
        drop(map);
        assert_eq!(alice.ask(&["read", "m"]).unwrap(), "root|alice");
        alice.ask(&["close", "m"]).unwrap();
        // Alice may not remove the record. A process that may removes it.
        assert_eq!(alice.ask(&["open", "m", &name]), Err("NOT_FOUND".to_owned()));
        assert_fails(Map::open(&name), ErrorKind::NotFound);
        common::assert_nothing_left(&name);
    }

    /// A `chmod` of the object can permit others to write the record.
    #[test]
    fn a_record_that_others_can_write_is_not_followed() {
        let _beside = common::beside_others();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), [b'x'; 64]).unwrap();
        let name = unique("writable");
        let place = common::seen(&name).unwrap();
        let map = MapOptions::new().name(&name).map_file(file.path()).unwrap();
        let listed = || mmf::list().unwrap().into_iter().find(|it| it.name == name).unwrap();
        for mode in [0o1720, 0o1702, 0o1766] {
            fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
            let mut opens = Opens::of(file.path());
            for refused in [Map::open(&name), Map::create_or_open(&name, 64)] {
                let error = refused.expect_err("others can write the record");
                assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
                assert!(error.message().contains(&*place.to_string_lossy()), "{error}");
            }
            assert_fails(Map::create_new(&name, 64), ErrorKind::AlreadyExists);
            assert_eq!(opens.count(), 0, "{mode:o}: the file was opened");
            let listed = listed();
            assert!(!listed.trusted && listed.path.is_none(), "{mode:o}: {listed:?}");
        }
        fs::set_permissions(&place, fs::Permissions::from_mode(0o1744)).unwrap();
        assert!(listed().trusted);
        assert_eq!(Map::open(&name).unwrap().capacity(), map.capacity());
        drop(map);
        common::assert_nothing_left(&name);
    }

    /// Even a record of the current user does not permit opening every file: its text may be old, and its path may now
    /// belong to another file.
    #[test]
    fn a_record_opens_only_the_file_that_it_names() {
        let _beside = common::beside_others();
        // SAFETY: returns a number.
        let user = unsafe { libc::geteuid() };
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), [b'x'; 53]).unwrap();
        fs::write(at("other"), [b'y'; 53]).unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        create_node(&at("pipe"), libc::S_IFIFO, 0);
        let mut cases = vec![
            (record_of(&at("file"), 53), Ok(53)),
            (record_of(&at("file"), 20), Ok(20)),
            (record_of(&at("file"), 54), Err(ErrorKind::Truncated)),
            (record_of(&at("file"), 65_536), Err(ErrorKind::Truncated)),
            (record_of(&at("file"), 0), Err(ErrorKind::NotAMap)),
            (
                record_of(&at("file"), 53).replace(folder.path().to_str().unwrap(), "."),
                Err(ErrorKind::NotAMap),
            ),
            (record_of(&at("folder"), 53), Err(ErrorKind::FileReplaced)),
            (record_of(&at("pipe"), 53), Err(ErrorKind::FileReplaced)),
            // The inode of the link, and that of its target.
            (record_of(&at("link"), 53), Err(ErrorKind::FileReplaced)),
            (record_of(&at("file"), 53).replace("/file", "/link"), Err(ErrorKind::FileReplaced)),
            (record_of(&at("file"), 53).replace("/file", "/pipe"), Err(ErrorKind::FileReplaced)),
            (record_of(&at("file"), 53).replace("/file", "/none"), Err(ErrorKind::FileReplaced)),
            (record_of(&at("other"), 53).replace("/other", "/file"), Err(ErrorKind::FileReplaced)),
            (
                record_of(&at("file"), 53).replace("/file", "/file/none"),
                Err(ErrorKind::FileReplaced),
            ),
        ];
        if user == ROOT && try_create_node(&at("device"), libc::S_IFCHR, libc::makedev(1, 3)) {
            cases.push((record_of(&at("device"), 53), Err(ErrorKind::FileReplaced)));
        } else {
            common::not_run("trust: records of devices", "only root can create a device");
        }
        for (record, expected) in cases {
            let name = unique("record");
            let place = common::seen(&name).unwrap();
            let holder = forge(&place, user, 0o1700, &record);
            let never = ["folder", "pipe", "device"].map(at);
            let opens: Vec<Opens> =
                never.iter().filter(|it| it.exists()).map(|it| Opens::of(it)).collect();
            let opened = Map::open(&name);
            for mut opens in opens {
                assert_eq!(opens.count(), 0, "{record}: something other than a file was opened");
            }
            match expected {
                Ok(capacity) => {
                    let map = opened.unwrap();
                    assert_eq!(map.capacity(), capacity, "{record}");
                    // The text has exactly the capacity of the map.
                    let read = map.read_text().unwrap();
                    assert_eq!(read.len() as u64, capacity, "{record}");
                }
                Err(status) => {
                    assert_fails(opened, status);
                }
            }
            drop(holder);
            assert_fails(Map::open(&name), ErrorKind::NotFound);
            common::assert_nothing_left(&name);
        }
    }
}

/// Without /proc, the library opens the file in another way, with the same results.
#[test]
#[cfg(not(mmf_backend = "portable"))]
fn without_proc_a_record_opens_only_the_file_that_it_names() {
    let _alone = common::alone();
    use common::again::{again_by, assert_succeeded, own};
    const TEST: &str = "trust::counted::records::a_record_opens_only_the_file_that_it_names";
    let hidden = "mount -t tmpfs none /proc && exec \"$0\" \"$@\"";
    let program = ["unshare", "--mount", "sh", "-c", hidden];
    let can = std::process::Command::new(program[0]).args(&program[1..]).arg("true").output();
    if !can.is_ok_and(|output| output.status.success()) {
        common::not_run(
            "trust: records without /proc",
            "this process cannot create mount namespaces",
        );
        return;
    }
    assert_succeeded(&again_by(&program, &own(), TEST, "without /proc").output().unwrap());
}

/// In a user namespace, all unknown users have the same number.
#[test]
#[cfg(not(mmf_backend = "portable"))]
fn a_user_that_the_namespace_does_not_know_is_another_user() {
    let _alone = common::alone();
    use common::again::{again_by, assert_succeeded, own, part};
    const TEST: &str = "trust::counted::a_user_that_the_namespace_does_not_know_is_another_user";
    if let Some(name) = part() {
        let error = assert_fails(Map::open(&name), ErrorKind::AccessDenied);
        assert!(error.message().contains("user namespace"), "{error}");
        let theirs = TrustedOwner::User(65_534);
        let named = MapOptions::new().trusted_owner(theirs).open(&name);
        assert_fails(named, ErrorKind::AccessDenied);
        MapOptions::new().trusted_owner(TrustedOwner::Anyone).open(&name).unwrap();
        return;
    }
    let program = ["unshare", "--user"];
    let can = std::process::Command::new(program[0]).args([program[1], "true"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        common::not_run("trust: user namespaces", "this process cannot create user namespaces");
        return;
    }
    let name = unique("space");
    let _map = Map::create_new(&name, 64).unwrap();
    assert_succeeded(&again_by(&program, &own(), TEST, &name).output().unwrap());
}
