//! The names of the statuses.

use std::ffi::{CStr, c_char};

use mmf::ErrorKind;
use mmf::ffi::*;

#[test]
fn every_status_has_its_name_and_no_other_number_has_one() {
    for number in (-2..=100).chain([i32::MIN, i32::MAX]) {
        let mut place = crate::place::<*const c_char>();
        // SAFETY: the place is one for it.
        let status = unsafe { mmf_status_describe(number, place.as_mut_ptr()) };
        let known = ErrorKind::from_number(number);
        if known.is_none() && number != mmf_status_t::MMF_STATUS_OK as i32 {
            assert_eq!(status, mmf_status_t::MMF_STATUS_INVALID_ARGUMENT, "{number}");
            assert!(crate::is_untouched(&place));
            continue;
        }
        assert_eq!(status, mmf_status_t::MMF_STATUS_OK, "{number}");
        // SAFETY: the call has filled it.
        let name = unsafe { place.assume_init() };
        // SAFETY: the name ends with a NUL and stays for ever.
        let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap();
        assert_eq!(name, known.map_or("OK", ErrorKind::name));
    }
}
