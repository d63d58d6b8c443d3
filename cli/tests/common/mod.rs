//! What the test files share.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses its own part of this"
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

/// Longer than anything takes here: a test that waits so long has failed.
pub const LONG: Duration = Duration::from_secs(120);

/// Each test begins with this and runs alone: a process that another one starts would, until it runs its own program,
/// hold the maps that are open here.
pub fn alone() -> MutexGuard<'static, ()> {
    static TESTS: Mutex<()> = Mutex::new(());
    // A test that failed is no reason for others to fail.
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that no other test has, in this run or in another.
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

/// Runs it to its end.
pub fn output(arguments: &[&str]) -> Output {
    mmf(arguments).output().expect("mmf starts")
}

/// Runs it to its end with an input.
pub fn output_with(arguments: &[&str], input: &[u8]) -> Output {
    let child = start(arguments, input);
    child.wait_with_output().expect("mmf ends")
}

/// Starts it with an input.
pub fn start(arguments: &[&str], input: &[u8]) -> Child {
    let mut command = mmf(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("mmf starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It may end without having read anything.
    let _ = stdin.write_all(input);
    child
}

/// What it prints when it works.
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

/// What it prints as JSON.
#[track_caller]
pub fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&text(arguments)).expect("JSON")
}

/// Asserts that it fails with this exit code, and with one sentence on standard error.
#[track_caller]
pub fn assert_fails(output: &Output, code: i32) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(errors.starts_with("mmf: ") && errors.trim_end().ends_with('.'), "{errors}");
    errors
}

/// Asserts that a command ends by itself.
#[track_caller]
pub fn assert_ends(child: &mut Child) {
    let begun = std::time::Instant::now();
    while child.try_wait().expect("ask for its end").is_none() {
        if begun.elapsed() > LONG {
            let _ = child.kill();
            panic!("it does not end");
        }
        std::thread::yield_now();
    }
}

/// A command that holds a map. Dropping it ends the command.
pub struct Holder {
    pub child: Child,
    name: String,
}

impl Holder {
    /// `mmf put` with this input and these arguments more; it holds the map when this returns.
    pub fn put(name: &str, input: &[u8], more: &[&str]) -> Holder {
        let mut arguments = vec!["put", name];
        arguments.extend(more);
        Holder::started(&arguments, input, name)
    }

    /// A command that gives this map a content, and has when this returns.
    pub fn started(arguments: &[&str], input: &[u8], name: &str) -> Holder {
        let holder = Holder { child: start(arguments, input), name: name.to_owned() };
        holder.map();
        holder
    }

    /// Its map, once it has a content.
    pub fn map(&self) -> Map {
        let map = MapOptions::new().wait(LONG).open(&self.name).expect("the map lives soon");
        while map.read_text().expect("read it").is_empty() {
            std::thread::yield_now();
        }
        map
    }

    /// Ends it as nothing can be caught.
    pub fn kill(mut self) {
        self.child.kill().expect("kill it");
        self.child.wait().expect("wait for its end");
    }

    /// Waits for its end, and gives what it said on standard error.
    pub fn wait(&mut self) -> (std::process::ExitStatus, String) {
        let mut errors = String::new();
        let mut pipe = self.child.stderr.take().expect("piped");
        pipe.read_to_string(&mut errors).expect("read it");
        (self.child.wait().expect("wait for its end"), errors)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asserts that no process holds a map of this name, and that nothing is left of it.
#[track_caller]
pub fn assert_gone(name: &str) {
    let left = mmf::backend::FOLDER.map(|folder| std::path::Path::new(folder).join(name));
    assert!(!left.is_some_and(|left| left.exists()), "something is left of {name}");
    let error = Map::open(name).expect_err("nobody holds it");
    assert_eq!(error.kind(), mmf::ErrorKind::NotFound);
}

/// What runs the tests may ignore signals, as `nohup` and shells do for commands in the background, and
/// the programs that are started here would go on ignoring them.
#[cfg(unix)]
#[allow(unsafe_code, reason = "what a signal does is changed")]
pub fn heed_signals() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    for number in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the default action runs no code of this process.
        unsafe { signal(number, SigHandler::SigDfl) }.unwrap();
    }
}
