//! A watch: what one program waits by for changes of a map.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use windows_sys::Win32::Foundation::{WAIT_FAILED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForMultipleObjects};

#[cfg(feature = "capi")]
use super::RawDescriptor;
use super::object::Object;
use super::signal::{self, Signal};
use crate::error::{Error, Result};
use crate::os::generations::Watcher;
use crate::time::Deadline;
use crate::watch::Event;

type Armed = Arc<OwnedHandle>;

/// It holds the map.
#[derive(Debug)]
pub(crate) struct Watch {
    object: Arc<Object>,
    signal: Arc<Signal>,
    watcher: Mutex<Watcher<Armed>>,
    closed: AtomicBool,
    /// Set when the watch is closed.
    closing: OwnedHandle,
    /// Always set. Made when it is asked for.
    ready: OnceLock<OwnedHandle>,
    /// Others held the map at the last look.
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
        let watcher = Watcher::new(&*signal).map_err(|error| failed(&error))?;
        // A writer who does not find the signal yet has written what is seen from here on.
        fence(Ordering::SeqCst);
        Ok(Watch {
            signal,
            watcher: Mutex::new(watcher),
            closed: AtomicBool::new(false),
            closing: signal::private_event().map_err(|error| failed(&error))?,
            ready: OnceLock::new(),
            in_company: AtomicBool::new(object.is_shared()),
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
            match wait(&self.closing, &armed, deadline).map_err(|error| failed(&error))? {
                Woken::Closed => return Ok(Event::Closed),
                // Unless another thread that waits on this watch has told of it.
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
        // To set an event of one's own does not fail.
        let _ = signal::set(&self.closing);
    }

    /// An event that is set when there is something to tell. The next wait may close it.
    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        self.with_event(|event| event.as_raw_handle())
    }

    /// A handle of one's own of the same event.
    pub(crate) fn duplicate_event(&self) -> Result<OwnedHandle> {
        self.with_event(OwnedHandle::try_clone)?.map_err(|error| failed(&error))
    }

    fn with_event<T>(&self, work: impl FnOnce(&OwnedHandle) -> T) -> Result<T> {
        if self.closed.load(Ordering::SeqCst) {
            return Ok(work(&self.closing));
        }
        if let Some(armed) = self.watcher().arm(&*self.signal).map_err(|error| failed(&error))? {
            return Ok(work(armed));
        }
        if let Some(ready) = self.ready.get() {
            return Ok(work(ready));
        }
        let made = signal::private_event().and_then(|event| signal::set(&event).map(|()| event));
        let made = made.map_err(|error| failed(&error))?;
        Ok(work(self.ready.get_or_init(|| made)))
    }

    /// The event that is set at the next change. `None`: there was one, and it is told now.
    fn armed_or_changed(&self) -> Result<Option<Armed>> {
        let mut watcher = self.watcher();
        let armed = watcher.arm(&*self.signal).map_err(|error| failed(&error))?.cloned();
        if armed.is_none() {
            watcher.take(&*self.signal).map_err(|error| failed(&error))?;
        }
        Ok(armed)
    }

    /// Takes note of the change that an event told of, unless that was done.
    fn take(&self, armed: &Armed) -> Result<bool> {
        let mut watcher = self.watcher();
        if !watcher.event().is_some_and(|event| Arc::ptr_eq(event, armed)) {
            return Ok(false);
        }
        watcher.take(&*self.signal).map_err(|error| failed(&error))?;
        Ok(true)
    }

    /// Whether those who held the map at the last look are gone.
    fn was_left(&self) -> bool {
        let shared = self.object.is_shared();
        self.in_company.swap(shared, Ordering::SeqCst) && !shared
    }

    fn watcher(&self) -> MutexGuard<'_, Watcher<Armed>> {
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(closing: &OwnedHandle, armed: &Armed, deadline: Deadline) -> io::Result<Woken> {
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

fn failed(error: &io::Error) -> Error {
    Error::from_io("watch the map", error)
}
