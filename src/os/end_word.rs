//! The recorded end of the content, in memory that all writers to the map share.
//!
//! Raw writes are counted when they begin and when they end. An end is recorded together with the
//! number of raw writes that had begun, while none was running. After one more raw write, the
//! record is no longer valid. A change of the content holds the content lock exclusively and
//! removes the record before its first byte. So a killed process never leaves a wrong end. A killed
//! raw write leaves the two counts different for ever, and then every append searches.

use std::sync::atomic::{AtomicU64, Ordering};

/// The shared memory. All zeros: nothing is recorded.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct EndWord {
    /// Raw writes that began.
    begun: AtomicU64,
    /// Raw writes that ended.
    ended: AtomicU64,
    /// One more than how many raw writes had begun when the end was recorded; 0 for no record.
    valid: AtomicU64,
    end: AtomicU64,
}

/// What one change of the content knows about the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) known_end: Option<u64>,
    /// How many raw writes had begun, if all of them had ended.
    quiet_at: Option<u64>,
}

impl EndWord {
    /// Runs a raw write.
    pub(super) fn raw<T>(&self, write: impl FnOnce() -> T) -> T {
        struct Ends<'a>(&'a EndWord);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                self.0.ended.fetch_add(1, Ordering::SeqCst);
            }
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        let _ends = Ends(self);
        write()
    }

    /// Looks, under the content lock.
    pub(super) fn look(&self) -> Look {
        // In this order: every write that has ended has also begun.
        let ended = self.ended.load(Ordering::SeqCst);
        let begun = self.begun.load(Ordering::SeqCst);
        let known = self.valid.load(Ordering::SeqCst) == begun.wrapping_add(1);
        Look {
            known_end: known.then(|| self.end.load(Ordering::SeqCst)),
            quiet_at: (ended == begun).then_some(begun),
        }
    }

    /// Takes the record away, before the content is changed.
    pub(super) fn forget(&self) {
        self.valid.store(0, Ordering::SeqCst);
    }

    /// Records the end, unless there were raw writes since the look.
    pub(super) fn record(&self, look: Look, end: u64) {
        if let Some(begun) = look.quiet_at {
            self.end.store(end, Ordering::SeqCst);
            // If a raw write began since then, this is one too few for the record to be valid.
            self.valid.store(begun.wrapping_add(1), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_what_is_promised() {
        use std::mem::offset_of;
        crate::shared::assert_promised(
            "End word",
            &[
                ("raw writes that began", offset_of!(EndWord, begun).to_string()),
                ("raw writes that ended", offset_of!(EndWord, ended).to_string()),
                (
                    "one more than those that had begun when the end was recorded, or 0",
                    offset_of!(EndWord, valid).to_string(),
                ),
                ("the end", offset_of!(EndWord, end).to_string()),
                ("size", size_of::<EndWord>().to_string()),
            ],
        );
    }

    #[test]
    fn a_record_is_valid_until_the_next_write() {
        let word = EndWord::default();
        assert_eq!(word.look().known_end, None);
        word.record(word.look(), 7);
        assert_eq!(word.look().known_end, Some(7));
        word.raw(|| ());
        assert_eq!(word.look().known_end, None);
        word.record(word.look(), 9);
        assert_eq!(word.look().known_end, Some(9));
        word.forget();
        assert_eq!(word.look().known_end, None);
    }

    #[test]
    fn nothing_is_recorded_beside_a_raw_write() {
        let word = EndWord::default();
        // It is under way at the look, and ends before the record.
        let look = word.raw(|| word.look());
        word.record(look, 7);
        assert_eq!(word.look().known_end, None);
        // It begins after the look.
        let look = word.look();
        word.raw(|| word.record(look, 7));
        assert_eq!(word.look().known_end, None);
        // One that began earlier is under way, a later one ended.
        word.raw(|| {
            word.raw(|| ());
            word.record(word.look(), 7);
            assert_eq!(word.look().known_end, None);
        });
        // One that was killed counts for ever.
        word.begun.fetch_add(1, Ordering::SeqCst);
        word.record(word.look(), 7);
        assert_eq!(word.look().known_end, None);
    }
}
