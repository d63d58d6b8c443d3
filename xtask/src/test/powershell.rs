//! The module's Pester suite, run by a fresh PowerShell on the built module.

use std::path::Path;
use std::process::Command;

use crate::alone::alone;
use crate::module;
use crate::pester;
use crate::process;
use crate::report::{Outcome, Row};
use crate::shell;
use crate::test::wine::{Wine, windows_path};
use crate::test::{missing, needs};
use crate::workspace;

const TESTS: &str = "tests/powershell/Invoke-Tests.ps1";

pub(super) fn native() -> Outcome {
    let shell = shell::find()?;
    let pester = pester::find(&shell)?;
    println!("PowerShell {}, Pester in {}", shell.version, pester.display());
    let module = module::build(&shell)?;
    let _alone = alone();
    // Once as it is, once as an editor runs scripts, and once where every error stops.
    let suites = [
        ("powershell", "Plain"),
        ("powershell: a breakpoint is set", "Breakpoint"),
        ("powershell: errors stop", "Stop"),
    ];
    let run = |(suite, under)| {
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join(TESTS));
        command.arg("-ModulePath").arg(&module).arg("-PesterPath").arg(&pester);
        run(suite, command.args(["-Under", under]))
    };
    Ok(suites.map(run).into())
}

pub(super) fn windows() -> Outcome {
    let Some(program) = std::env::var_os("MMF_PWSH_WINDOWS") else {
        return missing("MMF_PWSH_WINDOWS names no PowerShell for Windows");
    };
    let wine = Wine::find()?;
    needs(&["script"])?;
    let shell = shell::find()?;
    let pester = pester::find(&shell)?;
    let module = module::build_windows(&shell)?;
    // It prints only to a terminal, which script(1) makes; the words go through a shell there.
    let line = format!(
        "stty cols 200 rows 50; exec '{}' '{}' -NoProfile -NonInteractive -ExecutionPolicy Bypass \
         -File '{}' -ModulePath '{}' -PesterPath '{}'",
        wine.program.display(),
        Path::new(&program).display(),
        windows_path(&workspace::root().join(TESTS)),
        windows_path(&module),
        windows_path(&pester)
    );
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]);
    wine.prepare(&mut command)?;
    // .NET's runtime dies in its finalizers under Wine without it.
    command.env("DOTNET_EnableWriteXorExecute", "0").env("NO_COLOR", "1");
    Ok(vec![run("powershell-windows", &mut command)])
}

/// Runs the suite, which closes with its totals. One that dies under Wine may do so without a code
/// that says it.
fn run(suite: &str, command: &mut Command) -> Row {
    println!("$ {}", process::shown(command));
    let mut closed = false;
    let status = process::each_line(command, |line| {
        let line = without_colours(line);
        closed |= line.trim_start().starts_with("powershell: ");
        println!("{line}");
    });
    let outcome = status.and_then(|status| match status.success() {
        true if closed => Ok(()),
        true => Err("it ended without its totals".to_owned()),
        false => Err(format!("Pester ended with {status}")),
    });
    Row::step(suite, outcome)
}

/// A line without the control sequences of a terminal.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A title goes up to the bell, anything else up to its letter.
        let rest = match part.strip_prefix(']') {
            Some(title) => title.split_once('\u{7}'),
            None => part.split_once(|letter: char| letter.is_ascii_alphabetic()),
        };
        text.push_str(rest.map_or("", |(_, rest)| rest));
    }
    text.replace('\r', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_are_taken_out() {
        let line = "\u{1b}[32;1mgreen\u{1b}[0m\u{1b}]0;title\u{7} text\r";
        assert_eq!(without_colours(line), "green text");
    }
}
