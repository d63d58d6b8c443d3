//! Calls of cargo and rustc that several suites share.

use std::path::PathBuf;
use std::process::Command;

use crate::error::{Result, unavailable};
use crate::report::Row;
use crate::{process, workspace};

pub(crate) fn target_libraries(triple: &str) -> Result<PathBuf> {
    let question = format!("rustc --print target-libdir --target {triple}");
    Ok(PathBuf::from(process::run(&mut process::command(&question))?.trim()))
}

pub(crate) fn needs_target(triple: &str) -> Result {
    match target_libraries(triple) {
        Ok(folder) if folder.is_dir() => Ok(()),
        _ => unavailable(format!("this Rust has no {triple} (rustup target add {triple})")),
    }
}

/// Runs tests. The tests write to the file that `MMF_NOT_RUN` names which parts cannot run here, and each part gets
/// a row of its own.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn parts_that_did_not_run_get_rows() {
        let mut tests = Command::new("sh");
        tests.args(["-c", "for n in 1 2; do echo 'C++: no compiler' >>$MMF_NOT_RUN; done; exit 1"]);
        let mut rows = test("rows", &mut tests);
        assert_eq!(rows.split_off(1), [Row::step("rows: C++", unavailable("no compiler"))]);
        assert_eq!(rows[0].failed.len(), 1);
        assert!(test("rows", &mut Command::new("true"))[0].failed.is_empty());
    }
}
