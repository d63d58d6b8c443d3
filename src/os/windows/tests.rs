//! Maps as a whole: what is asked here concerns several files.

use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;
use windows_sys::Win32::Storage::FileSystem::WRITE_DAC;
use windows_sys::Win32::System::Memory::FILE_MAP_READ;

use super::contents::contents_of;
use super::name::SectionName;
use super::object::Object;
use super::section;
use super::security::{Descriptor, LOCK_RIGHTS};
use super::signal::{self, WORD_RIGHTS};
use super::watch::Watch;
use crate::access::Rights;
use crate::event::Event;
use crate::lock_mode::{LockMode, LockOwner};
use crate::name::Name;
use crate::os::generations;
use crate::request::Request;
use crate::security::{Permissions, TrustedOwner};
use crate::time::Deadline;

fn request(capacity: u64, delayed: bool) -> Request {
    Request {
        capacity,
        rights: Rights::READ_WRITE,
        delayed,
        inheritable: false,
        permissions: Permissions::default(),
        trusted_owner: TrustedOwner::SelfAndRoot,
    }
}

#[test]
fn a_section_that_may_not_be_asked_is_looked_at() {
    for (number, delayed) in [false, true].into_iter().enumerate() {
        let name = format!("mmf-unit-facts-{}-{number}", std::process::id());
        let name = Name::new(&name).expect("a valid name");
        let map = Object::create_new(&name, &request(100_000, delayed)).expect("a new map");
        map.write_at(70_000, b"x").expect("write");
        let name = SectionName::of(&name);
        let reader = section::open(&name, FILE_MAP_READ, false).expect("open");
        assert!(section::query(reader.as_handle()).is_err(), "it has no right to ask");
        let contents = contents_of(reader.as_handle()).expect("look");
        assert_eq!((contents.size, contents.file), (map.capacity(), false));
    }
}

/// The rights in an object's list.
fn masks_of(object: BorrowedHandle<'_>) -> Vec<u32> {
    Descriptor::of(object, DACL_SECURITY_INFORMATION).expect("its maker may look").masks()
}

#[test]
fn what_tells_of_changes_is_for_whom_the_map_is_for() {
    let name = format!("mmf-unit-users-{}", std::process::id());
    let name = Name::new(&name).expect("a valid name");
    let mut request = request(64, false);
    request.permissions = Permissions::new().sddl("D:(A;;GR;;;AU)(A;;GA;;;WD)(A;;RC;;;BG)");
    let map = Object::create_new(&name, &request).expect("a new map");
    let signal = map.signal_to_watch().expect("its creator may make it");
    assert_eq!(masks_of(signal.section()), [WORD_RIGHTS, WORD_RIGHTS | WRITE_DAC, 0]);
    let event = generations::Shared::event(&*signal, 1).expect("an event");
    let looked = signal::tests::look_at_event(&signal, 1).expect("it is there");
    assert_eq!(masks_of(looked.as_handle()), [0x10_0002, 0x10_0002 | WRITE_DAC, 0]);
    drop(event);

    map.set_permissions(&Permissions::new().sddl("D:(A;;GR;;;BG)(A;;GA;;;WD)"))
        .expect("its creator may");
    assert_eq!(masks_of(signal.section()), [WORD_RIGHTS, WORD_RIGHTS | WRITE_DAC]);
}

#[test]
fn a_change_that_was_cut_off_is_told_by_the_next_who_has_the_lock() {
    let name = format!("mmf-unit-cut-{}", std::process::id());
    let name = Name::new(&name).expect("a valid name");
    let map = Arc::new(Object::create_new(&name, &request(64, false)).expect("a new map"));
    let writer = Object::open(&name, &request(0, false).opening()).expect("open");
    let take = |object: &Object| {
        let now = Deadline::after(Duration::ZERO);
        let taken = object.lock(LockMode::Exclusive, LockOwner::ThisThread, now);
        taken.expect("a lock").expect("nobody has it")
    };
    let watch = Watch::new(&map).expect("a watch");
    let told = || watch.wait(Some(Duration::ZERO)).expect("a wait");
    let guard = take(&writer);
    let change = writer.change(&guard).expect("a change");
    change.write(0, b"half").expect("written");
    std::mem::forget(change);
    drop(guard);
    assert_eq!(told(), Event::TimedOut);
    drop(take(&map));
    assert_eq!(told(), Event::Changed);
    drop(take(&map));
    assert_eq!(told(), Event::TimedOut, "told once");
}

#[test]
fn the_lock_of_a_map_is_for_whom_the_map_is_for() {
    let mut request = request(64, false);
    request.permissions = Permissions::new().sddl("D:(A;;GR;;;AU)(A;;GA;;;WD)(A;;RC;;;BG)");
    let map = Object::anonymous(&request).expect("a new map");
    let lock = map.users(LOCK_RIGHTS).expect("its creator may look").to_sddl().expect("text");
    let rights = lock.split("D:").nth(1).expect("a list of rights");
    assert_eq!(rights, "(A;;0x1f0001;;;AU)(A;;0x1f0001;;;WD)(A;;;;;BG)");
}
