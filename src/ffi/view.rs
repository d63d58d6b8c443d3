//! Views: parts of a map, as memory.

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

/// A view: a part of a map, as memory of this process. All zero means "no view".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct mmf_view_t {
    /// A number of the library; 0: none.
    pub id: u64,
}

/// The memory and the access of a view. Initialize with `MMF_VIEW_INFO_INIT`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_view_info_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// Its access: an `MMF_ACCESS_` number.
    pub access: i32,
    /// The first byte. Valid until the view is closed. Touching memory beyond the size, or in a way
    /// that the access does not allow, ends the process.
    pub pointer: *mut c_void,
    /// The size of the view in bytes.
    pub size: size_t,
    /// Where the view begins in the map.
    pub offset: i64,
}

structure! {
    mmf_view_info_t ends(size offset) { access: 0, pointer: ptr::null_mut(), size: 0, offset: 0, }
}

/// Creates a view. The offset need not be aligned. A map can have any number of views, of any size;
/// they may overlap. Each has its own access, which the processor enforces.
///
/// Parameters:
/// - map: the handle.
/// - offset: where the view begins in the map, 0 or more.
/// - size: the size in bytes; 0: up to the end of the map.
/// - access: an `MMF_ACCESS_` number.
/// - out_view: the view. `mmf_view_get_info` returns its memory.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: offset or size is negative, the offset is past the end, or there is
///   no such access.
/// - `MMF_STATUS_TOO_LARGE`: more than a process can address.
/// - `MMF_STATUS_ACCESS_DENIED`: offset plus size is past the end, or the handle does not have the
///   rights for this access.
/// - `MMF_STATUS_READ_ONLY_MAP`: the map was created read-only; no process may write it.
/// - `MMF_STATUS_TRUNCATED`: the file became shorter than the map.
///
/// Memory and lifetimes: close the view with `mmf_view_close`. It stays valid when the map's handle
/// is closed, but does not keep the name alive. If a program truncates the mapped file, touching
/// the lost part ends the process; `mmf_map_read` returns an error instead.
///
/// Threads: any, at any time. Other threads and processes can change the memory at any time; use
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

/// Gets the memory and the access of a view.
///
/// Parameters:
/// - view: the view.
/// - out_info: the information. Set `struct_size` before the call.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
///   this library does not know and that are not zero.
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

/// Writes changes through a view of a file map to the disk. Does nothing for a map in memory. The
/// view may have any access.
///
/// Parameters:
/// - view: the view.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: all writes before the call have reached the disk.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_IO`: the disk reported an error; the bytes may be lost.
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

/// Closes a view. Its memory is no longer valid when the call returns.
///
/// Parameters:
/// - view: the view; all zero does nothing.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the handle is closed.
/// - `MMF_STATUS_CLOSED`: it was already closed. The call had no effect.
/// - `MMF_STATUS_INVALID_HANDLE`: it is not a view of this process. The call had no effect.
///
/// Threads: any. No thread may touch the memory during or after the call.
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
