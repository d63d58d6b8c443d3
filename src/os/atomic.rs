//! Numbers in shared memory that threads and processes change without a lock.

use std::sync::atomic::{AtomicI32, AtomicU32};
#[cfg(target_has_atomic = "64")]
use std::sync::atomic::{AtomicI64, AtomicU64};

use super::Mapping;

/// One of the standard library's atomic integers.
///
/// # Safety
/// Any bytes are a value of it, and it can be changed through a shared reference.
pub(crate) unsafe trait Atomic {}

// SAFETY: it is an integer in memory that may change.
unsafe impl Atomic for AtomicU32 {}
// SAFETY: as above.
unsafe impl Atomic for AtomicI32 {}
#[cfg(target_has_atomic = "64")]
// SAFETY: as above.
unsafe impl Atomic for AtomicU64 {}
#[cfg(target_has_atomic = "64")]
// SAFETY: as above.
unsafe impl Atomic for AtomicI64 {}

impl Mapping {
    /// The number at an offset. `None` if its address is not aligned. The caller has checked that
    /// it is inside, and that the memory may be read and written.
    pub(crate) fn atomic<T: Atomic>(&self, offset: usize) -> Option<&T> {
        debug_assert!(offset + size_of::<T>() <= self.len());
        let pointer = self.pointer().wrapping_add(offset).cast::<T>();
        // SAFETY: aligned, as is asked here; inside of the mapping, which may be read and written, as
        // the caller checked; and it stays mapped as long as `self`.
        pointer.is_aligned().then(|| unsafe { &*pointer })
    }
}
