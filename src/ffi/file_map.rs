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

/// Maps a file, and gives the map a name if there is one.
///
/// Parameters:
/// - path, path_length: the file's path in UTF-8.
/// - file_mode: how the file is opened: an `MMF_FILE_MODE_` number.
/// - name, name_length: a name for the map in UTF-8; NULL: none.
/// - capacity: how many bytes; 0: as many as the file has. A file that is shorter grows.
/// - options: how (access, inheritability), or NULL for the defaults. A file map has the
///   permissions of its file.
/// - out_map: the handle.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is there.
/// - `MMF_STATUS_NULL_ARGUMENT`: there is no path.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the path or the name is empty or cannot be one; the access is
///   for writing alone; the file mode cannot be used for a map; the file is empty and no capacity was given;
///   the file cannot grow with this access.
/// - `MMF_STATUS_OUT_OF_RANGE`: the capacity is negative or below the file's length, or an option
///   is a number that makes no sense.
/// - `MMF_STATUS_NOT_FOUND`, `MMF_STATUS_DIRECTORY_NOT_FOUND`: check the path.
/// - `MMF_STATUS_ALREADY_EXISTS`: the file must be new and is not, or a map of this name lives.
/// - `MMF_STATUS_ACCESS_DENIED`: the file cannot be opened for this access, or is a folder.
/// - `MMF_STATUS_SHARING_VIOLATION`: another program shuts others out.
/// - `MMF_STATUS_NO_SPACE`: the disk is full.
/// - `MMF_STATUS_NOT_A_FILE`: the path leads to a FIFO, a device or a socket.
/// - `MMF_STATUS_FILE_MAPPED`: the file is the memory of a map that lives, and would change its size
///   (on Windows: the file is mapped, and would be emptied).
/// - `MMF_STATUS_NOT_SUPPORTED`: an option that file maps do not have.
///
/// A call that fails leaves the file as it was, and removes one that it created. While a file is
/// mapped nobody gets it to himself (on Unix: it is locked shared with `flock`, as .NET does).
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

/// Maps what an open file descriptor (on Windows: the handle of a file) leads to.
///
/// Parameters:
/// - descriptor: the descriptor, open for reading, and for writing too if the map is to be written.
/// - leave_open: not 0: the caller keeps the descriptor. 0: on success it belongs to the map, which
///   closes it in the end; on failure the caller still has it.
/// - name, name_length: a name for the map in UTF-8; NULL: none.
/// - capacity, options, out_map, out_error: as `mmf_map_create_from_file`.
///
/// Returns:
/// - `MMF_STATUS_OK`: the map is there.
/// - `MMF_STATUS_INVALID_HANDLE`: the descriptor is not open.
/// - `MMF_STATUS_ACCESS_DENIED`: the descriptor is not open for what the access needs.
/// - `MMF_STATUS_NOT_A_FILE`: the descriptor leads to a directory, a FIFO, a device or a socket.
/// - Others as `mmf_map_create_from_file`.
///
/// Memory and lifetimes: as `mmf_map_create_new`. The map works on an opening of its own where the
/// system allows one, so the caller may close a descriptor that it kept at once.
///
/// Threads: any; but nobody may close the descriptor during the call.
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

/// What is said about the map of a file beyond what is said about every map.
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
