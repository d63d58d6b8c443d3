//! The results of the suites, and the closing table.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, Result, unavailable};
use crate::{process, workspace};

/// The result of a suite: its rows, or why it did not run, or why it failed.
pub(crate) type Outcome = Result<Vec<Row>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) suite: String,
    pub(crate) failed: Vec<String>,
    pub(crate) not_run: Option<String>,
    /// The checks that did not run, each with its reason.
    pub(crate) left_out: Vec<String>,
    took: Duration,
}

impl Row {
    pub(crate) fn new(suite: impl Into<String>) -> Row {
        Row { suite: suite.into(), ..Row::default() }
    }

    /// The row of a suite with a single step.
    pub(crate) fn step(suite: impl Into<String>, outcome: Result) -> Row {
        let mut row = Row::new(suite);
        match outcome {
            Ok(()) => {}
            Err(Error::Unavailable(reason)) => row.not_run = Some(reason),
            Err(Error::Failed(reason)) => row.failed.push(reason),
        }
        row
    }

    /// Adds and prints the result of the check `what`. If something is unavailable, the check is left out.
    pub(crate) fn check(&mut self, what: &str, outcome: Result) {
        match outcome {
            Ok(()) => println!("test {what} ... ok"),
            Err(Error::Unavailable(reason)) => {
                println!("test {what} ... not run: {reason}");
                self.left_out.push(format!("{what}: {reason}"));
            }
            Err(Error::Failed(reason)) => {
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

/// Runs tests, which list the parts that cannot run here in the file `MMF_NOT_RUN`. Each of these parts gets a row.
pub(crate) fn test(suite: &str, command: &mut Command) -> Vec<Row> {
    let file = workspace::target().join(format!("not-run-{}", suite.replace([':', ' '], "-")));
    // An earlier run may have left one.
    let _ = std::fs::remove_file(&file);
    command.env("MMF_NOT_RUN", &file);
    let mut rows = vec![Row::step(suite, process::show(command))];
    // If all parts ran, there is no file.
    for line in std::fs::read_to_string(&file).unwrap_or_default().lines() {
        let (part, reason) = line.split_once(": ").unwrap_or((line, "no reason given"));
        let row = Row::step(format!("{suite}: {part}"), unavailable(reason));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

/// Adds the result of a suite, and prints what failed or did not run.
pub(crate) fn add(rows: &mut Vec<Row>, suite: &str, outcome: Outcome, took: Duration) {
    let mut new = outcome.unwrap_or_else(|error| vec![Row::step(suite, Err(error))]);
    if let Some(first) = new.iter_mut().find(|row| row.not_run.is_none()) {
        first.took = took;
    }
    for row in &new {
        for reason in row.not_run.iter().chain(&row.failed) {
            println!("\n*** {}: {}: {reason}\n", row.result(), row.suite);
        }
    }
    rows.extend(new);
}

/// The numbers of rows that passed, failed and did not run. With `strict`, rows that did not run have failed.
pub(crate) fn totals(rows: &[Row], strict: bool) -> [usize; 3] {
    let count = |result| rows.iter().filter(|row| row.result() == result).count();
    let (passed, failed, not_run) = (count("passed"), count("FAILED"), count("NOT RUN"));
    if strict { [passed, failed + not_run, 0] } else { [passed, failed, not_run] }
}

/// The table, what did not run and what failed, and the line with the totals, which programs read.
pub(crate) fn table(rows: &[Row], strict: bool, took: Duration) -> String {
    let width = rows.iter().map(|row| row.suite.chars().count()).max().unwrap_or(0).max(5);
    let mut text = format!("{:width$}  result   minutes\n", "suite");
    for row in rows {
        let took = if row.took.is_zero() { String::new() } else { minutes(row.took) };
        let line = format!("{:width$}  {:7}  {took:>7}", row.suite, row.result());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let mut list = |kind: &str, reasons: fn(&Row) -> &[String]| {
        for row in rows {
            // Only the first line: the whole message is further up in the log.
            for line in reasons(row).iter().filter_map(|reason| reason.lines().next()) {
                let _ = writeln!(text, "{kind}: {}: {line}", row.suite);
            }
        }
    };
    // Failures come last, because readers look at the end of a log first.
    list("NOT RUN", |row| row.not_run.as_slice());
    list("left out", |row| &row.left_out);
    list("FAILED", |row| &row.failed);
    let [passed, failed, skipped] = totals(rows, strict);
    let _ = writeln!(text, "{} minutes in all\n", minutes(took));
    let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
    text
}

pub(crate) fn minutes(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::fail;

    #[cfg(unix)]
    #[test]
    fn parts_that_did_not_run_get_rows() {
        let mut tests = Command::new("sh");
        tests.args(["-c", "for n in 1 2; do echo 'C++: no compiler' >>$MMF_NOT_RUN; done; exit 1"]);
        let mut rows = test("rows", &mut tests);
        assert_eq!(rows.split_off(1), [Row::step("rows: C++", unavailable("no compiler"))]);
        assert_eq!(rows[0].failed.len(), 1);
        assert!(test("rows", &mut Command::new("true"))[0].failed.is_empty());
    }

    #[test]
    fn the_table_lists_failures_last_and_ends_with_the_totals() {
        let mut rows = Vec::new();
        let mut row = Row::new("rust");
        row.check("it holds", Ok(()));
        row.check("it lies", fail("because\nso"));
        row.check("it runs", unavailable("no compiler"));
        add(&mut rows, "rust", Ok(vec![row]), Duration::from_secs(90));
        add(&mut rows, "wine", unavailable("no wine64 on PATH"), Duration::ZERO);
        add(&mut rows, "format", Ok(vec![Row::step("format", Ok(()))]), Duration::from_secs(6));
        add(&mut rows, "nuget", fail("it hangs"), Duration::from_secs(6));
        assert_eq!(
            table(&rows, false, Duration::from_secs(120)),
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
        assert_eq!(totals(&rows, true), [1, 3, 0]);
    }
}
