//! Running cargo and reading what its tests print.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::process;
use crate::report::Row;
use crate::workspace;

/// This toolchain's cargo, in the root of the checkout.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// rustc, as cargo calls it.
pub(crate) fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(workspace::root());
    command
}

/// Where this toolchain keeps the standard library of a platform.
pub(crate) fn target_libraries(triple: &str) -> Result<PathBuf> {
    let mut command = rustc();
    command.args(["--print", "target-libdir", "--target", triple]);
    process::run(&mut command).map(|folder| PathBuf::from(folder.trim()))
}

/// Why this toolchain cannot build for a platform, if it cannot.
pub(crate) fn lacks_target(triple: &str) -> Option<String> {
    let has = target_libraries(triple).is_ok_and(|folder| folder.is_dir());
    (!has).then(|| format!("this Rust has no {triple} (rustup target add {triple})"))
}

/// Runs tests on another platform than this machine's own. Parts that cannot run there (C programs
/// where there is no compiler) run natively, so they are told and do not count as suites.
pub(crate) fn test_elsewhere(suite: &str, command: &mut Command) -> Result<Vec<Row>> {
    let (parts, mut rows): (Vec<Row>, Vec<Row>) =
        test(suite, command)?.into_iter().partition(|row| row.not_run.is_some());
    let Some(first) = rows.first_mut() else {
        return Ok(parts);
    };
    for part in parts {
        first.skipped += 1;
        first.left_out.push(format!("{}: {}", part.suite, part.not_run.unwrap_or_default()));
    }
    Ok(rows)
}

/// Runs tests, shows what they print, and sums up: one row per language.
pub(crate) fn test(suite: &str, command: &mut Command) -> Result<Vec<Row>> {
    let mut reader = Reader::new(suite);
    let status = process::each_line(command, |line| {
        if reader.line(line) {
            println!("{line}");
        }
    })?;
    Ok(reader.finish(status.success()))
}

/// Reads the output of `cargo test -- --show-output`.
struct Reader {
    suite: String,
    rows: Vec<Row>,
    not_run: Vec<Row>,
    current: usize,
    /// A program has begun. What it said last about how it ended: its tests may start programs that
    /// say so, too.
    open: Option<Option<[u64; 3]>>,
    /// The examples in the documentation are several programs, one after the other.
    examples: bool,
    /// Inside of what tests that passed have printed.
    quiet: bool,
}

impl Reader {
    fn new(suite: &str) -> Reader {
        Reader {
            suite: suite.to_owned(),
            rows: Vec::new(),
            not_run: Vec::new(),
            current: 0,
            open: None,
            examples: false,
            quiet: false,
        }
    }

    /// Takes a line in; false if it is not worth showing.
    fn line(&mut self, line: &str) -> bool {
        let words = line.trim_start();
        if let Some(program) = words.strip_prefix("Running ") {
            self.begin(language(program), false);
        } else if words.starts_with("Doc-tests ") {
            self.begin("Rust examples", true);
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.end(result);
        } else if let Some(told) = words.strip_prefix("NOT RUN: ") {
            let (suite, reason) = told.split_once(": ").unwrap_or((told, "no reason given"));
            let row = Row::not_run(format!("{}: {suite}", self.suite), reason);
            if !self.not_run.contains(&row) {
                self.not_run.push(row);
            }
        } else if line == "successes:" {
            self.quiet = true;
        } else if line == "failures:" {
            self.quiet = false;
        }
        !self.quiet
    }

    fn begin(&mut self, language: &str, examples: bool) {
        self.close();
        self.examples = examples;
        let name = format!("{}: {language}", self.suite);
        self.current = self.rows.iter().position(|row| row.suite == name).unwrap_or_else(|| {
            self.rows.push(Row::new(name));
            self.rows.len() - 1
        });
        self.open = Some(None);
    }

    fn end(&mut self, result: &str) {
        self.quiet = false;
        let count = |word: &str| {
            result
                .split(['.', ';'])
                .filter_map(|part| part.trim().strip_suffix(word))
                .find_map(|number| number.trim().parse::<u64>().ok())
                .unwrap_or(0)
        };
        let mut counts = ["passed", "failed", "ignored"].map(count);
        if let Some(Some(before)) = self.open
            && self.examples
        {
            for (count, before) in counts.iter_mut().zip(before) {
                *count += before;
            }
        }
        self.open = Some(Some(counts));
    }

    /// Counts the program that has ended. One without a result crashed.
    fn close(&mut self) {
        self.quiet = false;
        let (Some(result), Some(row)) = (self.open.take(), self.rows.get_mut(self.current)) else {
            return;
        };
        let [passed, failed, skipped] = result.unwrap_or([0, 1, 0]);
        row.passed += passed;
        row.failed += failed;
        row.skipped += skipped;
    }

    fn finish(mut self, success: bool) -> Vec<Row> {
        self.close();
        if !success && self.rows.iter().all(|row| row.failed == 0) {
            // Nothing ran far enough to fail: it did not compile.
            self.rows.push(Row::step(format!("{}: build", self.suite), false));
        }
        if success && self.rows.iter().all(|row| row.passed == 0) {
            self.rows.push(Row::not_run(self.suite, "no test was found in it"));
        }
        self.rows.extend(self.not_run);
        self.rows
    }
}

/// What a test program is about, by its file: `tests/header.rs (…)`.
fn language(program: &str) -> &'static str {
    let file = program.split(' ').find(|word| word.ends_with(".rs")).unwrap_or_default();
    let stem = file.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".rs");
    match stem {
        "header" | "c" => "C",
        "cpp" => "C++",
        _ if stem.starts_with("c_") => "C",
        _ if stem.starts_with("cpp_") => "C++",
        _ if file.contains("xtask") => "xtask",
        _ => "Rust",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(success: bool, lines: &str) -> Vec<Row> {
        let mut reader = Reader::new("linux");
        for line in lines.lines() {
            reader.line(line);
        }
        reader.finish(success)
    }

    fn row(suite: &str, passed: u64, failed: u64, skipped: u64) -> Row {
        Row { suite: suite.to_owned(), passed, failed, skipped, ..Row::default() }
    }

    #[test]
    fn results_are_summed_by_language() {
        let rows = read(
            false,
            "     Running unittests src/lib.rs (target/debug/deps/mmf-1)\n\
             test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
             \u{20}    Running tests/header.rs (target/debug/deps/header-1)\n\
             test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n\
             \u{20}    Running tests/names.rs (target/debug/deps/names-1)\n\
             test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             \u{20}  Doc-tests mmf\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!(
            rows,
            [
                row("linux: Rust", 9, 0, 1),
                row("linux: C", 2, 1, 0),
                row("linux: Rust examples", 3, 0, 0)
            ]
        );
    }

    #[test]
    fn what_a_program_that_a_test_started_says_is_not_counted() {
        let rows = read(
            false,
            "     Running tests/a.rs (x)\ntest result: FAILED. 0 passed; 1 failed; 0 ignored\n\
             test result: FAILED. 8 passed; 2 failed; 0 ignored\n   Doc-tests mmf\n\
             test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: ok. 1 passed; 0 failed; 1 ignored",
        );
        assert_eq!(rows, [row("linux: Rust", 8, 2, 0), row("linux: Rust examples", 4, 0, 1)]);
    }

    #[test]
    fn a_program_that_crashed_is_a_failure() {
        let rows = read(
            false,
            "     Running tests/a.rs (x)\nrunning 3 tests\n     Running tests/cpp.rs (y)\n\
             test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!(rows, [row("linux: Rust", 0, 1, 0), row("linux: C++", 1, 0, 0)]);
    }

    #[test]
    fn what_does_not_compile_and_what_is_empty_is_told() {
        assert_eq!(read(false, "error: could not compile"), [row("linux: build", 0, 1, 0)]);
        assert_eq!(read(true, ""), [Row::not_run("linux", "no test was found in it")]);
    }

    #[test]
    fn a_suite_that_says_it_cannot_run_is_in_the_table() {
        let mut reader = Reader::new("linux");
        assert!(reader.line("     Running tests/cpp.rs (x)"));
        assert!(reader.line("successes:") || reader.quiet);
        assert!(!reader.line("NOT RUN: C++: no compiler (c++, clang++)"));
        assert!(reader.line("test result: ok. 1 passed; 0 failed; 0 ignored"));
        assert_eq!(
            reader.finish(true),
            [row("linux: C++", 1, 0, 0), Row::not_run("linux: C++", "no compiler (c++, clang++)")]
        );
    }
}
