//! Where the content ends, kept in the object's modification time.
//!
//! Every `write` by any process sets that time to the current time, and no clock can be set to a
//! time before 1970. So a time before 1970 is a record that every write makes invalid, even if its
//! process is killed. The record contains the end and a hash of the inode, because `cp -a` copies
//! times, too. A store through a mapping sets the time at most once per page: later stores are not
//! noticed here.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Stat, Statx, StatxFlags, StatxTimestamp, Timespec, Timestamps};

/// Ends are recorded up to 2⁴² bytes, which leaves 18 bits for the hash: seconds stay within 32 bits,
/// so that every program can still read the time.
const END_BITS: u32 = 42;
const HASH_BITS: u32 = 18;
/// How many bits of an end fit into the nanoseconds, which go up to a thousand million.
const NANOSECOND_BITS: u32 = 29;

/// The identity of an inode in its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndRecord {
    hash: u64,
}

/// What the file system of an object lets us know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Medium {
    /// Times are kept exactly, so that records can be on this inode.
    pub(super) keeps_records: bool,
    /// `None` if the inode's birth is unknown. Then a record cannot be distinguished from a copied
    /// one.
    pub(super) record: Option<EndRecord>,
}

impl Medium {
    pub(super) fn of(fd: BorrowedFd<'_>) -> Medium {
        const TMPFS: u64 = 0x0102_1994;
        // If it cannot be queried, other processes may have records on it.
        let keeps_records =
            rustix::fs::fstatfs(fd).map_or(true, |system| system.f_type as u64 == TMPFS);
        let flags = StatxFlags::BTIME | StatxFlags::INO;
        let record = match rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, flags) {
            Ok(found) if keeps_records => EndRecord::of(&found),
            _ => None,
        };
        Medium { keeps_records, record }
    }
}

impl EndRecord {
    /// The records of an inode whose number and birth were asked for.
    pub(super) fn of(found: &Statx) -> Option<EndRecord> {
        let known = StatxFlags::from_bits_retain(found.stx_mask);
        if !known.contains(StatxFlags::BTIME | StatxFlags::INO) {
            return None;
        }
        let born = found.stx_btime;
        let parts = [found.stx_ino, born.tv_sec.cast_unsigned(), u64::from(born.tv_nsec)];
        Some(EndRecord::with_parts(parts))
    }

    /// The records of an inode: its number, and seconds and nanoseconds of its birth.
    pub(super) fn with_parts(parts: [u64; 3]) -> EndRecord {
        EndRecord { hash: hash(parts) }
    }

    /// The end that a modification time records, if it is a record of this inode.
    pub(super) fn end(self, seconds: i64, nanoseconds: i64) -> Option<u64> {
        let value = u64::try_from(seconds.checked_neg()?.checked_sub(1)?).ok()?;
        let low = u64::try_from(nanoseconds).ok().filter(|low| low >> NANOSECOND_BITS == 0)?;
        let high_bits = END_BITS - NANOSECOND_BITS;
        let high = value & ((1 << high_bits) - 1);
        (value >> high_bits == self.hash).then_some(high << NANOSECOND_BITS | low)
    }

    /// The end that an object's status records.
    pub(super) fn end_of(self, stat: &Stat) -> Option<u64> {
        #[allow(clippy::useless_conversion, reason = "the types differ between systems")]
        self.end(stat.st_mtime.into(), i64::try_from(stat.st_mtime_nsec).ok()?)
    }

    /// Whether a modification time is a record of this inode.
    pub(super) fn is_valid(self, modified: &StatxTimestamp) -> bool {
        self.end(modified.tv_sec, i64::from(modified.tv_nsec)).is_some()
    }

    /// The modification time that records an end. `None`: it is too far away to be recorded.
    pub(super) fn time(self, end: u64) -> Option<Timespec> {
        if end >> END_BITS != 0 {
            return None;
        }
        let value = self.hash << (END_BITS - NANOSECOND_BITS) | end >> NANOSECOND_BITS;
        Some(Timespec {
            tv_sec: -1 - value.cast_signed(),
            tv_nsec: (end & ((1 << NANOSECOND_BITS) - 1)) as _,
        })
    }

    /// Records the end. Only the object's owner may; without the record the next one searches.
    pub(super) fn write(self, fd: impl AsFd, end: u64) -> rustix::io::Result<()> {
        let Some(last_modification) = self.time(end) else { return Ok(()) };
        // Both times, because setting only one is reported to watches as another change.
        let last_access = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        rustix::fs::futimens(fd, &Timestamps { last_access, last_modification })
    }
}

/// [`HASH_BITS`] bits in which every bit of the parts has a say (the finish of MurmurHash3).
fn hash(parts: [u64; 3]) -> u64 {
    parts.into_iter().fold(0, |state: u64, part| {
        let mut mixed = state ^ part;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        mixed ^ (mixed >> 33)
    }) >> (64 - HASH_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_read_back_by_its_own_inode_alone() {
        let record = EndRecord { hash: hash([7, 1_700_000_000, 5]) };
        let other = EndRecord { hash: record.hash ^ 1 };
        for hash in [record.hash, 0, (1 << HASH_BITS) - 1] {
            let record = EndRecord { hash };
            for bit in 0..END_BITS {
                for end in [0, (1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1] {
                    let time = record.time(end).expect("not too far");
                    assert!((i64::from(i32::MIN)..0).contains(&time.tv_sec), "{time:?}");
                    assert!((0..1_000_000_000).contains(&time.tv_nsec), "{time:?}");
                    assert_eq!(record.end(time.tv_sec, time.tv_nsec), Some(end));
                }
            }
        }
        let time = record.time(12_345).expect("not too far");
        assert_eq!(other.end(time.tv_sec, time.tv_nsec), None);
        assert!(record.time(1 << END_BITS).is_none());
    }

    #[test]
    fn no_time_that_a_clock_shows_is_a_record() {
        for hash in 0..1 << HASH_BITS {
            let record = EndRecord { hash };
            for seconds in [0, 1, 1_700_000_000, i64::from(i32::MAX), i64::MAX, i64::MIN] {
                assert_eq!(record.end(seconds, 0), None);
            }
            assert_eq!(record.end(-1 - (hash << 13) as i64, 999_999_999), None);
        }
    }

    #[test]
    fn neighbours_have_different_hashes() {
        let all: std::collections::HashSet<u64> =
            (0..100).map(|inode| hash([inode, 1_700_000_000, 0])).collect();
        assert!(all.len() > 95, "{}", all.len());
    }
}
