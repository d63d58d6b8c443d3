//! Helpers for the tests of the C ABI: they call functions, and check results, errors and memory that must not change.
#![allow(dead_code, reason = "each test program uses only some of it")]

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use mmf::ErrorKind;
use mmf::ffi::*;

/// The byte that fills memory that a call must not change.
pub(crate) const UNTOUCHED: u8 = 0xA5;

pub(crate) fn untouched<T>() -> MaybeUninit<T> {
    let mut untouched = MaybeUninit::<T>::uninit();
    // SAFETY: the value has its own size.
    unsafe { ptr::write_bytes(untouched.as_mut_ptr(), UNTOUCHED, 1) };
    untouched
}

pub(crate) fn is_untouched<T>(untouched: &MaybeUninit<T>) -> bool {
    // SAFETY: every byte was initialised by `untouched`.
    let bytes =
        unsafe { std::slice::from_raw_parts(untouched.as_ptr().cast::<u8>(), size_of::<T>()) };
    bytes.iter().all(|byte| *byte == UNTOUCHED)
}

/// Calls a function that must succeed, and returns its output. It must not change the error.
#[track_caller]
pub(crate) fn works<T>(call: impl FnOnce(*mut T, *mut mmf_error_t) -> mmf_status_t) -> T {
    works_in(untouched::<T>(), call)
}

/// Like [`works`], for an output that begins with its size.
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
    let mut error = untouched::<mmf_error_t>();
    let status = call(out.as_mut_ptr(), error.as_mut_ptr());
    if status != mmf_status_t::MMF_STATUS_OK {
        // SAFETY: a failed call fills it.
        panic!("{status:?}: {}", unsafe { error.assume_init_ref() }.text());
    }
    assert!(is_untouched(&error), "a successful call must not change the error");
    // SAFETY: a successful call fills it.
    unsafe { out.assume_init() }
}

/// Calls a function that must fail; returns its status and message. It must not change the output, must fill the whole
/// error, and must return the same status without an error pointer.
#[track_caller]
pub(crate) fn fails<T>(
    call: impl Fn(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> (ErrorKind, String) {
    let (mut out, mut error) = (untouched::<T>(), untouched::<mmf_error_t>());
    let status = call(out.as_mut_ptr(), error.as_mut_ptr());
    assert_ne!(status, mmf_status_t::MMF_STATUS_OK, "the call must fail");
    assert!(is_untouched(&out), "a failed call must not change the output");
    // SAFETY: a failed call fills it.
    let error = unsafe { error.assume_init() };
    assert_eq!(error.status, status as i32);
    // SAFETY: the message ends with a NUL.
    let message = unsafe { CStr::from_ptr(error.message.as_ptr()) }.to_str().unwrap();
    assert_eq!(message.len(), error.message_length as usize);
    assert!(message.ends_with('.'), "not a sentence: {message}");
    let again = call(out.as_mut_ptr(), ptr::null_mut());
    assert_eq!(again, status, "without an error pointer");
    (ErrorKind::from_number(error.status).unwrap(), message.to_owned())
}

/// Like [`fails`], with an expected status.
#[track_caller]
pub(crate) fn fails_with<T>(
    status: ErrorKind,
    call: impl Fn(*mut T, *mut mmf_error_t) -> mmf_status_t,
) -> String {
    let (found, message) = fails(call);
    assert_eq!(found, status, "{message}");
    message
}

/// Checks the status of a failure, and that its message contains a word.
#[track_caller]
pub(crate) fn assert_fails_about(found: (ErrorKind, String), status: ErrorKind, word: &str) {
    assert_eq!(found.0, status, "{}", found.1);
    assert!(found.1.contains(word), "the message does not mention '{word}': {}", found.1);
}

/// The length of a NUL-terminated text.
pub(crate) const NUL_TERMINATED: usize = usize::MAX;

pub(crate) fn pointer_and_length(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

pub(crate) fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Values that are not in the enumeration.
pub(crate) const INVALID_ACCESSES: [i32; 4] = [i32::MIN, -1, 6, i32::MAX];
pub(crate) const FILE_OPEN: i32 = mmf_file_mode_t::MMF_FILE_MODE_OPEN as i32;

pub(crate) fn defaults() -> mmf_map_options_t {
    mmf_map_options_t::default()
}

pub(crate) fn with_access(access: mmf_access_t) -> mmf_map_options_t {
    mmf_map_options_t { access: access as i32, ..defaults() }
}

/// A temporary folder, and the path of a file in it.
pub(crate) fn file(content: Option<&[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").to_str().unwrap().to_owned();
    if let Some(content) = content {
        std::fs::write(&path, content).unwrap();
    }
    (folder, path)
}

/// Closures for the functions that most tests use.
pub(crate) fn create_new(
    name: &str,
    capacity: i64,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = pointer_and_length(name);
    // SAFETY: all pointers are valid as long as the tests use the closure.
    move |out, error| unsafe { mmf_map_create_new(data, length, capacity, options, out, error) }
}

pub(crate) fn create_or_open(
    name: &str,
    capacity: i64,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = pointer_and_length(name);
    // SAFETY: as in `create_new`.
    move |out, error| unsafe { mmf_map_create_or_open(data, length, capacity, options, out, error) }
}

pub(crate) fn open(
    name: &str,
    options: &mmf_map_options_t,
) -> impl Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t {
    let (data, length) = pointer_and_length(name);
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
    let (path, path_length) = pointer_and_length(path);
    let (name, name_length) = name.map_or((ptr::null(), 0), pointer_and_length);
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
    // SAFETY: the name and the options may be NULL.
    works(|out, error| unsafe {
        mmf_map_create_new(ptr::null(), 0, capacity, ptr::null(), out, error)
    })
}

#[track_caller]
pub(crate) fn close(map: mmf_map_t) {
    // SAFETY: any number is allowed as a handle.
    works(|_: *mut (), error| unsafe { mmf_map_close(map, error) });
}

#[track_caller]
pub(crate) fn close_view(view: mmf_view_t) {
    // SAFETY: any number is allowed as a handle.
    works(|_: *mut (), error| unsafe { mmf_view_close(view, error) });
}

pub(crate) fn info(map: mmf_map_t) -> mmf_map_info_t {
    // SAFETY: every pointer is valid for its type.
    works_sized(|out, error| unsafe { mmf_map_get_info(map, out, error) })
}

#[track_caller]
pub(crate) fn write_text(map: mmf_map_t, text: &str) {
    let (data, length) = pointer_and_length(text);
    // SAFETY: the text is valid during the call.
    works(|_: *mut (), error| unsafe { mmf_text_replace(map, data, length, ptr::null(), error) });
}

#[track_caller]
pub(crate) fn read_text(map: mmf_map_t) -> String {
    // SAFETY: every pointer is valid for its type.
    let text: mmf_text_t =
        works(|out, error| unsafe { mmf_text_read(map, ptr::null(), out, error) });
    into_string(text)
}

/// Copies a text of the library and frees it; also checks the NUL after it.
pub(crate) fn into_string(text: mmf_text_t) -> String {
    // SAFETY: the text has this many bytes and a NUL.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length + 1) };
    assert_eq!(bytes[text.length], 0, "a NUL must follow the text");
    let copy = String::from_utf8(bytes[..text.length].to_vec()).unwrap();
    // SAFETY: the library allocated the text, which is freed once.
    unsafe { mmf_text_free(text) };
    copy
}

pub(crate) fn into_string16(text: mmf_text16_t) -> String {
    // SAFETY: the text has this many code units and a NUL.
    let units = unsafe { std::slice::from_raw_parts(text.data, text.length + 1) };
    assert_eq!(units[text.length], 0, "a NUL must follow the text");
    let copy = String::from_utf16(&units[..text.length]).unwrap();
    // SAFETY: the library allocated the text, which is freed once.
    unsafe { mmf_text_free16(text) };
    copy
}

/// The functions in the header, with their parameters.
pub(crate) fn declared_functions() -> Vec<(String, String)> {
    let header = include_str!("../../include/mmf.h");
    let mut found = Vec::new();
    for part in header.split("\nmmf_status_t ").skip(1).chain(header.split("\nvoid ").skip(1)) {
        let (name, rest) = part.split_once('(').unwrap();
        let (parameters, _) = rest.split_once(");").unwrap();
        found.push((name.to_owned(), parameters.to_owned()));
    }
    assert!(found.len() > 40, "only {} functions were found", found.len());
    found
}
