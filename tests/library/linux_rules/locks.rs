//! The content lock: waiting writers go first, and a caller can hold it across operations.

use std::time::{Duration, Instant};

use crate::common;
use common::unique;
use mmf::{ErrorKind, Map, TextOptions};

#[test]
fn a_waiting_writer_goes_before_later_readers() {
    let _alone = common::alone();
    let name = unique("turnstile");
    let map = Map::create_new(&name, 64).unwrap();
    let reading = map.lock_shared(Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| map.lock_exclusive(Duration::from_secs(300)).map(drop));
        // Readers do not exclude each other, but while the writer waits, new readers must wait, too.
        let start = Instant::now();
        while map.lock_shared(Duration::ZERO).is_ok() {
            assert!(start.elapsed() < Duration::from_secs(120), "readers pass a waiting writer");
            std::thread::yield_now();
        }
        drop(reading);
        writer.join().unwrap().unwrap();
    });
    map.lock_shared(Duration::ZERO).expect("the writer is done");
}

/// They neither take the lock again nor release it.
#[test]
fn operations_under_the_lock_of_the_caller_keep_it_locked() {
    let _alone = common::alone();
    let name = unique("under");
    let map = Map::create_new(&name, 64).unwrap();
    let second = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(Duration::ZERO).unwrap();
    let under = TextOptions::new().lock(&lock);
    map.append_text_with("a", &under).unwrap();
    second.append_text_with("b", &under).unwrap();
    assert_eq!(map.read_text_with(&under).unwrap(), "a\r\nb");
    let held =
        second.append_text_with("c", &TextOptions::new().timeout(Duration::ZERO)).unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Timeout);
    drop(lock);
    second.append_text_with("c", &TextOptions::new().timeout(Duration::ZERO)).unwrap();
}
