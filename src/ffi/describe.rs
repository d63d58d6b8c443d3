//! What the numbers of the statuses are called.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::LazyLock;

use super::boundary::boundary;
use super::status::mmf_status_t;
use crate::error::{Error, ErrorKind};

/// The names of all statuses as C reads them, made once.
static NAMES: LazyLock<Vec<(i32, CString)>> = LazyLock::new(|| {
    let kinds = ErrorKind::ALL.iter().map(|&kind| (kind as i32, kind.name()));
    std::iter::once((mmf_status_t::MMF_STATUS_OK as i32, "OK"))
        .chain(kinds)
        .map(|(status, name)| (status, CString::new(name).expect("no name has a NUL in it")))
        .collect()
});

/// Gets the name of a status number.
///
/// Parameters:
/// - status: the number.
/// - out_name: the name of the constant without `MMF_STATUS_`, for example `NOT_FOUND`. It ends
///   with a NUL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`: out_name is NULL.
/// - `MMF_STATUS_INVALID_ARGUMENT`: this version has no such number.
///
/// Memory and lifetimes: the name belongs to the library and is valid for ever; do not free it.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_status_describe(
    status: i32,
    out_name: *mut *const c_char,
) -> mmf_status_t {
    // SAFETY: the pointer is as the header asks.
    unsafe {
        boundary(ptr::null_mut(), |lent| {
            let out = lent.out(out_name, "out_name")?;
            let found = NAMES.iter().find(|(known, _)| *known == status);
            let (_, name) = found.ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    format!("There is no status {status} in this version of the library."),
                )
            })?;
            out.put(name.as_ptr());
            Ok(())
        })
    }
}
