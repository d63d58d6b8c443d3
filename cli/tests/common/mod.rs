//! Functions that all test files use.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses only some of it"
)]

#[path = "../../../tests/common/not_run.rs"]
mod not_run;

use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mmf::{Map, MapOptions};

pub use not_run::not_run;

/// No wait takes this long unless the test fails.
pub const LONG: Duration = Duration::from_secs(120);

/// Every test starts with this, so that only one test runs at a time: a process that another test starts would also hold
/// the maps that are open here, until it runs its own program.
pub fn alone() -> MutexGuard<'static, ()> {
    static TESTS: Mutex<()> = Mutex::new(());
    // A failed test must not make other tests fail.
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test uses, in this run or in another.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("mmf-cli-{what}-{}-{number}", std::process::id())
}

/// `mmf` with these arguments, without input.
pub fn mmf(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmf"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs `mmf` to its end.
pub fn output(arguments: &[&str]) -> Output {
    mmf(arguments).output().expect("mmf starts")
}

/// Runs `mmf` to its end, with an input.
pub fn output_with(arguments: &[&str], input: &[u8]) -> Output {
    let child = start(arguments, input);
    child.wait_with_output().expect("mmf ends")
}

/// Starts `mmf` with an input.
pub fn start(arguments: &[&str], input: &[u8]) -> Child {
    let mut command = mmf(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("mmf starts");
    let mut stdin = child.stdin.take().expect("piped");
    // The command may end before it has read the input.
    let _ = stdin.write_all(input);
    child
}

/// Runs `mmf`, which must succeed; gives its output.
#[track_caller]
pub fn text(arguments: &[&str]) -> String {
    text_of(output(arguments))
}

#[track_caller]
pub fn text_of(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs `mmf`, which must succeed; gives its JSON output.
#[track_caller]
pub fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&text(arguments)).expect("JSON")
}

/// Checks that the command failed with this exit code and printed one sentence to standard error.
#[track_caller]
pub fn assert_fails(output: &Output, code: i32) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(errors.starts_with("mmf: ") && errors.trim_end().ends_with('.'), "{errors}");
    errors
}

/// Checks that a command ends by itself.
#[track_caller]
pub fn assert_ends(child: &mut Child) {
    let begun = std::time::Instant::now();
    while child.try_wait().expect("check whether the command has ended").is_none() {
        if begun.elapsed() > LONG {
            let _ = child.kill();
            panic!("the command does not end");
        }
        std::thread::yield_now();
    }
}

/// A command that holds a map. It is killed when this is dropped.
pub struct Holder {
    pub child: Child,
    name: String,
}

impl Holder {
    /// Runs `mmf put` with this input and more arguments; returns when the command holds the map.
    pub fn put(name: &str, input: &[u8], more: &[&str]) -> Holder {
        let mut arguments = vec!["put", name];
        arguments.extend(more);
        Holder::started(&arguments, input, name)
    }

    /// Starts a command that writes to this map; returns when the map has a content.
    pub fn started(arguments: &[&str], input: &[u8], name: &str) -> Holder {
        let holder = Holder { child: start(arguments, input), name: name.to_owned() };
        holder.map();
        holder
    }

    /// Opens the map, and waits until it has a content.
    pub fn map(&self) -> Map {
        let map = MapOptions::new().wait(LONG).open(&self.name).expect("the map is created soon");
        while map.read_text().expect("read the map").is_empty() {
            std::thread::yield_now();
        }
        map
    }

    /// Kills the command, so that it cannot handle its end.
    pub fn kill(mut self) {
        self.child.kill().expect("kill the command");
        self.child.wait().expect("wait for the command");
    }

    /// Waits for the end of the command; gives its output on standard error.
    pub fn wait(&mut self) -> (std::process::ExitStatus, String) {
        let mut errors = String::new();
        let mut pipe = self.child.stderr.take().expect("piped");
        pipe.read_to_string(&mut errors).expect("read standard error");
        (self.child.wait().expect("wait for the command"), errors)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks that no process holds a map of this name, and that nothing of it is left.
#[track_caller]
pub fn assert_gone(name: &str) {
    let left = mmf::backend::FOLDER.map(|folder| std::path::Path::new(folder).join(name));
    assert!(!left.is_some_and(|left| left.exists()), "{name} is still there");
    let error = Map::open(name).expect_err("no process holds the map");
    assert_eq!(error.kind(), mmf::ErrorKind::NotFound);
}

/// The parent of the tests may ignore signals, as `nohup` and shells do for background commands. The programs
/// that the tests start would inherit that.
#[cfg(unix)]
#[allow(unsafe_code, reason = "changes the actions of signals")]
pub fn reset_signals() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    for number in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the default action runs no code of this process.
        unsafe { signal(number, SigHandler::SigDfl) }.unwrap();
    }
}
