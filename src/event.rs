//! The events of a watch.

/// Why a wait ended. Read the map again after every event except [`Event::TimedOut`] and
/// [`Event::Closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Event {
    /// The time was over, and there was no event.
    TimedOut = 0,
    /// Something was written, once or several times.
    Changed = 1,
    /// The name no longer refers to this map. Processes that hold the map can still use it.
    Orphaned = 2,
    /// Another program made the object or the file shorter than the map.
    Truncated = 3,
    /// No other process and no other handle of this process holds the map any longer. A watch of a
    /// map that was opened reports this even if the others closed it before the watch was created.
    Alone = 4,
    /// Another thread closed the watch.
    Closed = 5,
}
