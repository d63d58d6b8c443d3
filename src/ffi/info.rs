//! What a map is: asked, and passed on to programs that this one starts.

use super::boundary::boundary;
use super::buffer::{mmf_text_t, mmf_text16_t};
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::number::inheritable;
use super::status::mmf_status_t;
use super::structure::structure;
use crate::os::descriptor;

/// The properties of a map and of a handle to it. Initialize with `MMF_MAP_INFO_INIT`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_map_info_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// An `MMF_KIND_` number.
    pub kind: i32,
    /// The access that this handle was created or opened with: an `MMF_ACCESS_` number.
    pub access: i32,
    /// The rights of this handle: `MMF_RIGHTS_` bits.
    pub rights: i32,
    /// 1: programs that this process starts inherit the handle.
    pub inheritable: i32,
    /// 1: a program that does not use this library created the map, so this library does not remove
    /// it.
    pub foreign: i32,
    /// 1: the name no longer refers to this map, because another program removed or replaced it;
    /// the memory stays valid. -1: the operating system did not permit the check.
    pub orphaned: i32,
    /// 1: the map was created read-only; no process may write it.
    pub read_only: i32,
    /// The size of the map in bytes.
    pub capacity: i64,
    /// The descriptor (on Windows: the handle of the section) that holds the map. It belongs to the
    /// library: do not close it.
    pub descriptor: i64,
}

structure! {
    mmf_map_info_t ends(capacity descriptor) {
        kind: 0,
        access: 0,
        rights: 0,
        inheritable: 0,
        foreign: 0,
        orphaned: 0,
        read_only: 0,
        capacity: 0,
        descriptor: 0,
    }
}

/// Gets the properties of a map and of the handle.
///
/// Parameters:
/// - map: the handle.
/// - out_info: the properties. Set `struct_size` before the call.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
///   this library does not know and that are not zero.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_info(
    map: mmf_map_t,
    out_info: *mut mmf_map_info_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out_structure(out_info, "out_info")?;
            let map = MAPS.get(map.id)?;
            out.put(mmf_map_info_t {
                kind: map.kind() as i32,
                access: map.access() as i32,
                rights: map.rights().number(),
                inheritable: map.is_inheritable().into(),
                foreign: map.is_foreign().into(),
                orphaned: map.is_orphaned().map_or(-1, i32::from),
                read_only: map.is_read_only().into(),
                capacity: map.capacity() as i64,
                descriptor: descriptor::number(map.object.descriptor()) as i64,
                ..Default::default()
            });
            Ok(())
        })
    }
}

/// Gets the name that the map was created or opened with.
///
/// Parameters:
/// - map: the handle.
/// - out_name: the name; all zero if the map has none.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
///
/// Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_name(
    map: mmf_map_t,
    out_name: *mut mmf_text_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_name, "out_name")?;
            let map = MAPS.get(map.id)?;
            out.put(map.name().map_or(Ok(mmf_text_t::NONE), mmf_text_t::copy_of)?);
            Ok(())
        })
    }
}

/// Gets the name: `mmf_map_get_name` in UTF-16. Free it with `mmf_text_free16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_name16(
    map: mmf_map_t,
    out_name: *mut mmf_text16_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_name, "out_name")?;
            let map = MAPS.get(map.id)?;
            out.put(map.name().map_or(Ok(mmf_text16_t::NONE), mmf_text16_t::copy_of)?);
            Ok(())
        })
    }
}

/// Gets the path of a file map. Bytes that are not valid UTF-8 become U+FFFD.
///
/// Parameters:
/// - map: the handle.
/// - out_path: the path; all zero if the map has no file, or its path is not known.
/// - out_error: the error; may be NULL.
///
/// Returns, memory and lifetimes, threads: as `mmf_map_get_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_path(
    map: mmf_map_t,
    out_path: *mut mmf_text_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_path, "out_path")?;
            let map = MAPS.get(map.id)?;
            let path = map.path().map(|path| path.to_string_lossy().into_owned());
            out.put(path.map_or(mmf_text_t::NONE, Into::into));
            Ok(())
        })
    }
}

/// Gets the path: `mmf_map_get_path` in UTF-16. Free it with `mmf_text_free16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_path16(
    map: mmf_map_t,
    out_path: *mut mmf_text16_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_path, "out_path")?;
            let map = MAPS.get(map.id)?;
            let path = map.path().map(|path| path.to_string_lossy().into_owned());
            out.put(path.map_or(mmf_text16_t::NONE, Into::into));
            Ok(())
        })
    }
}

/// Gets a new descriptor (on Windows: a handle of the section) for the same memory, for your own
/// calls of `mmap`.
///
/// Parameters:
/// - map: the handle.
/// - out_descriptor: the descriptor. Programs that this process starts do not inherit it.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: the system has no descriptor for this map.
/// - `MMF_STATUS_IO`: too many descriptors are open.
///
/// Memory and lifetimes: the descriptor belongs to the caller, who must close it. It does not hold
/// the name (on Windows every handle does).
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_duplicate_descriptor(
    map: mmf_map_t,
    out_descriptor: *mut isize,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_descriptor, "out_descriptor")?;
            let duplicate = MAPS.get(map.id)?.duplicate_descriptor()?;
            out.put(descriptor::into_number(duplicate));
            Ok(())
        })
    }
}

/// Sets whether programs that this process starts inherit the handle, and so hold the map.
///
/// Parameters:
/// - map: the handle.
/// - inheritability: an `MMF_INHERITABILITY_` number.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_OUT_OF_RANGE`: there is no such number.
/// - `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_set_inheritable(
    map: mmf_map_t,
    inheritability: i32,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(out_error, |_| {
            let inheritable = inheritable(inheritability)?;
            MAPS.get(map.id)?.set_inheritable(inheritable)
        })
    }
}
