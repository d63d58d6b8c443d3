//! THIRD-PARTY.md: what is linked in is named there, under licences that we accept.

use crate::error::{Result, ensure};
use crate::process;
use crate::report::{Outcome, Row};
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("notices");
    row.check("every crate that is linked in is named", all_are_named());
    row.check("cargo-deny accepts all licences", are_accepted());
    Ok(vec![row])
}

/// By deny.toml.
fn are_accepted() -> Result {
    process::find("cargo-deny")?;
    process::run(&mut process::command("cargo deny check licenses")).map(drop)
}

/// Those on all platforms together.
fn all_are_named() -> Result {
    let written = fs_err::read_to_string(workspace::root().join("THIRD-PARTY.md"))?;
    let mut command = process::command(
        "cargo tree --package mmf --edges normal,no-proc-macro --target all --prefix none \
         --no-dedupe --format {p} --quiet",
    );
    for package in process::run(&mut command)?.lines() {
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let line = format!("| {name} | {} |", version.trim_start_matches('v'));
        let named = name == "mmf" || written.lines().any(|written| written.starts_with(&line));
        ensure(named, format!("THIRD-PARTY.md has no line '{line}'; see CONTRIBUTING.md"))?;
    }
    Ok(())
}
