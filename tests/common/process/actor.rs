//! An actor and its commands.
//!
//! A command is a line of words that are separated by tabs. The first word is the name of the command. The second
//! word is usually a *key*, which stands for a map that the actor has open. The answer is `ok` and a value, or `err`
//! and the name of the status. The commands are in four files:
//!
//! * `maps.rs`: create, open, close and describe maps;
//! * `content.rs`: read, write and lock maps;
//! * `watches.rs`: watch maps;
//! * `system.rs`: fork, and change or describe the process.
//!
//! Three commands are in this file. `return` ends the process by returning from the test, and `exit` ends it by
//! `exit()`; they have no answer. `message` returns the message of the last error. The actor does not close the maps
//! that are still open when it ends.

use std::collections::BTreeMap;
use std::io::Write;

use mmf::Map;

#[cfg(unix)]
use super::system;
use super::{content, maps, watches};

/// Begins each answer, to distinguish it from the output of the test harness.
pub(super) const MARK: &str = "@actor\t";
/// The environment variable that makes a process an actor.
pub(super) const ROLE: &str = "MMF_TEST_ACTOR";

/// The open maps of an actor, by their keys.
pub(super) type Maps = BTreeMap<String, Map>;

/// Executes commands until the input or a command ends it. Returns false if this process is not an actor.
pub fn act() -> bool {
    if std::env::var_os(ROLE).is_none() {
        return false;
    }
    // Never dropped, as in a script that does not close its maps.
    let maps: &'static mut Maps = Box::leak(Box::default());
    let mut message = String::new();
    answer("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a command");
        let words: Vec<&str> = line.split('\t').collect();
        match words[0] {
            "return" => return true,
            "exit" => std::process::exit(0),
            "message" => answer(&format!("ok\t{message}")),
            _ => match obey(maps, &words) {
                Ok(value) => answer(&format!("ok\t{value}")),
                Err(error) => {
                    answer(&format!("err\t{}", error.kind().name()));
                    message = error.message().to_owned();
                }
            },
        }
    }
    true
}

fn answer(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{MARK}{text}").and_then(|()| out.flush()).expect("answer");
}

/// Executes a command and returns its value.
pub(super) fn obey(maps: &mut Maps, words: &[&str]) -> mmf::Result<String> {
    if let Some(value) = maps::obey(maps, words)? {
        return Ok(value);
    }
    if let Some(value) = content::obey(maps, words)? {
        return Ok(value);
    }
    if let Some(value) = watches::obey(maps, words)? {
        return Ok(value);
    }
    #[cfg(unix)]
    if let Some(value) = system::obey(maps, words)? {
        return Ok(value);
    }
    panic!("unknown command {words:?}");
}

/// The number in a word.
pub(super) fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}
