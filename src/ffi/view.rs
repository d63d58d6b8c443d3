//! Views: windows into a map, as memory.

use std::ffi::c_void;
use std::ptr;

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::handle::Table;
use super::map::{MAPS, mmf_map_t};
use super::number::not_negative;
use super::pointer::size_t;
use super::status::mmf_status_t;
use super::structure::structure;
use crate::error::Result;
use crate::{Access, View};

pub(super) static VIEWS: Table<View> = Table::new(2, "view");

/// A view: a window into a map, as memory of this process. All zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_view_t {
    /// The library's own number; 0: none.
    pub id: u64,
}

/// Where a view is and what it is for. Begin with `MMF_VIEW_INFO_INIT`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_view_info_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// What it is for: an `MMF_ACCESS_` number.
    pub access: i32,
    /// The first byte. Valid until the view is closed. What the access does not allow, and all
    /// beyond size, ends the process if it is touched.
    pub pointer: *mut c_void,
    /// How many bytes the view has.
    pub size: size_t,
    /// Where the view begins in the map.
    pub offset: i64,
}

structure! {
    mmf_view_info_t ends(size offset) { access: 0, pointer: ptr::null_mut(), size: 0, offset: 0, }
}

/// Makes a view: any offset (nothing has to be aligned), any size, any number, overlapping too,
/// each with its own access, which the processor enforces.
///
/// Parameters:
/// - map: the handle.
/// - offset: where the view begins in the map, 0 or more.
/// - size: how many bytes; 0: up to the end of the map.
/// - access: an `MMF_ACCESS_` number.
/// - out_view: the view; ask `mmf_view_get_info` for its memory.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: offset or size is negative, the offset lies behind the end, or there
///   is no such access.
/// - `MMF_STATUS_TOO_LARGE`: more than a process can address.
/// - `MMF_STATUS_ACCESS_DENIED`: offset and size together reach beyond the end, or the handle has
///   not the rights for this access.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; nobody may write it.
/// - `MMF_STATUS_TRUNCATED`: the file shrank under the map.
///
/// Memory and lifetimes: end it with `mmf_view_close`. It stays valid when the map's handle is
/// closed, but does not keep the name alive. If a mapped file is cut short by somebody, touching
/// what is gone ends the process; `mmf_map_read` answers with an error instead.
///
/// Threads: any, at any time. Other threads and processes change the memory at any time; use
/// atomics or the content lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_view_create(
    map: mmf_map_t,
    offset: i64,
    size: i64,
    access: i32,
    out_view: *mut mmf_view_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_view, "out_view")?;
            out.put(mmf_view_t { id: create(map, offset, size, access)? });
            Ok(())
        })
    }
}

fn create(map: mmf_map_t, offset: i64, size: i64, access: i32) -> Result<u64> {
    let offset = not_negative("offset", offset)?;
    let size = not_negative("size", size)?;
    let access = Access::from_number(access)?;
    VIEWS.insert(MAPS.get(map.id)?.view(offset, size, access)?)
}

/// Gets where a view is and what it is for.
///
/// Parameters:
/// - view: the view.
/// - out_info: its memory; `struct_size` is set before the call.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
///   library knows.
///
/// Memory and lifetimes: the pointer is valid until the view is closed.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_view_get_info(
    view: mmf_view_t,
    out_info: *mut mmf_view_info_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out_structure(out_info, "out_info")?;
            let view = VIEWS.get(view.id)?;
            out.put(mmf_view_info_t {
                access: view.access() as i32,
                pointer: view.pointer().cast(),
                size: view.len(),
                offset: view.offset() as i64,
                ..Default::default()
            });
            Ok(())
        })
    }
}

/// Brings what was written through a view to the disk, for a file map. For memory there is nothing
/// to do. Any access is fine.
///
/// Parameters:
/// - view: the view.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: what was written before the call has reached the disk.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_IO`: the disk failed; the bytes may be lost.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_view_flush(
    view: mmf_view_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe { boundary(out_error, |_| VIEWS.get(view.id)?.flush()) }
}

/// Closes a view. Its memory is gone when the call returns.
///
/// Parameters:
/// - view: the view; all zero is fine and does nothing.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: it is closed.
/// - `MMF_STATUS_CLOSED`: it was closed before. Nothing happened.
/// - `MMF_STATUS_INVALID_HANDLE`: it is no view of this process. Nothing happened.
///
/// Threads: any; but no thread may touch the memory any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_view_close(
    view: mmf_view_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            if view.id != 0 {
                drop(VIEWS.remove(view.id)?);
            }
            Ok(())
        })
    }
}
