//! The workflows: their syntax, and that each step with a command of `cargo xtask` works here, too.

use std::process::Command;

use crate::error::{Result, ensure, fail};
use crate::report::{Outcome, Row};
use crate::{files, process, workspace};

pub(super) fn suite() -> Outcome {
    let folder = workspace::root().join(".github/workflows");
    let files = files::list(&folder)?;
    let mut row = Row::new("workflows");
    for file in &files {
        let text = fs_err::read_to_string(folder.join(file))?;
        let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
        let steps: Vec<_> = lines.filter_map(|line| line.strip_prefix("run:")).collect();
        row.check(&format!("{file} has steps"), ensure(!steps.is_empty(), "there is no 'run:'"));
        for step in steps.into_iter().map(str::trim) {
            // Only actionlint checks steps of other programs.
            if step.starts_with("cargo xtask ") || step == "|" {
                row.check(&format!("{file}: {step}"), try_step(step));
            }
        }
    }
    let syntax = process::find("actionlint").and_then(|actionlint| {
        let mut command = Command::new(actionlint);
        command.current_dir(&folder).arg("-no-color").args(&files);
        process::run(&mut command).map(drop)
    });
    Ok(vec![row, Row::step("workflows: syntax, by actionlint", syntax)])
}

fn try_step(step: &str) -> Result {
    let words = step.strip_prefix("cargo xtask ").ok_or("a step must be a single line")?;
    let words = match words.split(' ').next() {
        Some("test") => format!("{words} --list"),
        // The suites 'demo', 'all-packages' and 'packages' run these commands.
        Some("demo" | "package" | "install") => return Ok(()),
        _ => return fail("this suite does not know how to try this command"),
    };
    // The shell of the workflows, with the tag in the environment.
    let mut shell = process::command(if cfg!(windows) { "bash -ec" } else { "sh -ec" });
    shell.arg(format!("\"$PROGRAM\" {words}"));
    shell.env("PROGRAM", std::env::current_exe()?).env("TAG", format!("v{}", workspace::VERSION));
    process::run(&mut shell).map(drop)
}
