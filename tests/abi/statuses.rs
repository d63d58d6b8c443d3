//! The names of the statuses.

use std::ffi::{CStr, c_char};

use mmf::ErrorKind;
use mmf::ffi::*;

#[test]
fn every_status_has_a_name_and_other_numbers_have_none() {
    for number in (-2..=100).chain([i32::MIN, i32::MAX]) {
        let mut place = crate::untouched::<*const c_char>();
        // SAFETY: the pointer is valid.
        let status = unsafe { mmf_status_describe(number, place.as_mut_ptr()) };
        let known = ErrorKind::from_number(number);
        if known.is_none() && number != mmf_status_t::MMF_STATUS_OK as i32 {
            assert_eq!(status, mmf_status_t::MMF_STATUS_INVALID_ARGUMENT, "{number}");
            assert!(crate::is_untouched(&place));
            continue;
        }
        assert_eq!(status, mmf_status_t::MMF_STATUS_OK, "{number}");
        // SAFETY: the call has written the pointer.
        let name = unsafe { place.assume_init() };
        // SAFETY: the name ends with a NUL and is never freed.
        let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap();
        assert_eq!(name, known.map_or("OK", ErrorKind::name));
    }
}
