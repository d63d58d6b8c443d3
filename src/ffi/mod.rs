//! The C ABI: everything that `include/mmf.h` declares, and no logic of its own.
//!
//! The naming law:
//!
//! * One noun, one file: `mmf_<noun>_<verb>` lives in `<noun>.rs`. `bytes.rs` has those verbs of a
//!   map that move bytes.
//! * Types end in `_t`, constants begin with `MMF_`, those of an enumeration with its noun.
//! * `16` at the very end of a function's name, or of a type's before `_t`: the same with UTF-16 text
//!   instead of UTF-8.
//! * Inputs first, then the outputs, which are called `out_*` and written only on success, then
//!   `out_error`, which is written only on failure.
//! * `_get` fills a structure, `_close` and `_release` end a handle, `_free` gives memory back.
//!
//! Four files are plumbing: `pointer.rs` (every cast), `structure.rs` (structures that begin with
//! their size), `handle.rs` (the table behind the handles) and this one (what happens to a failure or
//! a panic). `build.rs` writes the header from the comments here, so they speak to the C programmer.

#![allow(unsafe_code, reason = "this is where C's pointers come in")]
#![allow(non_camel_case_types, reason = "the types have the names that C sees")]
#![allow(clippy::missing_safety_doc, reason = "the header says once what every pointer must be")]
#![allow(missing_docs, reason = "tests/header.rs asks for a comment on every item of the header")]

mod buffer;
mod bytes;
mod content;
mod error;
mod handle;
mod list;
mod lock;
mod map;
mod options;
mod pointer;
mod status;
mod structure;
mod text;
mod version;
mod view;
mod watch;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use buffer::*;
pub use bytes::*;
pub use content::*;
pub use error::*;
pub use list::*;
pub use lock::*;
pub use map::*;
pub use options::*;
pub use status::*;
pub use text::*;
pub use version::*;
pub use view::*;
pub use watch::*;

use crate::error::{Error, ErrorKind, Result};
use pointer::Lent;

/// C's `size_t`, called so because cbindgen knows it by this name.
type size_t = usize;

/// Runs the body of a function that C called: a failure fills `out_error`, and a panic stops here
/// and becomes a failure.
///
/// # Safety
/// `out_error` and every pointer that `work` hands to [`Lent`] are NULL or what the header asks
/// for, for as long as this call lasts.
unsafe fn boundary(
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
        format!(
            "The library found a fault of its own: {text}. Please report it; the call had no result."
        ),
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
