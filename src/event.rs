//! What a watch tells.

/// Why a wait ended. After each of them but [`Event::TimedOut`] it is worth looking at the map again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Event {
    /// The time was over, and there was nothing to tell.
    TimedOut = 0,
    /// Something was written, once or several times.
    Changed = 1,
    /// The name no longer refers to this map. Those who hold the map can still use it.
    Orphaned = 2,
    /// Another program made the object or the file shorter than the map.
    Truncated = 3,
    /// Nobody else holds the map any more: no other process, and no other handle of this one. Whoever opened
    /// the map is told so, too, if the others left before the watch was made.
    Alone = 4,
    /// Another thread closed the watch.
    Closed = 5,
}
