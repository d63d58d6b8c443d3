//! What goes back to C when something failed.

use std::ffi::c_char;

use crate::error::Error;

/// The details of a failure. Every function with an `out_error` fills it on failure and leaves it
/// unchanged on success. Pass NULL if you only need the status.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_error_t {
    /// The status that the function returned: an `MMF_STATUS_` number.
    pub status: i32,
    /// The code of the operating system (`errno`, `GetLastError()`); 0: the failure did not come
    /// from there.
    pub os_code: i32,
    /// The length of the message in bytes, without the NUL at its end.
    pub message_length: u32,
    /// One or more sentences in English that say what was asked, what is wrong and what to do.
    /// UTF-8 that ends with a NUL; a message that is too long is cut between two characters.
    pub message: [c_char; 1012],
}

impl mmf_error_t {
    /// The message, for tests in Rust.
    #[doc(hidden)]
    pub fn text(&self) -> String {
        let length = self.message_length as usize;
        String::from_utf8_lossy(
            &self.message[..length].iter().map(|unit| *unit as u8).collect::<Vec<_>>(),
        )
        .into_owned()
    }
}

/// Writes the failure where C wants it.
///
/// # Safety
/// `out_error` is NULL or leads to memory that may be written.
pub(super) unsafe fn report(out_error: *mut mmf_error_t, failure: &Error) {
    if out_error.is_null() {
        return;
    }
    let mut message = [0; 1012];
    let text = failure.message();
    let longest = text.len().min(message.len() - 1);
    let length = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    for (to, byte) in message.iter_mut().zip(text.as_bytes()[..length].iter()) {
        *to = *byte as c_char;
    }
    let error = mmf_error_t {
        status: failure.kind() as i32,
        os_code: failure.os_code().unwrap_or(0),
        message_length: length as u32,
        message,
    };
    // SAFETY: writable, as the caller promises; no alignment is relied on.
    unsafe { out_error.write_unaligned(error) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::mem::MaybeUninit;

    #[test]
    fn a_long_message_is_cut_between_two_characters() {
        // 1010 bytes, then characters of 2, 3 and 4 bytes where 1 is left.
        for last in ["\u{e4}", "\u{20ac}", "\u{1f600}"] {
            let text = "x".repeat(1010) + last;
            let mut error = MaybeUninit::<mmf_error_t>::uninit();
            // SAFETY: the place is writable.
            unsafe { report(error.as_mut_ptr(), &Error::new(ErrorKind::Io, text.clone())) };
            // SAFETY: `report` has written all of it.
            let error = unsafe { error.assume_init() };
            assert_eq!(error.text(), text[..1010]);
            assert_eq!(error.message[1010..], [0, 0]);
        }
    }
}
