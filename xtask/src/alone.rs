//! The documented example calls its map "Test", and a machine has one map of that name. So whoever
//! tells the story, or runs what the documents say, does so alone.

use std::fs::{File, OpenOptions, TryLockError};

/// Kept as long as the name is used; the system takes it back from a process that is killed.
#[derive(Debug)]
pub(crate) struct Alone(
    #[expect(dead_code, reason = "dropped to give the lock back")] Option<File>,
);

/// Waits until no other run on this machine uses the name.
pub(crate) fn alone() -> Alone {
    let path = std::env::temp_dir().join("mmf-example.lock");
    // It may be another user's, who made it first.
    let file = File::open(&path)
        .or_else(|_| OpenOptions::new().create(true).append(true).open(&path))
        .and_then(|file| match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                println!("Another run on this machine uses the map \"Test\": waiting for its end.");
                file.lock().map(|()| file)
            }
            Err(TryLockError::Error(error)) => Err(error),
        });
    // Without a lock two runs may meet, and say so by themselves: the map exists.
    Alone(file.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_waits_for_the_first() {
        let first = alone();
        let file = File::open(std::env::temp_dir().join("mmf-example.lock")).expect("the file");
        assert!(matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        let second = std::thread::spawn(|| drop(alone()));
        drop(first);
        second.join().expect("its turn comes");
    }
}
