//! A map saved to a file.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

use super::boundary::boundary;
use super::constants::mmf_save_part_t;
use super::error::mmf_error_t;
use super::map::{MAPS, mmf_map_t};
use super::number::out_of_range;
use super::pointer::{Lent, needed, or_empty, size_t};
use super::status::mmf_status_t;
use super::structure::structure;
use super::text_options::{LentTextOptions, mmf_text_options_t};
use crate::error::Result;
use crate::{SaveOptions, SavePart};

/// Options for saving a map to a file. Initialize with `MMF_SAVE_OPTIONS_INIT`, then change the
/// fields that should differ. NULL instead of the structure means the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_save_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// The part that is saved: an `MMF_SAVE_` number. Default: the whole map.
    pub part: i32,
    /// Not 0: fail if the file exists. Default 0: replace it.
    pub keep_existing: i32,
    /// Not 0: replace a read-only file, too. Default 0.
    pub force: i32,
    /// For `MMF_SAVE_TEXT`: text that is written after the content, UTF-8. Default NULL: none.
    pub ending: *const c_char,
    /// The length of `ending`, or `MMF_NUL_TERMINATED`.
    pub ending_length: size_t,
    /// Encoding, timeout and lock for reading the content. Default NULL: the defaults.
    pub text: *const mmf_text_options_t,
}

structure! {
    mmf_save_options_t ends(ending_length text) {
        part: mmf_save_part_t::MMF_SAVE_MAP as i32,
        keep_existing: 0,
        force: 0,
        ending: ptr::null(),
        ending_length: 0,
        text: ptr::null(),
    }
}

/// Save options with the data that they point to.
struct LentSaveOptions<'call> {
    part: SavePart,
    keep_existing: bool,
    force: bool,
    ending: Cow<'call, str>,
    text: LentTextOptions<'call>,
}

impl<'call> LentSaveOptions<'call> {
    fn lent(lent: &'call Lent, options: *const mmf_save_options_t) -> Result<Self> {
        let options = lent.structure(options, "options")?.unwrap_or_default();
        let part = [SavePart::Map, SavePart::Content, SavePart::Text]
            .into_iter()
            .find(|part| *part as i32 == options.part)
            .ok_or_else(|| {
                out_of_range("part to save", options.part, "0 (map), 1 (content) or 2 (text)")
            })?;
        let ending = lent.text(options.ending, options.ending_length, "options.ending")?;
        Ok(LentSaveOptions {
            part,
            keep_existing: options.keep_existing != 0,
            force: options.force != 0,
            ending: or_empty(ending, options.ending_length, "options.ending")?,
            text: LentTextOptions::lent(lent, options.text)?,
        })
    }

    fn to_core(&self) -> SaveOptions<'_> {
        SaveOptions::new()
            .part(self.part)
            .keep_existing(self.keep_existing)
            .force(self.force)
            .ending(&self.ending)
            .text(self.text.to_core())
    }
}

/// Saves a map, its content or its text to a file. The function writes a temporary file, waits
/// until it is on the disk, and puts it in the target's place in one step, so a crash leaves the
/// old file or the new one. A link is followed. An existing file keeps its permission bits, and its
/// owner if the system allows that; it does not keep setuid, setgid and sticky bits. The content
/// lock is not held during the wait for the disk.
///
/// Parameters:
/// - map: the handle.
/// - path, path_length: the file's path in UTF-8.
/// - options: the options, or NULL for the defaults: save the whole map and replace an existing
///   file.
/// - out_error: the error; may be NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the file is saved.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the path is empty, or is the path of the map's own file.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is out of range.
/// - `MMF_STATUS_ALREADY_EXISTS`: the file exists and `keep_existing` is set.
/// - `MMF_STATUS_DIRECTORY_NOT_FOUND`: create the directory first.
/// - `MMF_STATUS_NOT_A_FILE`: the path refers to a FIFO, a device or a socket. It was not opened.
/// - `MMF_STATUS_ACCESS_DENIED`: the file cannot be written (set `force` if it is only read-only),
///   the file is the memory of a map, or the handle may not read.
/// - `MMF_STATUS_SHARING_VIOLATION`: another program has opened the file exclusively.
/// - `MMF_STATUS_NO_SPACE`: the disk is full; the old file is unchanged.
/// - `MMF_STATUS_TIMEOUT`: the content lock could not be acquired in time.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_save(
    map: mmf_map_t,
    path: *const c_char,
    path_length: size_t,
    options: *const mmf_save_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let path = lent.text(path, path_length, "path")?;
            save(lent, map, path.as_deref(), options)
        })
    }
}

/// Saves to a file: `mmf_map_save` with the path in UTF-16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_map_save16(
    map: mmf_map_t,
    path: *const u16,
    path_length: size_t,
    options: *const mmf_save_options_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let path = lent.text16(path, path_length, "path")?;
            save(lent, map, path.as_deref(), options)
        })
    }
}

fn save(
    lent: &Lent,
    map: mmf_map_t,
    path: Option<&str>,
    options: *const mmf_save_options_t,
) -> Result<()> {
    let path = needed(path, "path")?;
    let options = LentSaveOptions::lent(lent, options)?;
    MAPS.get(map.id)?.save_with(path, &options.to_core())
}
