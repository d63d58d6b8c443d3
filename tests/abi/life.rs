//! Properties of a handle: its version, lifetime, descriptor and inheritance.

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{close, create_new, fails_with, info, open, works};

#[test]
fn the_version_is_that_of_cargo() {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the three pointers are valid.
    let status = unsafe { mmf_version_get(&mut major, &mut minor, &mut patch) };
    assert_eq!(status, mmf_status_t::MMF_STATUS_OK);
    assert_eq!(format!("{major}.{minor}.{patch}"), env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_last_close_frees_the_name() {
    let name = unique("life");
    let first = works(create_new(&name, 64, &Default::default()));
    let second = works(open(&name, &Default::default()));
    close(first);
    close(works(open(&name, &Default::default())));
    close(second);
    fails_with(ErrorKind::NotFound, open(&name, &Default::default()));
    crate::common::assert_nothing_left(&name);
}

#[test]
fn a_duplicated_descriptor_outlives_the_map_and_does_not_hold_the_name() {
    let name = unique("descriptor");
    let map = works(create_new(&name, 64, &Default::default()));
    crate::write_text(map, "text");
    // SAFETY: every pointer is valid for its type.
    let number: isize =
        works(|out, error| unsafe { mmf_map_duplicate_descriptor(map, out, error) });
    assert_ne!(number as i64, info(map).descriptor);
    close(map);
    #[cfg(unix)]
    {
        use std::os::fd::FromRawFd;
        use std::os::unix::fs::FileExt;
        fails_with(ErrorKind::NotFound, open(&name, &Default::default()));
        // SAFETY: the test owns this descriptor.
        let file = unsafe { std::fs::File::from_raw_fd(number as i32) };
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"text");
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::{FromRawHandle, OwnedHandle};
        // SAFETY: the test owns this handle.
        drop(unsafe { OwnedHandle::from_raw_handle(number as *mut _) });
    }
}

#[test]
fn inheritance_can_be_changed() {
    let map = works(create_new(&unique("inherit"), 64, &Default::default()));
    for inheritability in [1, 0, 1] {
        // SAFETY: the error pointer is valid.
        works(|_: *mut (), error| unsafe { mmf_map_set_inheritable(map, inheritability, error) });
        assert_eq!(info(map).inheritable, inheritability);
    }
    close(map);
}

#[test]
fn security_descriptors_exist_only_on_windows() {
    if mmf::backend::SECURITY_DESCRIPTORS {
        return;
    }
    let map = works(create_new(&unique("sddl"), 64, &Default::default()));
    let sddl = c"D:(A;;GA;;;WD)";
    // SAFETY: the text is valid during the call.
    fails_with(ErrorKind::NotSupported, |_: *mut (), error| unsafe {
        mmf_map_set_sddl(map, sddl.as_ptr(), usize::MAX, error)
    });
    let units = crate::utf16("D:");
    // SAFETY: the text is valid during the call.
    fails_with(ErrorKind::NotSupported, |_: *mut (), error| unsafe {
        mmf_map_set_sddl16(map, units.as_ptr(), units.len(), error)
    });
    let options =
        mmf_map_options_t { sddl: sddl.as_ptr(), sddl_length: usize::MAX, ..Default::default() };
    fails_with(ErrorKind::NotSupported, create_new(&unique("sddl"), 64, &options));
    // SAFETY: every pointer is valid for its type.
    let none: mmf_text_t = works(|out, error| unsafe { mmf_map_get_sddl(map, out, error) });
    assert!(none.data.is_null());
    // SAFETY: every pointer is valid for its type.
    let none: mmf_text16_t = works(|out, error| unsafe { mmf_map_get_sddl16(map, out, error) });
    assert!(none.data.is_null());
    close(map);
}
