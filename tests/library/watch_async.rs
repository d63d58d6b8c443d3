//! The example of a watch in an asynchronous program, with a writer in another process.
#![cfg(unix)]
#![allow(unsafe_code, reason = "the example makes a promise to tokio")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common;
#[path = "../../examples/watch_async.rs"]
mod example;

use std::time::Duration;

use common::process::Actor;
use common::unique;
use mmf::{Event, Map};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

#[test]
fn the_example_follows_a_map_to_its_end() {
    let _alone = common::alone();
    let name = unique("async");
    let map = Map::create_new(&name, 1 << 16).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    writer.say(&["append_many", "m", "line ", "500"]);
    writer.say(&["append", "m", "END"]);
    let mut out = Vec::new();
    block_on(example::follow(&map, &mut out)).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("line 0") && out.ends_with("line 499\r\nEND\n"), "{out}");
}

/// The descriptor becomes ready for each change.
#[test]
fn every_change_wakes_the_task() {
    let _alone = common::alone();
    let name = unique("async");
    let map = Map::create_new(&name, 4_096).unwrap();
    let mut writer = Actor::start();
    writer.ask(&["open", "m", &name]).unwrap();
    block_on(async {
        let watch = example::register(map.watch().unwrap()).unwrap();
        for round in 0..300 {
            let text = format!("{round:06}");
            writer.say(&["replace", "m", &text]);
            while map.read_text().unwrap() != text {
                assert_eq!(example::next(&watch).await.unwrap(), Event::Changed);
            }
            assert_eq!(writer.hear(), "ok\t");
        }
        assert!(matches!(
            watch.get_ref().wait(Some(Duration::ZERO)).unwrap(),
            Event::Changed | Event::TimedOut
        ));
    });
}
