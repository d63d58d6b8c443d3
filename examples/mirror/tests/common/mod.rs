//! What the tests share: the server, mirrors as processes, and waiting for what must come.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses its own part of this"
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

/// Longer than anything takes on a machine that is busy.
pub const LONG: Duration = Duration::from_secs(60);

/// Each test begins with this and runs alone: a process that another one starts would, until it runs its own program,
/// hold the maps that are open here.
pub fn alone() -> MutexGuard<'static, ()> {
    static TESTS: Mutex<()> = Mutex::new(());
    // A test that failed is no reason for others to fail.
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test has, in this run or in another.
pub fn unique(what: &str) -> String {
    format!("mmf-mirror-{what}-{}", std::process::id())
}

/// Waits until a condition holds that nothing tells of by itself.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONG, "this did not come: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Where a program is, if it is there.
pub fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A user's PATH lacks the folders of root's programs.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

/// A value that shows whether it is whole: one word, again and again.
pub fn long(word: &str, length: usize) -> String {
    let mut value = format!("{word};").repeat(length / (word.len() + 1));
    value.pop();
    value
}

/// The word of such a value, which must be whole.
#[track_caller]
pub fn word(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let first = text.split(';').next().unwrap_or_default();
    assert!(text.split(';').all(|word| word == first), "a value is torn: {text:.200}");
    first.to_owned()
}
