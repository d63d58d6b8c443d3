//! Every test says beside which others it runs, where that matters: `tests/common/mod.rs` tells why.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;

/// What starts a process, or another thing that is for one test at a time.
const STARTS: [&str; 10] = [
    "Actor::start",
    "Command::new",
    "Compiler::find",
    "again(",
    "again_by(",
    "at_every_step(",
    "fork()",
    "set_current_dir(",
    "set_var(",
    "storm(",
];

/// Programs whose tests start processes and hold nothing themselves.
const HOLD_NOTHING: [&str; 5] = ["cpp", "header", "side_by_side", "stack", "versions"];

/// What a process does that a test has started: it is alone in it.
const PARTS: [&str; 3] =
    ["common::process::act();", "common::storm::work();", "let Ok(role) = std::env::var(ROLE)"];

/// The text of each test program, with all of its modules.
fn programs() -> BTreeMap<String, String> {
    let mut programs = BTreeMap::<String, String>::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(tests).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "rs") || path.join("main.rs").exists() {
            let program = path.file_stem().unwrap().to_str().unwrap().to_owned();
            read(&path, programs.entry(program).or_default());
        }
    }
    programs
}

/// The text of a file, or of all in a folder.
fn read(path: &Path, text: &mut String) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            read(&entry.unwrap().path(), text);
        }
    } else {
        text.push_str(&std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn whoever_could_be_disturbed_says_beside_whom_it_runs() {
    let programs = programs();
    assert!(HOLD_NOTHING.iter().all(|program| programs.contains_key(*program)));
    let mut guarded = 0;
    for (program, text) in programs {
        let starts = STARTS.iter().any(|call| text.contains(call));
        if !starts || HOLD_NOTHING.contains(&program.as_str()) {
            continue;
        }
        for test in text.split("#[test]\n").skip(1) {
            let (head, body) = test.split_once("{\n").unwrap();
            let first = body.lines().next().unwrap().trim();
            let takes = |line: &str| {
                line.ends_with("common::alone();") || line.ends_with("common::beside_others();")
            };
            let says = takes(first);
            // Twice would be waiting for oneself.
            let twice = body.lines().filter(|line| takes(line)).count() > 1;
            assert!(!twice, "{program}: this test says twice beside whom it runs: {}", head.trim());
            let is_part = PARTS.iter().any(|part| first.starts_with(part));
            assert!(
                says || is_part,
                "{program} starts processes, and this test does not say beside whom it runs:\n{}",
                head.trim()
            );
            guarded += usize::from(says);
        }
    }
    assert!(guarded > 100, "the tests are not found any more");
}
