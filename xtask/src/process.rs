//! Running other programs: found, watched, ended if they hang.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::Result;

/// The program of this name on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// The command's words.
pub(crate) fn shown(command: &Command) -> String {
    let mut program = command.get_program();
    if std::env::var_os("CARGO").is_some_and(|cargo| cargo == program) {
        program = OsStr::new("cargo");
    }
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> Result<Child> {
    command.spawn().map_err(|error| format!("{} does not start: {error}", shown(command)))
}

/// How long a command may print nothing. One that is silent for longer hangs, and without a limit
/// the suites after it would never run.
const LONGEST_SILENCE: Duration = Duration::from_secs(15 * 60);

/// Runs a command and hands over every line it prints, errors included, as it comes. A command that
/// hangs is ended, with all that it has started, and that is an error.
pub(crate) fn each_line(command: &mut Command, line: impl FnMut(&str)) -> Result<ExitStatus> {
    each_line_within(LONGEST_SILENCE, command, line)
}

fn each_line_within(
    silence: Duration,
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> Result<ExitStatus> {
    let (reader, writer) = std::io::pipe().map_err(|error| format!("no pipe: {error}"))?;
    let errors = writer.try_clone().map_err(|error| format!("no pipe: {error}"))?;
    command.stdin(Stdio::null()).stdout(writer).stderr(errors);
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
            Ok(Ok(bytes)) => {
                last = String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned();
                line(&last);
            }
            Ok(Err(error)) => {
                return Err(format!("what {} prints is lost: {error}", shown(command)));
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                end_all(&mut child);
                let seconds = silence.as_secs();
                return Err(format!(
                    "{} printed nothing for {seconds} seconds and was ended. Its last line: {last}",
                    shown(command)
                ));
            }
        }
    }
    ended(command, &mut child)
}

fn ended(command: &Command, child: &mut Child) -> Result<ExitStatus> {
    child.wait().map_err(|error| format!("{} is lost: {error}", shown(command)))
}

/// Ends a program and the programs that it has started. They are no process group of their own, so
/// that Ctrl+C reaches them, too.
fn end_all(child: &mut Child) {
    let first = child.id().to_string();
    if cfg!(windows) {
        let _ = Command::new("taskkill").args(["/F", "/T", "/PID", &first]).output();
    } else if let Ok(listed) = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output() {
        let listed = String::from_utf8_lossy(&listed.stdout);
        let pairs: Vec<_> = listed
            .lines()
            .filter_map(|line| line.trim_start().split_once(' '))
            .map(|(process, parent)| (process, parent.trim()))
            .collect();
        let mut found = vec![first.as_str()];
        let mut at = 0;
        while let Some(&of) = found.get(at) {
            found.extend(pairs.iter().filter(|(_, parent)| *parent == of).map(|(id, _)| id));
            at += 1;
        }
        let _ = Command::new("kill").arg("-KILL").args(found).output();
    }
    // Where these tools are missing, at least the program itself ends.
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a command that must succeed and shows what it prints.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = each_line(command, |line| println!("{line}"))?;
    succeeded(command, status)
}

/// Runs a command that must succeed; its output is shown only if it does not.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    run_within(LONGEST_SILENCE, command)
}

/// The same for a command that might hang.
pub(crate) fn run_within(silence: Duration, command: &mut Command) -> Result<String> {
    let mut output = String::new();
    let status = each_line_within(silence, command, |line| {
        output.push_str(line);
        output.push('\n');
    })?;
    succeeded(command, status).map_err(|error| format!("{error}:\n{output}"))?;
    Ok(output)
}

/// Runs a command that must succeed and talks to the person itself.
pub(crate) fn pass(command: &mut Command) -> Result<()> {
    let mut child = start(command)?;
    let status = ended(command, &mut child)?;
    succeeded(command, status)
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command))) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_streams_come_in_order() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; printf three; exit 3"]);
        let status = each_line(&mut command, |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "two", "three"]);
        assert_eq!(status.map(|status| status.code()), Ok(Some(3)));
    }

    #[test]
    fn a_command_that_falls_silent_is_ended_with_all_it_has_started() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        // All in all it runs for longer than the limit before it falls silent.
        command.args([
            "-c",
            "sleep 1000 & echo $!; for n in 1 2 3 4 5; do sleep 0.5; echo $n; done; wait",
        ]);
        let limit = Duration::from_secs(2);
        let error = each_line_within(limit, &mut command, |line| lines.push(line.to_owned()));
        let error = error.expect_err("it hangs");
        assert!(error.contains("nothing for 2 seconds") && error.ends_with("line: 5"), "{error}");
        // Ended by a signal, which takes its time to arrive; nobody may have waited for it yet.
        let state = || process_state(&lines[0]);
        while !state().is_empty() && !state().starts_with('Z') {}
    }

    fn process_state(id: &str) -> String {
        let told = Command::new("ps").args(["-o", "stat=", "-p", id]).output();
        String::from_utf8_lossy(&told.expect("ps").stdout).into_owned()
    }

    #[test]
    fn what_a_failed_command_printed_is_in_the_error() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 1"]));
        assert!(error.expect_err("it fails").contains("why"));
    }
}
