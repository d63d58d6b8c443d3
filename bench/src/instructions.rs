//! The instructions and system calls of one call, counted by callgrind and strace. Other programs on the machine do not
//! affect these figures.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::measure::Figures;
use crate::rows::GROUPS;

/// The count per call of each row, or the reason why there are no counts.
pub(crate) enum Counts {
    Counted(Vec<(&'static str, u64)>),
    Unavailable(String),
}

/// A program that counts the instructions or system calls of another one.
struct Counter {
    program: &'static str,
    options: &'static [&'static str],
    package: &'static str,
    /// Finds the total in its output.
    total: fn(&str) -> Option<u64>,
    /// How often the work is done in two runs. Their difference excludes starting and preparing.
    few: u64,
    many: u64,
}

const INSTRUCTIONS: Counter = Counter {
    program: "valgrind",
    options: &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
    package: "valgrind",
    total: collected,
    few: 100,
    many: 1100,
};

const SYSTEM_CALLS: Counter = Counter {
    program: "strace",
    options: &["-c"],
    package: "strace",
    total: calls,
    few: 10,
    many: 110,
};

/// Counts the measured rows that are marked for counting.
pub(crate) fn count(program: &Path, measured: &[Figures]) -> Result<[Counts; 2]> {
    Ok([INSTRUCTIONS.count(program, measured)?, SYSTEM_CALLS.count(program, measured)?])
}

impl Counter {
    fn count(&self, program: &Path, measured: &[Figures]) -> Result<Counts> {
        if Command::new(self.program).arg("--version").output().is_err() {
            let reason = format!("no {} on PATH (Debian: {})", self.program, self.package);
            return Ok(Counts::Unavailable(reason));
        }
        let mut counts = Vec::new();
        for row in GROUPS.iter().flat_map(|group| group.rows).filter(|row| row.counted) {
            if measured.iter().any(|figures| figures.row == row.id) {
                let few = self.run(program, row.id, self.few)?;
                let many = self.run(program, row.id, self.many)?;
                counts.push((row.id, many.saturating_sub(few) / (self.many - self.few)));
            }
        }
        Ok(Counts::Counted(counts))
    }

    /// The total of a program that does the work of a row this many times.
    fn run(&self, program: &Path, row: &str, times: u64) -> Result<u64> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.program);
        let mut command = Command::new(self.program);
        command.args(self.options).arg(program);
        command.arg(format!("mmf-bench-count-{}", std::process::id()));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let script = format!("begin {row}\nrun {times}\nend\n");
        if let Some(mut input) = child.stdin.take() {
            input.write_all(script.as_bytes()).map_err(failed)?;
        }
        let output = child.wait_with_output().map_err(failed)?;
        let text = String::from_utf8_lossy(&output.stderr);
        let count = if output.status.success() { (self.total)(&text) } else { None };
        count.ok_or_else(|| format!("{} reported no count for {row}: {text}", self.program))
    }
}

/// The fourth column of strace's last line: `100.00    0.000312           2       123         4 total`.
fn calls(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.ends_with(" total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// `==123== Collected : 4567`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_count_is_read_from_valgrinds_output() {
        let text = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(super::collected(text), Some(123_456));
        assert_eq!(super::collected("==7== Killed"), None);
    }

    #[test]
    fn the_count_is_read_from_straces_output() {
        let text = "  0.00    0.000000           0         9           close\n\
                    ------ ----------- ----------- --------- --------- ----------------\n\
                    100.00    0.000312           2       123         4 total\n";
        assert_eq!(super::calls(text), Some(123));
        assert_eq!(super::calls("strace: Operation not permitted"), None);
    }
}
