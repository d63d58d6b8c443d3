//! A watch: what one program waits by for changes of a map.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use windows_sys::Win32::Foundation::{WAIT_FAILED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForMultipleObjects};

use super::object::Object;
use super::signal::{self, Signal};
use crate::error::Result;
use crate::event::Event;
use crate::os::errors::not_watched;
use crate::os::generations::Watcher;
#[cfg(feature = "capi")]
use crate::os::handle::RawDescriptor;
use crate::time::Deadline;

/// An event of the system, open as long as it is needed.
type Shared = Arc<OwnedHandle>;

/// It holds the map.
#[derive(Debug)]
pub(crate) struct Watch {
    object: Arc<Object>,
    signal: Arc<Signal>,
    watcher: Mutex<Watcher<Shared>>,
    closed: AtomicBool,
    /// Set when the watch is closed.
    closing: Shared,
    /// Always set. Made when it is asked for.
    ready: OnceLock<Shared>,
    /// A handle that was lent to the caller.
    #[cfg(feature = "capi")]
    lent: Mutex<Option<Shared>>,
    /// Other processes held the map at the last check.
    in_company: AtomicBool,
}

/// How a wait of the system ended.
enum Woken {
    Closed,
    Told,
    TimedOut,
}

impl Watch {
    pub(crate) fn new(object: &Arc<Object>) -> Result<Watch> {
        let signal = object.signal_to_watch()?;
        let watcher = Watcher::new(&*signal).map_err(not_watched)?;
        // Writes of a writer that does not find the signal yet are visible from here on.
        fence(Ordering::SeqCst);
        Ok(Watch {
            signal,
            watcher: Mutex::new(watcher),
            closed: AtomicBool::new(false),
            closing: Arc::new(signal::private_event().map_err(not_watched)?),
            ready: OnceLock::new(),
            #[cfg(feature = "capi")]
            lent: Mutex::new(None),
            // If the map was opened, other processes held it then.
            in_company: AtomicBool::new(object.was_joined() || object.is_shared() == Some(true)),
            object: object.clone(),
        })
    }

    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<Event> {
        let deadline = Deadline::after(timeout.unwrap_or(Duration::MAX));
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return Ok(Event::Closed);
            }
            let Some(armed) = self.armed_or_changed()? else { return Ok(Event::Changed) };
            if self.was_left() {
                return Ok(Event::Alone);
            }
            match wait(&self.closing, &armed, deadline).map_err(not_watched)? {
                Woken::Closed => return Ok(Event::Closed),
                // Unless another thread that waits on this watch has reported it.
                Woken::Told if self.take(&armed)? => return Ok(Event::Changed),
                Woken::TimedOut if deadline.passed() => {
                    return Ok(if self.was_left() { Event::Alone } else { Event::TimedOut });
                }
                Woken::Told | Woken::TimedOut => {}
            }
        }
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // Setting an own event does not fail.
        let _ = signal::set(&self.closing);
    }

    /// An event that is set when there is something to report. It stays open until the next one is
    /// requested.
    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        let event = self.event()?;
        let descriptor = event.as_raw_handle();
        // Another thread may wait meanwhile and be done with the event.
        *self.lent.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
        Ok(descriptor)
    }

    /// A separate handle of such an event.
    pub(crate) fn duplicate_event(&self) -> Result<OwnedHandle> {
        self.event()?.try_clone().map_err(not_watched)
    }

    fn event(&self) -> Result<Shared> {
        if self.closed.load(Ordering::SeqCst) {
            return Ok(self.closing.clone());
        }
        if let Some(armed) = self.watcher().arm(&*self.signal).map_err(not_watched)? {
            return Ok(armed.clone());
        }
        if let Some(ready) = self.ready.get() {
            return Ok(ready.clone());
        }
        let made = signal::private_event().and_then(|event| signal::set(&event).map(|()| event));
        let made = made.map_err(not_watched)?;
        Ok(self.ready.get_or_init(|| Arc::new(made)).clone())
    }

    /// The event that is set at the next change. `None` if there was a change, which is reported
    /// now.
    fn armed_or_changed(&self) -> Result<Option<Shared>> {
        let mut watcher = self.watcher();
        let armed = watcher.arm(&*self.signal).map_err(not_watched)?.cloned();
        if armed.is_none() {
            watcher.take(&*self.signal).map_err(not_watched)?;
        }
        Ok(armed)
    }

    /// Marks the change of an event as seen, unless that was done.
    fn take(&self, armed: &Shared) -> Result<bool> {
        let mut watcher = self.watcher();
        if !watcher.event().is_some_and(|event| Arc::ptr_eq(event, armed)) {
            return Ok(false);
        }
        watcher.take(&*self.signal).map_err(not_watched)?;
        Ok(true)
    }

    /// Whether the processes that held the map at the last check are gone.
    fn was_left(&self) -> bool {
        let Some(shared) = self.object.is_shared() else { return false };
        self.in_company.swap(shared, Ordering::SeqCst) && !shared
    }

    fn watcher(&self) -> MutexGuard<'_, Watcher<Shared>> {
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(closing: &OwnedHandle, armed: &Shared, deadline: Deadline) -> io::Result<Woken> {
    // Rounded up, or the last part of a millisecond would be waited for in a loop.
    let left = deadline.left().as_nanos().div_ceil(1_000_000);
    let left = u32::try_from(left).unwrap_or(INFINITE - 1).min(INFINITE - 1);
    let handles = [closing.as_raw_handle(), armed.as_raw_handle()];
    // SAFETY: both handles are open for as long as they are borrowed, and there are as many as is told.
    let woken = unsafe { WaitForMultipleObjects(2, handles.as_ptr(), 0, left) };
    const TOLD: u32 = WAIT_OBJECT_0 + 1;
    match woken {
        WAIT_OBJECT_0 => Ok(Woken::Closed),
        TOLD => Ok(Woken::Told),
        WAIT_TIMEOUT => Ok(Woken::TimedOut),
        WAIT_FAILED => Err(io::Error::last_os_error()),
        other => Err(io::Error::other(format!("the wait ended with {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Rights;
    use crate::os::windows::signal::tests::look_at_event;
    use crate::request::Request;
    use crate::security::{Permissions, TrustedOwner};

    fn watched() -> (Arc<Object>, Watch) {
        let request = Request {
            capacity: 64,
            rights: Rights::READ_WRITE,
            delayed: false,
            inheritable: false,
            permissions: Permissions::default(),
            trusted_owner: TrustedOwner::SelfAndRoot,
        };
        let object = Arc::new(Object::anonymous(&request).expect("a new map"));
        let watch = Watch::new(&object).expect("a watch");
        (object, watch)
    }

    #[test]
    fn a_change_is_taken_by_one_of_several_threads_that_wake() {
        let (object, watch) = watched();
        let armed = || watch.armed_or_changed().expect("an event").expect("nothing happened");
        let (one, other) = (armed(), armed());
        object.notify().expect("told");
        assert!(watch.take(&one).expect("taken"));
        assert!(!watch.take(&other).expect("looked"));
        assert_eq!(watch.wait(Some(Duration::ZERO)).expect("a wait"), Event::TimedOut);
    }

    #[test]
    fn nothing_is_left_of_an_event_whose_change_was_told() {
        let (object, watch) = watched();
        for generation in 0..3 {
            let now = || watch.wait(Some(Duration::ZERO)).expect("a wait");
            assert_eq!(now(), Event::TimedOut);
            assert!(look_at_event(&watch.signal, generation).is_some());
            object.notify().expect("told");
            assert_eq!(now(), Event::Changed);
            assert!(look_at_event(&watch.signal, generation).is_none());
        }
    }
}
