//! The maps of files: by path, by descriptor.

use std::ffi::c_char;

use super::boundary::boundary;
use super::error::mmf_error_t;
use super::map::{MAPS, give, mmf_map_t};
use super::map_options::mmf_map_options_t;
use super::number::not_negative;
use super::pointer::{Lent, needed, size_t};
use super::status::mmf_status_t;
use crate::capacity::check_addressable;
use crate::error::{ErrorKind, Result};
use crate::name::Name;
use crate::options::{check_creatable, check_path};
use crate::{Access, FileMode, MapOptions};

/// Maps a file. The map can have a name.
///
/// Parameters:
/// - path, path_length: the file's path in UTF-8.
/// - file_mode: how the file is opened: an `MMF_FILE_MODE_` number.
/// - name, name_length: a name for the map in UTF-8; NULL: none.
/// - capacity: the size of the map in bytes; 0: the size of the file. A shorter file grows.
/// - options: access and inheritability, or NULL for the defaults. A file map has the permissions
///   of its file.
/// - out_map: the handle.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map exists.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no path.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the path or the name is empty or not valid; the access is for
///   writing only; the file mode cannot be used for a map; the file is empty and no capacity was
///   given; the file cannot grow with this access.
/// - `MMF_STATUS_OUT_OF_RANGE`: the capacity is negative or below the file's length, or an option
///   is out of range.
/// - `MMF_STATUS_NOT_FOUND`, `MMF_STATUS_DIRECTORY_NOT_FOUND`: check the path.
/// - `MMF_STATUS_ALREADY_EXISTS`: the file exists but must be new, or a map with this name exists.
/// - `MMF_STATUS_ACCESS_DENIED`: the file cannot be opened for this access, or is a directory.
/// - `MMF_STATUS_SHARING_VIOLATION`: another program has opened the file exclusively.
/// - `MMF_STATUS_NO_SPACE`: the disk is full.
/// - `MMF_STATUS_NOT_A_FILE`: the path refers to a FIFO, a device or a socket.
/// - `MMF_STATUS_FILE_MAPPED`: the call would change the size of a file that is the memory of a map
///   (on Windows: it would empty a mapped file).
/// - `MMF_STATUS_NOT_SUPPORTED`: file maps do not have one of the options.
///
/// A call that fails leaves the file unchanged, and removes a file that it created. While a file is
/// mapped, no program can open it exclusively (on Unix: it has a shared `flock` lock, as in .NET).
///
/// Memory and lifetimes, threads: as `mmf_map_create_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_from_file(
    path: *const c_char,
    path_length: size_t,
    file_mode: i32,
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
            let path = lent.text(path, path_length, "path")?;
            let name = lent.text(name, name_length, "name")?;
            let file = File { path: path.as_deref(), mode: file_mode };
            create_from_file(lent, file, name.as_deref(), capacity, options, out_map)
        })
    }
}

/// Maps a file: `mmf_map_create_from_file` with path and name in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_from_file16(
    path: *const u16,
    path_length: size_t,
    file_mode: i32,
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
            let path = lent.text16(path, path_length, "path")?;
            let name = lent.text16(name, name_length, "name")?;
            let file = File { path: path.as_deref(), mode: file_mode };
            create_from_file(lent, file, name.as_deref(), capacity, options, out_map)
        })
    }
}

struct File<'a> {
    path: Option<&'a str>,
    mode: i32,
}

fn create_from_file(
    lent: &Lent,
    file: File<'_>,
    name: Option<&str>,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
) -> Result<()> {
    let out = lent.out(out_map, "out_map")?;
    let options = mmf_map_options_t::lent(lent, options)?;
    let path = needed(file.path, "path")?;
    let (capacity, access) = check_file_map(name, capacity, &options)?;
    let mode = match FileMode::from_number(file.mode) {
        // .NET meets a mode that does not exist only when it opens the file, after the path.
        Err(error) if error.kind() == ErrorKind::OutOfRange => {
            check_path(path.as_ref()).and(Err(error))
        }
        other => other,
    }?;
    let options = options.creating(lent, access)?;
    give(out, of_file(options.file_mode(mode), name, capacity).map_file(path)?)
}

/// Maps the file of an open descriptor (on Windows: of a file handle).
///
/// Parameters:
/// - descriptor: the descriptor, open for reading, and also for writing if the map will be written.
/// - leave_open: not 0: the caller keeps the descriptor. 0: on success it belongs to the map, which
///   closes it at the end; on failure the caller keeps it.
/// - name, name_length: a name for the map in UTF-8; NULL: none.
/// - capacity, options, out_map, out_error: as `mmf_map_create_from_file`.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map exists.
/// - `MMF_STATUS_INVALID_HANDLE`: the descriptor is not open.
/// - `MMF_STATUS_ACCESS_DENIED`: the descriptor is not open for this access.
/// - `MMF_STATUS_NOT_A_FILE`: the descriptor refers to a directory, a FIFO, a device or a socket.
/// - Others as `mmf_map_create_from_file`.
///
/// Memory and lifetimes: as `mmf_map_create_new`. The map opens a descriptor of its own if the
/// system allows it, so the caller may close a kept descriptor at once.
///
/// Threads: any. Do not close the descriptor during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_from_descriptor(
    descriptor: isize,
    leave_open: i32,
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
            let source = Source { number: descriptor, leave_open: leave_open != 0 };
            create_from_descriptor(lent, source, name.as_deref(), capacity, options, out_map)
        })
    }
}

/// Maps a descriptor: `mmf_map_create_from_descriptor` with the name in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_create_from_descriptor16(
    descriptor: isize,
    leave_open: i32,
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
            let source = Source { number: descriptor, leave_open: leave_open != 0 };
            create_from_descriptor(lent, source, name.as_deref(), capacity, options, out_map)
        })
    }
}

struct Source {
    number: isize,
    leave_open: bool,
}

fn create_from_descriptor(
    lent: &Lent,
    source: Source,
    name: Option<&str>,
    capacity: i64,
    options: *const mmf_map_options_t,
    out_map: *mut mmf_map_t,
) -> Result<()> {
    let out = lent.out(out_map, "out_map")?;
    let options = mmf_map_options_t::lent(lent, options)?;
    let descriptor = lent.descriptor(source.number)?;
    let (capacity, access) = check_file_map(name, capacity, &options)?;
    let options = of_file(options.creating(lent, access)?, name, capacity);
    let map = options.map_borrowed(descriptor)?;
    let id = MAPS.insert(map)?;
    if !source.leave_open {
        // Nothing can fail any more: now it is the map's.
        MAPS.get(id)?.object.adopt(lent.take_over(descriptor));
    }
    out.put(mmf_map_t { id });
    Ok(())
}

/// The parameters of a file map that other maps do not have.
fn of_file(options: MapOptions, name: Option<&str>, capacity: u64) -> MapOptions {
    let options = options.capacity(capacity);
    match name {
        Some(name) => options.name(name),
        None => options,
    }
}

/// The checks that both ways to a file map share, in .NET's order.
fn check_file_map(
    name: Option<&str>,
    capacity: i64,
    options: &mmf_map_options_t,
) -> Result<(u64, Access)> {
    name.map(Name::new).transpose()?;
    let capacity = not_negative("capacity", capacity)?;
    check_addressable(capacity)?;
    let access = options.access()?;
    check_creatable(access)?;
    Ok((capacity, access))
}
