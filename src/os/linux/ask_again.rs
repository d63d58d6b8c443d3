//! Querying the holders of a map again. When a process is killed, the kernel reports that it closed
//! the map before it releases its locks, and reports nothing afterwards.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::inotify::{ASKED, News};
use crate::os::unix::fork::PrivateFd;

/// The pauses between the questions: more than a killed process needs on a machine that is busy.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
];

/// A timer for the next query.
#[derive(Debug)]
pub(super) struct AskAgain {
    /// Readable when it is time.
    timer: PrivateFd,
    asked: AtomicUsize,
}

impl AskAgain {
    pub(super) fn new() -> rustix::io::Result<AskAgain> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = PrivateFd::new(|| timerfd_create(TimerfdClockId::Monotonic, flags))?;
        Ok(AskAgain { timer, asked: AtomicUsize::new(0) })
    }

    pub(super) fn timer(&self) -> Option<BorrowedFd<'_>> {
        self.timer.get()
    }

    /// A process closed the map, and others still seem to hold it.
    pub(super) fn begin(&self) {
        self.asked.store(0, Ordering::SeqCst);
        self.go_on();
    }

    /// They still seem to hold it.
    pub(super) fn go_on(&self) {
        if let Some(pause) = PAUSES.get(self.asked.fetch_add(1, Ordering::SeqCst)) {
            self.set(*pause);
        }
    }

    /// Takes note that it is time: the news of that.
    pub(super) fn take(&self) -> News {
        if let Some(timer) = self.timer.get() {
            let mut count = [0; 8];
            let _ = rustix::io::read(timer, &mut count);
        }
        ASKED
    }

    fn set(&self, pause: Duration) {
        let Some(timer) = self.timer.get() else { return };
        let Ok(it_value) = Timespec::try_from(pause) else { return };
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        // It fails only for a descriptor that is not a timer.
        let _ = timerfd_settime(timer, TimerfdTimerFlags::empty(), &once);
    }
}
