//! Structures that begin with their size, so that programs and libraries of different versions work
//! together. A later version adds fields at the end, and 0 is the default of each. What the program
//! does not know has its default, and what the library does not know must be zero.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;

use super::pointer::{Lent, null};
use crate::error::{Error, ErrorKind, Result};

/// More than any version will have, so that a size that was never set is not believed.
const LARGEST: usize = 4096;

/// A structure that begins with its size. Use [`structure!`] to implement it.
///
/// # Safety
/// The first field is `struct_size: u32`, there is no padding, and any bytes are a value of it.
pub(super) unsafe trait Structure: Copy + 'static {
    /// What a field is that the program does not know or set.
    const DEFAULT: Self;
    /// The sizes that a program's structure may have, its own the last.
    const SIZES: &'static [usize];
}

/// Implements [`Structure`] and `Default` for a structure of numbers and pointers. The fields behind
/// `struct_size` follow in their order and with their defaults; before them stand those that may be
/// the last one of a program. A pointer without its length may not.
macro_rules! structure {
    ($type:ident ends($($last:ident)*) { $($field:ident: $default:expr,)* }) => {
        // SAFETY: it begins with its size and has no padding, as is asserted below, and numbers and
        // raw pointers may be any bytes.
        unsafe impl $crate::ffi::structure::Structure for $type {
            const DEFAULT: $type = $type { struct_size: size_of::<$type>() as u32, $($field: $default,)* };
            const SIZES: &'static [usize] = &[$(
                std::mem::offset_of!($type, $last) + size_of_val(&Self::DEFAULT.$last),
            )*];
        }

        const _: () = {
            use $crate::ffi::structure::Structure;
            assert!(std::mem::offset_of!($type, struct_size) == 0);
            // A field that came to stand in padding would be read from programs that do not have it.
            let mut end = size_of::<u32>();
            $(
                assert!(std::mem::offset_of!($type, $field) == end, "padding, or another order");
                end += size_of_val(&$type::DEFAULT.$field);
            )*
            assert!(size_of::<$type>() == end, "padding at the end");
            let last = $type::SIZES[$type::SIZES.len() - 1];
            assert!(last == end, "the last field must be among those that may be the last");
        };

        impl Default for $type {
            fn default() -> $type {
                <$type as $crate::ffi::structure::Structure>::DEFAULT
            }
        }
    };
}

pub(super) use structure;

impl Lent {
    /// A structure of the program, filled up with defaults. `None`: NULL.
    pub(super) fn structure<T: Structure>(
        &self,
        pointer: *const T,
        name: &str,
    ) -> Result<Option<T>> {
        if pointer.is_null() {
            return Ok(None);
        }
        let size = self.size_of_structure(pointer, name)?;
        let mut value = T::DEFAULT;
        // SAFETY: both have at least so many bytes, and whatever they are is a value of `T`.
        unsafe {
            ptr::copy_nonoverlapping(
                pointer.cast::<u8>(),
                (&raw mut value).cast::<u8>(),
                size.min(size_of::<T>()),
            );
        }
        Ok(Some(value))
    }

    /// The place of a result that is such a structure. Its size was set by the program.
    pub(super) fn out_structure<T: Structure>(
        &self,
        pointer: *mut T,
        name: &str,
    ) -> Result<StructurePlace<'_, T>> {
        let Some(place) = NonNull::new(pointer) else { return Err(null(name)) };
        let size = self.size_of_structure(pointer, name)?;
        Ok(StructurePlace { pointer: place, size, call: PhantomData })
    }

    /// How many bytes the program's structure has, if they are what this library can work with.
    fn size_of_structure<T: Structure>(&self, pointer: *const T, name: &str) -> Result<usize> {
        // SAFETY: not NULL, so it leads to a structure that begins with its size; no more is read
        // before the size is known.
        let size = unsafe { pointer.cast::<u32>().read_unaligned() } as usize;
        let known = size_of::<T>();
        if size <= known && !T::SIZES.contains(&size) || size > LARGEST {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The field struct_size of {name} is {size}, which is not a size that this structure can have: begin with its MMF_…_INIT macro."
                ),
            ));
        }
        if size > known {
            let beyond = pointer.cast::<u8>().wrapping_add(known);
            // SAFETY: the structure has so many bytes, as its size says.
            let beyond = unsafe { slice::from_raw_parts(beyond, size - known) };
            if beyond.iter().any(|byte| *byte != 0) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!(
                        "The structure {name} (struct_size {size}) sets fields that version {} of this library does not have: install a newer one, or leave them zero.",
                        env!("CARGO_PKG_VERSION")
                    ),
                ));
            }
        }
        Ok(size)
    }
}

/// A place for a result that begins with its size.
pub(super) struct StructurePlace<'call, T> {
    pointer: NonNull<T>,
    size: usize,
    call: PhantomData<&'call ()>,
}

impl<T: Structure> StructurePlace<'_, T> {
    /// Writes the fields that the program's structure has, after the size. This is the last step of
    /// a call.
    pub(super) fn put(self, value: T) {
        const BEHIND: usize = size_of::<u32>();
        let from = (&raw const value).cast::<u8>().wrapping_add(BEHIND);
        let to = self.pointer.as_ptr().cast::<u8>().wrapping_add(BEHIND);
        let count = self.size.min(size_of::<T>()) - BEHIND;
        // SAFETY: behind the size both have so many bytes, as `size_of_structure` has seen; and the
        // place is writable as the header asks.
        unsafe { ptr::copy_nonoverlapping(from, to, count) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Present {
        struct_size: u32,
        first: i32,
        second: i64,
    }

    structure! { Present ends(first second) { first: 1, second: 2, } }

    /// Reads `bytes` after the size field.
    fn read(size: usize, bytes: &[i32]) -> Result<Option<Present>> {
        let mut memory = vec![size as i32];
        memory.extend(bytes);
        // SAFETY: only what lies in `memory` is told.
        let lent = unsafe { Lent::for_this_call() };
        lent.structure(memory.as_ptr().cast::<Present>(), "it")
    }

    fn refused(size: usize, bytes: &[i32]) -> String {
        let error = read(size, bytes).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.message().to_owned()
    }

    #[test]
    fn what_is_missing_has_its_default() {
        let given = |size, first, second| Some(Present { struct_size: size, first, second });
        assert_eq!(read(8, &[7]), Ok(given(8, 7, 2)));
        assert_eq!(read(16, &[7, 8, 0]), Ok(given(16, 7, 8)));
        assert_eq!(read(24, &[7, 8, 0, 0, 0]), Ok(given(24, 7, 8)));
    }

    #[test]
    fn no_other_size_is_believed() {
        // So short that reading on would leave the memory.
        for size in [0, 1, 4, 7, 9, 12, 15, LARGEST + 1, u32::MAX as usize] {
            assert!(refused(size, &[]).contains("struct_size"), "{size}");
        }
        assert!(read(LARGEST, &vec![0; LARGEST]).is_ok());
    }

    #[test]
    fn what_is_not_known_must_be_zero() {
        for rubbish in [[7, 8, 0, 1, 0], [7, 8, 0, 0, 1 << 24]] {
            assert!(refused(24, &rubbish).contains("newer"));
        }
    }

    #[test]
    fn a_result_fills_what_there_is_room_for() {
        let value = Present { struct_size: 16, first: 3, second: 4 };
        for (size, expected) in [(8, [3, -1, -1]), (16, [3, 4, 0])] {
            let mut memory = [size, -1, -1, -1];
            // SAFETY: the memory is as large as the size says.
            let lent = unsafe { Lent::for_this_call() };
            let place = lent.out_structure(memory.as_mut_ptr().cast::<Present>(), "it");
            place.expect("the size is one of them").put(value);
            assert_eq!(memory[0], size, "the size stays the program's");
            assert_eq!(memory[1..], expected);
        }
    }
}
