//! The border between C and Rust: what becomes of a failure or a panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{mmf_error_t, report};
use super::pointer::Lent;
use super::status::mmf_status_t;
use crate::error::{Error, ErrorKind, Result};

/// Runs the body of a function that C called: a failure fills `out_error`, and a panic stops here
/// and becomes a failure.
///
/// # Safety
/// `out_error` and every pointer that `work` hands to [`Lent`] are NULL or what the header asks
/// for, for as long as this call lasts.
pub(super) unsafe fn boundary(
    out_error: *mut mmf_error_t,
    work: impl FnOnce(&Lent) -> Result<()>,
) -> mmf_status_t {
    let call = || {
        // SAFETY: the caller promises for all pointers of this call.
        let lent = unsafe { Lent::for_this_call() };
        work(&lent)
    };
    // What a panic leaves behind is what the library shares between calls, and that is guarded by
    // locks whose holders change one thing at a time.
    let outcome = catch_unwind(AssertUnwindSafe(call));
    let Err(failure) = outcome.unwrap_or_else(|panic| Err(fault(panic.as_ref()))) else {
        return mmf_status_t::MMF_STATUS_OK;
    };
    // SAFETY: NULL or writable, as the caller promises.
    unsafe { report(out_error, &failure) };
    failure.kind().into()
}

fn fault(panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given");
    Error::new(
        ErrorKind::Internal,
        format!("The library has a bug: {text}. Please report it; the call gives no result."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;

    unsafe extern "C" fn panics(out_error: *mut mmf_error_t, formatted: bool) -> mmf_status_t {
        // SAFETY: the tests pass NULL or a place of their own.
        unsafe {
            boundary(out_error, |_| match formatted {
                true => panic!("number {}", 7),
                false => panic!("plain"),
            })
        }
    }

    #[test]
    fn a_panic_stops_at_the_boundary_and_becomes_a_status() {
        for (formatted, words) in [(true, "number 7"), (false, "plain")] {
            let mut error = MaybeUninit::<mmf_error_t>::uninit();
            // SAFETY: the place is writable.
            let status = unsafe { panics(error.as_mut_ptr(), formatted) };
            assert_eq!(status, mmf_status_t::MMF_STATUS_INTERNAL);
            // SAFETY: a failure fills all of it.
            let error = unsafe { error.assume_init() };
            assert_eq!(error.status, ErrorKind::Internal as i32);
            assert!(error.text().contains(words), "{}", error.text());
        }
        // SAFETY: NULL is allowed.
        let status = unsafe { panics(std::ptr::null_mut(), true) };
        assert_eq!(status, mmf_status_t::MMF_STATUS_INTERNAL);
    }
}
