//! Every cast of the ABI. What C hands over becomes something that Rust can check, or an error.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;

use encoding_rs::mem;
use safer_ffi::prelude::c_slice;

use crate::error::{Error, ErrorKind, Result};
use crate::os::descriptor;
use crate::os::handle::{BorrowedDescriptor, OwnedDescriptor};

/// C's `size_t`, called so because cbindgen knows it by this name.
pub(super) type size_t = usize;

/// The length that stands for "up to the NUL": `MMF_NUL_TERMINATED`.
const NUL_TERMINATED: size_t = usize::MAX;

/// Proof that the pointers of one call are what the header asks for. What is made of them lives as
/// long as this does, so nothing that C lends can outlast the call.
pub(super) struct Lent(PhantomData<()>);

impl Lent {
    /// # Safety
    /// Every pointer that the methods are given is NULL or what the header asks for, for as long
    /// as the result lives.
    pub(super) unsafe fn for_this_call() -> Lent {
        Lent(PhantomData)
    }

    /// The place of a result.
    pub(super) fn out<T>(&self, pointer: *mut T, name: &str) -> Result<Place<'_, T>> {
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Place { pointer, call: PhantomData }),
            None => Err(null(name)),
        }
    }

    /// Memory to read from. An empty range never touches the pointer.
    pub(super) fn slice<T>(&self, data: *const T, length: size_t, name: &str) -> Result<&[T]> {
        if length == 0 {
            return Ok(&[]);
        }
        check_range(data, length, name)?;
        // SAFETY: not NULL, aligned and not longer than memory can be, as just checked; readable
        // and left alone during the call, as the header asks.
        Ok(unsafe { slice::from_raw_parts(data, length) })
    }

    /// Memory to write to. An empty range never touches the pointer.
    #[expect(clippy::mut_from_ref, reason = "C lends the memory; this only stands for the call")]
    pub(super) fn slice_mut<T>(
        &self,
        data: *mut T,
        length: size_t,
        name: &str,
    ) -> Result<&mut [T]> {
        if length == 0 {
            return Ok(&mut []);
        }
        check_range(data, length, name)?;
        // SAFETY: as in `slice`, and the header asks for memory that nobody else uses.
        Ok(unsafe { slice::from_raw_parts_mut(data, length) })
    }

    /// Bytes that are text or stand for it, up to a NUL with the length [`NUL_TERMINATED`].
    pub(super) fn bytes(&self, data: *const c_char, length: size_t, name: &str) -> Result<&[u8]> {
        let length = if length == NUL_TERMINATED {
            check_range(data, 1, name)?;
            // SAFETY: not NULL, and such a text ends with a NUL, as the header asks.
            unsafe { CStr::from_ptr(data) }.count_bytes()
        } else {
            length
        };
        self.slice(data.cast::<u8>(), length, name)
    }

    /// UTF-8 text. `None`: NULL, with the length 0 or [`NUL_TERMINATED`].
    pub(super) fn text(
        &self,
        data: *const c_char,
        length: size_t,
        name: &str,
    ) -> Result<Option<Cow<'_, str>>> {
        if data.is_null() && (length == 0 || length == NUL_TERMINATED) {
            return Ok(None);
        }
        check_text(self.bytes(data, length, name)?, name).map(|text| Some(text.into()))
    }

    /// UTF-16 text. `None`: NULL, with the length 0 or [`NUL_TERMINATED`].
    pub(super) fn text16(
        &self,
        data: *const u16,
        length: size_t,
        name: &str,
    ) -> Result<Option<Cow<'_, str>>> {
        let Some(units) = self.units16(data, length, name)? else { return Ok(None) };
        match mem::utf16_valid_up_to(units) {
            valid if valid == units.len() => Ok(Some(utf8_of(units, name)?.into())),
            valid => Err(not_text(name, "UTF-16", "code unit", valid)),
        }
    }

    /// The code units of UTF-16 text that need not be valid. `None`: as for a text.
    pub(super) fn units16(
        &self,
        data: *const u16,
        length: size_t,
        name: &str,
    ) -> Result<Option<&[u16]>> {
        if data.is_null() && (length == 0 || length == NUL_TERMINATED) {
            return Ok(None);
        }
        let length = if length == NUL_TERMINATED {
            check_range(data, 1, name)?;
            let mut end = 0;
            // SAFETY: aligned, and at or before the NUL that such a text ends with.
            while unsafe { data.wrapping_add(end).read() } != 0 {
                end += 1;
            }
            end
        } else {
            length
        };
        self.slice(data, length, name).map(Some)
    }

    /// A descriptor that the caller keeps open during the call.
    pub(super) fn descriptor(&self, number: isize) -> Result<BorrowedDescriptor<'_>> {
        // SAFETY: the header forbids closing it during the call.
        unsafe { descriptor::borrow(number) }
    }

    /// A descriptor that the caller gives up with this call.
    pub(super) fn take_over(&self, borrowed: BorrowedDescriptor<'_>) -> OwnedDescriptor {
        // SAFETY: the caller asked for it by what the header says of `leave_open`.
        unsafe { descriptor::take_over(borrowed) }
    }
}

/// Valid UTF-16 as a string, converted at memory speed.
fn utf8_of(units: &[u16], name: &str) -> Result<String> {
    // Most text is as many bytes as code units; three a unit is the most, and what is left over
    // is short-lived.
    let mut bytes = Vec::new();
    grow(&mut bytes, units.len(), name)?;
    let (mut read, mut written) = mem::convert_utf16_to_utf8_partial(units, &mut bytes);
    while read < units.len() {
        grow(&mut bytes, written.saturating_add((units.len() - read).saturating_mul(3)), name)?;
        let (more_read, more_written) =
            mem::convert_utf16_to_utf8_partial(&units[read..], &mut bytes[written..]);
        read += more_read;
        written += more_written;
    }
    bytes.truncate(written);
    Ok(String::from_utf8(bytes).expect("the conversion gives valid UTF-8"))
}

fn grow(bytes: &mut Vec<u8>, length: usize, name: &str) -> Result<()> {
    bytes.try_reserve_exact(length - bytes.len()).map_err(|_| {
        Error::new(
            ErrorKind::NoSpace,
            format!(
                "This process has not enough memory for the text {name}, which takes up to {length} bytes in UTF-8: give it in parts."
            ),
        )
    })?;
    bytes.resize(length, 0);
    Ok(())
}

/// Text that must outlive the call.
pub(super) fn owned(text: Cow<'_, str>, name: &str) -> Result<String> {
    let borrowed = match text {
        Cow::Owned(text) => return Ok(text),
        Cow::Borrowed(text) => text,
    };
    let mut copy = Vec::new();
    grow(&mut copy, borrowed.len(), name)?;
    copy.copy_from_slice(borrowed.as_bytes());
    Ok(String::from_utf8(copy).expect("a copy of valid UTF-8"))
}

fn not_text(name: &str, encoding: &str, unit: &str, at: usize) -> Error {
    Error::new(
        ErrorKind::InvalidText,
        format!("The {name} is not valid {encoding}: look at its {unit} {at}, counted from 0."),
    )
}

/// Bytes as the UTF-8 that they must be.
pub(super) fn check_text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| not_text(name, "UTF-8", "byte", error.valid_up_to()))
}

/// A required pointer, which must not be NULL.
pub(super) fn needed<T>(given: Option<T>, name: &str) -> Result<T> {
    given.ok_or_else(|| null(name))
}

/// Text that may be empty, and then NULL as well; but not NULL where a NUL was to end it.
pub(super) fn or_empty<'a>(
    given: Option<Cow<'a, str>>,
    length: size_t,
    name: &str,
) -> Result<Cow<'a, str>> {
    if length == 0 { Ok(given.unwrap_or_default()) } else { needed(given, name) }
}

pub(super) fn null(name: &str) -> Error {
    Error::new(ErrorKind::NullArgument, format!("The pointer {name} is NULL: pass a valid one."))
}

fn check_range<T>(data: *const T, length: size_t, name: &str) -> Result<()> {
    if data.is_null() {
        return Err(null(name));
    }
    if !data.is_aligned() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("The pointer {name} is not aligned to {} bytes: align it.", align_of::<T>()),
        ));
    }
    let bytes = length.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes.and_then(|bytes| data.addr().checked_add(bytes)) {
        Some(_) => Ok(()),
        None => Err(Error::new(
            ErrorKind::OutOfRange,
            format!(
                "The length {length} of {name} is more than a process can address: pass the length of the memory."
            ),
        )),
    }
}

/// A place for a result: written once, never read. It takes any alignment, since 32-bit compilers
/// differ in how they align 64-bit numbers.
pub(super) struct Place<'call, T> {
    pointer: NonNull<T>,
    call: PhantomData<&'call ()>,
}

impl<T> Place<'_, T> {
    /// Writes the result: the last thing that a call does.
    pub(super) fn put(self, value: T) {
        // SAFETY: not NULL, and writable as the header asks.
        unsafe { self.pointer.write_unaligned(value) };
    }
}

/// Reserves memory for more elements and for the one that [`give`] appends, which then needs no
/// memory.
pub(super) fn with_room<T>(mut elements: Vec<T>, more: usize) -> Result<Vec<T>> {
    elements.try_reserve_exact(more.saturating_add(1)).map_err(|_| {
        Error::new(
            ErrorKind::NoSpace,
            "This process has not enough memory for the result: close what is not needed, or read it in parts.",
        )
    })?;
    Ok(elements)
}

/// Gives elements to C: pointer and number. One more stands behind them, the default of its type
/// (NUL), and is not counted.
pub(super) fn give<T: Default>(mut elements: Vec<T>) -> (*mut T, size_t) {
    elements.reserve_exact(1);
    elements.push(T::default());
    let mut owned = ManuallyDrop::new(c_slice::Box::from(elements.into_boxed_slice()));
    (owned.as_mut_ptr(), owned.len() - 1)
}

/// Takes back what [`give`] gave; NULL is nothing.
///
/// # Safety
/// Pointer and number are zero or come from [`give`], and were not taken back before.
pub(super) unsafe fn take_back<T>(data: *mut T, length: size_t) -> Option<c_slice::Box<T>> {
    if data.is_null() {
        return None;
    }
    let all = ptr::slice_from_raw_parts_mut(data, length + 1);
    // SAFETY: a boxed slice of one more element than was told, as `give` made it.
    Some(unsafe { Box::from_raw(all) }.into())
}
