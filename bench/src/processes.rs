//! What several processes do at once, and what grows: measured by this program itself, with the Rust API.

use std::fmt::Write;

use crate::Result;
use crate::contention::{self, Contention};
use crate::growth::{self, Series};
use crate::table::Score;
use crate::wakeups::{self, WakeUps};

/// All of it; nothing where it was not asked for.
pub(crate) struct Processes {
    contention: Option<Contention>,
    wakeups: Option<WakeUps>,
    pub(crate) growth: Vec<Series<'static>>,
}

/// Plays one of the processes, if that is what the command line says.
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

/// A run that fails or is interrupted leaves no process behind.
fn end_with_parent() -> Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())
}

impl Processes {
    /// `wanted` says whether to measure a part.
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
                 Each process takes the lock, works, releases it, and takes it again at once. *Fairness* is the fewest turns of a process divided by\n\
                 the most; *longest wait* is the longest one of all processes and rounds, *hand-over* the time from a release to the next holder, and\n\
                 *processor* what the busiest process used. `flock` blocks, and has neither a time-out nor an order.\n\n",
            );
            text.push_str(&contention.table(score));
        }
        if let Some(wakeups) = &self.wakeups {
            text.push_str(
                "\n## Wake-ups\n\n\
                 From a write of 64 bytes in one process to the return of `wait` in each process that watches. The floor: `pwrite`, and a blocking `read`\n\
                 of inotify. In parentheses mmf's time as a share of the floor's.\n\n",
            );
            text.push_str(&wakeups.table(score));
        }
        if !self.growth.is_empty() {
            text.push_str(
                "\n## Growth\n\n\
                 What one call costs as something grows. Both scales of the pictures are logarithmic. *Flat*: the most expensive point costs at most 1.5 times the\n\
                 cheapest one.\n",
            );
        }
        for series in &self.growth {
            let _ = write!(text, "{}", series.text());
        }
    }
}
