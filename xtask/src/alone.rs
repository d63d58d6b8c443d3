//! The documented example calls its map "Test", and a machine has one map of that name. So whoever
//! tells the story, or runs what the documents say, does so alone.

use std::fs::{File, OpenOptions};

/// Waits until no other run on this machine uses the name. What it gives is kept as long as the name is
/// used; the system takes it back from a process that is killed.
pub(crate) fn alone() -> Option<File> {
    let path = std::env::temp_dir().join("mmf-example.lock");
    // It may be another user's, who made it first.
    let file = File::open(&path)
        .or_else(|_| OpenOptions::new().create(true).append(true).open(&path))
        .ok()?;
    if file.try_lock().is_err() {
        println!("Another run on this machine uses the map \"Test\": waiting for its end.");
        // Without a lock two runs may meet, and say so by themselves: the map exists.
        file.lock().ok()?;
    }
    Some(file)
}
