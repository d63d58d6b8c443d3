//! The handle of a map: what it stands for, and its end.

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::handle::Table;
use super::pointer::Place;
use super::status::mmf_status_t;
use crate::Map;
use crate::error::Result;

pub(super) static MAPS: Table<Map> = Table::new(1, "map");

/// An opened map. It holds the map: as long as any process has one, the name lives. It is a number
/// and not a pointer, so copies of it are the same handle, and a stale one is told from a living
/// one. All zero is no map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_map_t {
    /// The library's own number; 0: none.
    pub id: u64,
}

/// Gives an opened map to C.
pub(super) fn give(out: Place<'_, mmf_map_t>, map: Map) -> Result<()> {
    out.put(mmf_map_t { id: MAPS.insert(map)? });
    Ok(())
}

/// Closes a handle. The name is free when the last handle of all processes is closed; views stay
/// valid.
///
/// Parameters:
/// - map: the handle; all zero is fine and does nothing.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: it is closed.
/// - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
/// - `MMF_STATUS_INVALID_HANDLE`: it is no map handle of this process. Nothing happened.
///
/// Threads: any. A call that uses the handle on another thread runs to its end, and the map is
/// closed with it. Of two threads that close at once, one gets `MMF_STATUS_CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_close(
    map: mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            if map.id != 0 {
                drop(MAPS.remove(map.id)?);
            }
            Ok(())
        })
    }
}
