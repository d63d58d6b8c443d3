//! What the queues of events that wake a watch have in common.

use std::time::Duration;

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
