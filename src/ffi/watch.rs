//! Watches: being told of changes.

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

/// A watch: what tells that a map was changed. All zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_watch_t {
    /// The library's own number; 0: none.
    pub id: u64,
}

/// Why a wait ended. A later version may add some; treat an unknown one as a change. After each of them
/// but the first and the last it is worth looking at the map again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum mmf_watch_event_t {
    /// The time was over, and there was nothing to tell.
    MMF_WATCH_EVENT_TIMED_OUT = 0,
    /// Something was written, once or several times.
    MMF_WATCH_EVENT_CHANGED = 1,
    /// The name no longer refers to this map. Those who hold the map can still use it.
    MMF_WATCH_EVENT_ORPHANED = 2,
    /// Another program made the object or the file shorter than the map.
    MMF_WATCH_EVENT_TRUNCATED = 3,
    /// Nobody else holds the map any more: no other process, and no other handle of this one.
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
/// From this moment on every write through this library counts, by any process, this one included:
/// replacing, appending, writing, filling. So create the watch, look at the map, wait, look again:
/// nothing is missed. Stores through a view are seen by nobody; `mmf_map_notify` tells of them.
///
/// On Windows a watch of a file is told what the processes of its session write, and a watch of an
/// anonymous map what is written through the same handle.
///
/// Parameters:
/// - map: the handle; any access will do.
/// - out_watch: the watch.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not tell of changes. On Windows: another
///   program created the map, and this process may not create what tells of its changes. On macOS and
///   other Unix systems (not on Linux): another program or another user made the map, and it is no file.
///   The sentence says why.
/// - `MMF_STATUS_ACCESS_DENIED`: this process may not read the map's memory or file now. (On Linux a
///   watch that exists goes on after a `setuid`.)
/// - `MMF_STATUS_IO`: a limit of the operating system was reached; the sentence names it. On Linux all
///   watches of a process together take one of the user's inotify instances.
///
/// Memory and lifetimes: end it with `mmf_watch_close`. It holds the map, also when the map's handle is
/// closed. Programs that this process starts do not get it. A forked child may use it; its first wait
/// ends with `MMF_WATCH_EVENT_CHANGED`, and from then on it is told by itself.
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

/// Waits until there is something to tell of a map. What happened before the call counts, if no earlier
/// wait told it.
///
/// Parameters:
/// - watch: the watch.
/// - timeout_ms: how many milliseconds to wait; 0: only ask; -1: for ever.
/// - out_event: an `MMF_WATCH_EVENT_` number. That the time is over is an event, not an error.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the event says why the wait ended.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: the time is negative and not -1.
/// - `MMF_STATUS_ACCESS_DENIED`: the operating system ended the watch, and this process may not make it
///   anew.
/// - `MMF_STATUS_IO`: the operating system cannot wait.
///
/// Several changes may be told once, and a wait may end although nothing is new. A text operation may
/// write in several steps and wake a watcher after the first one: the text functions wait for its end;
/// before reading otherwise, take the content lock.
///
/// Orphaned, truncated and alone are told once each time that it comes to be so; on Linux at once,
/// elsewhere at the next wake-up, where the operating system lets us see it.
///
/// Threads: any, several at once, too. A change ends one wait of a watch; where several threads want
/// to know of each change, each needs a watch of its own.
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

/// Gets what `poll`, `select`, `epoll`, kqueue and on Windows `WaitForMultipleObjects` can wait for.
/// When it is ready, call `mmf_watch_wait` with the time 0, which says what happened; it may turn out
/// that nothing did.
///
/// Parameters:
/// - watch: the watch.
/// - out_descriptor: the descriptor (on Windows: the handle of an event).
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_IO`: in a forked child, where it is made anew.
///
/// Memory and lifetimes: it belongs to the library and is valid until the watch is closed; on Windows
/// until the next `mmf_watch_wait`, after which it is fetched again. Do nothing with it but wait. A
/// forked child fetches it again.
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
/// - watch: the watch; all zero is fine and does nothing.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: it is closed.
/// - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
/// - `MMF_STATUS_INVALID_HANDLE`: it is no watch of this process. Nothing happened.
///
/// Threads: any; but no thread may wait for the descriptor any more.
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

/// Tells everybody who watches a map that it was changed. For stores through a view, which nobody
/// sees; the library's own functions tell by themselves. Call it after the last store.
///
/// Parameters:
/// - map: the handle, which may write.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not tell of changes.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to write.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; nobody may write it.
/// - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
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
