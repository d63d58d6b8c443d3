//! `cargo xtask test`: the suites, in the order of what fails soonest.

mod crates;
mod demo;
mod framework;
mod notices;
mod nuget;
mod packages;
mod powershell;
mod readme;
mod rust;
mod wine;
mod workflows;

use std::time::Instant;

use pico_args::Arguments;

use crate::error::{Result, ensure};
use crate::finish;
use crate::report::{Outcome, Report, minutes};
use crate::torture;

/// What `--only` calls a suite, what is in it, and what runs it.
type Suite = (&'static str, &'static str, fn() -> Outcome);

const SUITES: &[Suite] = &[
    ("format", "cargo fmt changes nothing, lines end in LF", rust::format),
    ("lints", "clippy is silent, with and without each feature", rust::lints),
    ("docs", "rustdoc is silent", rust::docs),
    ("workflows", "each step is a command of ours, actionlint is silent", workflows::suite),
    ("notices", "THIRD-PARTY.md names what is linked in", notices::suite),
    ("native", "Rust, C and C++ on this machine", rust::native),
    ("portable", "the same on the back end of macOS and other Unix, on Linux", rust::portable),
    ("torture", "a short slice of `cargo xtask torture`", torture::suite),
    ("mirror", "the example that mirrors a map between hosts, over a real server", rust::mirror),
    ("powershell", "Pester, on the built module", powershell::native),
    ("install", "the module is built twice, and installed while in use", powershell::install),
    ("packages", "module and SDK of this machine, and their users", packages::here),
    ("nuget", "a C# program with the .NET package alone, also under Wine", nuget::suite),
    ("framework", "the .NET assemblies on Mono, for .NET Framework", framework::suite),
    ("demo", "the demo in each language, and where something is missing", demo::suite),
    ("readme", "what the README tells to type prints what it says", readme::suite),
    ("crate", "the crate builds offline and serves Rust programs", crates::suite),
    ("semver", "the Rust API is compatible with the last release", rust::semver),
    ("windows", "Rust, C and C++ under Wine", wine::suite),
    ("powershell-windows", "Pester under Wine, by MMF_PWSH_WINDOWS", powershell::windows),
];

/// Only with `--all-targets`.
const OTHER_TARGETS: &[Suite] = &[
    ("musl", "x86_64-unknown-linux-musl", rust::musl),
    ("32-bit", "i686-unknown-linux-gnu", rust::i686),
    ("arm64", "aarch64-unknown-linux-gnu in qemu", rust::arm64),
    ("all-packages", "module and SDK of all platforms, and their users", packages::all),
    ("checks", "the oldest Rust, and platforms that cannot run here, compile", rust::checks),
];

/// Runs what was asked for and prints the table.
pub(crate) fn main(mut arguments: Arguments) -> Result {
    let all_targets = arguments.contains("--all-targets");
    let strict = arguments.contains("--strict");
    let list = arguments.contains("--list");
    let only: Option<String> = arguments.opt_value_from_str("--only")?;
    finish(arguments)?;
    let chosen = chosen(only.as_deref(), all_targets)?;
    if list {
        for (suites, when) in [(SUITES, ""), (OTHER_TARGETS, " (with --all-targets)")] {
            for (name, about, _) in suites {
                println!("{name:<20} {about}{when}");
            }
        }
        return Ok(());
    }
    let begun = Instant::now();
    let mut report = Report::default();
    for (name, about, run) in chosen {
        println!("\n== {name}: {about} ==");
        let suite_begun = Instant::now();
        report.add(name, run(), suite_begun.elapsed());
        println!("== {name}: {} minutes ==", minutes(suite_begun.elapsed()));
    }
    print!("\n{}", report.text(strict, begun.elapsed()));
    let [_, failed, _] = report.totals(strict);
    ensure(failed == 0, "not everything passed; see the table")
}

/// The suites by name, or by how much is wanted.
fn chosen(only: Option<&str>, all_targets: bool) -> Result<Vec<&'static Suite>> {
    let others = if all_targets || only.is_some() { OTHER_TARGETS } else { &[] };
    let all = || SUITES.iter().chain(others);
    let Some(only) = only else {
        return Ok(all().collect());
    };
    let named = only.split(',').map(|wanted| {
        let unknown =
            format!("There is no suite '{wanted}'. `cargo xtask test --list` names them.");
        Ok(all().find(|(name, ..)| *name == wanted).ok_or(unknown)?)
    });
    named.collect()
}
