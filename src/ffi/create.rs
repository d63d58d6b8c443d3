//! Named and anonymous maps: created, opened.

use std::ffi::c_char;

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::map::{give, mmf_map_t};
use super::map_options::mmf_map_options_t;
use super::number::not_negative;
use super::pointer::{Lent, needed, size_t};
use super::status::mmf_status_t;
use crate::capacity::check_capacity;
use crate::error::Result;
use crate::name::Name;
use crate::options::check_creatable;

/// Creates a named or an anonymous map. All of its bytes are zero.
///
/// Parameters:
/// - name, name_length: the name in UTF-8; NULL: an anonymous map.
/// - capacity: the size in bytes, 1 or more.
/// - options: the options, or NULL for the defaults.
/// - out_map: the handle.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map exists, and its memory is reserved (unless delayed).
/// - `MMF_STATUS_INVALID_ARGUMENT`: the name is not valid, or the access is for writing only.
/// - `MMF_STATUS_OUT_OF_RANGE`: the capacity or an option is out of range.
/// - `MMF_STATUS_ALREADY_EXISTS`: a map with this name exists; open it, or choose another name.
/// - `MMF_STATUS_NO_SPACE`: there is not enough memory; nothing was left behind.
/// - `MMF_STATUS_TOO_LARGE`: more than a process can address.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system does not have one of the options.
/// - `MMF_STATUS_ACCESS_DENIED`: the name has a leftover object of another user, or the system
///   denies access.
/// - `MMF_STATUS_NOT_A_MAP`: the name refers to something else.
/// - `MMF_STATUS_BUSY`: another process is creating or removing this name; try again.
///
/// Memory and lifetimes: close the handle with `mmf_map_close`. A process that ends closes its
/// handles.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_new(
    name: *const c_char,
    name_length: size_t,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text(name, name_length, "name")?;
            create_new(lent, name.as_deref(), capacity, options, out_map)
        })
    }
}

/// Creates a map: `mmf_map_create_new` with the name in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_new16(
    name: *const u16,
    name_length: size_t,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text16(name, name_length, "name")?;
            create_new(lent, name.as_deref(), capacity, options, out_map)
        })
    }
}

fn create_new(
    lent: &Lent,
    name: Option<&str>,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
) -> Result<()> {
    let out = lent.out(out_map, "out_map")?;
    let options = mmf_map_options_t::lent(lent, options)?;
    name.map(Name::new).transpose()?;
    let capacity = not_negative("capacity", capacity)?;
    check_capacity(capacity)?;
    let access = options.access()?;
    check_creatable(access)?;
    let options = options.creating(lent, access)?;
    give(
        out,
        match name {
            Some(name) => options.create_new(name, capacity)?,
            None => options.create_anonymous(capacity)?,
        },
    )
}

/// Opens the map with this name if it exists, whatever its capacity; otherwise creates it.
///
/// Parameters:
/// - name, name_length: the name in UTF-8.
/// - capacity: the size of a new map in bytes, 1 or more. A map that is opened may have another
///   capacity: see `mmf_map_get_info`.
/// - options: the options, or NULL for the defaults. Options that apply only to creation have no
///   effect on an existing map.
/// - out_map: the handle.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is open.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
/// - `MMF_STATUS_ACCESS_DENIED`: the map exists, and `mmf_map_open` would return this status, too.
/// - Others as `mmf_map_create_new`, except `MMF_STATUS_ALREADY_EXISTS`. The access
///   `MMF_ACCESS_WRITE` can open an existing map, but cannot create one:
///   `MMF_STATUS_INVALID_ARGUMENT`.
///
/// Memory and lifetimes, threads: as `mmf_map_create_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_or_open(
    name: *const c_char,
    name_length: size_t,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text(name, name_length, "name")?;
            create_or_open(lent, name.as_deref(), capacity, options, out_map)
        })
    }
}

/// Opens or creates a map: `mmf_map_create_or_open` with the name in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_or_open16(
    name: *const u16,
    name_length: size_t,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text16(name, name_length, "name")?;
            create_or_open(lent, name.as_deref(), capacity, options, out_map)
        })
    }
}

fn create_or_open(
    lent: &Lent,
    name: Option<&str>,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
) -> Result<()> {
    let out = lent.out(out_map, "out_map")?;
    let options = mmf_map_options_t::lent(lent, options)?;
    let name = needed(name, "name")?;
    Name::new(name)?;
    let capacity = not_negative("capacity", capacity)?;
    check_capacity(capacity)?;
    let access = options.access()?;
    let options = options.creating_or_opening(lent, access)?;
    give(out, options.create_or_open(name, capacity)?)
}

/// Opens an existing named map.
///
/// Parameters:
/// - name, name_length: the name in UTF-8.
/// - options: access, rights, inheritability, wait_ms, trusted_owner, or NULL for the defaults.
/// - out_map: the handle.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is open.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the name is not valid.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
/// - `MMF_STATUS_NOT_FOUND`: no process holds a map with this name, or, with `wait_ms`, none
///   created it in time. Create it, or start the program that does.
/// - `MMF_STATUS_ACCESS_DENIED`: the permissions of the map do not allow this access, or its owner
///   is not trusted (`trusted_owner`).
/// - `MMF_STATUS_NOT_A_MAP`: the name refers to something else.
/// - `MMF_STATUS_FILE_REPLACED`: the path of this named file map now refers to another file.
/// - `MMF_STATUS_ORPHANED`: another program removed the object of this name.
/// - `MMF_STATUS_BUSY`: another process is creating or removing this name; try again.
/// - `MMF_STATUS_IO`: `MMF_RIGHTS_ACCESS_SYSTEM_SECURITY` was requested, but maps have no audit
///   rules on this system (on Windows: this process lacks the privilege).
///
/// Memory and lifetimes, threads: as `mmf_map_create_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_open(
    name: *const c_char,
    name_length: size_t,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text(name, name_length, "name")?;
            open(lent, name.as_deref(), options, out_map)
        })
    }
}

/// Opens a map: `mmf_map_open` with the name in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_open16(
    name: *const u16,
    name_length: size_t,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let name = lent.text16(name, name_length, "name")?;
            open(lent, name.as_deref(), options, out_map)
        })
    }
}

fn open(
    lent: &Lent,
    name: Option<&str>,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
) -> Result<()> {
    let out = lent.out(out_map, "out_map")?;
    let options = mmf_map_options_t::lent(lent, options)?;
    let name = needed(name, "name")?;
    Name::new(name)?;
    give(out, options.opening()?.open(name)?)
}
