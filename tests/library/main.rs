//! The library, tested by what programs see of it: one file, or one folder, for each of its promises.
//!
//! All are one program, because linking a program for each would take longer than most of the tests. A test that
//! starts itself again says its name with its modules.

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

/// What the processes do that tests start to act for them.
#[test]
fn actor() {
    common::process::act();
}
