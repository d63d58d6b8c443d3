//! THIRD-PARTY.md: it lists all crates that are linked in, and we accept their licences.

use crate::error::{Result, ensure};
use crate::report::{Outcome, Row};
use crate::{process, workspace};

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("notices");
    row.check("THIRD-PARTY.md lists every linked crate", lists_all());
    let accepted = process::find("cargo-deny")
        .and_then(|_| process::run(&mut process::command("cargo deny check licenses")));
    row.check("cargo-deny accepts all licences", accepted.map(drop));
    Ok(vec![row])
}

fn lists_all() -> Result {
    let notices = fs_err::read_to_string(workspace::root().join("THIRD-PARTY.md"))?;
    let mut command = process::command(
        "cargo tree --package mmf --edges normal,no-proc-macro --target all --prefix none \
         --no-dedupe --format {p} --quiet",
    );
    for package in process::run(&mut command)?.lines() {
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let start = format!("| {name} | {} |", version.trim_start_matches('v'));
        let listed = name == "mmf" || notices.lines().any(|line| line.starts_with(&start));
        ensure(listed, format!("THIRD-PARTY.md has no line '{start}'; see CONTRIBUTING.md"))?;
    }
    Ok(())
}
