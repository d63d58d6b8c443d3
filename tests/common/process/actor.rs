//! What an actor does, and the words in which it is told.
//!
//! A command is one line, its words separated by tabs. The first word is what to do. The second one is
//! nearly always a *key*: what the test calls a map that the actor has open. The answer is `ok` and a
//! value, or `err` and the name of the status. The commands are in four files:
//!
//! * `maps.rs`: creates, opens and closes maps, and tells what they are;
//! * `content.rs`: reads and writes maps, and takes their locks;
//! * `watches.rs`: watches maps;
//! * `system.rs`: forks, changes what the process is and may, and tells what it has.
//!
//! Three commands are done here: `return` ends the process as a test that is over does, `exit` from the
//! middle of it, both without an answer; `message` tells the sentence of the last error. A key stays with its
//! map until `close`, and whatever is open at the end was never closed.

use std::collections::BTreeMap;
use std::io::Write;

use mmf::Map;

#[cfg(unix)]
use super::system;
use super::{content, maps, watches};

/// Marks the lines of the conversation among what the test harness prints.
pub(super) const MARK: &str = "@actor\t";
/// Who is an actor has this in its environment.
pub(super) const ROLE: &str = "MMF_TEST_ACTOR";

/// The maps of an actor by their keys.
pub(super) type Maps = BTreeMap<String, Map>;

/// What an actor does. False: this process is none, as in the ordinary run of the tests.
pub fn act() -> bool {
    if std::env::var_os(ROLE).is_none() {
        return false;
    }
    // Never dropped, as in a script that never closes what it opens.
    let maps: &'static mut Maps = Box::leak(Box::default());
    let mut message = String::new();
    answer("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a command");
        let words: Vec<&str> = line.split('\t').collect();
        match words[0] {
            "return" => return true,
            "exit" => std::process::exit(0),
            // The sentence of the last error.
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

/// Does one command: the value of the answer.
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
    panic!("an actor does not know {words:?}");
}

/// A word that is a number.
pub(super) fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}
