//! Who may use a map.

use std::ffi::c_char;

use super::boundary::boundary;
use super::buffer::{mmf_text_t, mmf_text16_t};
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::number::out_of_range;
use super::pointer::{needed, size_t};
use super::status::mmf_status_t;
use super::structure::structure;
use crate::Permissions;
use crate::error::Result;

/// The permissions of a map. Initialize with `MMF_PERMISSIONS_INIT`. A field that is -1 is unknown,
/// or is not changed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_permissions_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// Unix permission bits.
    pub mode: i32,
    /// The owning user.
    pub uid: i64,
    /// The owning group.
    pub gid: i64,
}

structure! { mmf_permissions_t ends(uid gid) { mode: -1, uid: -1, gid: -1, } }

impl mmf_permissions_t {
    pub(super) fn to_core(self) -> Result<Permissions> {
        permissions(self.mode, self.uid, self.gid)
    }

    pub(super) fn of_core(permissions: &Permissions) -> mmf_permissions_t {
        mmf_permissions_t {
            mode: permissions.mode.map_or(-1, |mode| mode as i32),
            uid: permissions.uid.map_or(-1, i64::from),
            gid: permissions.gid.map_or(-1, i64::from),
            ..Default::default()
        }
    }
}

/// Mode and owner; -1 means none.
pub(super) fn permissions(mode: i32, uid: i64, gid: i64) -> Result<Permissions> {
    let number = |what: &str, number: i64| match number {
        -1 => Ok(None),
        // The largest number is what the system calls take for "leave it".
        0..0xFFFF_FFFF => Ok(Some(number as u32)),
        _ => Err(out_of_range(what, number, "0 to 4294967294, or -1 for the default")),
    };
    Ok(Permissions {
        mode: number("permission mode", mode.into())?,
        uid: number("user id", uid)?,
        gid: number("group id", gid)?,
        sddl: None,
    })
}

/// Gets the permissions of the map.
///
/// Parameters:
/// - map: the handle.
/// - out_permissions: mode and owner; -1 if the operating system has none. Set `struct_size` before
///   the call.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or the structure has fields that
///   this library does not know and that are not zero.
/// - `MMF_STATUS_NOT_SUPPORTED`: this map has no permissions.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to read them (on Windows).
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_permissions(
    map: mmf_map_t,
    out_permissions: *mut mmf_permissions_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out_structure(out_permissions, "out_permissions")?;
            out.put(mmf_permissions_t::of_core(&MAPS.get(map.id)?.permissions()?));
            Ok(())
        })
    }
}

/// Changes the permissions of the map.
///
/// Parameters:
/// - map: the handle.
/// - permissions: mode and owner. Fields that are -1 are not changed.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: a number is out of range.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the mode cannot be used for a map, or `struct_size` is wrong.
/// - `MMF_STATUS_NOT_SUPPORTED`: maps have no mode and owner on this system.
/// - `MMF_STATUS_ACCESS_DENIED`: only the owner may change the mode, and only the administrator may
///   change the owner.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_set_permissions(
    map: mmf_map_t,
    permissions: *const mmf_permissions_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let permissions = lent.structure(permissions, "permissions")?;
            let permissions = needed(permissions, "permissions")?.to_core()?;
            MAPS.get(map.id)?.set_permissions(&permissions)
        })
    }
}

/// Gets the map's security descriptor in SDDL (on Windows).
///
/// Parameters:
/// - map: the handle.
/// - out_sddl: the security descriptor; all zero if the operating system has none.
/// - out_error: the error; may be NULL.
///
/// Returns: as `mmf_map_get_permissions`.
///
/// Memory and lifetimes: the text belongs to the caller; free it with `mmf_text_free`.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_sddl(
    map: mmf_map_t,
    out_sddl: *mut mmf_text_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_sddl, "out_sddl")?;
            let sddl = MAPS.get(map.id)?.permissions()?.sddl;
            out.put(sddl.map_or(mmf_text_t::NONE, Into::into));
            Ok(())
        })
    }
}

/// Gets the security descriptor: `mmf_map_get_sddl` in UTF-16. Free it with `mmf_text_free16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_get_sddl16(
    map: mmf_map_t,
    out_sddl: *mut mmf_text16_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_sddl, "out_sddl")?;
            let sddl = MAPS.get(map.id)?.permissions()?.sddl;
            out.put(sddl.map_or(mmf_text16_t::NONE, Into::into));
            Ok(())
        })
    }
}

/// Changes the map's security descriptor (on Windows).
///
/// Parameters:
/// - map: the handle.
/// - sddl, sddl_length: the security descriptor in SDDL, UTF-8.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the text is not valid SDDL.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system has no security descriptors; use
///   `mmf_map_set_permissions`.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle does not have the right to change it.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_set_sddl(
    map: mmf_map_t,
    sddl: *const c_char,
    sddl_length: size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let sddl = needed(lent.text(sddl, sddl_length, "sddl")?, "sddl")?;
            MAPS.get(map.id)?.set_permissions(&Permissions::new().sddl(sddl))
        })
    }
}

/// Changes the security descriptor: `mmf_map_set_sddl` with UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_set_sddl16(
    map: mmf_map_t,
    sddl: *const u16,
    sddl_length: size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let sddl = needed(lent.text16(sddl, sddl_length, "sddl")?, "sddl")?;
            MAPS.get(map.id)?.set_permissions(&Permissions::new().sddl(sddl))
        })
    }
}
