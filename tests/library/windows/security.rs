//! Rights to a map: access modes, security descriptors and privileges.

use std::time::Duration;

use crate::common;
use common::process::Actor;
use common::unique;
use mmf::{Access, ErrorKind, Map, MapOptions, Permissions, Rights};

#[test]
fn a_map_that_was_created_read_only_is_read_only_for_everyone() {
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
fn a_map_can_be_opened_with_every_right() {
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
    // A handle for writing can append, although the library has to read the end of the content.
    let writer = MapOptions::new().access(Access::Write).open(&name).unwrap();
    writer.append_text("one").unwrap();
    writer.append_text("two").unwrap();
    assert_eq!(_map.read_text().unwrap(), "one\r\ntwo");
}

#[test]
fn a_security_descriptor_can_be_set_read_and_changed() {
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
    // The content lock still works, in this process and in others.
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
fn an_empty_list_of_rights_denies_everyone_access() {
    let _beside = common::beside_others();
    let name = unique("shut");
    let nobody = Permissions::new().sddl("D:P");
    let _map = MapOptions::new().permissions(nobody).create_new(&name, 64).unwrap();
    for error in [Map::open(&name).unwrap_err(), Map::create_or_open(&name, 64).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    }
}

/// Removes a privilege from this process for good.
fn remove_privilege(name: &str) {
    use windows_sys::Win32::Security as win32;
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut wanted = win32::TOKEN_PRIVILEGES { PrivilegeCount: 1, ..Default::default() };
    wanted.Privileges[0].Attributes = win32::SE_PRIVILEGE_REMOVED;
    let luid = &raw mut wanted.Privileges[0].Luid;
    // SAFETY: the name ends with a NUL, and the number is written into the variable.
    let found = unsafe { win32::LookupPrivilegeValueW(std::ptr::null(), name.as_ptr(), luid) };
    assert_ne!(found, 0);
    let mut token = std::ptr::null_mut();
    // SAFETY: returns a constant that stands for this process.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: the handle is written into the variable.
    let opened =
        unsafe { OpenProcessToken(process, win32::TOKEN_ADJUST_PRIVILEGES, &raw mut token) };
    assert_ne!(opened, 0);
    // SAFETY: the token is open for this, and the structure has one entry, as its count says.
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
fn the_right_to_audit_rules_needs_a_privilege() {
    let _beside = common::beside_others();
    let name = unique("audit");
    let list = Permissions::new().sddl("D:(A;;GA;;;WD)");
    let map = MapOptions::new().permissions(list).create_new(&name, 64).unwrap();
    map.replace_text("here").unwrap();
    remove_privilege("SeSecurityPrivilege");
    let rights = Rights::READ | Rights::ACCESS_SYSTEM_SECURITY;
    let error = MapOptions::new().rights(rights).open(&name).unwrap_err();
    // Wine reports another error.
    assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::AccessDenied), "{error}");
    assert_eq!(
        MapOptions::new().rights(Rights::READ).open(&name).unwrap().read_text().unwrap(),
        "here"
    );
}
