//! The calls that the tests of the C ABI are made of: what works, what fails, and what is left alone.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use mmf::ErrorKind;
use mmf::ffi::*;

/// What memory is filled with that a call must leave alone.
pub(crate) const UNTOUCHED: u8 = 0xA5;

pub(crate) fn place<T>() -> MaybeUninit<T> {
    let mut place = MaybeUninit::<T>::uninit();
    // SAFETY: the place is its own size.
    unsafe { ptr::write_bytes(place.as_mut_ptr(), UNTOUCHED, 1) };
    place
}

pub(crate) fn is_untouched<T>(place: &MaybeUninit<T>) -> bool {
    // SAFETY: `place` wrote every byte, and nobody writes bytes that are not initialized.
    let bytes = unsafe { std::slice::from_raw_parts(place.as_ptr().cast::<u8>(), size_of::<T>()) };
    bytes.iter().all(|byte| *byte == UNTOUCHED)
}

/// A call that works: what it put out. The error must not be touched.
#[track_caller]
pub(crate) fn works<T>(call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t) -> T {
    works_in(place::<T>(), call)
}

/// As [`works`], for an output that begins with its size.
#[track_caller]
pub(crate) fn works_sized<T: Default>(
    call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> T {
    works_in(MaybeUninit::new(T::default()), call)
}

#[track_caller]
pub(crate) fn works_in<T>(
    mut out: MaybeUninit<T>,
    call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> T {
    let mut error = place::<mmf_error_t>();
    let status = call(out.as_mut_ptr(), error.as_mut_ptr());
    if status != mmf_status_t::MMF_STATUS_OK {
        // SAFETY: a call that fails fills it.
        panic!("{status:?}: {}", unsafe { error.assume_init_ref() }.text());
    }
    assert!(is_untouched(&error), "the error was written though the call worked");
    // SAFETY: a call that works fills it.
    unsafe { out.assume_init() }
}

/// A call that fails: its status and its sentence. The output must not be touched, the error must
/// be filled in full, and the same must come out if nobody wants the error.
#[track_caller]
pub(crate) fn fails<T>(
    call: impl Fn(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> (ErrorKind, String) {
    let (mut out, mut error) = (place::<T>(), place::<mmf_error_t>());
    let status = call(out.as_mut_ptr(), error.as_mut_ptr());
    assert_ne!(status, mmf_status_t::MMF_STATUS_OK, "the call was to fail");
    assert!(is_untouched(&out), "the output was written though the call failed");
    // SAFETY: a call that fails fills it.
    let error = unsafe { error.assume_init() };
    assert_eq!(error.status, status as i32);
    // SAFETY: the message ends with a NUL.
    let message = unsafe { CStr::from_ptr(error.message.as_ptr()) }.to_str().unwrap();
    assert_eq!(message.len(), error.message_length as usize);
    assert!(message.ends_with('.'), "no sentence: {message}");
    let again = call(out.as_mut_ptr(), ptr::null_mut());
    assert_eq!(again, status, "without an error to fill");
    (ErrorKind::from_number(error.status).unwrap(), message.to_owned())
}

/// As [`fails`], and the status is this one.
#[track_caller]
pub(crate) fn fails_with<T>(
    status: ErrorKind,
    call: impl Fn(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> String {
    let (found, message) = fails(call);
    assert_eq!(found, status, "{message}");
    message
}

/// A failure of this status whose sentence is about this.
#[track_caller]
pub(crate) fn assert_about(found: (ErrorKind, String), status: ErrorKind, word: &str) {
    assert_eq!(found.0, status, "{}", found.1);
    assert!(found.1.contains(word), "not about the {word}: {}", found.1);
}

/// The length of a text that goes up to its NUL.
pub(crate) const ALL: usize = usize::MAX;

/// Text as pointer and length.
pub(crate) fn c(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

pub(crate) fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Numbers that no access has.
pub(crate) const NO_ACCESS: [i32; 4] = [i32::MIN, -1, 6, i32::MAX];
pub(crate) const FILE_OPEN: i32 = mmf_file_mode_t::MMF_FILE_MODE_OPEN as i32;

pub(crate) fn defaults() -> mmf_map_options_t {
    mmf_map_options_t::default()
}

pub(crate) fn with_access(access: mmf_access_t) -> mmf_map_options_t {
    mmf_map_options_t { access: access as i32, ..defaults() }
}

/// A folder for files, and the path of one in it.
pub(crate) fn file(content: Option<&[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").to_str().unwrap().to_owned();
    if let Some(content) = content {
        std::fs::write(&path, content).unwrap();
    }
    (folder, path)
}

/// The functions that most tests begin with. Each gives what the function returned.
pub(crate) fn create_new(
    name: &str,
    capacity: i64,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = c(name);
    // SAFETY: all pointers lead to what they should, for as long as the tests use the closure.
    move |out, error| unsafe { mmf_map_create_new(data, length, capacity, options, out, error) }
}

pub(crate) fn create_or_open(
    name: &str,
    capacity: i64,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = c(name);
    // SAFETY: as in `create_new`.
    move |out, error| unsafe { mmf_map_create_or_open(data, length, capacity, options, out, error) }
}

pub(crate) fn open(
    name: &str,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = c(name);
    // SAFETY: as in `create_new`.
    move |out, error| unsafe { mmf_map_open(data, length, options, out, error) }
}

pub(crate) fn from_file(
    path: &str,
    file_mode: i32,
    name: Option<&str>,
    capacity: i64,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (path, path_length) = c(path);
    let (name, name_length) = name.map_or((ptr::null(), 0), c);
    // SAFETY: as in `create_new`.
    move |out, error| unsafe {
        mmf_map_create_from_file(
            path,
            path_length,
            file_mode,
            name,
            name_length,
            capacity,
            options,
            out,
            error,
        )
    }
}

pub(crate) fn view(
    map: mmf_map_t,
    offset: i64,
    size: i64,
    access: mmf_access_t,
) -> impl Fn(*mut mmf_view_t, *mut mmf_error_t) -> mmf_status_t {
    // SAFETY: as in `create_new`.
    move |out, error| unsafe { mmf_view_create(map, offset, size, access as i32, out, error) }
}

/// An anonymous map for reading and writing.
pub(crate) fn anonymous(capacity: i64) -> mmf_map_t {
    // SAFETY: no name, no options.
    works(|out, error| unsafe {
        mmf_map_create_new(ptr::null(), 0, capacity, ptr::null(), out, error)
    })
}

#[track_caller]
pub(crate) fn close(map: mmf_map_t) {
    // SAFETY: a handle is any number.
    works(|_: *mut (), error| unsafe { mmf_map_close(map, error) });
}

#[track_caller]
pub(crate) fn close_view(view: mmf_view_t) {
    // SAFETY: a handle is any number.
    works(|_: *mut (), error| unsafe { mmf_view_close(view, error) });
}

pub(crate) fn info(map: mmf_map_t) -> mmf_map_info_t {
    // SAFETY: the pointers lead to places of their types.
    works_sized(|out, error| unsafe { mmf_map_get_info(map, out, error) })
}

#[track_caller]
pub(crate) fn write_text(map: mmf_map_t, text: &str) {
    let (data, length) = c(text);
    // SAFETY: the text lives during the call.
    works(|_: *mut (), error| unsafe { mmf_text_replace(map, data, length, ptr::null(), error) });
}

#[track_caller]
pub(crate) fn read_text(map: mmf_map_t) -> String {
    // SAFETY: the pointers lead to places of their types.
    let text: mmf_text_t =
        works(|out, error| unsafe { mmf_text_read(map, ptr::null(), out, error) });
    take(text)
}

/// Text of the library as Rust's own, with a look at the NUL behind it.
pub(crate) fn take(text: mmf_text_t) -> String {
    // SAFETY: the library gave this many bytes and one more.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length + 1) };
    assert_eq!(bytes[text.length], 0, "a NUL stands behind the text");
    let own = String::from_utf8(bytes[..text.length].to_vec()).unwrap();
    // SAFETY: the text is the library's, and given back once.
    unsafe { mmf_text_free(text) };
    own
}

pub(crate) fn take16(text: mmf_text16_t) -> String {
    // SAFETY: the library gave this many code units and one more.
    let units = unsafe { std::slice::from_raw_parts(text.data, text.length + 1) };
    assert_eq!(units[text.length], 0, "a NUL stands behind the text");
    let own = String::from_utf16(&units[..text.length]).unwrap();
    // SAFETY: the text is the library's, and given back once.
    unsafe { mmf_text_free16(text) };
    own
}

/// The functions that the header declares, each with its parameters.
pub(crate) fn declared() -> Vec<(String, String)> {
    let header = include_str!("../../include/mmf.h");
    let mut found = Vec::new();
    for part in header.split("\nmmf_status_t ").skip(1).chain(header.split("\nvoid ").skip(1)) {
        let (name, rest) = part.split_once('(').unwrap();
        let (parameters, _) = rest.split_once(");").unwrap();
        found.push((name.to_owned(), parameters.to_owned()));
    }
    assert!(found.len() > 40, "the header declares more functions than {}", found.len());
    found
}
