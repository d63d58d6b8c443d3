//! Watches. The changes of a map in memory are counted in its words ([`tick`](super::tick)); the
//! system reports those of a file. Other events of a map are found by checking the map whenever the
//! watch wakes.

#[cfg(feature = "capi")]
use std::os::fd::AsRawFd;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::gate;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::inotify::Queue;
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
use super::kqueue::Queue;
use super::memory::Memory;
use super::object::Object;
use super::woken::Woken;
use super::words::SharedWords;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
#[cfg(feature = "capi")]
use crate::os::handle::RawDescriptor;
use crate::os::unix::bytes;
use crate::time::Deadline;

/// How long a check waits for the gate. If it does not get the gate, the next check finds the other
/// holders.
const LOOKING_PATIENCE: Duration = Duration::from_millis(2);

/// The source of the changes of one map.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Before the object, whose file is in it.
    queue: Queue,
    object: Arc<Object>,
    state: Mutex<State>,
    closed: AtomicBool,
    /// That of a forked child, which nothing of this one wakes.
    heir: OnceLock<Box<Watch>>,
}

/// The reported events, and the events to report.
#[derive(Debug)]
struct State {
    /// Nothing for a file.
    words: Option<Arc<SharedWords>>,
    /// How many changes were seen.
    seen: u32,
    changed: bool,
    /// Something happened, and it was not looked yet what.
    look: bool,
    truncated: bool,
    orphaned: bool,
    /// Other processes held the map at the last check.
    company: bool,
    /// How many handles had been opened then.
    opened: u64,
}

impl Watch {
    pub(crate) fn new(object: &Arc<Object>) -> Result<Watch> {
        let queue = Queue::new()?;
        let words = match object.memory() {
            Memory::File(fd) | Memory::Lent(fd) => {
                queue.add(fd.as_fd())?;
                None
            }
            Memory::Shared(..) if object.is_foreign() => return Err(not_supported()),
            Memory::Shared(..) => {
                let words = object.words()?.ok_or_else(no_words)?;
                queue.add(words.file())?;
                Some(words)
            }
        };
        // Armed after it is in the queue: from now on wake-ups are kept for this watch.
        let seen = words.as_ref().and_then(|words| words.tick().arm(None)).unwrap_or(0);
        let mut state = State {
            words,
            seen,
            changed: false,
            look: false,
            truncated: false,
            orphaned: object.is_orphaned().unwrap_or(false),
            company: false,
            opened: 0,
        };
        state.others_left(object, Deadline::after(gate::PATIENCE));
        // If the map was opened, other processes held it then; the first wait checks whether they
        // still do.
        state.company |= object.was_joined();
        state.look = object.was_joined();
        Ok(Watch {
            queue,
            object: object.clone(),
            state: Mutex::new(state),
            closed: AtomicBool::new(false),
            heir: OnceLock::new(),
        })
    }

    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<Event> {
        let watch = self.of_this_process()?;
        let deadline = Deadline::after(timeout.unwrap_or(Duration::MAX));
        // The wake-up of a polling program is taken first, and then checked once.
        let mut woken = watch.queue.wait(Deadline::after(Duration::ZERO))?;
        loop {
            if woken == Woken::Closed {
                return Ok(Event::Closed);
            }
            let time_over = deadline.passed();
            if let Some(event) = watch.state().next(watch, woken, time_over)? {
                return Ok(event);
            }
            if time_over {
                return Ok(Event::TimedOut);
            }
            woken = watch.queue.wait(deadline)?;
        }
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if self.queue.is_ours() {
            self.queue.close();
        } else if let Some(heir) = self.heir.get() {
            heir.close();
        }
    }

    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        Ok(self.of_this_process()?.queue.descriptor().as_raw_fd())
    }

    /// The descriptor for polling.
    ///
    /// # Panics
    /// In a forked child, if it cannot be created again.
    pub(crate) fn lend(&self) -> BorrowedFd<'_> {
        let watch =
            self.of_this_process().expect("a forked child can watch what its parent watched");
        watch.queue.descriptor()
    }

    /// That of this process. A forked child makes its own, and what it missed meanwhile counts as a change.
    fn of_this_process(&self) -> Result<&Watch> {
        if self.queue.is_ours() {
            return Ok(self);
        }
        if self.heir.get().is_none() {
            let heir = Watch::new(&self.object)?;
            heir.state().changed = true;
            // Another thread may have been faster.
            let _ = self.heir.set(Box::new(heir));
        }
        let heir = self.heir.get().expect("it was just set");
        if self.closed.load(Ordering::SeqCst) {
            heir.close();
        }
        heir.of_this_process()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // What a forked child drops is its parent's.
        if self.queue.is_ours() {
            let state = self.state();
            if let Some(words) = &state.words {
                words.tick().disarm(state.seen);
            }
        }
    }
}

impl State {
    /// The next event to report. `time_over`: the wait ends after this.
    fn next(&mut self, watch: &Watch, woken: Woken, time_over: bool) -> Result<Option<Event>> {
        if woken == Woken::ByFile {
            self.look = true;
            // The words also wake without a change. Their count says whether there was one.
            self.changed |= self.words.is_none();
        }
        if let Some(words) = &self.words
            && let Some(now) = words.tick().arm(Some(self.seen))
        {
            self.seen = now;
            self.changed = true;
        }
        if std::mem::take(&mut self.changed) {
            self.look = true;
            return Ok(Some(self.truncated(&watch.object).unwrap_or(Event::Changed)));
        }
        if std::mem::take(&mut self.look) || time_over {
            let event = self.look(watch)?;
            self.look |= event.is_some();
            return Ok(event);
        }
        Ok(None)
    }

    /// Checks for events other than changes of the bytes.
    fn look(&mut self, watch: &Watch) -> Result<Option<Event>> {
        let object = &watch.object;
        if self.replace_words(watch)? {
            return Ok(Some(Event::Changed));
        }
        if let Some(event) = self.truncated(object) {
            return Ok(Some(event));
        }
        let orphaned = object.is_orphaned().unwrap_or(self.orphaned);
        if orphaned && !std::mem::replace(&mut self.orphaned, orphaned) {
            return Ok(Some(Event::Orphaned));
        }
        let left = self.others_left(object, Deadline::after(LOOKING_PATIENCE));
        Ok(left.then_some(Event::Alone))
    }

    /// Switches to the words that other processes find now, if a clean-up program removed the old
    /// ones. Changes in between were not counted.
    fn replace_words(&mut self, watch: &Watch) -> Result<bool> {
        let Some(old) = &self.words else { return Ok(false) };
        // Another user, which this process may have become, has the old ones.
        let Some(new) = watch.object.words()?.filter(|new| !new.is(old)) else { return Ok(false) };
        watch.queue.add(new.file())?;
        self.seen = new.tick().arm(None).unwrap_or(0);
        self.words = Some(new);
        Ok(true)
    }

    fn truncated(&mut self, object: &Object) -> Option<Event> {
        let checked = bytes::check_size(object.memory().fd(), object.capacity());
        let truncated = checked.is_err_and(|error| error.kind() == ErrorKind::Truncated);
        let before = std::mem::replace(&mut self.truncated, truncated);
        (truncated && !before).then_some(Event::Truncated)
    }

    /// Whether other processes held the map since the last check, and none does now.
    fn others_left(&mut self, object: &Object, deadline: Deadline) -> bool {
        let Some(holding) = object.holding() else { return false };
        // Queried first: a process that comes later is found now or counts the next time.
        let opened = self.words.as_ref().map_or(0, |words| words.opened().load(Ordering::SeqCst));
        match holding.is_alone(deadline) {
            None => false,
            Some(false) => {
                self.company = true;
                false
            }
            Some(true) => {
                let others_came = std::mem::replace(&mut self.opened, opened) != opened;
                std::mem::take(&mut self.company) || others_came
            }
        }
    }
}

fn not_supported() -> Error {
    Error::new(
        ErrorKind::NotSupported,
        "The map cannot be watched: another program or another user created it, and on this system only maps that this library created for this user report their changes. Read the map from time to time instead.",
    )
}

fn no_words() -> Error {
    Error::new(
        ErrorKind::NoSpace,
        "The map cannot be watched: there is no room for the file through which its changes are reported. Make room where temporary files are stored, and try again.",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;
    use crate::os::portable::words;

    const NEVER: Duration = Duration::MAX;

    fn wait(queue: &Queue, time: Duration) -> Woken {
        queue.wait(Deadline::after(time)).expect("it waits")
    }

    #[test]
    fn a_write_is_told_once_and_so_is_a_change_of_times() {
        let mut file = tempfile::tempfile().expect("a file");
        let queue = Queue::new().expect("a queue");
        queue.add(file.as_fd()).expect("added");
        assert_eq!(wait(&queue, Duration::ZERO), Woken::TimeOver);
        file.write_all(b"text").expect("written");
        assert_eq!(wait(&queue, NEVER), Woken::ByFile);
        assert_eq!(wait(&queue, Duration::ZERO), Woken::TimeOver);
        words::touch(file.as_fd()).expect("touched");
        assert_eq!(wait(&queue, NEVER), Woken::ByFile);
    }

    #[test]
    fn closing_wakes_all_who_wait_and_who_come_later() {
        let queue = Queue::new().expect("a queue");
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..4).map(|_| scope.spawn(|| wait(&queue, NEVER))).collect();
            queue.close();
            for thread in waiting {
                assert_eq!(thread.join().expect("no panic"), Woken::Closed);
            }
        });
        assert_eq!(wait(&queue, Duration::ZERO), Woken::Closed);
    }
}
