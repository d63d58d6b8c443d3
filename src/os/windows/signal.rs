//! The signal for changes of a map: a word that writers and watches share, and an event for each
//! generation (`generations.rs` has the protocol).
//!
//! It is a section separate from the end word: users who may only read the map must be able to
//! change this one, but not the position of appends.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
#[cfg(test)]
use std::os::windows::io::BorrowedHandle;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;
use windows_sys::Win32::Storage::FileSystem::{READ_CONTROL, SYNCHRONIZE};
use windows_sys::Win32::System::Memory::{SECTION_MAP_READ, SECTION_MAP_WRITE};
use windows_sys::Win32::System::Threading::{
    CREATE_EVENT_MANUAL_RESET, CreateEventExW, EVENT_MODIFY_STATE, SetEvent,
};

use super::name::SectionName;
use super::security::{self, Descriptor};
use super::word::{SharedWord, Word};
use crate::os::generations::{self, Shared, State};

/// The shared memory. All zeros: nothing has changed so far.
#[derive(Debug, Default)]
#[repr(C)]
struct WatchWord {
    /// The state of `generations.rs`.
    state: AtomicU64,
    /// The random number that distinguishes these events from those of another word; 0 until it is
    /// needed.
    nonce: AtomicU64,
    /// Not 0 while the content is being changed under its lock.
    changing: AtomicU64,
}

// SAFETY: three atomic numbers.
unsafe impl Word for WatchWord {}

/// The rights to the word of all users of the map.
pub(super) const WORD_RIGHTS: u32 = SECTION_MAP_READ | SECTION_MAP_WRITE | READ_CONTROL;

/// The signal of one map.
#[derive(Debug)]
pub(super) struct Signal {
    word: SharedWord<WatchWord>,
    /// Where its events have their names: with the map's.
    global: bool,
}

impl Signal {
    /// The signal with this name. Created if it is missing and its permissions are known.
    pub(super) fn open(
        name: &SectionName,
        users: impl FnOnce() -> Option<Descriptor>,
    ) -> io::Result<Signal> {
        Ok(Signal { word: SharedWord::open(name, users)?, global: name.global })
    }

    /// The signal of a map that no other process finds.
    pub(super) fn private() -> io::Result<Signal> {
        Ok(Signal { word: SharedWord::private()?, global: false })
    }

    /// The section that the word is in.
    #[cfg(test)]
    pub(super) fn section(&self) -> BorrowedHandle<'_> {
        self.word.section()
    }

    /// Reports a change. Makes no system call if no watch waits.
    pub(super) fn notify(&self) -> io::Result<()> {
        // A watch that sees the new generation also sees the stored bytes.
        fence(Ordering::SeqCst);
        generations::notify(self)
    }

    /// Says, under the content lock, that the content is being changed.
    pub(super) fn begin_change(&self) {
        self.word.word().changing.store(1, Ordering::SeqCst);
    }

    /// Reports a change of the content. A process that is killed before the end of this function
    /// has not reported it.
    pub(super) fn end_change(&self) {
        // If the report fails, the change does not.
        let _ = self.notify();
        self.word.word().changing.store(0, Ordering::SeqCst);
    }

    /// Tells, under the content lock, of a change whose writer was killed.
    pub(super) fn tell_of_abandoned_change(&self) {
        if self.word.word().changing.load(Ordering::SeqCst) != 0 {
            self.end_change();
        }
    }

    fn nonce(&self) -> u64 {
        let nonce = &self.word.word().nonce;
        let mine = RandomState::new().build_hasher().finish().max(1);
        let found = nonce.compare_exchange(0, mine, Ordering::SeqCst, Ordering::SeqCst);
        found.map_or_else(|theirs| theirs, |_| mine)
    }
}

/// An event that no other process knows.
pub(super) fn private_event() -> io::Result<OwnedHandle> {
    event(None, None)
}

pub(super) fn set(event: &OwnedHandle) -> io::Result<()> {
    // SAFETY: the handle is open.
    let done = unsafe { SetEvent(event.as_raw_handle()) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Creates an event that stays set, or opens the one of this name.
fn event(name: Option<&SectionName>, security: Option<&Descriptor>) -> io::Result<OwnedHandle> {
    let attributes = security::attributes(security, false);
    let name = name.map_or(std::ptr::null(), |name| name.wide.as_ptr());
    // SAFETY: the attributes and what they point to live beyond the call; the name ends with a NUL.
    let handle = unsafe {
        CreateEventExW(&raw const attributes, name, CREATE_EVENT_MANUAL_RESET, EVENT_RIGHTS)
    };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just returned this handle, so only this code owns it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// To wait for it and to set it.
const EVENT_RIGHTS: u32 = SYNCHRONIZE | EVENT_MODIFY_STATE;

impl Shared for Signal {
    type Event = Arc<OwnedHandle>;
    type Error = io::Error;

    fn state(&self) -> io::Result<State> {
        Ok(State(self.word.word().state.load(Ordering::SeqCst)))
    }

    fn exchange(&self, from: State, to: State) -> io::Result<bool> {
        let state = &self.word.word().state;
        Ok(state.compare_exchange(from.0, to.0, Ordering::SeqCst, Ordering::SeqCst).is_ok())
    }

    fn event(&self, generation: u64) -> io::Result<Arc<OwnedHandle>> {
        let name = SectionName::event(self.nonce(), generation, self.global);
        // With the permissions of the word. If they cannot be read, the system's default applies.
        let security = Descriptor::of(self.word.section(), DACL_SECURITY_INFORMATION).ok();
        let security =
            security.map(|it| it.for_users(SECTION_MAP_READ, SECTION_MAP_WRITE, EVENT_RIGHTS));
        event(Some(&name), security.as_ref()).map(Arc::new)
    }

    fn set(&self, event: &Arc<OwnedHandle>) -> io::Result<()> {
        set(event)
    }

    fn close(&self, event: Arc<OwnedHandle>) -> io::Result<()> {
        drop(event);
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::mem::offset_of;

    use windows_sys::Win32::System::Threading::{OpenEventW, WaitForSingleObject};

    use super::*;
    use crate::os::generations::Watcher;

    /// A handle by which one may see what the event of a generation is for, if there is one.
    pub(in super::super) fn look_at_event(signal: &Signal, generation: u64) -> Option<OwnedHandle> {
        let name = SectionName::event(signal.nonce(), generation, signal.global);
        // SAFETY: the name ends with a NUL.
        let handle = unsafe { OpenEventW(READ_CONTROL, 0, name.wide.as_ptr()) };
        if handle.is_null() {
            return None;
        }
        // SAFETY: the system has just returned this handle, so only this code owns it.
        Some(unsafe { OwnedHandle::from_raw_handle(handle) })
    }

    fn is_set(event: &OwnedHandle) -> bool {
        // SAFETY: the handle is open.
        let woken = unsafe { WaitForSingleObject(event.as_raw_handle(), 0) };
        woken == 0
    }

    #[test]
    fn the_word_is_what_is_promised() {
        crate::shared::assert_promised(
            "Watch word",
            &[
                (
                    "the generation, and in the lowest bit whether somebody waits for its end",
                    offset_of!(WatchWord, state).to_string(),
                ),
                (
                    "a random number that is part of the names of its events, or 0",
                    offset_of!(WatchWord, nonce).to_string(),
                ),
                (
                    "not 0 while the content is being changed",
                    offset_of!(WatchWord, changing).to_string(),
                ),
                ("size", size_of::<WatchWord>().to_string()),
            ],
        );
    }

    #[test]
    fn two_who_open_a_word_have_the_same_events() {
        let name = SectionName::watch_of_file(u64::MAX, std::process::id().into());
        let users = || Some(Descriptor::from_sddl("D:(A;;GA;;;WD)").expect("valid SDDL"));
        let one = Signal::open(&name, users).expect("made");
        let other = Signal::open(&name, || None).expect("opened");
        let mut watcher = Watcher::new(&one).expect("a watcher");
        let armed = watcher.arm(&one).expect("an event").expect("nothing happened").clone();
        assert!(!is_set(&armed));
        other.notify().expect("told");
        assert!(is_set(&armed));
        watcher.take(&one).expect("taken");
        let armed = watcher.arm(&one).expect("an event").expect("nothing happened").clone();
        assert!(!is_set(&armed), "the next event is another one");
        // A writer that is killed between its two steps.
        let event = other.event(1).expect("the event");
        set(&event).expect("set");
        drop(event);
        assert!(is_set(&armed));
        watcher.take(&one).expect("taken");
        assert_eq!(one.state().expect("a state").generation(), 2, "finished for the writer");
    }
}
