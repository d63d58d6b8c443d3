//! Processes for tests. The test program starts itself again as an *actor*, which executes commands, one a line.
//! `actor.rs` describes them.
//!
//! A test program that uses actors contains this test:
//!
//! ```ignore
//! #[test]
//! fn actor() { common::process::act(); }
//! ```

mod actor;
mod content;
mod maps;
#[cfg(unix)]
mod system;
mod watches;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

#[allow(unused_imports, reason = "not every test program has actors")]
pub use actor::act;
use actor::{MARK, ROLE};

use super::again;

/// Another process, with maps of its own.
pub struct Actor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Actor {
    pub fn start() -> Actor {
        Actor::start_with(|_| {})
    }

    /// Starts an actor with a command that `change` may change.
    pub fn start_with(change: impl FnOnce(&mut Command)) -> Actor {
        let mut command = Command::new(again::own());
        command
            .args(again::only("actor"))
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().expect("start an actor");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut actor = Actor { input: child.stdin.take(), output, child };
        assert_eq!(actor.hear(), "ready", "the first line of an actor");
        actor
    }

    /// Starts an actor as another user. If this is not possible, reports it and returns `None`.
    #[cfg(unix)]
    pub fn start_as(uid: u32, suite: &str) -> Option<Actor> {
        use std::os::unix::process::CommandExt;
        // The other user may not have access to the folder of the test program.
        let (_folder, program) = again::for_everybody();
        let mut probe = Command::new(&program);
        if !probe.arg("--list").uid(uid).gid(uid).output().is_ok_and(|it| it.status.success()) {
            super::not_run(suite, "this process cannot start one as another user");
            return None;
        }
        Some(Actor::start_with(|command| {
            let mut other = Command::new(&program);
            other.args(command.get_args());
            other.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
            other.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/").uid(uid).gid(uid);
            *command = other;
        }))
    }

    /// Executes a command, and returns its value or the name of its error status.
    pub fn ask(&mut self, command: &[&str]) -> Result<String, String> {
        self.say(command);
        let answer = self.hear();
        match answer.split_once('\t') {
            Some(("ok", value)) => Ok(value.to_owned()),
            Some(("err", value)) => Err(value.to_owned()),
            _ => panic!("an actor answered {answer:?} to {command:?}"),
        }
    }

    /// Sends a command without waiting for the answer.
    pub fn say(&mut self, command: &[&str]) {
        let input = self.input.as_mut().expect("an open input");
        writeln!(input, "{}", command.join("\t")).expect("send to an actor");
    }

    /// Waits for the next answer.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("receive from an actor");
            assert_ne!(read, 0, "an actor ended without an answer");
            // The test harness may have written to the same line.
            if let Some(at) = line.find(MARK) {
                return line[at + MARK.len()..].trim_end_matches(['\r', '\n']).to_owned();
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the process, with SIGKILL or TerminateProcess.
    pub fn kill(mut self) {
        self.child.kill().expect("kill an actor");
        self.child.wait().expect("wait for an actor");
    }

    /// Ends the process with a command that has no answer (`return`, `exit`).
    pub fn end(mut self, how: &str) -> ExitStatus {
        self.say(&[how]);
        self.input = None;
        self.child.wait().expect("wait for an actor")
    }

    /// Like [`Actor::end`]. Returns whether the process succeeded, or false if it hangs.
    pub fn ends(mut self, how: &str) -> bool {
        self.say(&[how]);
        self.input = None;
        let start = std::time::Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().expect("ask for the status of an actor") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    pub fn wait(mut self) -> ExitStatus {
        self.input = None;
        self.child.wait().expect("wait for an actor")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // A failed test must not leave processes that wait for commands.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
