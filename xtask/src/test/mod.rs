//! `cargo xtask test`: the suites, in the order of what fails soonest.

mod consumer;
mod demo;
mod framework;
mod install;
mod mirror;
mod nuget;
mod packages;
mod powershell;
mod readme;
mod rust;
mod wine;
mod workflows;

use std::time::Instant;

use crate::Result;
use crate::arguments::Arguments;
use crate::report::{Report, Row, minutes};
use crate::torture;

/// One suite: what `--only` calls it, and what it does.
struct Suite {
    name: &'static str,
    /// What is in it, for `--list`.
    about: &'static str,
    /// Only with `--all-targets`.
    all_targets: bool,
    run: fn() -> Result<Vec<Row>>,
}

const SUITES: &[Suite] = &[
    Suite {
        name: "format",
        about: "cargo fmt changes nothing, lines end in LF",
        all_targets: false,
        run: rust::format,
    },
    Suite {
        name: "lints",
        about: "clippy is silent, with and without each feature",
        all_targets: false,
        run: rust::lints,
    },
    Suite { name: "docs", about: "rustdoc is silent", all_targets: false, run: rust::docs },
    Suite {
        name: "workflows",
        about: "each step is a command of ours, and actionlint is silent",
        all_targets: false,
        run: workflows::workflows,
    },
    Suite {
        name: "notices",
        about: "THIRD-PARTY.md names what is linked in",
        all_targets: false,
        run: packages::third_party,
    },
    Suite {
        name: "native",
        about: "Rust, C and C++ on this machine",
        all_targets: false,
        run: rust::native,
    },
    Suite {
        name: "portable",
        about: "the same on the back end of macOS and other Unix, on Linux",
        all_targets: false,
        run: rust::portable,
    },
    Suite {
        name: "torture",
        about: "a short slice of `cargo xtask torture`",
        all_targets: false,
        run: torture::suite,
    },
    Suite {
        name: "mirror",
        about: "a map on two hosts with networks of their own, over a real server; nothing where there is none",
        all_targets: false,
        run: mirror::suite,
    },
    Suite {
        name: "powershell",
        about: "Pester, on the built module",
        all_targets: false,
        run: powershell::native,
    },
    Suite {
        name: "install",
        about: "the module built twice, without reference assemblies, and installed while it is in use",
        all_targets: false,
        run: install::suite,
    },
    Suite {
        name: "packages",
        about: "module and SDK for this machine, used by CMake, pkg-config and dotnet",
        all_targets: false,
        run: packages::here,
    },
    Suite {
        name: "nuget",
        about: "a C# program that knows only the .NET library's package, here and under Wine",
        all_targets: false,
        run: nuget::suite,
    },
    Suite {
        name: "framework",
        about: "the .NET assemblies on Mono, and against the reference assemblies of .NET Framework 4.7.2",
        all_targets: false,
        run: framework::suite,
    },
    Suite {
        name: "demo",
        about: "the demo in each language, and without PowerShell, network or luck",
        all_targets: false,
        run: demo::suite,
    },
    Suite {
        name: "readme",
        about: "what the README tells to type, and what it says is printed",
        all_targets: false,
        run: readme::readme,
    },
    Suite {
        name: "crate",
        about: "the crate builds offline from a read-only copy, and serves Rust programs without its features",
        all_targets: false,
        run: packages::published,
    },
    Suite {
        name: "semver",
        about: "the Rust API breaks nobody who compiled against the last release",
        all_targets: false,
        run: rust::semver,
    },
    Suite {
        name: "windows",
        about: "Rust, C and C++ under Wine",
        all_targets: false,
        run: wine::native,
    },
    Suite {
        name: "powershell-windows",
        about: "Pester under Wine, by the PowerShell that MMF_PWSH_WINDOWS names",
        all_targets: false,
        run: powershell::windows,
    },
    Suite { name: "musl", about: "x86_64-unknown-linux-musl", all_targets: true, run: rust::musl },
    Suite { name: "32-bit", about: "i686-unknown-linux-gnu", all_targets: true, run: rust::i686 },
    Suite {
        name: "arm64",
        about: "aarch64-unknown-linux-gnu in qemu",
        all_targets: true,
        run: rust::arm64,
    },
    Suite {
        name: "all-packages",
        about: "module and SDK for all platforms, each library read, programs run where they can",
        all_targets: true,
        run: packages::all,
    },
    Suite {
        name: "checks",
        about: "the oldest Rust, and tests of the platforms that cannot run here, compile",
        all_targets: true,
        run: rust::checks,
    },
];

/// Runs what was asked for and prints the table.
pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let all_targets = arguments.flag("--all-targets");
    let strict = arguments.flag("--strict");
    let list = arguments.flag("--list");
    let only = arguments.option("--only")?;
    arguments.finish()?;
    let suites = chosen(only.as_deref(), all_targets)?;
    if list {
        for suite in SUITES {
            let when = if suite.all_targets { " (with --all-targets)" } else { "" };
            println!("{:<20} {}{when}", suite.name, suite.about);
        }
        return Ok(());
    }
    let begun = Instant::now();
    let mut report = Report::default();
    for suite in suites {
        println!("\n== {}: {} ==", suite.name, suite.about);
        let suite_begun = Instant::now();
        let mut rows = (suite.run)().unwrap_or_else(|message| {
            println!("{message}");
            vec![Row::step(suite.name, false)]
        });
        let took = suite_begun.elapsed();
        if let Some(first) = rows.iter_mut().find(|row| row.not_run.is_none()) {
            first.took = took;
        }
        println!("== {}: {} minutes ==", suite.name, minutes(took));
        report.add(rows);
    }
    print!("\n{}", report.text(strict, begun.elapsed()));
    match report.totals(strict) {
        (_, 0, _) => Ok(()),
        _ => Err("not everything passed; see the table".to_owned()),
    }
}

fn chosen(only: Option<&str>, all_targets: bool) -> Result<Vec<&'static Suite>> {
    let Some(only) = only else {
        return Ok(SUITES.iter().filter(|suite| all_targets || !suite.all_targets).collect());
    };
    only.split(',')
        .map(|name| {
            SUITES.iter().find(|suite| suite.name == name).ok_or_else(|| {
                format!("There is no suite '{name}'. `cargo xtask test --list` names them.")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_chosen_by_name_or_by_how_much_is_wanted() {
        let names = |only, all| -> Vec<&str> {
            chosen(only, all).expect("suites").iter().map(|suite| suite.name).collect()
        };
        assert!(!names(None, false).contains(&"musl"));
        assert!(names(None, true).contains(&"musl"));
        assert_eq!(names(Some("musl,format"), false), ["musl", "format"]);
        assert!(chosen(Some("format,mussel"), true).is_err());
    }
}
