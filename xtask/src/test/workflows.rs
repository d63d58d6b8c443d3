//! The workflows of the forge: their syntax, and that each step that is a command of ours runs here, too.

use std::process::Command;

use crate::error::{Result, ensure, wrong};
use crate::files;
use crate::process;
use crate::report::{Outcome, Row};
use crate::workspace::{self, VERSION};

pub(super) fn suite() -> Outcome {
    let folder = workspace::root().join(".github/workflows");
    let files = files::below(&folder)?;
    let mut row = Row::new("workflows");
    for file in &files {
        let text = fs_err::read_to_string(folder.join(file))?;
        let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
        let steps: Vec<_> = lines.filter_map(|line| line.strip_prefix("run:")).collect();
        row.check(&format!("{file} runs something"), ensure(!steps.is_empty(), "no step does"));
        for step in steps.into_iter().map(str::trim) {
            // Steps of other programs are only read by actionlint.
            if step.starts_with("cargo xtask ") || step == "|" {
                row.check(&format!("{file}: {step}"), works(step));
            }
        }
    }
    let silent = process::find("actionlint").and_then(|actionlint| {
        let mut command = Command::new(actionlint);
        command.current_dir(&folder).arg("-no-color").args(&files);
        process::run(&mut command).map(drop)
    });
    Ok(vec![row, Row::step("workflows: syntax, by actionlint", silent)])
}

fn works(step: &str) -> Result {
    let words = step.strip_prefix("cargo xtask ").ok_or("several lines hide what they run")?;
    let words = match words.split(' ').next() {
        Some("test") => format!("{words} --list"),
        // Run in earnest by the suites 'demo', 'all-packages' and 'packages'.
        Some("demo" | "package" | "install") => return Ok(()),
        _ => return wrong("nobody knows how to try it out"),
    };
    // As the forge does: by a shell, with the tag in the environment.
    let mut shell = process::command(if cfg!(windows) { "bash -ec" } else { "sh -ec" });
    shell.arg(format!("\"$PROGRAM\" {words}"));
    shell.env("PROGRAM", std::env::current_exe()?).env("TAG", format!("v{VERSION}"));
    process::run(&mut shell).map(drop)
}
