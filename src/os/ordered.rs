//! Copying into shared memory in a fixed order, so that the state after a kill is known. A plain
//! copy has no fixed order: C libraries write the ends first and copy several pages at a time.

/// Copies from the first byte to the last: what a kill leaves is a beginning.
///
/// # Safety
/// `to` points to as many writable bytes as `from` has, and they do not overlap.
pub(crate) unsafe fn copy_up(from: &[u8], to: *mut u8) {
    let (head, tail) = words(to, from.len());
    for (at, byte) in from[..head].iter().enumerate() {
        // SAFETY: within the bytes that the caller guarantees. Others may read and write them at
        // the same time, so the access is volatile.
        unsafe { to.wrapping_add(at).write_volatile(*byte) };
    }
    let aligned = to.wrapping_add(head).cast::<u64>();
    for (number, word) in from[head..tail].as_chunks::<8>().0.iter().enumerate() {
        // SAFETY: as above, and aligned (`words`).
        unsafe { aligned.wrapping_add(number).write_volatile(u64::from_ne_bytes(*word)) };
    }
    for (at, byte) in from[tail..].iter().enumerate() {
        // SAFETY: as above.
        unsafe { to.wrapping_add(tail + at).write_volatile(*byte) };
    }
}

/// Clears from the last byte to the first, so a kill leaves a beginning of the old bytes.
///
/// # Safety
/// `to` points to `length` writable bytes.
pub(crate) unsafe fn clear_down(to: *mut u8, length: usize) {
    let (head, tail) = words(to, length);
    for at in (tail..length).rev() {
        // SAFETY: within the bytes that the caller promises, as in `copy_up`.
        unsafe { to.wrapping_add(at).write_volatile(0) };
    }
    let aligned = to.wrapping_add(head).cast::<u64>();
    for number in (0..(tail - head) / 8).rev() {
        // SAFETY: as above, and aligned (`words`).
        unsafe { aligned.wrapping_add(number).write_volatile(0) };
    }
    for at in (0..head).rev() {
        // SAFETY: as above.
        unsafe { to.wrapping_add(at).write_volatile(0) };
    }
}

/// Where the aligned words of a range begin and end.
fn words(to: *const u8, length: usize) -> (usize, usize) {
    let head = to.align_offset(8).min(length);
    (head, head + (length - head) / 8 * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_at_every_alignment_is_copied_and_cleared() {
        let from: Vec<u8> = (1..=40).collect();
        for start in 0..9 {
            for length in 0..=from.len() {
                let mut memory = vec![0xEE; 64];
                let mut wanted = memory.clone();
                wanted[start..start + length].copy_from_slice(&from[..length]);
                let to = memory.as_mut_ptr().wrapping_add(start);
                // SAFETY: the range lies within the vector.
                unsafe { copy_up(&from[..length], to) };
                assert_eq!(memory, wanted, "{length} at {start}");
                wanted[start..start + length].fill(0);
                let to = memory.as_mut_ptr().wrapping_add(start);
                // SAFETY: as above.
                unsafe { clear_down(to, length) };
                assert_eq!(memory, wanted, "{length} at {start}");
            }
        }
    }
}
