//! What the queues of events that wake a watch have in common.

use std::time::Duration;

/// Systems take no longer times.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Why a wait came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// A file has an event. Only one of the waiting threads gets it.
    ByFile,
    /// The queue was closed. All waiting threads return.
    Closed,
    TimeOver,
}
