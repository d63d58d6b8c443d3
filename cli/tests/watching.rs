//! How `cat --follow` and `wait` report changes, and how they end.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};

use common::{assert_fails, output, text, text_of, unique};
use mmf::Map;
use mmf::backend::WATCHES_LIFE;

/// A command whose output is read while it runs.
struct Follower {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Follower {
    fn start(arguments: &[&str]) -> Follower {
        let mut child = common::start(arguments, b"");
        let lines = BufReader::new(child.stdout.take().unwrap());
        Follower { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.replace("\r\n", "\n")
    }

    /// Waits for the end of the command; gives its exit code and its remaining output.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn following_prints_changes_as_lines() {
    let _alone = common::alone();
    let name = unique("follow");
    let map = Map::create_new(&name, 65_536).unwrap();
    map.replace_text("one").unwrap();
    let mut follower = Follower::start(&["cat", &name, "--follow"]);
    assert_eq!(follower.line(), "one\n");
    map.append_text("two").unwrap();
    assert_eq!(follower.line(), "two\n");
    map.append_text("three\r\nfour\r\n").unwrap();
    assert_eq!(follower.line(), "three\n");
    assert_eq!(follower.line(), "four\n");
    map.replace_text("other").unwrap();
    assert_eq!(follower.line(), "other\n");
}

#[test]
fn following_misses_nothing_between_the_first_read_and_the_first_wait() {
    let _alone = common::alone();
    let name = unique("follow");
    let map = Map::create_new(&name, 65_536).unwrap();
    for round in 0..20 {
        map.replace_text("first").unwrap();
        let mut follower = Follower::start(&["cat", &name, "--follow"]);
        let last = format!("last of {round}\n");
        map.append_text(last.trim_end()).unwrap();
        while follower.line() != last {}
    }
}

#[test]
fn following_prints_the_kind_of_change_as_json() {
    let _alone = common::alone();
    let name = unique("follow");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("one").unwrap();
    let mut follower = Follower::start(&["cat", &name, "--follow", "--json"]);
    let mut expect = |change: &str, text: &str| {
        let reported: serde_json::Value = serde_json::from_str(&follower.line()).unwrap();
        assert_eq!(reported["name"], name.as_str());
        assert_eq!((&reported["change"], &reported["text"]), (&change.into(), &text.into()));
    };
    expect("replaced", "one");
    map.append_text("two").unwrap();
    expect("appended", "two");
    map.replace_text("").unwrap();
    expect("replaced", "");
}

#[test]
fn following_ends_when_no_other_process_holds_the_map() {
    let _alone = common::alone();
    if !WATCHES_LIFE {
        common::not_run("a follower left alone", "this system does not report this event");
        return;
    }
    let name = unique("follow");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("one").unwrap();
    let mut follower = Follower::start(&["cat", &name, "--follow"]);
    assert_eq!(follower.line(), "one\n");
    map.append_text("last words").unwrap();
    drop(map);
    assert_eq!(follower.end(), (Some(0), "last words\n".to_owned()));
    common::assert_gone(&name);
}

#[test]
fn waiting_ends_with_the_next_change() {
    let _alone = common::alone();
    let name = unique("wait");
    let map = Map::create_new(&name, 4096).unwrap();
    let mut waiter = common::start(&["wait", &name, "--json"], b"");
    while waiter.try_wait().unwrap().is_none() {
        map.replace_text("text").unwrap();
        std::thread::yield_now();
    }
    let reported = text_of(waiter.wait_with_output().unwrap());
    assert_eq!(reported.trim_end(), format!("{{\"name\":\"{name}\",\"event\":\"changed\"}}"));
}

#[test]
fn waiting_ends_with_exit_code_124_after_the_timeout() {
    let _alone = common::alone();
    let name = unique("wait");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("text").unwrap();
    assert_fails(&output(&["wait", &name, "--timeout", "0.05"]), 124);
    assert_fails(&output(&["wait", &name, "--timeout", "0", "--until", "none"]), 124);
}

#[test]
fn waiting_for_a_text_misses_nothing() {
    let _alone = common::alone();
    let name = unique("wait");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("it is ready now").unwrap();
    assert_eq!(text(&["wait", &name, "--until", "ready", "--timeout", "0"]), "");
    let waiter = common::start(&["wait", &name, "--until", "done", "--timeout", "120"], b"");
    map.replace_text("almost").unwrap();
    map.replace_text("all is done").unwrap();
    assert_eq!(text_of(waiter.wait_with_output().unwrap()), "");
}

#[test]
fn waiting_ends_with_exit_code_3_if_no_other_process_holds_the_map() {
    let _alone = common::alone();
    if !WATCHES_LIFE {
        return;
    }
    // The command also ends with 3 if it starts too late to open the map, so the map exists longer in each attempt.
    let reported = (0..14).any(|attempt| {
        let name = unique("wait");
        let map = Map::create_new(&name, 4096).unwrap();
        let waiter = common::start(&["wait", &name, "--until", "never", "--timeout", "600"], b"");
        for _ in 0..100 << attempt {
            map.replace_text("not yet").unwrap();
        }
        drop(map);
        let errors = assert_fails(&waiter.wait_with_output().unwrap(), 3);
        errors.contains("No other process holds")
    });
    assert!(reported);
}

#[cfg(unix)]
#[test]
fn a_signal_or_a_closed_pipe_ends_following() {
    let _alone = common::alone();
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;

    common::reset_signals();
    let name = unique("follow");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("one").unwrap();
    let mut follower = Follower::start(&["cat", &name, "--follow"]);
    assert_eq!(follower.line(), "one\n");
    let id = nix::unistd::Pid::from_raw(follower.child.id().cast_signed());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(follower.child.wait().unwrap().signal(), Some(2));

    let mut command = common::mmf(&["cat", &name, "--follow"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    drop(reader);
    common::assert_ends(&mut child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
}
