//! What wakes a watch: the system's queue of events, chosen here.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use super::inotify::Queue;
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
pub(super) use super::kqueue::Queue;

/// Systems take no longer times.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Why a wait came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// Something happened to a file. Only one of the threads that wait is told.
    ByFile,
    /// The queue was closed. All are told.
    Closed,
    TimeOver,
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;
    use crate::time::Deadline;

    const NEVER: Duration = Duration::MAX;

    fn wait(queue: &Queue, time: Duration) -> Woken {
        queue.wait(Deadline::after(time)).expect("it waits")
    }

    #[test]
    fn a_write_is_told_once_and_so_is_a_change_of_times() {
        let mut file = tempfile::tempfile().expect("a file");
        let queue = Queue::new().expect("a queue");
        queue.add(file.as_fd()).expect("added");
        assert_eq!(wait(&queue, Duration::ZERO), Woken::TimeOver);
        file.write_all(b"text").expect("written");
        assert_eq!(wait(&queue, NEVER), Woken::ByFile);
        assert_eq!(wait(&queue, Duration::ZERO), Woken::TimeOver);
        super::super::words::touch(file.as_fd()).expect("touched");
        assert_eq!(wait(&queue, NEVER), Woken::ByFile);
    }

    #[test]
    fn closing_wakes_all_who_wait_and_who_come_later() {
        let queue = Queue::new().expect("a queue");
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..4).map(|_| scope.spawn(|| wait(&queue, NEVER))).collect();
            queue.close();
            for thread in waiting {
                assert_eq!(thread.join().expect("no panic"), Woken::Closed);
            }
        });
        assert_eq!(wait(&queue, Duration::ZERO), Woken::Closed);
    }
}
