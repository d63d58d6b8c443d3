//! The version of the library that is loaded, which may be another than that of the header.

use std::ptr;

use super::boundary::boundary;
use super::status::mmf_status_t;

/// Gets the version of the loaded library.
///
/// Compare the first number with `MMF_VERSION_MAJOR` of the header. If they differ, this program
/// was compiled for another library.
///
/// Parameters:
/// - out_major, out_minor, out_patch: the three numbers.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`: one of the pointers is NULL; nothing was written.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_version_get(
    out_major: *mut u32,
    out_minor: *mut u32,
    out_patch: *mut u32,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(ptr::null_mut(), |lent| {
            let major = lent.out(out_major, "out_major")?;
            let minor = lent.out(out_minor, "out_minor")?;
            let patch = lent.out(out_patch, "out_patch")?;
            major.put(number(env!("CARGO_PKG_VERSION_MAJOR")));
            minor.put(number(env!("CARGO_PKG_VERSION_MINOR")));
            patch.put(number(env!("CARGO_PKG_VERSION_PATCH")));
            Ok(())
        })
    }
}

fn number(text: &str) -> u32 {
    text.parse().expect("Cargo has checked the version")
}
