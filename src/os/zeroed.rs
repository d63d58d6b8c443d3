//! Memory full of zeros that the system gives page by page, when it is touched: how large a result is
//! does not matter then, only how much of it is not zero. `Vec` has no such request that can fail.

use std::alloc::{Layout, alloc_zeroed};

/// Types that are valid when all bits are zero.
pub(crate) trait Zero: Copy {}
impl Zero for u8 {}
impl Zero for u16 {}

/// So many zeros. `None`: there is not enough memory for them.
pub(crate) fn zeroed<T: Zero>(length: usize) -> Option<Vec<T>> {
    let layout = Layout::array::<T>(length).ok()?;
    if layout.size() == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the layout's size is not zero, as just checked.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        return None;
    }
    // SAFETY: the global allocator gave this memory for so many elements, and zeros are valid ones
    // (`Zero`).
    Some(unsafe { Vec::from_raw_parts(memory.cast(), length, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_come_in_every_number_that_there_is_memory_for() {
        assert_eq!(zeroed::<u8>(0), Some(vec![]));
        assert_eq!(zeroed::<u16>(3), Some(vec![0; 3]));
        assert!(zeroed::<u16>(usize::MAX).is_none());
        // In 32 bits that is 2 GiB, for which there may be room.
        if cfg!(target_pointer_width = "64") {
            assert!(zeroed::<u8>(isize::MAX as usize).is_none());
        }
    }
}
