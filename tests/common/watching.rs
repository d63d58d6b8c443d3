//! Waits for events of a watch.

use std::time::Duration;

use mmf::{Event, Watch};

/// The next event. The time limit is reached only if the watch hangs.
pub fn next(watch: &Watch) -> Event {
    watch.wait(Some(Duration::from_secs(60))).expect("wait for an event")
}

/// The event that is pending now, if any.
pub fn now(watch: &Watch) -> Event {
    watch.wait(Some(Duration::ZERO)).expect("wait for an event")
}

/// Asserts that one change is pending, and nothing else.
#[track_caller]
pub fn assert_changed_once(watch: &Watch, what: &str) {
    assert_eq!(next(watch), Event::Changed, "{what}");
    assert_eq!(now(watch), Event::TimedOut, "{what}, reported again");
}
