//! Maps: created, opened, asked about, closed.

use std::ffi::c_char;

use super::error::mmf_error_t;
use super::handle::Table;
use super::options::{inheritable, mmf_map_options_t, mmf_permissions_t, not_negative};
use super::pointer::{Lent, Place, needed};
use super::status::mmf_status_t;
use super::structure::structure;
use super::{boundary, mmf_text_t, mmf_text16_t, size_t};
use crate::capacity::{check_addressable, check_capacity};
use crate::error::{ErrorKind, Result};
use crate::name::Name;
use crate::options::{check_creatable, check_path};
use crate::os::descriptor;
use crate::{Access, FileMode, Map, MapOptions, Permissions};

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

/// What a map is and what a handle may do with it. Begin with `MMF_MAP_INFO_INIT`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_map_info_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// An `MMF_KIND_` number.
    pub kind: i32,
    /// What this handle was created or opened for: an `MMF_ACCESS_` number.
    pub access: i32,
    /// What this handle may do: `MMF_RIGHTS_` bits.
    pub rights: i32,
    /// 1: programs that this process starts get the handle, too.
    pub inheritable: i32,
    /// 1: a program made the map that does not use this library; nobody here removes it.
    pub foreign: i32,
    /// 1: the name no longer refers to this map, because another program removed or replaced it; the memory
    /// stays valid. -1: the operating system did not let us look.
    pub orphaned: i32,
    /// 1: the map was created read-only; nobody may write it.
    pub read_only: i32,
    /// How many bytes the map has.
    pub capacity: i64,
    /// The descriptor (on Windows: the handle of the section) that holds the map. It stays the
    /// library's: do not close it.
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

fn give(out: Place<'_, mmf_map_t>, map: Map) -> Result<()> {
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

/// Gets what a map is and what the handle may do with it.
///
/// Parameters:
/// - map: the handle.
/// - out_info: what it is; `struct_size` is set before the call.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
///   library knows.
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

/// Gets the name that the handle was created or opened by.
///
/// Parameters:
/// - map: the handle.
/// - out_name: the name; all zero if the map has none.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
///
/// Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
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

/// Gets the name: `mmf_map_get_name` in UTF-16. Give it back with `mmf_text_free16`.
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

/// Gets the path of a file map. Bytes of it that are not UTF-8 become U+FFFD.
///
/// Parameters:
/// - map: the handle.
/// - out_path: the path; all zero if the map has no file, or its path is not known.
/// - out_error: what went wrong, or NULL.
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

/// Gets the path: `mmf_map_get_path` in UTF-16. Give it back with `mmf_text_free16`.
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

/// Gets a new descriptor (on Windows: a handle of the section) of the same memory, for calling
/// `mmap` oneself.
///
/// Parameters:
/// - map: the handle.
/// - out_descriptor: the descriptor; programs that this process starts do not get it.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_NOT_SUPPORTED`: the system has none for this map.
/// - `MMF_STATUS_IO`: too many are open.
///
/// Memory and lifetimes: the descriptor belongs to the caller, who closes it. It does not hold the
/// name (on Windows every handle does).
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

/// Sets whether programs that this process starts get the handle, and hold the map with it.
///
/// Parameters:
/// - map: the handle.
/// - inheritability: an `MMF_INHERITABILITY_` number.
/// - out_error: what went wrong, or NULL.
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

/// Gets who may use the map.
///
/// Parameters:
/// - map: the handle.
/// - out_permissions: mode and owner; -1 where the operating system has none. `struct_size` is set
///   before the call.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: `struct_size` was not set, or there is more behind it than this
///   library knows.
/// - `MMF_STATUS_NOT_SUPPORTED`: this map has no permissions.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to read them (on Windows).
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

/// Changes who may use the map.
///
/// Parameters:
/// - map: the handle.
/// - permissions: mode and owner; what is -1 stays.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_OUT_OF_RANGE`: a number that makes no sense.
/// - `MMF_STATUS_INVALID_ARGUMENT`: a mode that cannot be used for a map, or a wrong `struct_size`.
/// - `MMF_STATUS_NOT_SUPPORTED`: maps have no mode and owner here.
/// - `MMF_STATUS_ACCESS_DENIED`: only the owner may, and only the administrator gives it away.
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
/// - out_sddl: the security descriptor; all zero where the operating system has none.
/// - out_error: what went wrong, or NULL.
///
/// Returns: as `mmf_map_get_permissions`.
///
/// Memory and lifetimes: the text belongs to the caller; give it back with `mmf_text_free`.
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

/// Gets the security descriptor: `mmf_map_get_sddl` in UTF-16. Give it back with
/// `mmf_text_free16`.
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
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: it is no SDDL.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system has none; use `mmf_map_set_permissions`.
/// - `MMF_STATUS_ACCESS_DENIED`: the handle lacks the right to change it.
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
