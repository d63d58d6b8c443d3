//! The content lock as an object of its own.

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::handle::Table;
use super::map::{MAPS, mmf_map_t};
use super::number::{out_of_range, time};
use super::status::mmf_status_t;
use crate::ContentLock;
use crate::error::Result;
use crate::lock_mode::LockMode;

pub(super) static LOCKS: Table<ContentLock> = Table::new(3, "lock");

/// A content lock that is held. All zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_lock_t {
    /// The library's own number; 0: none.
    pub id: u64,
}

/// Takes the content lock of a map, for more than one step: while it is held for changing, nobody
/// else reads or changes the content through the functions that take the lock, in any process.
/// Hand it to those functions in their options, or they wait for it themselves.
///
/// Parameters:
/// - map: the handle.
/// - mode: an `MMF_LOCK_` number.
/// - timeout_ms: how many milliseconds to wait; 0: one try; -1: for ever.
/// - out_lock: the lock.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the lock is held.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: mode or time is a number that makes no sense.
/// - `MMF_STATUS_TIMEOUT`: others hold it; try again, or wait longer.
/// - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system forbids it.
///
/// Memory and lifetimes: end it with `mmf_lock_release`. It works on when the map's handle is
/// closed. The operating system frees it when the process dies; a forked child does not have it.
///
/// Threads: any, at any time. The lock belongs to the process: any thread of it may use and
/// release it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_lock_take(
    map: mmf_map_t,
    mode: i32,
    timeout_ms: i64,
    out_lock: *mut mmf_lock_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_lock, "out_lock")?;
            out.put(mmf_lock_t { id: take(map, mode, timeout_ms)? });
            Ok(())
        })
    }
}

fn take(map: mmf_map_t, mode: i32, timeout_ms: i64) -> Result<u64> {
    let mode = lock_mode(mode)?;
    let timeout = time("timeout", timeout_ms)?;
    let map = MAPS.get(map.id)?;
    LOCKS.insert(match mode {
        LockMode::Shared => map.lock_shared(timeout)?,
        LockMode::Exclusive => map.lock_exclusive(timeout)?,
    })
}

/// The mode of a lock, by its number.
fn lock_mode(number: i32) -> Result<LockMode> {
    [LockMode::Shared, LockMode::Exclusive]
        .into_iter()
        .find(|mode| *mode as i32 == number)
        .ok_or_else(|| out_of_range("lock mode", number, "0 (shared) or 1 (exclusive)"))
}

/// Releases a content lock.
///
/// Parameters:
/// - lock: the lock; all zero is fine and does nothing.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: it is free.
/// - `MMF_STATUS_CLOSED`: it was released before. Nothing happened.
/// - `MMF_STATUS_INVALID_HANDLE`: it is no lock of this process. Nothing happened.
///
/// Threads: any. A call that works under the lock on another thread runs to its end, and the lock
/// is free with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_lock_release(
    lock: mmf_lock_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            if lock.id != 0 {
                drop(LOCKS.remove(lock.id)?);
            }
            Ok(())
        })
    }
}
