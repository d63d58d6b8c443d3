//! What came out of the suites, and the closing table.

use std::fmt::Write;
use std::time::Duration;

use crate::error::{Error, Result};

/// What a suite ends with: its rows, or why it cannot run here, or that it is broken.
pub(crate) type Outcome = Result<Vec<Row>>;

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
    took: Duration,
}

impl Row {
    pub(crate) fn new(suite: impl Into<String>) -> Row {
        Row { suite: suite.into(), ..Row::default() }
    }

    /// A suite that is one step: it works or it does not, or it cannot run here.
    pub(crate) fn step(suite: impl Into<String>, outcome: Result) -> Row {
        let mut row = Row::new(suite);
        match outcome {
            Ok(()) => {}
            Err(Error::NotHere(reason)) => row.not_run = Some(reason),
            Err(Error::Wrong(reason)) => row.failed.push(reason),
        }
        row
    }

    /// Adds a part, a sentence that holds or does not. One that lacks something does not run, and that is
    /// no failure.
    pub(crate) fn check(&mut self, what: &str, outcome: Result) {
        match outcome {
            Ok(()) => println!("test {what} ... ok"),
            Err(Error::NotHere(reason)) => {
                println!("test {what} ... not run: {reason}");
                self.left_out.push(format!("{what}: {reason}"));
            }
            Err(Error::Wrong(reason)) => {
                println!("test {what} ... FAILED\n{reason}");
                self.failed.push(format!("{what}: {reason}"));
            }
        }
    }

    fn result(&self) -> &'static str {
        match self.not_run {
            Some(_) => "NOT RUN",
            None if self.failed.is_empty() => "passed",
            None => "FAILED",
        }
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
        let mut rows = outcome.unwrap_or_else(|error| vec![Row::step(suite, Err(error))]);
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
        let mut tell = |kind: &str, reasons: fn(&Row) -> &[String]| {
            for row in &self.rows {
                // By the first line: the rest is above, where it happened.
                for line in reasons(row).iter().filter_map(|reason| reason.lines().next()) {
                    let _ = writeln!(text, "{kind}: {}: {line}", row.suite);
                }
            }
        };
        // What failed comes last, where a log is read first.
        tell("NOT RUN", |row| row.not_run.as_slice());
        tell("left out", |row| &row.left_out);
        tell("FAILED", |row| &row.failed);
        let [passed, failed, skipped] = self.totals(strict);
        let _ = writeln!(text, "{} minutes in all\n", minutes(took));
        let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
        text
    }
}

/// Minutes with one digit.
pub(crate) fn minutes(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{not_here, wrong};

    #[test]
    fn the_table_names_what_failed_and_what_did_not_run_and_ends_with_the_totals() {
        let mut report = Report::default();
        let mut row = Row::new("rust");
        row.check("it holds", Ok(()));
        row.check("it lies", wrong("because\nso"));
        row.check("it runs", not_here("no compiler"));
        report.add("rust", Ok(vec![row]), Duration::from_secs(90));
        report.add("wine", not_here("no wine64 on PATH"), Duration::ZERO);
        report.add("format", Ok(vec![Row::step("format", Ok(()))]), Duration::from_secs(6));
        report.add("nuget", wrong("it hangs"), Duration::from_secs(6));
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
