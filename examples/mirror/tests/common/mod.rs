//! Functions that all tests use: the server, mirrors as processes, and waiting for conditions.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses only some of it"
)]

#[cfg(target_os = "linux")]
pub mod host;
pub mod journal;
pub mod mirror;
pub mod server;

#[path = "../../../../tests/common/not_run.rs"]
mod not_run;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use not_run::not_run;

/// No wait takes this long, even on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Every test starts with this, so that only one test runs at a time: a process that another test starts would also hold
/// the maps that are open here, until it runs its own program.
pub fn alone() -> MutexGuard<'static, ()> {
    static TESTS: Mutex<()> = Mutex::new(());
    // A failed test must not make other tests fail.
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test uses, in this run or in another.
pub fn unique(what: &str) -> String {
    format!("mmf-mirror-{what}-{}", std::process::id())
}

/// Waits until a condition is true, by testing it repeatedly.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONG, "this did not happen: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The path of a program, if it is installed.
pub fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The PATH of a normal user lacks the folders of system programs.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

/// A value of the given length that shows whether it is complete: one word, repeated.
pub fn long(word: &str, length: usize) -> String {
    let mut value = format!("{word};").repeat(length / (word.len() + 1));
    value.pop();
    value
}

/// The word of such a value, which must be complete.
#[track_caller]
pub fn word(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let first = text.split(';').next().unwrap_or_default();
    assert!(text.split(';').all(|word| word == first), "a value is mixed up: {text:.200}");
    first.to_owned()
}
