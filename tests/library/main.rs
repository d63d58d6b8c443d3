//! Tests of the library through its public interface, with a file or a folder for each of its promises.
//!
//! They are one program, because linking a program for each file would take longer than most of the tests. A test that
//! starts itself again uses its full name, with the modules.

#[path = "../common/mod.rs"]
mod common;

mod append;
mod atomics;
mod bytes;
mod content;
mod cursor;
mod end_record;
mod errors;
mod files;
mod kills;
mod life;
mod limits;
mod linux_rules;
mod linux_watches;
mod list;
mod locks;
mod maps;
mod names;
mod permissions;
mod portable_rules;
mod portable_watch;
mod privileges;
mod queue;
mod save;
mod steps;
mod stress;
mod trust;
mod unchanged;
mod views;
mod watch;
mod watch_async;
mod windows;
mod windows_watch;

/// Not a test: tests start this in other processes.
#[test]
fn actor() {
    common::process::act();
}
