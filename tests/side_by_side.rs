//! Every test that needs it states which tests may run beside it; `tests/common/mod.rs` explains why.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

use std::collections::BTreeMap;
use std::path::Path;

/// Calls that start a process or do something else that only one test may do at a time.
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

/// Programs whose tests start processes but hold nothing themselves.
const HOLD_NOTHING: [&str; 5] = ["cpp", "header", "side_by_side", "stack", "versions"];

/// Tests that run in a process that another test has started: no other test runs in it.
const PARTS: [&str; 3] =
    ["common::process::act();", "common::storm::work();", "let Ok(role) = std::env::var(ROLE)"];

/// The source of each test program, with all of its modules.
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

/// Reads a file, or all files in a folder.
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
fn every_test_that_needs_a_guard_takes_it() {
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
            let takes_guard = takes(first);
            // Taking the guard twice would wait forever.
            let twice = body.lines().filter(|line| takes(line)).count() > 1;
            assert!(!twice, "{program}: this test takes the guard twice: {}", head.trim());
            let is_part = PARTS.iter().any(|part| first.starts_with(part));
            assert!(
                takes_guard || is_part,
                "{program} starts processes, but this test takes no guard:\n{}",
                head.trim()
            );
            guarded += usize::from(takes_guard);
        }
    }
    assert!(guarded > 100, "no tests were found");
}
