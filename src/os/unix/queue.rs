//! The queue for the content lock. It only determines the order; another lock provides the
//! exclusion. So a wrong or missing entry costs time, but never safety.
//!
//! No waiter takes the lock while another one has been waiting [`HEAD_START`] longer. Among waiters
//! within that time, the first to look gets the lock. A lock that is held for microseconds needs
//! this: in a strict order it would be idle at each turn until the next waiter wakes up.
//!
//! Waiting is polling. The first in the queue polls often and then less and less often, the others
//! every millisecond. No system has a lock that wakes a waiter, serves in order and supports
//! time-outs. A message from the releasing process to the next one would need a second channel, and
//! polling in case it fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::time::Deadline;

/// Microseconds of a clock that all processes share.
pub(crate) type Micros = u64;

/// How much longer a waiter must have been waiting to go first.
const HEAD_START: Micros = 2_000;
/// How long an entry counts unless it is renewed. The entry of a stopped process delays the others
/// by this time, once.
pub(crate) const LEASE: Micros = 20_000;
/// An entry is renewed when less than this is left, which is clearly more than the longest pause.
const RENEWAL: Micros = 14_000;
/// The polling interval of a waiter that is not the first.
const PAUSE: Micros = 1_000;
/// The try at which a waiter enters the queue.
const QUEUED: u32 = 6;
/// A waiter that times out and tries again within this time keeps its place.
const RETURN: Micros = 50_000;

/// What one waiter sees of the queue.
pub(crate) trait Queue {
    /// One's own entry, which is gone when it is dropped.
    type Ticket;

    /// Whether there is a waiter that arrived before that moment.
    fn is_anybody_before(&self, moment: Micros, now: Micros) -> bool;

    /// Enters the queue. `None` if that fails: then others do not wait for this one.
    fn enter(&self, arrival: Micros, now: Micros) -> Option<Self::Ticket>;

    /// Makes an entry count for a [`LEASE`] from now on.
    fn renew(&self, ticket: &mut Self::Ticket, now: Micros);

    /// When an entry stops to count.
    fn end(ticket: &Self::Ticket) -> Micros;
}

/// Tries until it is this waiter's turn and `take` succeeds. `None` if that does not happen before
/// the deadline.
pub(crate) fn wait<Q: Queue, T, E>(
    queue: &Q,
    place: &KeptPlace,
    deadline: Deadline,
    mut take: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let mut now = clock();
    let kept = place.take_back(now);
    let arrival = kept.unwrap_or(now);
    let mut ticket: Option<Q::Ticket> = None;
    let mut first_since = None;
    // A waiter that comes back enters the queue at once.
    let first_try = if kept.is_some() { QUEUED } else { 1 };
    for tries in first_try.. {
        let may_go = !queue.is_anybody_before(arrival.saturating_sub(HEAD_START), now);
        if may_go && let Some(taken) = take()? {
            return Ok(Some(taken));
        }
        if deadline.passed() {
            break;
        }
        let pause = match tries {
            // Most locks are held for microseconds only.
            1..=3 => 0,
            4..QUEUED => 20,
            _ => {
                match &mut ticket {
                    None => ticket = queue.enter(arrival, now),
                    Some(ticket) if Q::end(ticket) < now + RENEWAL => queue.renew(ticket, now),
                    Some(_) => {}
                }
                if first_since.is_none() && may_go && !queue.is_anybody_before(arrival, now) {
                    first_since = Some(now);
                }
                first_since.map_or(PAUSE, |since| first_pause(now - since))
            }
        };
        match pause {
            0 => std::thread::yield_now(),
            pause => std::thread::sleep(Duration::from_micros(pause).min(deadline.left())),
        }
        now = clock();
    }
    place.keep(arrival, now);
    Ok(None)
}

/// The polling interval of a waiter that has been first for this long: the delay of a hand-over is
/// small compared with the time that the lock was held.
fn first_pause(time: Micros) -> Micros {
    const SHORTEST: Micros = 30;
    const LONG: Micros = 2_000;
    const LONGEST: Micros = 8_000;
    (time / 4).clamp(SHORTEST, LONG).max(time / 32).min(LONGEST)
}

/// The C library's clock: rustix looks for the kernel's own function, which valgrind hides, and crashes there.
fn clock() -> Micros {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time into the variable; this clock is on every Unix.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000
}

/// The place of a handle whose last wait timed out. A caller that must be able to stop waits many short
/// times instead of one long time, and would start at the end of the queue each time.
#[derive(Debug, Default)]
pub(crate) struct KeptPlace {
    /// 0: none.
    arrival: AtomicU64,
    left: AtomicU64,
}

impl KeptPlace {
    fn keep(&self, arrival: Micros, now: Micros) {
        self.left.store(now, Ordering::Relaxed);
        self.arrival.store(arrival, Ordering::Release);
    }

    /// For one waiter only, if several threads come.
    fn take_back(&self, now: Micros) -> Option<Micros> {
        if self.arrival.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let arrival = self.arrival.swap(0, Ordering::Acquire);
        let left = self.left.load(Ordering::Relaxed);
        (arrival != 0 && now.saturating_sub(left) <= RETURN).then_some(arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_the_lock_is_held_the_less_often_the_first_waiter_looks() {
        for (held, looks, late) in
            [(20, 2, 30), (1_000, 16, 250), (10_000, 26, 2_000), (2_000_000, 320, 8_000)]
        {
            let mut waited = 0;
            let mut looked = 0;
            while waited < held {
                waited += first_pause(waited);
                looked += 1;
            }
            assert!(looked <= looks, "held for {held} us: looked {looked} times");
            assert!(waited - held <= late, "held for {held} us: {} us late", waited - held);
            assert!(first_pause(waited) < RENEWAL, "its entry would lapse");
        }
    }
}
