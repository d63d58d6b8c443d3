//! Waiting: a deadline, and the pauses between tries.

use std::time::{Duration, Instant};

/// The end of a wait. Never, if the requested time is too large to represent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(time))
    }

    pub(crate) fn passed(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    pub(crate) fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// Growing pauses between tries, so that many waiters do not keep the system busy.
#[derive(Debug)]
pub(crate) struct Backoff {
    deadline: Deadline,
    pause: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    /// Pauses that grow from a yield to `longest`, until `deadline`.
    pub(crate) fn new(deadline: Deadline, longest: Duration) -> Backoff {
        Backoff { deadline, pause: Duration::from_micros(10), longest, tries: 0 }
    }

    /// Waits until the next try. `false`: the time is over, and there was no pause.
    pub(crate) fn wait(&mut self) -> bool {
        if self.deadline.passed() {
            return false;
        }
        self.tries += 1;
        if self.tries <= 3 {
            std::thread::yield_now();
        } else {
            std::thread::sleep(self.pause.min(self.deadline.left()));
            self.pause = (self.pause * 2).min(self.longest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_means_one_try() {
        assert!(!Backoff::new(Deadline::after(Duration::ZERO), Duration::from_millis(1)).wait());
    }

    #[test]
    fn endless_time_does_not_overflow() {
        let deadline = Deadline::after(Duration::MAX);
        assert!(!deadline.passed());
        assert_eq!(deadline.left(), Duration::MAX);
    }
}
