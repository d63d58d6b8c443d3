//! The content lock, and the functions for text that take it.

use super::*;

#[test]
fn an_exclusive_lock_excludes_all_others() {
    let _beside = common::beside_others();
    let name = unique("lock");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    assert_eq!(lock.mode(), LockMode::Exclusive);
    for map in [&map, &other] {
        let now = text().timeout(NO_TIME);
        let error = assert_fails(map.lock_exclusive(NO_TIME), ErrorKind::Timeout);
        assert!(error.message().contains(&name), "{error}");
        assert_fails(map.lock_shared(NO_TIME), ErrorKind::Timeout);
        assert_fails(map.replace_text_with("x", &now), ErrorKind::Timeout);
        assert_fails(map.append_text_with("x", &now), ErrorKind::Timeout);
        assert_fails(map.read_text_with(&now), ErrorKind::Timeout);
        assert_fails(map.read_bytes_with(&now), ErrorKind::Timeout);
        assert_fails(map.content_length_with(&now), ErrorKind::Timeout);
        assert_fails(
            map.save_with("nowhere", &mmf::SaveOptions::new().text(now)),
            ErrorKind::Timeout,
        );
        // Raw bytes and views need no lock.
        map.write_at(b"raw", 0).unwrap();
        map.view(0, 0, Access::ReadWrite).unwrap();
    }
    assert!(!std::path::Path::new("nowhere").exists());
    drop(lock);
    other.lock_exclusive(NO_TIME).unwrap();
    assert_eq!(map.read_text_with(&text().timeout(NO_TIME)).unwrap(), "raw");
}

#[test]
fn a_shared_lock_excludes_exclusive_locks() {
    let _beside = common::beside_others();
    let name = unique("lock");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let first = map.lock_shared(LONG).unwrap();
    assert_eq!(first.mode(), LockMode::Shared);
    if mmf::backend::SHARED_LOCKS {
        let second = other.lock_shared(NO_TIME).unwrap();
        other.read_text_with(&text().timeout(NO_TIME)).unwrap();
        drop(second);
    } else {
        assert_fails(other.lock_shared(NO_TIME), ErrorKind::Timeout);
    }
    assert_fails(other.lock_exclusive(NO_TIME), ErrorKind::Timeout);
    assert_fails(map.replace_text_with("x", &text().timeout(NO_TIME)), ErrorKind::Timeout);
    drop(first);
    other.lock_exclusive(NO_TIME).unwrap();
}

#[test]
fn operations_of_any_handle_can_use_the_lock_of_the_caller() {
    let _beside = common::beside_others();
    let name = unique("under");
    let map = Map::create_new(&name, 64).unwrap();
    let other = Map::open(&name).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    for map in [&map, &other] {
        let under = text().lock(&lock).timeout(NO_TIME);
        map.replace_text_with("a", &under).unwrap();
        map.append_text_with("b", &under).unwrap();
        map.append_bytes_with(b"c", &under.clone().separator("")).unwrap();
        assert_eq!(map.read_text_with(&under).unwrap(), "a\r\nbc");
        assert_eq!(map.read_bytes_with(&under).unwrap(), b"a\r\nbc");
        assert_eq!(map.content_length_with(&under).unwrap(), 5);
        // The lock is still held.
        assert_fails(map.lock_shared(NO_TIME), ErrorKind::Timeout);
    }
    drop(lock);
    let lock = map.lock_shared(LONG).unwrap();
    assert_eq!(other.read_text_with(&text().lock(&lock)).unwrap(), "a\r\nbc");
}

#[test]
fn a_lock_that_is_too_weak_or_of_another_map_is_refused() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    let other = anonymous(64);
    let shared = map.lock_shared(LONG).unwrap();
    assert_fails(map.replace_text_with("x", &text().lock(&shared)), ErrorKind::InvalidArgument);
    assert_fails(map.append_text_with("x", &text().lock(&shared)), ErrorKind::InvalidArgument);
    assert_fails(other.read_text_with(&text().lock(&shared)), ErrorKind::InvalidArgument);
    drop(shared);
    let exclusive = other.lock_exclusive(LONG).unwrap();
    assert_fails(map.replace_text_with("x", &text().lock(&exclusive)), ErrorKind::InvalidArgument);
    assert_fails(map.read_text_with(&text().lock(&exclusive)), ErrorKind::InvalidArgument);
    assert_eq!(map.read_text().unwrap(), "");
}

#[test]
fn waiting_for_the_lock_ends_when_it_is_free_or_after_the_time_out() {
    let _beside = common::beside_others();
    let name = unique("wait");
    let map = Map::create_new(&name, 64).unwrap();
    let lock = map.lock_exclusive(LONG).unwrap();
    let before = std::time::Instant::now();
    let time = Duration::from_millis(50);
    let error = assert_fails(map.lock_shared(time), ErrorKind::Timeout);
    assert!(before.elapsed() >= time);
    assert!(error.message().contains("50 ms"), "{error}");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| map.append_text_with("waited", &text().timeout(LONG)));
        let reader = scope.spawn(|| map.lock_shared(Duration::MAX).map(drop));
        drop(lock);
        writer.join().unwrap().unwrap();
        reader.join().unwrap().unwrap();
    });
    assert_eq!(map.read_text().unwrap(), "waited");
}

#[test]
fn a_change_under_the_lock_is_atomic_among_threads() {
    let _beside = common::beside_others();
    const EACH: u32 = 100;
    let name = unique("count");
    let map = Map::create_new(&name, 64).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (map, name) = (&map, &name);
            scope.spawn(move || {
                let own = Map::open(name).unwrap();
                let map = if thread < 2 { map } else { &own };
                for _ in 0..EACH {
                    let lock = map.lock_exclusive(LONG).unwrap();
                    let under = text().lock(&lock);
                    let count: u32 = map.read_text_with(&under).unwrap().parse().unwrap_or(0);
                    map.replace_text_with(&(count + 1).to_string(), &under).unwrap();
                }
            });
        }
    });
    assert_eq!(map.read_text().unwrap(), (4 * EACH).to_string());
}

#[test]
fn readers_never_see_a_half_replaced_text() {
    let _beside = common::beside_others();
    let map = anonymous(1 << 16);
    let texts = ["a".repeat(50_000), "b".repeat(30_000)];
    map.replace_text(&texts[0]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..200 {
                map.replace_text_with(&texts[round % 2], &text().timeout(LONG)).unwrap();
            }
        });
        while !writer.is_finished() {
            let read = map.read_text_with(&text().timeout(LONG)).unwrap();
            assert!(texts.contains(&read), "a mixture of {} bytes", read.len());
        }
    });
}

/// A writer gets the lock although readers take it without a pause.
#[test]
fn readers_in_a_loop_do_not_starve_a_writer() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    map.lock_shared(LONG).unwrap();
                }
            });
        }
        for round in 0..50 {
            map.replace_text_with(&round.to_string(), &text().timeout(LONG)).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(map.read_text().unwrap(), "49");
}
