//! Running cargo.

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

/// Runs tests. They write down which parts of them cannot run here: each is a row of its own.
pub(crate) fn test(suite: &str, command: &mut Command) -> Result<Vec<Row>> {
    let told = workspace::target().join(format!("not-run-{}", suite.replace([':', ' '], "-")));
    // Of an earlier run.
    let _ = std::fs::remove_file(&told);
    command.env("MMF_NOT_RUN", &told);
    let mut rows = vec![Row::step(suite, process::show(command))];
    // There is none if everything runs.
    for line in std::fs::read_to_string(&told).unwrap_or_default().lines() {
        let (part, reason) = line.split_once(": ").unwrap_or((line, "no reason given"));
        let row = Row::not_run(format!("{suite}: {part}"), reason);
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Runs tests on another platform than this machine's own. Parts that cannot run there (C programs
/// where there is no compiler) run natively, so they are told and do not count as suites.
pub(crate) fn test_elsewhere(suite: &str, command: &mut Command) -> Result<Vec<Row>> {
    let mut rows = test(suite, command)?;
    let parts = rows.split_off(1).into_iter();
    rows[0]
        .left_out
        .extend(parts.map(|part| format!("{}: {}", part.suite, part.not_run.unwrap_or_default())));
    Ok(rows)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_tests_say_they_cannot_run_is_in_the_table() {
        let mut tests = Command::new("sh");
        tests.args(["-c", "for n in 1 2; do echo 'C++: no compiler' >>$MMF_NOT_RUN; done; exit 1"]);
        let mut rows = test("rows", &mut tests).expect("rows");
        assert_eq!(rows.split_off(1), [Row::not_run("rows: C++", "no compiler")]);
        assert_eq!(rows[0].failed.len(), 1);
        assert!(test("rows", &mut Command::new("true")).expect("one")[0].failed.is_empty());
    }
}
