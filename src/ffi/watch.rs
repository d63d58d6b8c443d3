//! Watches: waiting for changes.

use std::time::Duration;

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::handle::Table;
use super::map::{MAPS, mmf_map_t};
use super::number::time;
use super::status::mmf_status_t;
use crate::error::Result;
use crate::os::descriptor;
use crate::{Event, Watch};

pub(super) static WATCHES: Table<Watch> = Table::new(4, "watch");

/// A watch, which reports changes of a map. All zero means "no watch".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_watch_t {
    /// A number of the library; 0: none.
    pub id: u64,
}

/// Why a wait ended. A later version may add events; treat an unknown one as a change. Read the map
/// again after every event except the first and the last one of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum mmf_watch_event_t {
    /// The time was over, and there was no event.
    MMF_WATCH_EVENT_TIMED_OUT = 0,
    /// Something was written, once or several times.
    MMF_WATCH_EVENT_CHANGED = 1,
    /// The name no longer refers to this map. Processes that hold the map can still use it.
    MMF_WATCH_EVENT_ORPHANED = 2,
    /// Another program made the object or the file shorter than the map.
    MMF_WATCH_EVENT_TRUNCATED = 3,
    /// No other process and no other handle of this process holds the map any longer.
    MMF_WATCH_EVENT_ALONE = 4,
    /// Another thread closed the watch.
    MMF_WATCH_EVENT_CLOSED = 5,
}

impl mmf_watch_event_t {
    fn of(event: Event) -> mmf_watch_event_t {
        match event {
            Event::TimedOut => mmf_watch_event_t::MMF_WATCH_EVENT_TIMED_OUT,
            Event::Changed => mmf_watch_event_t::MMF_WATCH_EVENT_CHANGED,
            Event::Orphaned => mmf_watch_event_t::MMF_WATCH_EVENT_ORPHANED,
            Event::Truncated => mmf_watch_event_t::MMF_WATCH_EVENT_TRUNCATED,
            Event::Alone => mmf_watch_event_t::MMF_WATCH_EVENT_ALONE,
            Event::Closed => mmf_watch_event_t::MMF_WATCH_EVENT_CLOSED,
        }
    }
}

/// Starts to watch a map for changes.
///
/// From this moment on the watch reports every write through this library by any process, including
/// this one: replacing, appending, writing, filling. So create the watch, read the map, wait, and
/// read again: no change is missed. The library does not see stores through a view; report them
/// with `mmf_map_notify`.
///
/// On Windows a watch of a file reports only writes by processes of its session, and a watch of an
/// anonymous map only writes through the same handle.
///
/// Parameters:
/// - map: the handle, with any access.
/// - out_watch: the watch.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot report changes of this map. On
///   Windows: another program created the map, and this process may not create the section of its
///   watches. On macOS and other Unix systems (not on Linux): another program or another user
///   created the map, and it is not a file. The message says why.
/// - `MMF_STATUS_ACCESS_DENIED`: this process may not read the map's memory or file now. (On Linux
///   an existing watch keeps working after a `setuid`.)
/// - `MMF_STATUS_IO`: a limit of the operating system was reached; the message names it. On Linux
///   all watches of a process together use one of the user's inotify instances.
///
/// Memory and lifetimes: close the watch with `mmf_watch_close`. It holds the map, even when the
/// map's handle is closed. Programs that this process starts do not inherit it. A forked child may
/// use it: its first wait ends with `MMF_WATCH_EVENT_CHANGED`, and then it gets events of its own.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_watch_create(
    map: mmf_map_t,
    out_watch: *mut mmf_watch_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_watch, "out_watch")?;
            out.put(mmf_watch_t { id: WATCHES.insert(MAPS.get(map.id)?.watch()?)? });
            Ok(())
        })
    }
}

/// Waits for an event of a map. Events before the call count if no earlier wait reported them.
///
/// Parameters:
/// - watch: the watch.
/// - timeout_ms: how many milliseconds to wait; 0: do not wait; -1: no limit.
/// - out_event: an `MMF_WATCH_EVENT_` number. A time-out is an event, not an error.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the event says why the wait ended.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: the time is negative and not -1.
/// - `MMF_STATUS_ACCESS_DENIED`: the operating system ended the watch, and this process may not
///   create it again.
/// - `MMF_STATUS_IO`: the operating system cannot wait.
///
/// Several changes may be reported as one, and a wait may end with a change although nothing is
/// new. A text operation may write in several steps and end a wait after the first one. The text
/// functions wait for its end; before you read in another way, take the content lock.
///
/// Orphaned, truncated and alone are reported once each time they happen: on Linux at once, on
/// other systems at the next wake-up, if the operating system permits the check.
///
/// Threads: any, also several at once. A change ends one wait of a watch. If several threads must
/// see every change, create a watch for each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_watch_wait(
    watch: mmf_watch_t,
    timeout_ms: i64,
    out_event: *mut i32,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_event, "out_event")?;
            out.put(mmf_watch_event_t::of(wait(watch, timeout_ms)?) as i32);
            Ok(())
        })
    }
}

fn wait(watch: mmf_watch_t, timeout_ms: i64) -> Result<Event> {
    let timeout = Some(time("timeout", timeout_ms)?).filter(|time| *time != Duration::MAX);
    WATCHES.get(watch.id)?.wait(timeout)
}

/// Gets a descriptor for `poll`, `select`, `epoll`, kqueue, or on Windows `WaitForMultipleObjects`.
/// When it is ready, call `mmf_watch_wait` with the time 0 to get the event. There may be none.
///
/// Parameters:
/// - watch: the watch.
/// - out_descriptor: the descriptor (on Windows: the handle of an event).
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_IO`: in a forked child, the descriptor could not be created again.
///
/// Memory and lifetimes: the descriptor belongs to the library and is valid until the watch is
/// closed; on Windows until the next `mmf_watch_wait`, then get it again. Use it only to wait. A
/// forked child must get it again.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_watch_get_descriptor(
    watch: mmf_watch_t,
    out_descriptor: *mut isize,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_descriptor, "out_descriptor")?;
            out.put(descriptor::number(WATCHES.get(watch.id)?.descriptor()?));
            Ok(())
        })
    }
}

/// Closes a watch. Threads that wait on it return with `MMF_WATCH_EVENT_CLOSED`.
///
/// Parameters:
/// - watch: the watch; all zero does nothing.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the handle is closed.
/// - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
/// - `MMF_STATUS_INVALID_HANDLE`: it is not a watch of this process. The call had no effect.
///
/// Threads: any. No thread may wait for the descriptor during or after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_watch_close(
    watch: mmf_watch_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            if watch.id != 0 {
                WATCHES.remove(watch.id)?.close();
            }
            Ok(())
        })
    }
}

/// Notifies all watches of a map of a change. Use it for stores through a view, which the library
/// does not see; its own functions notify by themselves. Call it after the last store.
///
/// Parameters:
/// - map: the handle, with the right to write.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot report changes of this map.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to write.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; no process may write it.
/// - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
/// - `MMF_STATUS_IO`.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_notify(
    map: mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe { boundary(out_error, |_| MAPS.get(map.id)?.notify()) }
}
