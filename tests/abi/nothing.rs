//! All functions with NULL for every pointer and zero for every number.

use std::collections::BTreeMap;
use std::ptr::{null, null_mut};

use mmf::ffi::*;
use mmf_status_t::{
    MMF_STATUS_INVALID_ARGUMENT, MMF_STATUS_INVALID_HANDLE, MMF_STATUS_NULL_ARGUMENT, MMF_STATUS_OK,
};

use crate::{anonymous, close, declared_functions, works};

const NO_MAP: mmf_map_t = mmf_map_t { id: 0 };
const NO_VIEW: mmf_view_t = mmf_view_t { id: 0 };
const NO_LOCK: mmf_lock_t = mmf_lock_t { id: 0 };
const NO_WATCH: mmf_watch_t = mmf_watch_t { id: 0 };
const NO_TEXT: mmf_text_t = mmf_text_t { data: null_mut(), length: 0 };
const NO_TEXT16: mmf_text16_t = mmf_text16_t { data: null_mut(), length: 0 };
const NO_BYTES: mmf_bytes_t = mmf_bytes_t { data: null_mut(), length: 0 };
const NO_LIST: mmf_list_t = mmf_list_t { entries: null_mut(), length: 0, stride: 0 };
const NO_LIST16: mmf_list16_t = mmf_list16_t { entries: null_mut(), length: 0, stride: 0 };

#[test]
fn every_function_accepts_null_and_zero() {
    let mut answers: BTreeMap<&str, Option<mmf_status_t>> = BTreeMap::new();
    macro_rules! call {
        ($($function:ident($($argument:expr),*))*) => {
            // SAFETY: NULL and zero are allowed everywhere.
            $(answers.insert(stringify!($function), Some(unsafe { $function($($argument),*) }));)*
        };
    }
    macro_rules! free {
        ($($function:ident($argument:expr))*) => {
            $(
                // SAFETY: freeing zero is allowed.
                unsafe { $function($argument) };
                answers.insert(stringify!($function), None);
            )*
        };
    }
    let (n, m) = (null(), null_mut());
    call! {
        mmf_version_get(m, m, m)
        mmf_status_describe(0, null_mut())
        mmf_map_create_new(n, 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_new16(null(), 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_or_open(n, 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_or_open16(null(), 0, 0, null(), null_mut(), null_mut())
        mmf_map_open(n, 0, null(), null_mut(), null_mut())
        mmf_map_open16(null(), 0, null(), null_mut(), null_mut())
        mmf_map_create_from_file(n, 0, 0, n, 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_from_file16(null(), 0, 0, null(), 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_from_descriptor(0, 1, n, 0, 0, null(), null_mut(), null_mut())
        mmf_map_create_from_descriptor16(0, 1, null(), 0, 0, null(), null_mut(), null_mut())
        mmf_map_close(NO_MAP, null_mut())
        mmf_map_get_info(NO_MAP, null_mut(), null_mut())
        mmf_map_get_name(NO_MAP, null_mut(), null_mut())
        mmf_map_get_name16(NO_MAP, null_mut(), null_mut())
        mmf_map_get_path(NO_MAP, null_mut(), null_mut())
        mmf_map_get_path16(NO_MAP, null_mut(), null_mut())
        mmf_map_duplicate_descriptor(NO_MAP, null_mut(), null_mut())
        mmf_map_set_inheritable(NO_MAP, 0, null_mut())
        mmf_map_get_permissions(NO_MAP, null_mut(), null_mut())
        mmf_map_set_permissions(NO_MAP, null(), null_mut())
        mmf_map_get_sddl(NO_MAP, null_mut(), null_mut())
        mmf_map_get_sddl16(NO_MAP, null_mut(), null_mut())
        mmf_map_set_sddl(NO_MAP, n, 0, null_mut())
        mmf_map_set_sddl16(NO_MAP, null(), 0, null_mut())
        mmf_map_read(NO_MAP, 0, null_mut(), 0, null_mut())
        mmf_map_write(NO_MAP, 0, null(), 0, null_mut())
        mmf_map_fill(NO_MAP, 0, 0, 0, null_mut())
        mmf_map_flush(NO_MAP, null_mut())
        mmf_map_save(NO_MAP, n, 0, null(), null_mut())
        mmf_map_save16(NO_MAP, null(), 0, null(), null_mut())
        mmf_text_replace(NO_MAP, n, 0, null(), null_mut())
        mmf_text_replace16(NO_MAP, null(), 0, null(), null_mut())
        mmf_text_append(NO_MAP, n, 0, null(), null_mut())
        mmf_text_append16(NO_MAP, null(), 0, null(), null_mut())
        mmf_text_read(NO_MAP, null(), null_mut(), null_mut())
        mmf_text_read16(NO_MAP, null(), null_mut(), null_mut())
        mmf_text_read_into16(NO_MAP, null(), null_mut(), 0, null_mut(), null_mut())
        mmf_content_replace(NO_MAP, null(), 0, null(), null_mut())
        mmf_content_append(NO_MAP, null(), 0, null(), null_mut())
        mmf_content_read(NO_MAP, null(), null_mut(), null_mut())
        mmf_content_get_length(NO_MAP, null(), null_mut(), null_mut())
        mmf_lock_take(NO_MAP, 0, 0, null_mut(), null_mut())
        mmf_lock_release(NO_LOCK, null_mut())
        mmf_view_create(NO_MAP, 0, 0, 0, null_mut(), null_mut())
        mmf_view_get_info(NO_VIEW, null_mut(), null_mut())
        mmf_view_flush(NO_VIEW, null_mut())
        mmf_view_close(NO_VIEW, null_mut())
        mmf_watch_create(NO_MAP, null_mut(), null_mut())
        mmf_watch_wait(NO_WATCH, 0, null_mut(), null_mut())
        mmf_watch_get_descriptor(NO_WATCH, null_mut(), null_mut())
        mmf_watch_close(NO_WATCH, null_mut())
        mmf_map_notify(NO_MAP, null_mut())
        mmf_list_get(null_mut(), null_mut())
        mmf_list_get16(null_mut(), null_mut())
    }
    free! {
        mmf_text_free(NO_TEXT)
        mmf_text_free16(NO_TEXT16)
        mmf_bytes_free(NO_BYTES)
        mmf_list_free(NO_LIST)
        mmf_list_free16(NO_LIST16)
    }

    for (name, parameters) in declared_functions() {
        let Some(&answer) = answers.get(name.as_str()) else {
            panic!("{name} is in the header but not in this test");
        };
        let expected = match name.as_str() {
            _ if name.contains("_free") => None,
            "mmf_map_close" | "mmf_view_close" | "mmf_lock_release" | "mmf_watch_close" => {
                Some(MMF_STATUS_OK)
            }
            // A required pointer is checked before the handle.
            _ if parameters.replace("*out_error", "").contains("*out_") => {
                Some(MMF_STATUS_NULL_ARGUMENT)
            }
            "mmf_map_set_permissions"
            | "mmf_map_set_sddl"
            | "mmf_map_set_sddl16"
            | "mmf_map_save"
            | "mmf_map_save16" => Some(MMF_STATUS_NULL_ARGUMENT),
            _ => Some(MMF_STATUS_INVALID_HANDLE),
        };
        assert_eq!(answer, expected, "{name}");
    }
    assert_eq!(
        answers.len(),
        declared_functions().len(),
        "the test calls a function that is not in the header"
    );
}

#[test]
fn every_output_of_the_version_is_required() {
    let (mut a, mut b) = (7, 7);
    // SAFETY: NULL is allowed, and the other pointers are valid.
    let statuses = unsafe {
        [
            mmf_version_get(null_mut(), &mut a, &mut b),
            mmf_version_get(&mut a, null_mut(), &mut b),
            mmf_version_get(&mut a, &mut b, null_mut()),
        ]
    };
    assert_eq!(statuses, [MMF_STATUS_NULL_ARGUMENT; 3]);
    assert_eq!((a, b), (7, 7), "a failed call must write nothing");
}

#[test]
fn null_is_refused_with_a_length_and_accepted_without() {
    let map = anonymous(64);
    let mut error = crate::untouched::<mmf_error_t>();
    let e = error.as_mut_ptr();
    let (n, s) = (null(), 3);
    let no_separator =
        mmf_text_options_t { separator: null(), separator_length: s, ..Default::default() };
    // SAFETY: NULL is allowed everywhere.
    let statuses = unsafe {
        [
            mmf_map_open(n, s, null(), &mut mmf_map_t::default(), e),
            mmf_map_open16(null(), s, null(), &mut mmf_map_t::default(), e),
            mmf_map_create_new(n, s, 8, null(), &mut mmf_map_t::default(), e),
            mmf_map_read(map, 0, null_mut(), s, e),
            mmf_map_write(map, 0, null(), s, e),
            mmf_map_save(map, n, s, null(), e),
            mmf_text_replace(map, n, s, null(), e),
            mmf_text_replace(map, n, usize::MAX, null(), e),
            mmf_text_append16(map, null(), s, null(), e),
            mmf_text_append16(map, null(), usize::MAX, null(), e),
            mmf_content_replace(map, null(), s, null(), e),
            mmf_content_append(map, null(), s, null(), e),
            mmf_content_append(map, null(), 0, &no_separator, e),
        ]
    };
    assert_eq!(statuses, [MMF_STATUS_NULL_ARGUMENT; 13]);
    // SAFETY: as above.
    let statuses = unsafe {
        [
            mmf_map_read(map, 0, null_mut(), 0, e),
            mmf_map_write(map, 0, null(), 0, e),
            mmf_text_replace(map, n, 0, null(), e),
            mmf_text_append16(map, null(), 0, null(), e),
            mmf_content_replace(map, null(), 0, null(), e),
            mmf_content_append(map, null(), 0, null(), e),
        ]
    };
    assert_eq!(statuses, [MMF_STATUS_OK; 6]);
    close(map);
}

#[test]
fn impossible_lengths_are_refused() {
    let map = anonymous(64);
    let byte = [0_u16; 1];
    for length in [usize::MAX / 2 + 1, usize::MAX - 1] {
        let statuses = [
            // SAFETY: a length above the size of memory is refused before the memory is read.
            unsafe { mmf_map_write(map, 0, byte.as_ptr().cast(), length, null_mut()) },
            // SAFETY: as above.
            unsafe { mmf_text_replace(map, byte.as_ptr().cast(), length, null(), null_mut()) },
            // SAFETY: as above.
            unsafe { mmf_text_replace16(map, byte.as_ptr(), length, null(), null_mut()) },
        ];
        assert_eq!(statuses, [mmf_status_t::MMF_STATUS_OUT_OF_RANGE; 3]);
    }
    // SAFETY: an unaligned text is refused before it is read.
    let status =
        unsafe { mmf_text_replace16(map, byte.as_ptr().byte_add(1), 1, null(), null_mut()) };
    assert_eq!(status, MMF_STATUS_INVALID_ARGUMENT);
    close(map);
}

#[test]
fn outputs_need_no_alignment() {
    let mut memory = [0_u8; 64];
    let odd = memory.as_mut_ptr().wrapping_add(1);
    // SAFETY: there is enough memory after the pointer.
    works(|_: *mut (), error| unsafe {
        mmf_map_create_new(null(), 0, 64, null(), odd.cast(), error)
    });
    // SAFETY: the call has written the handle.
    close(unsafe { odd.cast::<mmf_map_t>().read_unaligned() });
}
