//! Running cargo and rustc.

use std::path::PathBuf;
use std::process::Command;

use crate::error::{Result, not_here};
use crate::process;
use crate::report::Row;
use crate::workspace;

/// Where this toolchain keeps the standard library of a platform.
pub(crate) fn target_libraries(triple: &str) -> Result<PathBuf> {
    let question = format!("rustc --print target-libdir --target {triple}");
    Ok(PathBuf::from(process::run(&mut process::command(&question))?.trim()))
}

/// The platform that this Rust must be able to build for.
pub(crate) fn needs_target(triple: &str) -> Result {
    match target_libraries(triple) {
        Ok(folder) if folder.is_dir() => Ok(()),
        _ => not_here(format!("this Rust has no {triple} (rustup target add {triple})")),
    }
}

/// Runs tests. They write down which parts of them cannot run here: each is a row of its own.
pub(crate) fn test(suite: &str, command: &mut Command) -> Vec<Row> {
    let told = workspace::target().join(format!("not-run-{}", suite.replace([':', ' '], "-")));
    // Of an earlier run.
    let _ = std::fs::remove_file(&told);
    command.env("MMF_NOT_RUN", &told);
    let mut rows = vec![Row::step(suite, process::show(command))];
    // There is none if everything runs.
    for line in std::fs::read_to_string(&told).unwrap_or_default().lines() {
        let (part, reason) = line.split_once(": ").unwrap_or((line, "no reason given"));
        let row = Row::step(format!("{suite}: {part}"), not_here(reason));
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_tests_say_they_cannot_run_is_in_the_table() {
        let mut tests = Command::new("sh");
        tests.args(["-c", "for n in 1 2; do echo 'C++: no compiler' >>$MMF_NOT_RUN; done; exit 1"]);
        let mut rows = test("rows", &mut tests);
        assert_eq!(rows.split_off(1), [Row::step("rows: C++", not_here("no compiler"))]);
        assert_eq!(rows[0].failed.len(), 1);
        assert!(test("rows", &mut Command::new("true"))[0].failed.is_empty());
    }
}
