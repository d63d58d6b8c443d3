//! The list of the named maps.

use std::ffi::c_void;

use super::boundary::boundary;
use super::buffer::{mmf_text_free, mmf_text_free16, mmf_text_t, mmf_text16_t};
use super::error::mmf_error_t;
use super::permissions::mmf_permissions_t;
use super::pointer::{give, size_t, take_back};
use super::status::mmf_status_t;
use crate::MapInfo;

/// A named map that exists. A later version may add fields at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_list_entry_t {
    /// The name that opens it.
    pub name: mmf_text_t,
    /// The file's path, for a named file map; otherwise all zero.
    pub path: mmf_text_t,
    /// The size of the map in bytes. 0: another program truncated it, or it is another user's named
    /// file map.
    pub capacity: i64,
    /// An `MMF_KIND_` number.
    pub kind: i32,
    /// 1: a program that does not use this library created the map.
    pub foreign: i32,
    /// Unix permission bits; -1 if the operating system has none.
    pub mode: i32,
    /// 1: the map can be opened without a `trusted_owner` in the options, because it belongs to you
    /// or to root, or because the operating system checks its access control list (Windows).
    pub trusted: i32,
    /// The owning user; -1 if the operating system has no such numbers.
    pub uid: i64,
    /// The owning group; -1 if the operating system has none.
    pub gid: i64,
}

/// A named map that exists, with its texts in UTF-16. A later version may add fields at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_list_entry16_t {
    /// The name that opens it.
    pub name: mmf_text16_t,
    /// The file's path, for a named file map; otherwise all zero.
    pub path: mmf_text16_t,
    /// The size of the map in bytes. 0: another program truncated it, or it is another user's named
    /// file map.
    pub capacity: i64,
    /// An `MMF_KIND_` number.
    pub kind: i32,
    /// 1: a program that does not use this library created the map.
    pub foreign: i32,
    /// Unix permission bits; -1 if the operating system has none.
    pub mode: i32,
    /// 1: the map can be opened without a `trusted_owner` in the options, because it belongs to you
    /// or to root, or because the operating system checks its access control list (Windows).
    pub trusted: i32,
    /// The owning user; -1 if the operating system has no such numbers.
    pub uid: i64,
    /// The owning group; -1 if the operating system has none.
    pub gid: i64,
}

/// The named maps that exist. The list belongs to the caller; free it with `mmf_list_free`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_list_t {
    /// The first entry. Use `MMF_LIST_ENTRY` to access each one.
    pub entries: *mut c_void,
    /// The number of entries.
    pub length: size_t,
    /// The distance from one entry to the next in bytes: the size of `mmf_list_entry_t` in the
    /// loaded library, which may have more fields than this header.
    pub stride: size_t,
}

/// The named maps that exist, with their texts in UTF-16. The list belongs to the caller; free it
/// with `mmf_list_free16`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_list16_t {
    /// The first entry. Use `MMF_LIST_ENTRY16` to access each one.
    pub entries: *mut c_void,
    /// The number of entries.
    pub length: size_t,
    /// The distance from one entry to the next in bytes: the size of `mmf_list_entry16_t` in the
    /// loaded library, which may have more fields than this header.
    pub stride: size_t,
}

impl Default for mmf_list_entry_t {
    fn default() -> Self {
        mmf_list_entry_t {
            name: mmf_text_t::NONE,
            path: mmf_text_t::NONE,
            capacity: 0,
            kind: 0,
            foreign: 0,
            mode: -1,
            trusted: 0,
            uid: -1,
            gid: -1,
        }
    }
}

impl Default for mmf_list_entry16_t {
    fn default() -> Self {
        mmf_list_entry16_t {
            name: mmf_text16_t::NONE,
            path: mmf_text16_t::NONE,
            capacity: 0,
            kind: 0,
            foreign: 0,
            mode: -1,
            trusted: 0,
            uid: -1,
            gid: -1,
        }
    }
}

fn path_of(info: &MapInfo) -> Option<String> {
    info.path.as_ref().map(|path| path.to_string_lossy().into_owned())
}

/// Gets the named maps that exist, including foreign ones, ordered by name. This also frees the
/// memory of maps whose holders were killed.
///
/// A name is returned unchanged, because only the unchanged name opens the map. Any user may have
/// chosen it. It can contain quotes, line breaks and control characters, so escape it before you
/// show it or use it in a command.
///
/// Parameters:
/// - out_list: the maps. They may be gone by the time you open them.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`: out_list is NULL.
/// - `MMF_STATUS_NOT_SUPPORTED`: this operating system cannot list maps.
/// - `MMF_STATUS_ACCESS_DENIED`, `MMF_STATUS_IO`: the operating system refused.
///
/// Memory and lifetimes: the list and all texts in it belong to the caller. Free them together with
/// `mmf_list_free`; do not free single texts.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_list_get(
    out_list: *mut mmf_list_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_list, "out_list")?;
            let entry = |info: MapInfo| {
                let mmf_permissions_t { mode, gid, .. } =
                    mmf_permissions_t::of_core(&info.permissions);
                mmf_list_entry_t {
                    path: path_of(&info).map_or(mmf_text_t::NONE, Into::into),
                    name: info.name.into(),
                    capacity: info.capacity as i64,
                    kind: info.kind as i32,
                    foreign: info.foreign.into(),
                    mode,
                    trusted: info.trusted.into(),
                    uid: info.owner.map_or(-1, i64::from),
                    gid,
                }
            };
            let (entries, length) = give(crate::list()?.into_iter().map(entry).collect());
            out.put(mmf_list_t {
                entries: entries.cast(),
                length,
                stride: size_of::<mmf_list_entry_t>(),
            });
            Ok(())
        })
    }
}

/// Gets the named maps that exist: `mmf_list_get` in UTF-16. Free it with `mmf_list_free16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_list_get16(
    out_list: *mut mmf_list16_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_list, "out_list")?;
            let entry = |info: MapInfo| {
                let mmf_permissions_t { mode, gid, .. } =
                    mmf_permissions_t::of_core(&info.permissions);
                mmf_list_entry16_t {
                    path: path_of(&info).map_or(mmf_text16_t::NONE, Into::into),
                    name: info.name.into(),
                    capacity: info.capacity as i64,
                    kind: info.kind as i32,
                    foreign: info.foreign.into(),
                    mode,
                    trusted: info.trusted.into(),
                    uid: info.owner.map_or(-1, i64::from),
                    gid,
                }
            };
            let (entries, length) = give(crate::list()?.into_iter().map(entry).collect());
            out.put(mmf_list16_t {
                entries: entries.cast(),
                length,
                stride: size_of::<mmf_list_entry16_t>(),
            });
            Ok(())
        })
    }
}

/// Frees a list and all texts in it.
///
/// Parameters:
/// - list: a list that `mmf_list_get` returned, unchanged; all zero does nothing.
///
/// Memory and lifetimes: the memory is freed when the call returns. Do not call it twice with the
/// same list: the library cannot detect that.
///
/// Threads: any, for different lists at the same time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_list_free(list: mmf_list_t) {
    // SAFETY: the caller promises a list that is zero or the library's own.
    let Some(entries) =
        (unsafe { take_back(list.entries.cast::<mmf_list_entry_t>(), list.length) })
    else {
        return;
    };
    for text in entries.iter().flat_map(|entry| [entry.name, entry.path]) {
        // SAFETY: the text came with the list and was not given back alone.
        unsafe { mmf_text_free(text) };
    }
}

/// Frees a list: `mmf_list_free` for UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_list_free16(list: mmf_list16_t) {
    // SAFETY: the caller promises a list that is zero or the library's own.
    let Some(entries) =
        (unsafe { take_back(list.entries.cast::<mmf_list_entry16_t>(), list.length) })
    else {
        return;
    };
    for text in entries.iter().flat_map(|entry| [entry.name, entry.path]) {
        // SAFETY: the text came with the list and was not given back alone.
        unsafe { mmf_text_free16(text) };
    }
}
