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

/// Creates a named map, all of its bytes zero; or an anonymous one.
///
/// Parameters:
/// - name, name_length: the name in UTF-8; NULL: an anonymous map.
/// - capacity: how many bytes, 1 or more.
/// - options: how, or NULL for the defaults.
/// - out_map: the handle.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is there, and its memory is reserved (unless delayed).
/// - `MMF_STATUS_INVALID_ARGUMENT`: the name cannot be one, or the access is for writing alone.
/// - `MMF_STATUS_OUT_OF_RANGE`: the capacity or an option is a number that makes no sense.
/// - `MMF_STATUS_ALREADY_EXISTS`: a map of this name lives; open it, or choose another name.
/// - `MMF_STATUS_NO_SPACE`: not enough memory; nothing was left behind.
/// - `MMF_STATUS_TOO_LARGE`: more than a process can address.
/// - `MMF_STATUS_NOT_SUPPORTED`: an option that this operating system does not have.
/// - `MMF_STATUS_ACCESS_DENIED`: another user's leftover has the name, or the system forbids it.
/// - `MMF_STATUS_NOT_A_MAP`: something else stands in the name's place.
/// - `MMF_STATUS_BUSY`: others decide about this name; try again.
///
/// Memory and lifetimes: end the handle with `mmf_map_close`. A process that ends closes its
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

/// Opens the map of this name if it lives, whatever its capacity; else creates it.
///
/// Parameters:
/// - name, name_length: the name in UTF-8.
/// - capacity: how many bytes a new map gets, 1 or more. Ask the one that was opened for its own.
/// - options: how, or NULL for the defaults. What is about creating has no effect on a map that
///   lives.
/// - out_map: the handle.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is open.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
/// - `MMF_STATUS_ACCESS_DENIED`: it lives, and `mmf_map_open` would say so, too.
/// - Others as `mmf_map_create_new`, except `MMF_STATUS_ALREADY_EXISTS`. The access
///   `MMF_ACCESS_WRITE` opens a map that lives, but creates none: `MMF_STATUS_INVALID_ARGUMENT`.
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

/// Opens the named map that lives.
///
/// Parameters:
/// - name, name_length: the name in UTF-8.
/// - options: how (access, rights, inheritability, wait_ms), or NULL for the defaults.
/// - out_map: the handle.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is open.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no name.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the name cannot be one.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
/// - `MMF_STATUS_NOT_FOUND`: no process holds a map of this name, and with `wait_ms` none came in
///   time. Create it, or start the program that does.
/// - `MMF_STATUS_ACCESS_DENIED`: it belongs to somebody who does not let you, or not for this
///   access, or who is not trusted (`trusted_owner`).
/// - `MMF_STATUS_NOT_A_MAP`: something else stands in the name's place.
/// - `MMF_STATUS_FILE_REPLACED`: the path of this named file map leads to another file by now.
/// - `MMF_STATUS_ORPHANED`: another program removed what the name led to.
/// - `MMF_STATUS_BUSY`: others decide about this name; try again.
/// - `MMF_STATUS_IO`: `MMF_RIGHTS_ACCESS_SYSTEM_SECURITY` was asked for, and maps have no audit
///   rules here (on Windows: this process lacks the privilege).
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
