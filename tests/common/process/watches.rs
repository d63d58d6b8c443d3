//! Commands that watch maps. A watch has the key of its map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mmf::Watch;

use super::actor::{Maps, number};

/// The watches of an actor, by the keys of their maps.
static WATCHES: Mutex<BTreeMap<String, Arc<Watch>>> = Mutex::new(BTreeMap::new());

fn watch_of(key: &str) -> Arc<Watch> {
    WATCHES.lock().expect("no poisoned mutex")[key].clone()
}

/// Executes a command. `None` if it belongs to another file.
pub(super) fn obey(maps: &Maps, words: &[&str]) -> mmf::Result<Option<String>> {
    match words {
        ["watch", key] => {
            let watch = Arc::new(maps[*key].watch()?);
            WATCHES.lock().expect("no poisoned mutex").insert((*key).into(), watch);
        }
        // Waits for an event and returns it. Without a time, there is no limit.
        ["wait", key, milliseconds @ ..] => {
            return Ok(Some(format!("{:?}", watch_of(key).wait(time(milliseconds))?)));
        }
        // Aborts on another event, so that a forked child fails, too.
        ["wait_for", key, event, milliseconds @ ..] => {
            let found = format!("{:?}", watch_of(key).wait(time(milliseconds))?);
            if found != *event {
                eprintln!("{found} instead of {event}");
                std::process::abort();
            }
        }
        // Whether the descriptor of the watch becomes ready within this time.
        #[cfg(unix)]
        ["ready", key, milliseconds] => {
            use std::os::fd::AsRawFd;
            let fd = watch_of(key).as_raw_fd();
            let mut ready = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            let time = number(milliseconds) as i32;
            // SAFETY: the kernel reads and writes one structure during the call.
            return Ok(Some((unsafe { libc::poll(&raw mut ready, 1, time) } == 1).to_string()));
        }
        ["close_watch", key] => watch_of(key).close(),
        ["wait_aside", key] => {
            let watch = watch_of(key);
            std::thread::spawn(move || watch.wait(None));
        }
        ["unwatch", key] => drop(WATCHES.lock().expect("no poisoned mutex").remove(*key)),
        _ => return Ok(None),
    }
    Ok(Some(String::new()))
}

/// The optional time in the last words of a command.
fn time(milliseconds: &[&str]) -> Option<Duration> {
    milliseconds.first().map(|it| Duration::from_millis(number(it)))
}
