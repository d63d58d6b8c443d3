//! The queue for the content lock, in memory that all processes with access to the lock share: a
//! small file beside it.
//!
//! Each waiter has a slot there and renews it. Nothing removes the slot of a process that is killed, but it
//! ends soon, and then the next one takes it.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{Mode, OFlags};

use crate::os::unix::bytes::check_file_size_limit;
use crate::os::unix::queue::{LEASE, Micros, Queue};

pub(super) const FILE: &str = "queue";
/// More waiters than these wait without an order.
const SLOTS: usize = 128;

/// The slot of one waiter. All zeros: free.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Slot {
    /// Until when it counts.
    end: AtomicU64,
    arrival: AtomicU64,
}

type Slots = [Slot; SLOTS];

/// The queue, mapped.
#[derive(Debug)]
pub(super) struct SharedQueue(MmapRaw);

impl SharedQueue {
    /// Opens the queue in the directory of a lock, and creates it if it is missing. `None` if that
    /// fails; then waiters have no order.
    pub(super) fn open(directory: BorrowedFd<'_>) -> Option<SharedQueue> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(directory, FILE, flags, Mode::RUSR | Mode::WUSR).ok()?;
        if rustix::fs::fstat(&file).ok()?.st_size < size_of::<Slots>() as i64 {
            // Written, not only sized: a full disk is an error here, and a signal in a mapping.
            check_file_size_limit(size_of::<Slots>() as u64).ok()?;
            let written = rustix::io::pwrite(&file, &[0; size_of::<Slots>()], 0).ok()?;
            if written < size_of::<Slots>() {
                return None;
            }
        }
        let fd = file.as_fd().as_raw_fd();
        MmapOptions::new().len(size_of::<Slots>()).map_raw(fd).ok().map(SharedQueue)
    }

    fn slots(&self) -> &Slots {
        // SAFETY: the mapping is as long as the slots, as mapped above, and begins at a page; they are atomic
        // numbers, for which all bits are valid and which others may change at any time; and it lives as
        // long as the reference.
        unsafe { &*self.0.as_mut_ptr().cast::<Slots>() }
    }
}

/// The queue as one waiter sees it; empty if there is no queue.
pub(super) struct Waiters<'a>(Option<&'a Slots>);

pub(super) struct Ticket<'a> {
    slot: &'a Slot,
    arrival: Micros,
    end: Micros,
}

impl<'a> Waiters<'a> {
    pub(super) fn of(queue: Option<&'a SharedQueue>) -> Waiters<'a> {
        Waiters(queue.map(SharedQueue::slots))
    }

    fn slots(&self) -> impl Iterator<Item = &'a Slot> {
        self.0.into_iter().flatten()
    }
}

impl<'a> Queue for Waiters<'a> {
    type Ticket = Ticket<'a>;

    fn is_anybody_before(&self, moment: Micros, now: Micros) -> bool {
        self.slots().any(|slot| {
            slot.arrival.load(Ordering::Relaxed) < moment
                && counts(slot.end.load(Ordering::Acquire), now)
        })
    }

    fn enter(&self, arrival: Micros, now: Micros) -> Option<Ticket<'a>> {
        let slot = self.slots().find(|slot| {
            let end = slot.end.load(Ordering::Relaxed);
            !counts(end, now) && change(slot, end, now + LEASE)
        })?;
        // Until then other waiters see the arrival of the previous owner, which costs one of them
        // an extra check.
        slot.arrival.store(arrival, Ordering::Release);
        Some(Ticket { slot, arrival, end: now + LEASE })
    }

    fn renew(&self, ticket: &mut Ticket<'a>, now: Micros) {
        if change(ticket.slot, ticket.end, now + LEASE) {
            ticket.end = now + LEASE;
        } else if let Some(other) = self.enter(ticket.arrival, now) {
            // This process was stopped for so long that another waiter has the slot.
            *ticket = other;
        }
    }

    fn end(ticket: &Ticket<'a>) -> Micros {
        ticket.end
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        change(self.slot, self.end, 0);
    }
}

fn change(slot: &Slot, from: Micros, to: Micros) -> bool {
    slot.end.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Whether a slot with this end is in use now.
fn counts(end: Micros, now: Micros) -> bool {
    (now..=now + 2 * LEASE).contains(&end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_are_what_is_promised() {
        use std::mem::offset_of;
        crate::shared::assert_promised(
            "Queue of the content lock",
            &[
                ("until when a slot counts", offset_of!(Slot, end).to_string()),
                ("when its owner arrived", offset_of!(Slot, arrival).to_string()),
                ("size of a slot", size_of::<Slot>().to_string()),
                ("slots", SLOTS.to_string()),
            ],
        );
    }

    #[test]
    fn a_slot_that_is_not_renewed_is_the_next_ones() {
        let slots: Slots = std::array::from_fn(|_| Slot::default());
        let queue = Waiters(Some(&slots));
        let mut stopped: Vec<Ticket<'_>> =
            (0..SLOTS).map(|_| queue.enter(1_000, 1_000).expect("a slot")).collect();
        assert!(queue.is_anybody_before(1_001, 1_000));
        assert!(!queue.is_anybody_before(1_000, 1_000));
        assert!(queue.enter(2_000, 2_000).is_none(), "all are somebody's");
        let now = 1_000 + LEASE + 1;
        assert!(!queue.is_anybody_before(now, now));
        let next = queue.enter(now, now).expect("none of them counts any more");
        // The previous owner of the slot gets another one, and keeps its place.
        queue.renew(&mut stopped[0], now);
        assert!(queue.is_anybody_before(1_001, now));
        drop(stopped);
        assert!(!queue.is_anybody_before(now, now));
        assert!(queue.is_anybody_before(now + 1, now), "its slot is still its own");
        drop(next);
        assert!(!queue.is_anybody_before(now + 1, now));
    }
}
