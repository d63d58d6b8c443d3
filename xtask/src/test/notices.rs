//! THIRD-PARTY.md: what is linked in is named there, under licences that we accept.

use crate::Result;
use crate::cargo;
use crate::download::Missing;
use crate::files;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::test::needs;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let written = files::read(&workspace::root().join("THIRD-PARTY.md"))?;
    let mut checks = Checks::new("notices");
    checks.check("every crate that is linked in is named", all_are_named(&written));
    checks.check_if_possible("cargo-deny accepts all licences", are_accepted());
    Ok(vec![checks.row])
}

/// By deny.toml.
fn are_accepted() -> std::result::Result<(), Missing> {
    needs(&["cargo-deny"])?;
    process::run(cargo::command().args(["deny", "check", "licenses"]))?;
    Ok(())
}

/// Those on all platforms together.
fn all_are_named(written: &str) -> Result<()> {
    let mut command = cargo::command();
    command.args(["tree", "--package", "mmf", "--edges", "normal,no-proc-macro"]);
    command.args(["--target", "all", "--prefix", "none", "--no-dedupe", "--format", "{p}"]);
    for package in process::run(command.arg("--quiet"))?.lines() {
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let line = format!("| {name} | {} |", version.trim_start_matches('v'));
        if name != "mmf" && !written.lines().any(|written| written.starts_with(&line)) {
            return Err(format!("THIRD-PARTY.md has no line '{line}'; see CONTRIBUTING.md"));
        }
    }
    Ok(())
}
