//! The handle of a map: what it stands for, and its end.

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::handle::Table;
use super::pointer::Place;
use super::status::mmf_status_t;
use crate::Map;
use crate::error::Result;

pub(super) static MAPS: Table<Map> = Table::new(1, "map");

/// A handle to a map. It holds the map: the name exists as long as any process has a handle. A
/// handle is a number and not a pointer: copies are the same handle, and the library detects a
/// stale one. All zero means "no map".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_map_t {
    /// A number of the library; 0: none.
    pub id: u64,
}

/// Gives an opened map to C.
pub(super) fn give(out: Place<'_, mmf_map_t>, map: Map) -> Result<()> {
    out.put(mmf_map_t { id: MAPS.insert(map)? });
    Ok(())
}

/// Closes a handle. The name is free when the last handle in all processes is closed. Views stay
/// valid.
///
/// Parameters:
/// - map: the handle; all zero does nothing.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the handle is closed.
/// - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
/// - `MMF_STATUS_INVALID_HANDLE`: it is not a map handle of this process. The call had no effect.
///
/// Threads: any. A call that uses the handle on another thread runs to its end, and then the map is
/// closed. If two threads close a handle at once, one of them gets `MMF_STATUS_CLOSED`.
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
