//! What a watch has to tell.

use std::time::Duration;

use mmf::{Event, Watch};

/// The next event, after a time that only a hang takes.
pub fn next(watch: &Watch) -> Event {
    watch.wait(Some(Duration::from_secs(60))).expect("a watch can wait")
}

/// What there is to tell now.
pub fn now(watch: &Watch) -> Event {
    watch.wait(Some(Duration::ZERO)).expect("a watch can wait")
}

/// Asserts that there is one change to be told, and nothing else.
#[track_caller]
pub fn assert_changed_once(watch: &Watch, what: &str) {
    assert_eq!(next(watch), Event::Changed, "{what}");
    assert_eq!(now(watch), Event::TimedOut, "{what}, once more");
}
