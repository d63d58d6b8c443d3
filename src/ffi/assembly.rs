//! The assembly that binds this library to .NET.

use super::error::mmf_error_t;
use super::pointer::needed;
use super::status::mmf_status_t;
use super::{boundary, size_t};
use crate::assembly::assemble;

/// Builds a .NET assembly from a notation, for programs of .NET that bind this library without a
/// compiler: the PowerShell module, which describes the notation. There is no flavour in UTF-8, since
/// .NET has UTF-16.
///
/// Parameters:
/// - notation, notation_length: the text in UTF-16, and how many code units it has; or
///   `MMF_NUL_TERMINATED`.
/// - library, library_length: the path of the library whose functions the assembly imports, likewise.
/// - buffer, capacity: where the assembly goes, and how many bytes there is room for; buffer may be
///   NULL if capacity is 0.
/// - out_length: how many bytes the assembly has. More than capacity: nothing is in the buffer; make
///   room for so many, and call again.
/// - out_error: what went wrong, or NULL.
///
/// Returns:
/// - `MMF_STATUS_OK`.
/// - `MMF_STATUS_NULL_ARGUMENT`.
/// - `MMF_STATUS_INVALID_TEXT`: the notation or the path is not valid UTF-16.
/// - `MMF_STATUS_INVALID_ARGUMENT`: the notation is none; the sentence names the line.
/// - `MMF_STATUS_OUT_OF_RANGE`: it is too long for one assembly.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmf_assembly_build16(
    notation: *const u16,
    notation_length: size_t,
    library: *const u16,
    library_length: size_t,
    buffer: *mut u8,
    capacity: size_t,
    out_length: *mut size_t,
    out_error: *mut mmf_error_t,
) -> mmf_status_t {
    // SAFETY: the pointers are as the header asks.
    unsafe {
        boundary(out_error, |lent| {
            let out = lent.out(out_length, "out_length")?;
            let buffer = lent.slice_mut(buffer, capacity, "buffer")?;
            let notation = needed(lent.text16(notation, notation_length, "notation")?, "notation")?;
            let library = needed(lent.text16(library, library_length, "library")?, "library")?;
            let image = assemble(&notation, &library)?;
            if let Some(place) = buffer.get_mut(..image.len()) {
                place.copy_from_slice(&image);
            }
            out.put(image.len());
            Ok(())
        })
    }
}
