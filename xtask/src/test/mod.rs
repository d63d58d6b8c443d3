//! `cargo xtask test`: runs the suites. Those that fail soonest run first.

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
use crate::report::{self, Outcome, minutes};
use crate::{finish, torture};

/// The name of a suite, what it tests, and the function that runs it.
type Suite = (&'static str, &'static str, fn() -> Outcome);

const SUITES: &[Suite] = &[
    ("format", "cargo fmt changes nothing, and lines end in LF", rust::format),
    ("lints", "clippy reports nothing, with and without each feature", rust::lints),
    ("docs", "rustdoc reports nothing", rust::docs),
    ("workflows", "the steps of workflows work, and actionlint reports nothing", workflows::suite),
    ("notices", "THIRD-PARTY.md lists all linked crates", notices::suite),
    ("native", "Rust, C and C++ on this machine", rust::native),
    ("portable", "the same with the back end of macOS and other Unix, on Linux", rust::portable),
    ("torture", "a short run of `cargo xtask torture`", torture::suite),
    ("mirror", "the example that mirrors a map between hosts, with a real server", rust::mirror),
    ("powershell", "Pester, on the built module", powershell::native),
    ("install", "the module is built twice, and installed while in use", powershell::install),
    ("packages", "module and SDK for this machine, and programs that use them", packages::here),
    ("nuget", "a C# program that uses only the .NET package, also under Wine", nuget::suite),
    ("framework", "the .NET assemblies on Mono, for .NET Framework", framework::suite),
    ("demo", "the demo in each language, and on machines that lack something", demo::suite),
    ("readme", "the commands in the README work and print what it shows", readme::suite),
    ("crate", "the crate builds offline, and Rust programs can use it", crates::suite),
    ("semver", "the Rust API is compatible with the last release", rust::semver),
    ("windows", "Rust, C and C++ under Wine", wine::suite),
    ("powershell-windows", "Pester under Wine, with MMF_PWSH_WINDOWS", powershell::windows),
];

/// The suites that run only with `--all-targets`.
const OTHER_TARGETS: &[Suite] = &[
    ("musl", "x86_64-unknown-linux-musl", rust::musl),
    ("32-bit", "i686-unknown-linux-gnu", rust::i686),
    ("arm64", "aarch64-unknown-linux-gnu in qemu", rust::arm64),
    ("all-packages", "module and SDK for all platforms, and programs that use them", packages::all),
    ("checks", "the oldest Rust, and platforms without an emulator: compile only", rust::checks),
];

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let all_targets = arguments.contains("--all-targets");
    let strict = arguments.contains("--strict");
    let list = arguments.contains("--list");
    let only: Option<String> = arguments.opt_value_from_str("--only")?;
    finish(arguments)?;
    let others = if all_targets || only.is_some() { OTHER_TARGETS } else { &[] };
    let mut suites: Vec<_> = SUITES.iter().chain(others).collect();
    if let Some(only) = only {
        for wanted in only.split(',') {
            let unknown = format!("There is no suite '{wanted}'; --list lists the suites.");
            ensure(suites.iter().any(|(name, ..)| *name == wanted), unknown)?;
        }
        suites.retain(|(name, ..)| only.split(',').any(|wanted| *name == wanted));
    }
    if list {
        for (suites, when) in [(SUITES, ""), (OTHER_TARGETS, " (with --all-targets)")] {
            for (name, about, _) in suites {
                println!("{name:<20} {about}{when}");
            }
        }
        return Ok(());
    }
    let start = Instant::now();
    let mut rows = Vec::new();
    for (name, about, run) in suites {
        println!("\n== {name}: {about} ==");
        let suite_start = Instant::now();
        report::add(&mut rows, name, run(), suite_start.elapsed());
        println!("== {name}: {} minutes ==", minutes(suite_start.elapsed()));
    }
    print!("\n{}", report::table(&rows, strict, start.elapsed()));
    let [_, failed, _] = report::totals(&rows, strict);
    ensure(failed == 0, "some suites failed; see the table")
}
