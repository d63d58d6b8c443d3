//! How the content lock is taken.

/// Whether others can hold the content lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// For reading: others can read at the same time. (On Windows they cannot.)
    Shared,
    /// For changing: others can neither read nor change the content.
    Exclusive,
}

/// Which thread releases a content lock. On some systems only the thread that took it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockOwner {
    /// The thread that takes the lock, before its call returns.
    ThisThread,
    /// Any thread that drops it.
    AnyThread,
}
