//! How the content lock is taken.

/// Whether others may hold the content lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// For reading: others may read, too. (On Windows nobody else may.)
    Shared,
    /// For changing: nobody else may read or change.
    Exclusive,
}

/// Who gives a content lock back. Some systems give it to a thread, which alone can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockOwner {
    /// The thread that takes it, before its call returns.
    ThisThread,
    /// Whichever thread drops it.
    AnyThread,
}
