//! The tick: one number in memory that all writers to a map share. Its upper half counts the
//! changes, its lower half the watches that wait for the next one. If no watch waits, a writer only
//! adds to the number, without a system call.
//!
//! A watch is *armed* when the number counts it and it has seen the current count of changes. A
//! writer first adds to the upper half. If watches were armed before, the writer wakes all of them
//! and then sets the lower half back to zero, unless the number has changed in between: otherwise a
//! watch that was armed since then would miss the next change. A writer that is killed meanwhile
//! leaves the lower half above zero, so the next writer wakes all watches. A watch whose process is
//! killed costs the next writer one system call.

use std::sync::atomic::{AtomicU64, Ordering};

const ONE_CHANGE: u64 = 1 << 32;
const ARMED: u64 = ONE_CHANGE - 1;

/// The shared number. Zero: no change, no watch.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(super) struct Tick(AtomicU64);

impl Tick {
    /// Tells of a change that was made before. `wake` wakes every watch; it is called if one is armed.
    pub(super) fn advance<E>(&self, wake: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let before = self.0.fetch_add(ONE_CHANGE, Ordering::SeqCst);
        let now = before.wrapping_add(ONE_CHANGE);
        if armed(before) > 0 {
            wake()?;
            let _ =
                self.0.compare_exchange(now, all_woken(now), Ordering::SeqCst, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Arms a watch unless it is armed already, having seen `seen`. Gives the changes that it has seen then.
    pub(super) fn arm(&self, seen: Option<u32>) -> Option<u32> {
        let mut now = self.0.load(Ordering::SeqCst);
        loop {
            if seen == Some(changes(now)) {
                return None;
            }
            let next = with_one_more(now);
            match self.0.compare_exchange(now, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Some(changes(now)),
                Err(newer) => now = newer,
            }
        }
    }

    /// Takes back that a watch is armed, if there was no change since then.
    pub(super) fn disarm(&self, seen: u32) {
        let mut now = self.0.load(Ordering::SeqCst);
        while changes(now) == seen && armed(now) > 0 {
            match self.0.compare_exchange(now, now - 1, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(newer) => now = newer,
            }
        }
    }

    /// Whether a watch is armed.
    pub(super) fn is_armed(&self) -> bool {
        armed(self.0.load(Ordering::SeqCst)) > 0
    }
}

fn changes(number: u64) -> u32 {
    (number / ONE_CHANGE) as u32
}

fn armed(number: u64) -> u64 {
    number & ARMED
}

/// Arms one more watch. If the number is full, because of watches that were killed, it stays full:
/// the next writer wakes all watches anyway.
fn with_one_more(number: u64) -> u64 {
    if armed(number) == ARMED { number } else { number + 1 }
}

fn all_woken(number: u64) -> u64 {
    number & !ARMED
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn who_is_not_waited_for_wakes_nobody() {
        let tick = Tick::default();
        let woken = Cell::new(0);
        let wake = || {
            woken.set(woken.get() + 1);
            Ok(())
        };
        let change = || tick.advance::<()>(wake).expect("it wakes");
        change();
        let seen = tick.arm(None).expect("never armed before");
        assert_eq!(tick.arm(Some(seen)), None, "armed already");
        change();
        change();
        let newer = tick.arm(Some(seen)).expect("there were changes");
        tick.disarm(seen);
        assert!(tick.is_armed(), "another change was seen since");
        tick.disarm(newer);
        change();
        assert_eq!((woken.get(), newer - seen), (1, 2));
    }

    #[test]
    fn a_full_number_and_the_last_change_overflow_nothing() {
        let tick = Tick(AtomicU64::new(u64::MAX));
        assert_eq!(tick.arm(Some(0)), Some(u32::MAX));
        tick.advance::<()>(|| Ok(())).expect("it wakes");
        assert_eq!(tick.0.load(Ordering::SeqCst), 0);
    }

    /// The steps of a writer: as above, or in a variant that looks as good.
    #[derive(Clone, Copy, PartialEq)]
    enum Variant {
        Right,
        /// Wakes first, and counts the change then.
        WakesFirst,
        /// Has a flag in place of the number of armed watches.
        Flag,
    }

    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Writer {
        Idle,
        /// Counted the change, or (waking first) saw the number.
        Began(u64),
        Woke(u64),
    }

    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Watcher {
        Awake,
        Asleep,
        Gone,
    }

    /// Two writers, two watches, and everything that is shared between them.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct State {
        number: u64,
        writers: [(Writer, u8); 2],
        watches: [(Watcher, u32); 2],
        /// What wakes a watch: kept for it until it sleeps.
        waking: [bool; 2],
        /// A writer was killed, and none has made a change since then.
        writer_killed: bool,
        kills: u8,
    }

    impl State {
        /// Every state that one step can lead to.
        fn next(&self, variant: Variant) -> Vec<State> {
            let mut next = Vec::new();
            for at in 0..2 {
                self.writer_steps(variant, at, &mut next);
                self.watch_steps(variant, at, &mut next);
            }
            next
        }

        fn writer_steps(&self, variant: Variant, at: usize, next: &mut Vec<State>) {
            let (writer, left) = self.writers[at];
            let mut then = self.clone();
            match writer {
                Writer::Idle if left == 0 => return,
                Writer::Idle => {
                    then.writers[at] = (Writer::Began(self.number), left - 1);
                    if variant != Variant::WakesFirst {
                        then.count_change();
                    }
                }
                Writer::Began(before) if armed(before) == 0 => {
                    then.writers[at].0 = Writer::Idle;
                    if variant == Variant::WakesFirst {
                        then.count_change();
                    }
                }
                Writer::Began(before) => {
                    then.waking = [true; 2];
                    then.writers[at].0 = Writer::Woke(before);
                }
                Writer::Woke(before) => {
                    if variant == Variant::WakesFirst {
                        then.count_change();
                    }
                    let now = before.wrapping_add(ONE_CHANGE);
                    if then.number == now {
                        then.number = all_woken(now);
                    }
                    then.writers[at].0 = Writer::Idle;
                }
            }
            next.push(then);
            if writer != Writer::Idle && self.kills > 0 {
                let mut killed = self.clone();
                killed.writers[at] = (Writer::Idle, left);
                killed.writer_killed = true;
                killed.kills -= 1;
                next.push(killed);
            }
        }

        fn count_change(&mut self) {
            self.number = self.number.wrapping_add(ONE_CHANGE);
            self.writer_killed = false;
        }

        fn watch_steps(&self, variant: Variant, at: usize, next: &mut Vec<State>) {
            let (watcher, seen) = self.watches[at];
            let mut then = self.clone();
            match watcher {
                Watcher::Gone => return,
                Watcher::Awake if changes(self.number) == seen => {
                    then.watches[at].0 = Watcher::Asleep;
                }
                Watcher::Awake => {
                    let flag = variant == Variant::Flag && armed(self.number) > 0;
                    then.number = if flag { self.number } else { with_one_more(self.number) };
                    then.watches[at].1 = changes(self.number);
                }
                Watcher::Asleep if self.waking[at] => {
                    then.waking[at] = false;
                    then.watches[at].0 = Watcher::Awake;
                }
                // Its time is over.
                Watcher::Asleep => then.watches[at].0 = Watcher::Awake,
            }
            next.push(then);
            let mut closed = self.clone();
            closed.watches[at].0 = Watcher::Gone;
            if changes(self.number) == seen && armed(self.number) > 0 {
                closed.number -= 1;
            }
            next.push(closed);
            if self.kills > 0 {
                let mut killed = self.clone();
                killed.watches[at].0 = Watcher::Gone;
                killed.kills -= 1;
                next.push(killed);
            }
        }

        /// Whether a watch misses a change, and no actor is left to wake it.
        fn is_bad(&self) -> bool {
            let all_done = self.writers.iter().all(|(writer, _)| *writer == Writer::Idle);
            let sleeps_through = |at: usize| {
                let (watcher, seen) = self.watches[at];
                watcher == Watcher::Asleep && !self.waking[at] && seen != changes(self.number)
            };
            all_done && !self.writer_killed && (sleeps_through(0) || sleeps_through(1))
        }
    }

    /// Goes through all states, or to the first bad one. How many states were seen, and whether one is bad.
    fn search(variant: Variant) -> (usize, bool) {
        let first = State {
            number: 2,
            writers: [(Writer::Idle, 2), (Writer::Idle, 1)],
            watches: [(Watcher::Awake, 0); 2],
            waking: [false; 2],
            writer_killed: false,
            kills: 1,
        };
        let mut seen = HashSet::from([first.clone()]);
        let mut open = vec![first];
        while let Some(state) = open.pop() {
            if state.is_bad() {
                return (seen.len(), true);
            }
            for next in state.next(variant) {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        (seen.len(), false)
    }

    #[test]
    fn no_order_of_steps_and_no_kill_lets_a_watch_sleep_through_a_change() {
        let (states, bad) = search(Variant::Right);
        assert!(!bad);
        assert!(states > 10_000, "only {states} states were searched");
    }

    #[test]
    fn the_search_finds_what_is_wrong_with_the_variants() {
        assert!(search(Variant::WakesFirst).1);
        assert!(search(Variant::Flag).1);
    }
}
