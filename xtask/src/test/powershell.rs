//! The module's Pester suite, run by a fresh PowerShell on the built module.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::alone::alone;
use crate::download::Missing;
use crate::module;
use crate::pester;
use crate::process;
use crate::report::Row;
use crate::shell;
use crate::test::wine::{self, Wine};
use crate::workspace;

const TESTS: &str = "tests/powershell/Invoke-Tests.ps1";

pub(super) fn native() -> Result<Vec<Row>> {
    let not_run = |missing: Missing| match missing {
        Missing::Unreachable(reason) => Ok(vec![Row::not_run("powershell", reason)]),
        Missing::Wrong(reason) => Err(reason),
    };
    let shell = match shell::find() {
        Ok(shell) => shell,
        Err(missing) => return not_run(missing),
    };
    let pester = match pester::find(&shell) {
        Ok(pester) => pester,
        Err(missing) => return not_run(missing),
    };
    println!("PowerShell {}, Pester in {}", shell.version, pester.display());
    let module = module::build(&shell)?;
    let _alone = alone();
    // Once as it is, once as an editor runs scripts, and once where every error stops.
    let mut rows = Vec::new();
    for (suite, under) in [
        ("powershell", "Plain"),
        ("powershell: a breakpoint is set", "Breakpoint"),
        ("powershell: errors stop", "Stop"),
    ] {
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join(TESTS));
        command.arg("-ModulePath").arg(&module).arg("-PesterPath").arg(&pester);
        command.args(["-Under", under]);
        rows.extend(run(suite, &mut command)?);
    }
    Ok(rows)
}

pub(super) fn windows() -> Result<Vec<Row>> {
    const SUITE: &str = "powershell-windows";
    let Some(program) = std::env::var_os("MMF_PWSH_WINDOWS") else {
        return Ok(vec![Row::not_run(SUITE, "MMF_PWSH_WINDOWS names no PowerShell for Windows")]);
    };
    let wine = match Wine::find(SUITE) {
        Ok(wine) => wine,
        Err(row) => return Ok(vec![row]),
    };
    let Some(script) = process::find("script") else {
        return Ok(vec![Row::not_run(SUITE, "no script(1) on PATH to give it a terminal")]);
    };
    let shell = match shell::find() {
        Ok(shell) => shell,
        Err(missing) => return Ok(vec![Row::not_run(SUITE, missing.reason())]),
    };
    let pester = match pester::find(&shell) {
        Ok(pester) => pester,
        Err(missing) => return Ok(vec![Row::not_run(SUITE, missing.reason())]),
    };
    let module = module::build_windows(&shell)?;
    // It prints only to a terminal, which script(1) makes; the words go through a shell there.
    let words = [
        wine.program.display().to_string(),
        Path::new(&program).display().to_string(),
        "-NoProfile".to_owned(),
        "-NonInteractive".to_owned(),
        "-ExecutionPolicy".to_owned(),
        "Bypass".to_owned(),
        "-File".to_owned(),
        wine::windows_path(&workspace::root().join(TESTS)),
        "-ModulePath".to_owned(),
        wine::windows_path(&module),
        "-PesterPath".to_owned(),
        wine::windows_path(&pester),
    ];
    let line = words.map(|word| format!("'{word}'")).join(" ");
    let mut command = Command::new(script);
    command.args(["-qec", &format!("stty cols 200 rows 50; exec {line}"), "/dev/null"]);
    wine.prepare(&mut command)?;
    // .NET's runtime dies in its finalizers under Wine without it.
    command.env("DOTNET_EnableWriteXorExecute", "0").env("NO_COLOR", "1");
    run(SUITE, &mut command)
}

/// Runs the suite and reads its last line: `powershell: N passed, M failed, K skipped`.
fn run(suite: &str, command: &mut Command) -> Result<Vec<Row>> {
    println!("$ {}", process::shown(command));
    let mut totals = None;
    let status = process::each_line(command, |line| {
        let line = without_colours(line);
        println!("{line}");
        totals = read_totals(&line).or(totals);
    })?;
    let mut row = Row::new(suite);
    match totals {
        Some((passed, failed, skipped)) => {
            (row.passed, row.failed, row.skipped) = (passed, failed, skipped);
            if !status.success() && failed == 0 {
                row.failed = 1;
            }
        }
        None => {
            println!("{suite} ended with {status} and without its totals");
            row.failed = 1;
        }
    }
    Ok(vec![row])
}

fn read_totals(line: &str) -> Option<(u64, u64, u64)> {
    let mut counts = line.trim().strip_prefix("powershell: ")?.split(", ");
    let mut count = |word: &str| counts.next()?.strip_suffix(word)?.trim().parse().ok();
    Some((count("passed")?, count("failed")?, count("skipped")?))
}

/// A line without the control sequences of a terminal.
fn without_colours(line: &str) -> String {
    let mut text = String::new();
    let mut left = line.chars();
    while let Some(next) = left.next() {
        match next {
            '\u{1b}' => match left.next() {
                // Up to the letter that ends it.
                Some('[') => drop(left.by_ref().find(|letter| letter.is_ascii_alphabetic())),
                // A title, up to the bell.
                Some(']') => drop(left.by_ref().find(|&letter| letter == '\u{7}')),
                _ => {}
            },
            '\r' => {}
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_from_their_line_alone() {
        assert_eq!(read_totals("powershell: 12 passed, 1 failed, 3 skipped"), Some((12, 1, 3)));
        assert_eq!(read_totals("12 passed, 1 failed, 3 skipped"), None);
        assert_eq!(read_totals("powershell: many passed, 1 failed, 3 skipped"), None);
    }

    #[test]
    fn control_sequences_are_taken_out() {
        assert_eq!(
            without_colours("\u{1b}[32;1mgreen\u{1b}[0m\u{1b}]0;title\u{7} text\r"),
            "green text"
        );
    }
}
