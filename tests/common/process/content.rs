//! Commands that read, write and lock maps.

use std::time::Duration;

use mmf::{Access, Map, SaveOptions, SavePart, TextOptions};

use super::actor::{Maps, number};

/// Executes a command. `None` if it belongs to another file.
pub(super) fn obey(maps: &Maps, words: &[&str]) -> mmf::Result<Option<String>> {
    let text = TextOptions::new();
    match words {
        ["replace", key, value] => maps[*key].replace_text_with(value, &text)?,
        ["replace_long", key, letter, length] => {
            maps[*key].replace_text_with(&letter.repeat(number(length) as usize), &text)?;
        }
        ["append_long", key, letter, length] => {
            maps[*key].append_text_with(&letter.repeat(number(length) as usize), &text)?;
        }
        ["append", key, value] => maps[*key].append_text_with(value, &text)?,
        ["append_many", key, value, count] => {
            for at in 0..number(count) {
                maps[*key].append_text_with(&format!("{value}{at}"), &text)?;
            }
        }
        ["write", key, offset, value] => maps[*key].write_at(value.as_bytes(), number(offset))?,
        ["append_with_gaps", key, value, count] => {
            for at in 0..number(count) {
                // The part after the NULs is a line. The part before them ends the previous one.
                let bytes = format!("#\0\0\0#{value}{at}#");
                maps[*key].append_bytes_with(bytes.as_bytes(), &text.clone().separator(""))?;
            }
        }
        ["append_beside_raw", key, value, count] => {
            for at in 0..number(count) {
                // Far past the end of the content. The next append comes after it.
                let line = format!("#{value}{at}#");
                let under = maps[*key].lock_exclusive(Duration::MAX)?;
                let end = maps[*key].content_length_with(&text.clone().lock(&under))?;
                maps[*key].write_at(line.as_bytes(), end + 100)?;
            }
        }
        ["read", key] => {
            return maps[*key].read_text_with(&text).map(|it| Some(it.replace("\r\n", "|")));
        }
        ["read_content", key] => {
            return maps[*key].read_bytes_with(&text).map(|it| Some(it.escape_ascii().to_string()));
        }
        ["lock", key, milliseconds] => {
            let time = Duration::from_millis(number(milliseconds));
            std::mem::forget(maps[*key].lock_exclusive(time)?);
        }
        ["take_once", key, numbers, mode, milliseconds] => {
            return take_once(maps, key, numbers, mode, number(milliseconds)).map(Some);
        }
        ["take_turns", key, numbers, own, mode, total] => {
            take_turns(maps, key, numbers, own, mode, number(total))?
        }
        ["view", key] => {
            std::mem::forget(maps[*key].view(0, 0, Access::ReadWrite)?);
        }
        ["notify", key] => maps[*key].notify()?,
        ["save", key, path] => {
            let options = SaveOptions::new().part(SavePart::Content);
            maps[*key].save_with(path, &options)?;
        }
        ["read_view", key, length] => {
            let mut bytes = vec![0; number(length) as usize];
            maps[*key].view(0, 0, Access::Read)?.read_at(&mut bytes, 0)?;
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
        ["write_view", key, value] => {
            maps[*key].view(0, 0, Access::ReadWrite)?.write_at(value.as_bytes(), 0)?;
        }
        #[cfg(unix)]
        ["read_duplicate", key, length] => {
            use std::os::unix::fs::FileExt;
            let file = std::fs::File::from(maps[*key].duplicate_descriptor()?);
            let mut bytes = vec![0; number(length) as usize];
            file.read_exact_at(&mut bytes, 0).expect("read from the descriptor");
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
        ["both_lock", key] => {
            // Two threads use one handle at the same time: one locks it shared, the other one exclusively.
            std::thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    for _ in 0..200 {
                        maps[*key].read_text_with(&text)?;
                    }
                    Ok(())
                });
                for at in 0..200 {
                    maps[*key].replace_text_with(&at.to_string(), &text)?;
                }
                reader.join().expect("no panic in the thread")
            })?;
        }
        _ => return Ok(None),
    }
    Ok(Some(String::new()))
}

/// Takes the lock once, with waits of `milliseconds`, and returns how many others had it before. The numbers in shared
/// memory count the processes that have begun, and those that have had the lock.
fn take_once(
    maps: &Maps,
    key: &str,
    numbers: &str,
    mode: &str,
    milliseconds: u64,
) -> mmf::Result<String> {
    use std::sync::atomic::Ordering::SeqCst;
    let numbers = maps[numbers].view(0, 0, Access::ReadWrite)?;
    numbers.atomic_u64(0)?.fetch_add(1, SeqCst);
    loop {
        match lock(&maps[key], mode, Duration::from_millis(milliseconds)) {
            // Like a caller that checks from time to time whether to go on waiting.
            Err(error) if error.kind() == mmf::ErrorKind::Timeout && milliseconds < 1_000 => {}
            lock => {
                let _lock = lock?;
                return Ok(numbers.atomic_u64(8)?.fetch_add(1, SeqCst).to_string());
            }
        }
    }
}

/// Takes the lock, sleeps and unlocks, again and again, until all processes together did so `total` times. The
/// numbers in shared memory are the count of processes that are ready, the count of all turns, and the counts of each
/// process.
fn take_turns(
    maps: &Maps,
    key: &str,
    numbers: &str,
    own: &str,
    mode: &str,
    total: u64,
) -> mmf::Result<()> {
    use std::sync::atomic::Ordering::SeqCst;
    let numbers = maps[numbers].view(0, 0, Access::ReadWrite)?;
    let own = numbers.atomic_u64(own.parse().expect("a number"))?;
    let (ready, all) = (numbers.atomic_u64(0)?, numbers.atomic_u64(8)?);
    ready.fetch_add(1, SeqCst);
    loop {
        let lock = lock(&maps[key], mode, Duration::MAX)?;
        if all.load(SeqCst) >= total {
            return Ok(());
        }
        all.fetch_add(1, SeqCst);
        own.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_millis(1));
        drop(lock);
    }
}

fn lock(map: &Map, mode: &str, timeout: Duration) -> mmf::Result<mmf::ContentLock> {
    match mode {
        "read" => map.lock_shared(timeout),
        _ => map.lock_exclusive(timeout),
    }
}
