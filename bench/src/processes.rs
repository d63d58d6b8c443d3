//! Measurements with several processes, and of growth. This program makes them itself, with the Rust API.

use std::fmt::Write;

use crate::Result;
use crate::contention::{self, Contention};
use crate::growth::{self, Series};
use crate::table::Score;
use crate::wakeups::{self, WakeUps};

/// The results of the parts that were requested.
pub(crate) struct Processes {
    contention: Option<Contention>,
    wakeups: Option<WakeUps>,
    pub(crate) growth: Vec<Series<'static>>,
}

/// Runs one of the processes if the command line says so.
pub(crate) fn play(arguments: &[&str]) -> Option<Result<()>> {
    let role = match *arguments {
        ["--contend", what, name, milliseconds] => {
            end_with_parent().and_then(|()| contention::contend(what, name, milliseconds))
        }
        ["--watch", role, name, slot] => {
            end_with_parent().and_then(|()| wakeups::watch(role, name, slot))
        }
        ["--hold", kind, name, from, to] => {
            end_with_parent().and_then(|()| growth::hold(kind, name, from, to))
        }
        _ => return None,
    };
    Some(role)
}

/// Ends this process with its parent, so that an interrupted run leaves no process behind.
fn end_with_parent() -> Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())
}

impl Processes {
    /// `wanted` says whether a part was requested.
    pub(crate) fn measure(wanted: impl Fn(&str) -> bool, quick: bool) -> Result<Processes> {
        Ok(Processes {
            contention: wanted("contention").then(|| contention::measure(quick)).transpose()?,
            wakeups: wanted("wakeups").then(|| wakeups::measure(quick)).transpose()?,
            growth: if wanted("growth") { growth::measure(quick)? } else { Vec::new() },
        })
    }

    pub(crate) fn report(&self, text: &mut String, score: &mut Score) {
        if let Some(contention) = &self.contention {
            text.push_str(
                "\n## The content lock under contention\n\n\
                 Each process takes the lock, works, releases it, and takes it again immediately. *Fairness* is the smallest number of turns of a process\n\
                 divided by the largest one, *longest wait* is the longest wait of all processes and rounds, *hand-over* is the time from a release to\n\
                 the next holder, and *processor* is the processor time of the busiest process. `flock` blocks; it has no time-out and no order.\n\n",
            );
            text.push_str(&contention.table(score));
        }
        if let Some(wakeups) = &self.wakeups {
            text.push_str(
                "\n## Wake-ups\n\n\
                 The time from a write of 64 bytes in one process to the return of `wait` in each watching process. The floor is `pwrite` and a blocking\n\
                 `read` of inotify. The figure in parentheses is mmf's time as a share of the floor's.\n\n",
            );
            text.push_str(&wakeups.table(score));
        }
        if !self.growth.is_empty() {
            text.push_str(
                "\n## Growth\n\n\
                 The time of one call as a quantity grows. Both scales of the pictures are logarithmic. *Flat* means that the most expensive point costs\n\
                 at most 1.5 times as much as the cheapest one.\n",
            );
        }
        for series in &self.growth {
            let _ = write!(text, "{}", series.text());
        }
    }
}
