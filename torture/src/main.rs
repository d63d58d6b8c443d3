//! Looks for faults of mmf in four ways, for as long as one likes. `README.md` says what is promised
//! and how each promise is checked; `cargo xtask torture` builds and starts this program.
#![allow(unsafe_code, reason = "C's functions are called, and processes are killed and confined")]

#[path = "../../tests/common/mod.rs"]
mod common;

mod arguments;
#[cfg(target_os = "linux")]
mod faults;
mod input;
mod kills;
#[cfg(target_os = "linux")]
mod room;
mod world;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use arguments::Arguments;

/// How much of a part is done: the first that is reached ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    /// Kills, calls, fault points.
    pub(crate) count: Option<u64>,
    /// No longer than this.
    pub(crate) time: Option<Duration>,
}

impl Amount {
    pub(crate) fn is_done(&self, count: u64, begun: Instant) -> bool {
        self.count.is_some_and(|most| count >= most)
            || self.time.is_some_and(|most| begun.elapsed() >= most)
    }
}

/// What a part found: nothing, or the sentence that says what and how to see it again.
pub(crate) type Found = Result<(), String>;

fn main() -> ExitCode {
    // This program starts itself again for everything that is killed, stopped or confined.
    if common::process::act() || common::storm::work() {
        return ExitCode::SUCCESS;
    }
    let role = input::act();
    #[cfg(target_os = "linux")]
    let role = role.or_else(room::act);
    match role.unwrap_or_else(|| Arguments::read().and_then(|arguments| arguments.run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
