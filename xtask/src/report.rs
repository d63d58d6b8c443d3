//! What came out of the suites, and the closing table.

use std::fmt::Write;
use std::time::Duration;

use crate::Result;
use crate::download::Missing;

/// What a suite ends with: its rows, or why it cannot run here, or that it is broken.
pub(crate) type Outcome = std::result::Result<Vec<Row>, Missing>;

/// An error is a fault, unless it says that something cannot be had here.
impl From<String> for Missing {
    fn from(reason: String) -> Missing {
        Missing::Wrong(reason)
    }
}

/// What came out of one suite, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) suite: String,
    /// What failed.
    pub(crate) failed: Vec<String>,
    /// Why it did not run.
    pub(crate) not_run: Option<String>,
    /// Parts of it that did not run, each with its reason.
    pub(crate) left_out: Vec<String>,
    pub(crate) took: Duration,
}

impl Row {
    pub(crate) fn new(suite: impl Into<String>) -> Row {
        Row { suite: suite.into(), ..Row::default() }
    }

    /// A suite that is one step: it works or it does not.
    pub(crate) fn step(suite: impl Into<String>, outcome: Result<()>) -> Row {
        Row { failed: outcome.err().into_iter().collect(), ..Row::new(suite) }
    }

    pub(crate) fn not_run(suite: impl Into<String>, reason: impl Into<String>) -> Row {
        Row { not_run: Some(reason.into()), ..Row::new(suite) }
    }

    fn result(&self) -> &'static str {
        match self.not_run {
            Some(_) => "NOT RUN",
            None if self.failed.is_empty() => "passed",
            None => "FAILED",
        }
    }
}

/// Tests of one suite, each a sentence that holds or does not.
pub(crate) struct Checks {
    pub(crate) row: Row,
}

impl Checks {
    pub(crate) fn new(suite: &str) -> Checks {
        Checks { row: Row::new(suite) }
    }

    pub(crate) fn check(&mut self, what: &str, outcome: Result<()>) {
        self.check_if_possible(what, outcome.map_err(Missing::Wrong));
    }

    /// One that lacks something does not run, and that is no failure.
    pub(crate) fn check_if_possible(
        &mut self,
        what: &str,
        outcome: std::result::Result<(), Missing>,
    ) {
        match outcome {
            Ok(()) => println!("test {what} ... ok"),
            Err(Missing::Unreachable(reason)) => self.skip(what, &reason),
            Err(Missing::Wrong(reason)) => {
                println!("test {what} ... FAILED\n{reason}");
                self.row.failed.push(format!("{what}: {reason}"));
            }
        }
    }

    pub(crate) fn skip(&mut self, what: &str, reason: &str) {
        println!("test {what} ... not run: {reason}");
        self.row.left_out.push(format!("{what}: {reason}"));
    }
}

/// All rows of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds what a suite gave; what failed or did not run is told at once and loudly.
    pub(crate) fn add(&mut self, suite: &str, outcome: Outcome, took: Duration) {
        let mut rows = outcome.unwrap_or_else(|missing| match missing {
            Missing::Unreachable(reason) => vec![Row::not_run(suite, reason)],
            Missing::Wrong(reason) => vec![Row::step(suite, Err(reason))],
        });
        if let Some(first) = rows.iter_mut().find(|row| row.not_run.is_none()) {
            first.took = took;
        }
        for row in &rows {
            for reason in row.not_run.iter().chain(&row.failed) {
                println!("\n*** {}: {}: {reason}\n", row.result(), row.suite);
            }
        }
        self.rows.extend(rows);
    }

    /// Passed, failed, skipped. A suite that did not run is one that is skipped; with `strict` it
    /// is one that failed.
    pub(crate) fn totals(&self, strict: bool) -> [usize; 3] {
        let count = |result| self.rows.iter().filter(|row| row.result() == result).count();
        let (passed, failed, not_run) = (count("passed"), count("FAILED"), count("NOT RUN"));
        if strict { [passed, failed + not_run, 0] } else { [passed, failed, not_run] }
    }

    /// The table, what failed and what did not run, and the line with the totals, which programs
    /// read.
    pub(crate) fn text(&self, strict: bool, took: Duration) -> String {
        let width = self.rows.iter().map(|row| row.suite.chars().count()).max().unwrap_or(0).max(5);
        let mut text = format!("{:width$}  result   minutes\n", "suite");
        for row in &self.rows {
            let took = if row.took.is_zero() { String::new() } else { minutes(row.took) };
            let line = format!("{:width$}  {:7}  {took:>7}", row.suite, row.result());
            let _ = writeln!(text, "{}", line.trim_end());
        }
        // What failed comes last, where a log is read first.
        let not_run = self.said("NOT RUN", |row| row.not_run.as_slice());
        let left_out = self.said("left out", |row| &row.left_out);
        let failed = self.said("FAILED", |row| &row.failed);
        for line in not_run.chain(left_out).chain(failed) {
            let _ = writeln!(text, "{line}");
        }
        let [passed, failed, skipped] = self.totals(strict);
        let _ = writeln!(
            text,
            "{} minutes in all\n\n{passed} passed, {failed} failed, {skipped} skipped",
            minutes(took)
        );
        text
    }

    /// What the rows say of one kind, by its first line: the rest is above, where it happened.
    fn said<'a>(
        &'a self,
        kind: &'a str,
        reasons: impl Fn(&'a Row) -> &'a [String] + 'a,
    ) -> impl Iterator<Item = String> + 'a {
        self.rows.iter().flat_map(move |row| {
            reasons(row).iter().map(move |reason| {
                format!("{kind}: {}: {}", row.suite, reason.lines().next().unwrap_or_default())
            })
        })
    }
}

/// Minutes with one digit.
pub(crate) fn minutes(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_what_failed_and_what_did_not_run_and_ends_with_the_totals() {
        let mut report = Report::default();
        let mut checks = Checks::new("rust");
        checks.check("it holds", Ok(()));
        checks.check("it lies", Err("because\nso".to_owned()));
        checks.check_if_possible("it runs", Err(Missing::Unreachable("no compiler".to_owned())));
        report.add("rust", Ok(vec![checks.row]), Duration::from_secs(90));
        let missing = Missing::Unreachable("no wine64 on PATH".to_owned());
        report.add("wine", Err(missing), Duration::ZERO);
        report.add("format", Ok(vec![Row::step("format", Ok(()))]), Duration::from_secs(6));
        report.add("nuget", Err(Missing::Wrong("it hangs".to_owned())), Duration::from_secs(6));
        assert_eq!(
            report.text(false, Duration::from_secs(120)),
            "suite   result   minutes\n\
             rust    FAILED       1.5\n\
             wine    NOT RUN\n\
             format  passed       0.1\n\
             nuget   FAILED       0.1\n\
             NOT RUN: wine: no wine64 on PATH\n\
             left out: rust: it runs: no compiler\n\
             FAILED: rust: it lies: because\n\
             FAILED: nuget: it hangs\n\
             2.0 minutes in all\n\n1 passed, 2 failed, 1 skipped\n"
        );
        assert_eq!(report.totals(true), [1, 3, 0]);
    }
}
