//! The origin of an object, found from its times. Among objects with our mark and without a holder,
//! only originals are leftovers. A copy that keeps times and mode is a user's backup.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Statx, StatxFlags};

use super::end_record::EndRecord;
use super::place::Place;

/// Whether a marked object without a holder is a copy of a map, and so another program's memory.
pub(super) fn is_copy(fd: impl AsFd) -> bool {
    Times::of(fd).and_then(|times| times.is_original()) == Some(false)
}

/// Seconds and nanoseconds since 1970.
type Moment = (i64, u32);

/// The times of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Not every file system records it.
    born: Option<Moment>,
    modified: Moment,
    /// The time of modification records where the content of this very object ends.
    recorded: bool,
    /// The time of the last change of anything about it, including its other times. No program can
    /// set this time.
    changed: Moment,
}

impl Times {
    /// The times of the file of a descriptor.
    pub(super) fn of(fd: impl AsFd) -> Option<Times> {
        rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, Times::FLAGS).ok().map(Times::new)
    }

    /// The times of the file of a name.
    pub(super) fn at(place: &Place) -> Option<Times> {
        let found = rustix::fs::statx(CWD, &place.path, AtFlags::SYMLINK_NOFOLLOW, Times::FLAGS);
        found.ok().map(Times::new)
    }

    const FLAGS: StatxFlags =
        StatxFlags::BTIME.union(StatxFlags::MTIME).union(StatxFlags::CTIME).union(StatxFlags::INO);

    fn new(found: Statx) -> Times {
        let known = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::BTIME);
        Times {
            born: known.then_some((found.stx_btime.tv_sec, found.stx_btime.tv_nsec)),
            modified: (found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec),
            recorded: EndRecord::of(&found).is_some_and(|record| record.is_valid(&found.stx_mtime)),
            changed: (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
        }
    }

    /// Whether the object was made here. A copy was modified before it was born, and got that time
    /// after its birth; where the clock was set back, both times of an original lie before it. The time
    /// may also be a record, which is valid for one object only.
    /// `None`: births are not recorded here.
    pub(super) fn is_original(&self) -> Option<bool> {
        let born = self.born?;
        Some(self.recorded || self.modified >= born || self.changed < born)
    }

    /// Whether it was born longer ago than that.
    pub(super) fn is_older_than(&self, time: Duration) -> bool {
        let Some((seconds, nanoseconds)) = self.born else { return false };
        let Ok(seconds) = u64::try_from(seconds) else { return false };
        let born = UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds));
        let age = born.and_then(|born| SystemTime::now().duration_since(born).ok());
        age.is_some_and(|age| age > time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_from_an_original_whatever_the_clock_did() {
        let times = |born, modified, changed| Times {
            born,
            modified: (modified, 0),
            recorded: false,
            changed: (changed, 0),
        };
        assert_eq!(times(Some((5, 0)), 5, 5).is_original(), Some(true), "just made");
        assert_eq!(times(Some((5, 0)), 9, 9).is_original(), Some(true), "written");
        assert_eq!(times(Some((5, 0)), 3, 3).is_original(), Some(true), "the clock was set back");
        assert_eq!(times(Some((5, 0)), 3, 6).is_original(), Some(false), "a copy");
        assert_eq!(times(Some((5, 1)), 5, 6).is_original(), Some(false), "a copy made at once");
        let recorded = Times { recorded: true, ..times(Some((5, 0)), -7, 6) };
        assert_eq!(recorded.is_original(), Some(true), "its end is recorded");
        assert_eq!(times(None, 3, 6).is_original(), None);
    }

    #[test]
    fn age_is_counted_from_birth() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let born = |seconds: i64| Times {
            born: Some((seconds, 0)),
            modified: (0, 0),
            recorded: false,
            changed: (0, 0),
        };
        let now = now.cast_signed();
        assert!(born(now - 60).is_older_than(Duration::from_secs(30)));
        assert!(!born(now - 60).is_older_than(Duration::from_secs(90)));
        assert!(!born(now + 60).is_older_than(Duration::ZERO), "the clock was set back");
    }
}
