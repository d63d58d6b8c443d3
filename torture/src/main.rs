//! Looks for faults in mmf in four ways, for as long as you like. `README.md` lists the promises and how each is checked;
//! `cargo xtask torture` builds and starts this program.
#![allow(unsafe_code, reason = "this program calls C functions, and kills and confines processes")]

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
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use arguments::Arguments;

/// How much of a part to run: it ends at the first limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    /// The most kills, calls or fault points.
    pub(crate) count: Option<u64>,
    /// The most time.
    pub(crate) time: Option<Duration>,
}

#[cfg(target_os = "linux")]
impl Amount {
    pub(crate) fn is_done(&self, count: u64, begun: Instant) -> bool {
        self.count.is_some_and(|most| count >= most)
            || self.time.is_some_and(|most| begun.elapsed() >= most)
    }
}

/// The result of a part: nothing, or the fault that was found and how to repeat it.
pub(crate) type Found = Result<(), String>;

fn main() -> ExitCode {
    // This program starts itself again for processes that are killed, stopped or confined.
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
