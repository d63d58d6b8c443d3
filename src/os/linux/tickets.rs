//! The queue for the content lock, as locks on bytes of the map's own inode that nothing else uses.
//!
//! The offset of a ticket is the arrival time of its owner; earlier is lower. Its length is the
//! time until which it counts. A writer's ticket is a lock for writing. A reader's ticket is a lock
//! for reading: a read-only descriptor is enough, and readers, which query as if for reading, do
//! not see each other. The kernel removes the ticket of a process that ends.

use std::os::fd::BorrowedFd;

use super::locks::{self, Bytes};
use crate::lock_mode::LockMode;
use crate::os::unix::queue::{LEASE, Micros, Queue};

/// Tickets begin here, far below the bytes that [`locks::Byte`] names.
pub(super) const FIRST: i64 = 1 << 62;
/// How long one moment of arrival is. Two writers cannot have the same one.
pub(super) const MOMENT: Micros = 16;
/// The number of moments after which they start again: 17 years.
const MOMENTS: u64 = 1 << 45;
/// How many bytes each moment has: one for each millisecond of a minute, more or less, in which a ticket can end.
pub(super) const WIDTH: i64 = 1 << 16;
/// A queue with more tickets that do not count any more is not looked through.
const LAPSED: usize = 64;

/// The tickets on an inode, seen through a description that has no ticket yet.
pub(super) struct Tickets<'fd> {
    fd: BorrowedFd<'fd>,
    writer: bool,
}

pub(super) struct Ticket<'fd> {
    fd: BorrowedFd<'fd>,
    start: i64,
    end: Micros,
}

impl<'fd> Tickets<'fd> {
    pub(super) fn new(fd: BorrowedFd<'fd>, mode: LockMode) -> Tickets<'fd> {
        Tickets { fd, writer: mode == LockMode::Exclusive }
    }

    fn set(&self, ticket: &Ticket<'_>) -> bool {
        let bytes = Bytes { start: ticket.start, length: length(ticket.end) };
        let set = if self.writer { locks::try_write } else { locks::try_read };
        // After an error (no memory for locks), other waiters do not wait for this one.
        set(self.fd, bytes).unwrap_or(false)
    }
}

impl<'fd> Queue for Tickets<'fd> {
    type Ticket = Ticket<'fd>;

    fn is_anybody_before(&self, moment: Micros, now: Micros) -> bool {
        let end = start(moment);
        // The kernel reports one of the locks in a range. Expired ones are excluded from the range.
        let (mut low, mut high) = (FIRST, end);
        for _ in 0..2 * LAPSED {
            let found = match high - low {
                1.. => locks::find(self.fd, Bytes { start: low, length: high - low }, self.writer),
                _ => Ok(None),
            };
            match found {
                Ok(Some(ticket)) if counts(ticket, now) => return true,
                Ok(Some(ticket)) => high = ticket.start,
                Ok(None) if high < end => (low, high) = (high + WIDTH, end),
                Ok(None) | Err(_) => break,
            }
        }
        false
    }

    fn enter(&self, arrival: Micros, now: Micros) -> Option<Ticket<'fd>> {
        let mut ticket = Ticket { fd: self.fd, start: start(arrival), end: now + LEASE };
        for _ in 0..16 {
            if self.set(&ticket) {
                return Some(ticket);
            }
            // Another waiter arrived at the same moment.
            ticket.start += WIDTH;
        }
        std::mem::forget(ticket);
        None
    }

    fn renew(&self, ticket: &mut Ticket<'fd>, now: Micros) {
        let before = length(ticket.end);
        ticket.end = now + LEASE;
        let after = length(ticket.end);
        self.set(ticket);
        if after < before {
            let rest = Bytes { start: ticket.start + after, length: before - after };
            let _ = locks::unlock(self.fd, rest);
        }
    }

    fn end(ticket: &Ticket<'fd>) -> Micros {
        ticket.end
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let _ = locks::unlock(self.fd, Bytes { start: self.start, length: WIDTH });
    }
}

/// The offset of the ticket for this arrival time.
pub(super) fn start(arrival: Micros) -> i64 {
    FIRST + (arrival / MOMENT % MOMENTS) as i64 * WIDTH
}

/// How long a ticket is that ends then.
pub(super) fn length(end: Micros) -> i64 {
    1 + (end / 1_000) as i64 % WIDTH
}

/// Whether a ticket is still valid. Its end is known only within about a minute, so the ticket of a
/// stopped process counts for a moment in each minute.
fn counts(ticket: Bytes, now: Micros) -> bool {
    let left = (ticket.length - length(now)).rem_euclid(WIDTH);
    left <= (2 * LEASE / 1_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_counts_for_its_lease_at_any_time() {
        for now in [1_000, 65_535_000, 65_536_000, 65_537_000, 1 << 50] {
            let ticket = Bytes { start: FIRST, length: length(now + LEASE) };
            assert!((1..=WIDTH).contains(&ticket.length));
            assert!(counts(ticket, now));
            assert!(counts(ticket, now + LEASE));
            assert!(!counts(ticket, now + LEASE + 1_000));
            assert!(!counts(ticket, now + 30_000_000));
        }
    }

    #[test]
    fn who_arrives_later_stands_higher_and_below_all_other_bytes() {
        assert!(start(1_000) < start(1_000 + MOMENT));
        let last = start(MOMENTS * MOMENT - 1) + WIDTH;
        assert!(last < locks::Byte::Presence as i64);
    }
}
