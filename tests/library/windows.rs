//! What maps are on Windows alone: shared with native programs, guarded by security descriptors,
//! in the kernel's own name spaces.
#![cfg(windows)]
#![allow(unsafe_code, reason = "memory is touched and asked about")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions, Permissions, Rights, TextOptions};

fn text() -> TextOptions<'static> {
    TextOptions::new()
}

/// A native program. It is compiled by whoever runs the tests, since the machine that runs this
/// may have no compiler.
struct Peer {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(words: &[&str]) -> Option<Peer> {
        let Some(program) = std::env::var_os("MMF_WIN32_PEER") else {
            common::not_run(
                "native peer",
                "MMF_WIN32_PEER does not name tests/c/win32_peer.c, compiled",
            );
            return None;
        };
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the native program");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Some(Peer { child, output })
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("listen to the native program");
        line.trim_end().to_owned()
    }

    /// Sends it the line that it waits for, and gives its last word.
    fn end(mut self) -> String {
        let _ = self.child.stdin.take().expect("piped").write_all(b"\n");
        let last = self.hear();
        assert!(self.child.wait().expect("wait for the native program").success(), "{last}");
        last
    }
}

#[test]
fn a_native_program_opens_ours() {
    let _alone = common::alone();
    for name in [unique("native"), format!("Local\\{}", unique("native")), unique("native ä€😀/x")]
    {
        let map = Map::create_new(&name, 5000).unwrap();
        map.replace_text("from us").unwrap();
        let Some(mut peer) = Peer::start(&["open", &name, "from the peer"]) else { return };
        assert_eq!(peer.hear(), format!("{} from us", map.capacity()), "{name}");
        peer.end();
        assert_eq!(map.read_text().unwrap(), "from the peer");
    }
}

#[test]
fn we_open_that_of_a_native_program() {
    let _alone = common::alone();
    let name = unique("native");
    let Some(mut peer) = Peer::start(&["create", &name, "5000", "from the peer"]) else { return };
    assert_eq!(peer.hear(), "ready");
    let map = Map::open(&name).unwrap();
    assert_eq!(map.kind(), Kind::Named);
    assert!(map.capacity() >= 5000);
    assert_eq!(map.read_text().unwrap(), "from the peer");
    map.replace_text("from us").unwrap();
    assert_eq!(Map::create_new(&name, 1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let again = Map::create_or_open(&name, 1).unwrap();
    assert_eq!(again.capacity(), map.capacity());
    drop(again);
    assert_eq!(peer.end(), "from us");
    // The peer is gone, and ours holds the map now.
    assert!(Map::open(&name).is_ok());
    let Some(mut other) = Peer::start(&["create", &name, "64", "from another"]) else { return };
    assert_eq!(other.hear(), "exists");
    assert_eq!(other.hear(), "ready");
    assert_eq!(map.read_text().unwrap(), "from another");
    drop(map);
    other.end();
    assert_eq!(Map::open(&name).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_program_that_is_started_inherits_the_handle_only_when_asked() {
    let _alone = common::alone();
    for inherits in [true, false] {
        let map = MapOptions::new().inheritable(inherits).create_anonymous(64).unwrap();
        map.replace_text("inherited").unwrap();
        assert_eq!(map.is_inheritable(), inherits);
        let handle = common::number(&map).addr().to_string();
        let Some(mut peer) = Peer::start(&["inherited", &handle]) else { return };
        assert_eq!(peer.hear() == "inherited", inherits);
        let _ = peer.child.wait();

        map.set_inheritable(!inherits).unwrap();
        assert_eq!(map.is_inheritable(), !inherits);
        let Some(mut peer) = Peer::start(&["inherited", &handle]) else { return };
        assert_eq!(peer.hear() == "inherited", !inherits);
        let _ = peer.child.wait();
    }
}

#[test]
fn a_name_that_something_else_has_is_not_a_map() {
    let _alone = common::alone();
    let name = unique("event");
    let Some(mut peer) = Peer::start(&["event", &name]) else { return };
    assert_eq!(peer.hear(), "ready");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    for error in [
        Map::open(&name).unwrap_err(),
        Map::create_new(&name, 1).unwrap_err(),
        Map::create_or_open(&name, 1).unwrap_err(),
        MapOptions::new().name(&name).map_file(&path).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotAMap, "{error}");
    }
    peer.end();
    Map::create_new(&name, 1).unwrap();
}

#[test]
fn plain_and_local_names_are_one_and_global_ones_are_apart() {
    let _beside = common::beside_others();
    let name = unique("space");
    let plain = Map::create_new(&name, 64).unwrap();
    plain.replace_text("local").unwrap();
    let local = Map::open(&format!("Local\\{name}")).unwrap();
    assert_eq!(local.read_text().unwrap(), "local");
    let lock = plain.lock_exclusive(Duration::ZERO).unwrap();
    local.replace_text_with("locked together", &text().lock(&lock)).unwrap();
    assert_eq!(local.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
    drop(lock);

    let global = format!("Global\\{name}");
    match Map::create_new(&global, 64) {
        Ok(global) => {
            global.replace_text("global").unwrap();
            assert_eq!(plain.read_text().unwrap(), "locked together");
            let _lock = plain.lock_exclusive(Duration::ZERO).unwrap();
            global.lock_exclusive(Duration::ZERO).expect("a lock of its own");
        }
        // Session 0 has one folder for both; others need a privilege.
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::AccessDenied),
            "{error}"
        ),
    }
}

#[test]
fn names_that_the_kernel_cannot_hold_work_all_the_same() {
    let _alone = common::alone();
    for name in [
        format!("{}\\with\\folders", unique("odd")),
        format!("{}{}", unique("odd"), "a".repeat(1000)),
        format!("{}{}", unique("odd"), "a".repeat(40_000)),
        format!("mmf!{}", unique("odd")),
    ] {
        let map = Map::create_new(&name, 64).unwrap();
        map.replace_text("here").unwrap();
        let mut actor = Actor::start();
        actor.ask(&["open", "m", &name]).unwrap();
        assert_eq!(actor.ask(&["read", "m"]).unwrap(), "here");
    }
}

/// Whether there is memory at an address: asked of the system, since every look through the
/// library is a use.
fn is_taken(address: *const u8) -> bool {
    use windows_sys::Win32::System::Memory as win32;
    let mut facts = win32::MEMORY_BASIC_INFORMATION::default();
    // SAFETY: asks about an address, and fills in a variable of ours.
    unsafe { win32::VirtualQuery(address.cast(), &raw mut facts, size_of_val(&facts)) };
    facts.State == win32::MEM_COMMIT
}

/// All of a map, mapped by the system's own call.
struct Whole(windows_sys::Win32::System::Memory::MEMORY_MAPPED_VIEW_ADDRESS);

impl Whole {
    fn map(map: &Map) -> Whole {
        use windows_sys::Win32::System::Memory as win32;
        // SAFETY: maps a section whose handle is open.
        let view =
            unsafe { win32::MapViewOfFile(common::number(map), win32::FILE_MAP_READ, 0, 0, 0) };
        assert!(!view.Value.is_null());
        Whole(view)
    }

    fn is_taken(&self, offset: usize) -> bool {
        is_taken(self.0.Value.cast::<u8>().wrapping_add(offset))
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // SAFETY: mapped by us, and used no more.
        unsafe { windows_sys::Win32::System::Memory::UnmapViewOfFile(self.0) };
    }
}

#[test]
fn delayed_memory_is_taken_where_it_is_written() {
    let _alone = common::alone();
    let size: u64 = if cfg!(target_pointer_width = "64") { 64 << 30 } else { 64 << 20 };
    let name = unique("delayed");
    let map = MapOptions::new().delay_allocation(true).create_new(&name, size).unwrap();
    assert_eq!(map.capacity(), size);
    assert_eq!(map.content_length().unwrap(), 0);
    map.read_at(&mut [0; 100], 0).unwrap();
    let whole = Whole::map(&map);
    assert!(!whole.is_taken(0), "reading takes nothing");
    map.replace_text("a line").unwrap();
    assert!(whole.is_taken(0));
    assert!(!whole.is_taken(65_536));
    assert_eq!(map.read_text().unwrap(), "a line");

    // Bytes that nobody took are zeros, in the middle of others too.
    let far = size / 2 + 12_345;
    map.write_at(b"far", far).unwrap();
    let mut bytes = [1; 100_000];
    map.read_at(&mut bytes, far - 50_000).unwrap();
    assert_eq!(&bytes[50_000..50_003], b"far");
    assert!(bytes[..50_000].iter().chain(&bytes[50_003..]).all(|byte| *byte == 0));
    assert_eq!(map.content_length().unwrap(), far + 3);

    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    assert_eq!(actor.ask(&["capacity", "m"]).unwrap(), size.to_string());
    assert_eq!(actor.ask(&["read", "m"]).unwrap(), "a linefar");
    actor.ask(&["append", "m", "more"]).unwrap();
    assert_eq!(map.read_text().unwrap(), "a linefar\r\nmore");

    // A view's memory is there before anybody touches it, in whatever way it is made.
    let accesses = [Access::Read, Access::ReadWrite, Access::Write, Access::CopyOnWrite];
    for (number, access) in (1_u64..).zip(accesses) {
        let start = number << 20;
        assert!(!whole.is_taken(start as usize));
        let view = map.view(start + 5, 300_000, access).unwrap();
        // Of a copy the system says that it is taken only once it is one.
        if access != Access::CopyOnWrite {
            assert!(is_taken(view.pointer()) && is_taken(view.pointer().wrapping_add(299_999)));
        }
        assert!(!whole.is_taken(start as usize + 327_680));
        // SAFETY: inside of the view, whose memory must be there: that is what is tested.
        let byte = unsafe { view.pointer().wrapping_add(299_999).read_volatile() };
        assert_eq!(byte, 0);
        if access != Access::Read {
            view.write_at(b"x", 0).unwrap();
            view.write_at(b"\0", 0).unwrap();
        }
    }
}

#[test]
fn a_map_that_was_created_read_only_stays_so_for_everybody() {
    let _beside = common::beside_others();
    let name = unique("read-only");
    let map = MapOptions::new().access(Access::Read).create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    assert_eq!(other.write_at(b"x", 0).unwrap_err().kind(), ErrorKind::ReadOnlyMap);
    assert_eq!(other.view(0, 0, Access::ReadWrite).unwrap_err().kind(), ErrorKind::ReadOnlyMap);
    other.view(0, 0, Access::Read).unwrap();
    assert_eq!(map.view(0, 0, Access::ReadWrite).unwrap_err().kind(), ErrorKind::AccessDenied);
    assert_eq!(other.read_text().unwrap(), "");
}

#[test]
fn every_right_opens_the_map() {
    let _beside = common::beside_others();
    let name = unique("rights");
    let _map = Map::create_new(&name, 64).unwrap();
    for rights in [
        Rights::READ,
        Rights::WRITE,
        Rights::READ_WRITE,
        Rights::COPY_ON_WRITE,
        Rights::DELETE,
        Rights::READ_PERMISSIONS,
        Rights::CHANGE_PERMISSIONS,
        Rights::TAKE_OWNERSHIP,
        Rights::READ | Rights::CHANGE_PERMISSIONS,
    ] {
        let map = MapOptions::new().rights(rights).open(&name);
        let map = map.unwrap_or_else(|error| panic!("{rights:?}: {error}"));
        assert_eq!(map.rights(), rights);
    }
    // A handle for writing alone can append, which has to look where the content ends.
    let writer = MapOptions::new().access(Access::Write).open(&name).unwrap();
    writer.append_text("one").unwrap();
    writer.append_text("two").unwrap();
    assert_eq!(_map.read_text().unwrap(), "one\r\ntwo");
}

#[test]
fn a_security_descriptor_is_given_read_and_changed() {
    let _alone = common::alone();
    let name = unique("sddl");
    let everybody = Permissions::new().sddl("D:(A;;GA;;;WD)");
    let map = MapOptions::new().permissions(everybody).create_new(&name, 64).unwrap();
    let sddl = |map: &Map| map.permissions().unwrap().sddl.unwrap();
    assert!(sddl(&map).contains(";;;WD)"), "{}", sddl(&map));
    map.replace_text("before").unwrap();

    let other = Map::open(&name).unwrap();
    other.set_permissions(&Permissions::new().sddl("D:(A;;GA;;;WD)(A;;GR;;;AU)")).unwrap();
    for map in [&map, &other] {
        assert!(sddl(map).contains(";;;AU)"), "{}", sddl(map));
    }
    // The content lock goes on working, here and elsewhere.
    let mut actor = Actor::start();
    actor.ask(&["open", "m", &name]).unwrap();
    assert_eq!(actor.ask(&["read", "m"]).unwrap(), "before");
    let _lock = map.lock_exclusive(Duration::ZERO).unwrap();
    assert_eq!(actor.ask(&["lock", "m", "0"]).unwrap_err(), "TIMEOUT");

    for bad in ["nonsense", "D:(A;;GA;;;", "D:(A;;GA;;;WD)\0"] {
        let error = map.set_permissions(&Permissions::new().sddl(bad)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        let options = MapOptions::new().permissions(Permissions::new().sddl(bad));
        let error = options.create_new(&unique("sddl"), 64).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let error = map.set_permissions(&Permissions::new().mode(0o600)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported, "{error}");
    let anonymous = MapOptions::new()
        .permissions(Permissions::new().sddl("D:(A;;GA;;;WD)"))
        .create_anonymous(64)
        .unwrap();
    assert!(sddl(&anonymous).contains(";;;WD)"));
}

#[test]
fn an_empty_list_of_rights_shuts_everybody_out() {
    let _beside = common::beside_others();
    let name = unique("shut");
    let nobody = Permissions::new().sddl("D:P");
    let _map = MapOptions::new().permissions(nobody).create_new(&name, 64).unwrap();
    for error in [Map::open(&name).unwrap_err(), Map::create_or_open(&name, 64).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    }
}

#[test]
fn a_file_is_mapped_by_several_and_cannot_be_emptied_meanwhile() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let map = Map::map_file(&path).unwrap();
    assert_eq!(map.capacity(), 7);
    let name = unique("file");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    actor.ask(&["replace", "m", "CONTENT"]).unwrap();
    assert_eq!(map.read_text().unwrap(), "CONTENT");
    map.flush().unwrap();

    let error =
        MapOptions::new().file_mode(FileMode::Create).capacity(10).map_file(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileMapped, "{error}");
    assert!(error.message().contains("mapped"), "{error}");
}

#[test]
fn a_name_that_is_taken_leaves_the_file_as_it_was() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let name = unique("taken");
    let _map = Map::create_new(&name, 64).unwrap();
    let error = MapOptions::new().name(&name).capacity(5000).map_file(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 7);
}

/// Somebody takes the name after the library has looked. By then the file has grown, by the library for private
/// copies, and by the kernel (Wine looks at the name first).
#[test]
fn a_name_that_is_taken_at_the_last_moment_leaves_the_file_as_it_was() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let written = std::fs::metadata(&path).unwrap().modified().unwrap();
    let name = unique("taken");
    let mut refused = 0;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also when this thread panics.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = Stop(&stop);
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = Map::create_new(&name, 64);
            }
        });
        for round in 0..1_000 {
            let access = if round % 2 == 0 { Access::CopyOnWrite } else { Access::ReadWrite };
            let options = MapOptions::new().access(access).name(&name).capacity(5_000);
            let made = options.map_file(&path);
            let found = std::fs::metadata(&path).unwrap();
            match made {
                Ok(map) => {
                    assert_eq!(found.len(), 5_000);
                    drop(map);
                    // As it was, for the next round.
                    let file = std::fs::File::options().write(true).open(&path).unwrap();
                    while file.set_len(7).is_err() {
                        // The other thread just finds the name taken, and holds the map for that moment.
                        std::thread::yield_now();
                    }
                    file.set_modified(written).unwrap();
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
                    refused += 1;
                    assert_eq!((found.len(), found.modified().unwrap()), (7, written));
                }
            }
        }
    });
    assert!(refused > 0, "the name was never taken");
    assert_eq!(&std::fs::read(&path).unwrap()[..7], b"content");
}

/// Makes a link to a file that exists, by whatever way there is: Wine has no call for it, but starts programs of the
/// system below, and does not tell when they end.
fn symlink(target: &Path, link: &Path) -> bool {
    let _ = std::os::windows::fs::symlink_file(target, link);
    if link.exists() {
        return true;
    }
    let below = |path: &Path| Some(path.to_str()?.strip_prefix("Z:")?.replace('\\', "/"));
    let (Some(below_target), Some(below_link)) = (below(target), below(link)) else { return false };
    let _ = Command::new("Z:\\bin\\ln").arg("-s").args([below_target, below_link]).status();
    for _ in 0..1_000 {
        if link.exists() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn a_link_to_a_file_that_does_not_exist_creates_that_file() {
    let _alone = common::alone();
    let place = if Path::new("Z:\\tmp").is_dir() { "Z:\\tmp".into() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(place).unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "").unwrap();
    if !symlink(&target, &link) {
        return common::not_run("links on Windows", "this user may not make them");
    }
    std::fs::remove_file(&target).unwrap();
    let map = |mode: FileMode, capacity: u64| {
        MapOptions::new().file_mode(mode).capacity(capacity).map_file(&link)
    };
    assert_eq!(map(FileMode::Open, 100).unwrap_err().kind(), ErrorKind::NotFound);
    for mode in [FileMode::Create, FileMode::OpenOrCreate] {
        assert_eq!(map(mode, 100).unwrap().capacity(), 100, "{mode:?}");
        assert_eq!(std::fs::metadata(&target).unwrap().len(), 100, "{mode:?}");
        std::fs::remove_file(&target).unwrap();
        // A call that fails takes back what it created. Wine does not tell that a link is one.
        assert_eq!(map(mode, 0).unwrap_err().kind(), ErrorKind::InvalidArgument, "{mode:?}");
        assert!(!target.exists() || !link.is_symlink(), "{mode:?}");
        let _ = std::fs::remove_file(&target);
    }
    // Wine removes a folder only if no link in it leads nowhere.
    std::fs::write(&target, "").unwrap();
    std::fs::remove_file(&link).unwrap();
}

/// Takes a privilege from this process for good.
fn give_up_privilege(name: &str) {
    use windows_sys::Win32::Security as win32;
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut wanted = win32::TOKEN_PRIVILEGES { PrivilegeCount: 1, ..Default::default() };
    wanted.Privileges[0].Attributes = win32::SE_PRIVILEGE_REMOVED;
    let luid = &raw mut wanted.Privileges[0].Luid;
    // SAFETY: the name ends with a NUL, and the number goes to a variable of ours.
    let found = unsafe { win32::LookupPrivilegeValueW(std::ptr::null(), name.as_ptr(), luid) };
    assert_ne!(found, 0);
    let mut token = std::ptr::null_mut();
    // SAFETY: gives a constant that stands for this process.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: the handle goes to a variable of ours.
    let opened =
        unsafe { OpenProcessToken(process, win32::TOKEN_ADJUST_PRIVILEGES, &raw mut token) };
    assert_ne!(opened, 0);
    // SAFETY: the token was just opened for this, and the structure has the one entry that it counts.
    unsafe {
        win32::AdjustTokenPrivileges(
            token,
            0,
            &raw const wanted,
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
}

#[test]
fn the_right_to_audit_rules_takes_a_privilege() {
    let _beside = common::beside_others();
    let name = unique("audit");
    let list = Permissions::new().sddl("D:(A;;GA;;;WD)");
    let map = MapOptions::new().permissions(list).create_new(&name, 64).unwrap();
    map.replace_text("here").unwrap();
    give_up_privilege("SeSecurityPrivilege");
    let rights = Rights::READ | Rights::ACCESS_SYSTEM_SECURITY;
    let error = MapOptions::new().rights(rights).open(&name).unwrap_err();
    // Wine knows no other word for it.
    assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::AccessDenied), "{error}");
    assert_eq!(
        MapOptions::new().rights(Rights::READ).open(&name).unwrap().read_text().unwrap(),
        "here"
    );
}

#[test]
fn the_name_and_the_path_of_a_file_lead_to_one_content_lock() {
    let _alone = common::alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let name = unique("both");
    let mut actor = Actor::start();
    actor.ask(&["map_file", "m", path.to_str().unwrap(), &name]).unwrap();
    let by_name = Map::open(&name).unwrap();
    assert_eq!((by_name.kind(), by_name.capacity()), (Kind::NamedFile, 7));
    let shown = std::fs::canonicalize(by_name.path().unwrap()).unwrap();
    assert_eq!(shown, std::fs::canonicalize(&path).unwrap());
    let by_path = Map::map_file(&path).unwrap();
    let lock = by_name.lock_exclusive(Duration::ZERO).unwrap();
    assert_eq!(by_path.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(actor.ask(&["lock", "m", "0"]).unwrap_err(), "TIMEOUT");
    by_path.replace_text_with("locked", &text().lock(&lock)).unwrap();
    by_name.flush().unwrap();

    let error = by_name.save_with(&path, &mmf::SaveOptions::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[test]
fn what_lives_is_listed() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "content").unwrap();
    let (name, file) = (format!("{}\\x", unique("list")), unique("list"));
    let map = Map::create_new(&name, 5000).unwrap();
    let _file = MapOptions::new().name(&file).map_file(&path).unwrap();
    let found = mmf::list().unwrap();
    let find = |name: &str| found.iter().find(|it| it.name == name).expect("it lives").clone();
    assert_eq!((find(&name).kind, find(&name).capacity), (Kind::Named, map.capacity()));
    assert_eq!((find(&file).kind, find(&file).capacity), (Kind::NamedFile, 7));
    assert_eq!(
        std::fs::canonicalize(find(&file).path.unwrap()).unwrap(),
        std::fs::canonicalize(&path).unwrap()
    );
    drop(map);
    assert!(!mmf::list().unwrap().iter().any(|it| it.name == name));
}

#[test]
fn views_begin_anywhere() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(300_000).unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    map.write_at(&bytes, 0).unwrap();
    for (offset, size) in [(0, 1), (1, 65_535), (65_535, 2), (65_536, 65_537), (131_071, 168_929)] {
        for access in [Access::Read, Access::ReadWrite, Access::CopyOnWrite] {
            let view = map.view(offset, size, access).unwrap();
            let mut seen = vec![0; size as usize];
            view.read_at(&mut seen, 0).unwrap();
            assert_eq!(seen, bytes[offset as usize..(offset + size) as usize], "{offset} {size}");
            view.flush().unwrap();
        }
    }
    let empty = map.view(map.capacity(), 0, Access::ReadWrite).unwrap();
    assert_eq!(empty.len(), 0);
    empty.flush().unwrap();
}

#[test]
fn pages_that_are_for_reading_cannot_be_written() {
    let _beside = common::beside_others();
    use windows_sys::Win32::System::Memory as win32;
    let map = MapOptions::new().access(Access::ReadWriteExecute).create_anonymous(200_000).unwrap();
    for (access, protection) in [
        (Access::Read, win32::PAGE_READONLY),
        (Access::ReadWrite, win32::PAGE_READWRITE),
        (Access::Write, win32::PAGE_READWRITE),
        (Access::CopyOnWrite, win32::PAGE_WRITECOPY),
        (Access::ReadExecute, win32::PAGE_EXECUTE_READ),
        (Access::ReadWriteExecute, win32::PAGE_EXECUTE_READWRITE),
    ] {
        let view = map.view(70_000, 10, access).unwrap();
        let mut facts = win32::MEMORY_BASIC_INFORMATION::default();
        let room = size_of_val(&facts);
        // SAFETY: asks about an address, and fills in a variable of ours.
        unsafe { win32::VirtualQuery(view.pointer().cast(), &raw mut facts, room) };
        assert_eq!(facts.Protect, protection, "{access:?}");
    }
}

#[test]
fn saving_keeps_what_the_target_is_and_what_it_must_not_lose() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved");
    let map = MapOptions::new().create_anonymous(64).unwrap();
    map.replace_text("new").unwrap();
    let save = mmf::SaveOptions::new().part(mmf::SavePart::Text);
    map.save_with(&path, &save).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");

    std::fs::write(&path, "old").unwrap();
    let error = map.save_with(&path, &save.clone().keep_existing(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let mut flags = std::fs::metadata(&path).unwrap().permissions();
    flags.set_readonly(true);
    std::fs::set_permissions(&path, flags.clone()).unwrap();
    let error = map.save_with(&path, &save).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    map.save_with(&path, &save.clone().force(true)).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert!(std::fs::metadata(&path).unwrap().permissions().readonly());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

    #[allow(clippy::permissions_set_readonly_false, reason = "the folder is to be removed")]
    flags.set_readonly(false);
    std::fs::set_permissions(&path, flags).unwrap();
}

/// A handle of .NET's `MemoryMappedFile`, or of any program, is as good as a name.
#[test]
fn a_section_of_somebody_else_is_the_same_memory_under_the_same_lock() {
    let _beside = common::beside_others();
    for name in [Some(unique("section")), None] {
        let original = match &name {
            Some(name) => Map::create_new(name, 5000).unwrap(),
            None => MapOptions::new().create_anonymous(5000).unwrap(),
        };
        let section = || original.duplicate_descriptor().unwrap();
        let map = MapOptions::new().map_descriptor(section()).unwrap();
        assert_eq!(map.capacity(), original.capacity());
        assert_eq!(map.kind(), original.kind());
        original.replace_text("one").unwrap();
        map.append_text("two").unwrap();
        assert_eq!(original.read_text().unwrap(), "one\r\ntwo");
        if name.is_some() {
            let _held = original.lock_exclusive(Duration::ZERO).unwrap();
            let refused = map.lock_exclusive(Duration::ZERO).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Timeout);
        }
        let larger = MapOptions::new().capacity(1 << 20).map_descriptor(section()).unwrap_err();
        assert_eq!(larger.kind(), ErrorKind::OutOfRange);
        let named = MapOptions::new().name("another").map_descriptor(section()).unwrap_err();
        assert_eq!(named.kind(), ErrorKind::NotSupported);
    }
}

#[test]
fn a_section_of_a_file_is_locked_like_its_file() {
    let _beside = common::beside_others();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, [0; 100]).unwrap();
    let original = Map::map_file(&path).unwrap();
    let section = original.duplicate_descriptor().unwrap();
    let map = MapOptions::new().map_descriptor(section).unwrap();
    assert_eq!((map.kind(), map.capacity()), (Kind::File, 100));
    let _held = original.lock_exclusive(Duration::ZERO).unwrap();
    assert_eq!(map.lock_exclusive(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
}
