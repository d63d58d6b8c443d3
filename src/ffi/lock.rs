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

/// A content lock that is held. All zero means "no lock".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_lock_t {
    /// A number of the library; 0: none.
    pub id: u64,
}

/// Takes the content lock of a map, for several steps. While it is held for changing, no other
/// caller in any process can read or change the content through the functions that take the lock.
/// Pass the lock to those functions in their options; otherwise they wait for it themselves.
///
/// Parameters:
/// - map: the handle.
/// - mode: an `MMF_LOCK_` number.
/// - timeout_ms: how many milliseconds to wait; 0: try once; -1: no limit.
/// - out_lock: the lock.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the lock is held.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: the mode or the time is out of range.
/// - `MMF_STATUS_TIMEOUT`: the lock could not be acquired in time; try again, or wait longer.
/// - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system refused the lock.
///
/// Memory and lifetimes: release the lock with `mmf_lock_release`. It stays valid when the map's
/// handle is closed. The operating system releases it when the process dies. A forked child does
/// not have it.
///
/// Threads: any, at any time. The lock belongs to the process: any of its threads may use and
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
/// - lock: the lock; all zero does nothing.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the lock is released.
/// - `MMF_STATUS_CLOSED`: it was already released. The call had no effect.
/// - `MMF_STATUS_INVALID_HANDLE`: it is not a lock of this process. The call had no effect.
///
/// Threads: any. A call that uses the lock on another thread runs to its end, and then the lock is
/// released.
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
