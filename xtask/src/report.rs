//! The closing table: suites, what came out of each, and the totals.

use std::fmt::Write;
use std::time::Duration;

/// What came out of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) suite: String,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
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
    pub(crate) fn step(suite: impl Into<String>, worked: bool) -> Row {
        let mut row = Row::new(suite);
        if worked {
            row.passed = 1;
        } else {
            row.failed = 1;
        }
        row
    }

    pub(crate) fn not_run(suite: impl Into<String>, reason: impl Into<String>) -> Row {
        let mut row = Row::new(suite);
        row.not_run = Some(reason.into());
        row
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

    pub(crate) fn check(&mut self, what: &str, outcome: crate::Result<()>) {
        match outcome {
            Ok(()) => {
                println!("test {what} ... ok");
                self.row.passed += 1;
            }
            Err(reason) => {
                println!("test {what} ... FAILED\n{reason}");
                self.row.failed += 1;
            }
        }
    }

    pub(crate) fn skip(&mut self, what: &str, reason: &str) {
        println!("test {what} ... skipped: {reason}");
        self.row.skipped += 1;
    }
}

/// All rows of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds rows; those that did not run are told at once and loudly.
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        for row in &rows {
            if let Some(reason) = &row.not_run {
                println!("\n*** NOT RUN: {}: {reason}\n", row.suite);
            }
        }
        self.rows.extend(rows);
    }

    /// Passed, failed, skipped. A suite that did not run is one that is skipped; with `strict` it
    /// is one that failed.
    pub(crate) fn totals(&self, strict: bool) -> (u64, u64, u64) {
        let not_run = self.rows.iter().filter(|row| row.not_run.is_some()).count() as u64;
        let sum = |field: fn(&Row) -> u64| self.rows.iter().map(field).sum::<u64>();
        let (passed, failed, skipped) =
            (sum(|row| row.passed), sum(|row| row.failed), sum(|row| row.skipped));
        if strict {
            (passed, failed + not_run, skipped)
        } else {
            (passed, failed, skipped + not_run)
        }
    }

    /// The table, the suites that did not run with their reasons, and the line with the totals,
    /// which programs read.
    pub(crate) fn text(&self, strict: bool, took: Duration) -> String {
        let width = self.rows.iter().map(|row| row.suite.chars().count()).max().unwrap_or(0).max(5);
        let mut text = String::new();
        let mut line = |line: String| {
            text.push_str(line.trim_end());
            text.push('\n');
        };
        line(format!("{:width$}  passed  failed  skipped  minutes", "suite"));
        for row in &self.rows {
            let minutes = minutes(row.took);
            line(match row.not_run {
                None => format!(
                    "{:width$}  {:>6}  {:>6}  {:>7}  {minutes:>7}",
                    row.suite, row.passed, row.failed, row.skipped
                ),
                Some(_) => format!("{:width$}  {:>6}", row.suite, "NOT RUN"),
            });
        }
        for row in &self.rows {
            if let Some(reason) = &row.not_run {
                line(format!("NOT RUN: {}: {reason}", row.suite));
            }
        }
        for row in &self.rows {
            for part in &row.left_out {
                line(format!("left out: {}: {part}", row.suite));
            }
        }
        let (passed, failed, skipped) = self.totals(strict);
        let _ = write!(
            text,
            "{} minutes in all\n\n{passed} passed, {failed} failed, {skipped} skipped\n",
            minutes(took)
        );
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

    fn report() -> Report {
        let mut rust = Row::new("rust");
        (rust.passed, rust.failed, rust.skipped) = (7, 1, 2);
        rust.took = Duration::from_secs(90);
        rust.left_out.push("C: no compiler".to_owned());
        Report {
            rows: vec![rust, Row::not_run("wine", "no wine64 on PATH"), Row::step("format", true)],
        }
    }

    #[test]
    fn the_table_names_what_did_not_run_and_ends_with_the_totals() {
        assert_eq!(
            report().text(false, Duration::from_secs(120)),
            "suite   passed  failed  skipped  minutes\n\
             rust         7       1        2      1.5\n\
             wine    NOT RUN\n\
             format       1       0        0      0.0\n\
             NOT RUN: wine: no wine64 on PATH\n\
             left out: rust: C: no compiler\n\
             2.0 minutes in all\n\n8 passed, 1 failed, 3 skipped\n"
        );
    }

    #[test]
    fn strict_turns_not_run_into_failure() {
        assert_eq!(report().totals(false), (8, 1, 3));
        assert_eq!(report().totals(true), (8, 2, 2));
    }
}
