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

/// How a map is saved to a file. Begin with `MMF_SAVE_OPTIONS_INIT` and change what should differ;
/// NULL instead of the structure stands for the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_save_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// What is saved: an `MMF_SAVE_` number. Default: the whole map.
    pub part: i32,
    /// Not 0: fail if the file exists. Default 0: replace it.
    pub keep_existing: i32,
    /// Not 0: replace a file that is marked read-only, too. Default 0.
    pub force: i32,
    /// For `MMF_SAVE_TEXT`: what is written behind the text, UTF-8. Default NULL: nothing.
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

/// Save options with everything that they lead to.
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

/// Saves a map, its content or its text to a file: written aside, brought to the disk and put in the
/// target's place in one step, so that a crash leaves the old file or the new one. A link is
/// followed. A file that exists keeps its permission bits, and its owner where that is allowed; setuid,
/// setgid and sticky bits are not kept. The content lock is not held while the disk is waited for.
///
/// Parameters:
/// - map: the handle.
/// - path, path_length: the file's path in UTF-8.
/// - options: what and how, or NULL for the defaults: the whole map, over an existing file.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`: the file is there.
/// - `MMF_STATUS_NULL_ARGUMENT`, `MMF_STATUS_CLOSED`, `MMF_STATUS_INVALID_HANDLE`.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the path is empty, or that of the map's own file.
/// - `MMF_STATUS_OUT_OF_RANGE`: an option is a number that makes no sense.
/// - `MMF_STATUS_ALREADY_EXISTS`: the file exists and is to be kept.
/// - `MMF_STATUS_DIRECTORY_NOT_FOUND`: create the folder first.
/// - `MMF_STATUS_NOT_A_FILE`: the path leads to a FIFO, a device or a socket. None is opened.
/// - `MMF_STATUS_ACCESS_DENIED`: the file cannot be written (set `force` if it is only marked
///   read-only), it is the memory of a map that lives, or the handle may not read.
/// - `MMF_STATUS_SHARING_VIOLATION`: another program has the file to itself.
/// - `MMF_STATUS_NO_SPACE`: the disk is full; the old file stands.
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
