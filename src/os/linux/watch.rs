//! Watches. Inotify reports every write, every change of the size, and every opening and closing; what that
//! means for the map is found out by looking.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::fs::{FallocateFlags, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use rustix::io::{Errno, retry_on_intr};

use super::ask_again::AskAgain;
use super::inotify::{
    ASKED, Instance, LEFT, LOST, Listener, MORE, News, OPENED, OVERFLOWN, Role, TOUCHED, WRITTEN,
};
use super::locks::{self, Byte};
use super::object::Object;
use super::place::Inode;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::os::errors::{not_told, not_watched};
#[cfg(feature = "capi")]
use crate::os::handle::RawDescriptor;
use crate::os::unix::fork::PrivateFd;
use crate::os::unix::{again, bytes, length_of, look};
use crate::time::Deadline;

/// How often the holders of the map are queried after a process closed it.
const ASK_AT_ONCE: usize = 4;

/// The source of the changes of one map.
#[derive(Debug)]
pub(crate) struct Watch {
    object: Arc<Object>,
    subscription: Mutex<Arc<Subscription>>,
    state: Mutex<State>,
}

/// The known state of the map, and the events that are not reported yet.
#[derive(Debug)]
struct State {
    known: Situation,
    untold: Untold,
}

/// How things stand with a map.
#[derive(Clone, Copy, Debug)]
struct Situation {
    truncated: bool,
    orphaned: bool,
    alone: bool,
    /// The time of modification is the record of an end, and not that of a change.
    recorded: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Untold {
    changed: bool,
    truncated: bool,
    orphaned: bool,
    alone: bool,
}

impl Untold {
    /// The next event to report. Events after which programs stop watching come after changes.
    fn take(&mut self) -> Option<Event> {
        let order = [
            (&mut self.changed, Event::Changed),
            (&mut self.truncated, Event::Truncated),
            (&mut self.orphaned, Event::Orphaned),
            (&mut self.alone, Event::Alone),
        ];
        order.into_iter().find_map(|(it, event)| std::mem::take(it).then_some(event))
    }

    fn is_empty(self) -> bool {
        !(self.changed || self.truncated || self.orphaned || self.alone)
    }
}

impl Watch {
    pub(crate) fn new(object: &Arc<Object>) -> Result<Watch> {
        let subscription = Subscription::new(object, false)?;
        let nothing = Situation { truncated: false, orphaned: false, alone: true, recorded: false };
        // After the subscription, so that what changes meanwhile is seen once more.
        let known = object.situation(nothing, OVERFLOWN);
        // If the map was opened, other processes held it then.
        let alone = known.alone && object.was_joined();
        if alone {
            subscription.listener.raise(MORE);
        }
        Ok(Watch {
            object: object.clone(),
            subscription: Mutex::new(Arc::new(subscription)),
            state: Mutex::new(State { known, untold: Untold { alone, ..Untold::default() } }),
        })
    }

    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Result<Event> {
        let deadline = Deadline::after(timeout.unwrap_or(Duration::MAX));
        loop {
            let subscription = self.subscription()?;
            let news = subscription.wait(deadline.left())?;
            if subscription.listener.is_closed() {
                return Ok(Event::Closed);
            }
            if news != 0
                && let Some(event) = self.look(&subscription, news)?
            {
                return Ok(event);
            }
            if deadline.passed() {
                return Ok(Event::TimedOut);
            }
        }
    }

    pub(crate) fn close(&self) {
        let subscription = self.subscription.lock().unwrap_or_else(PoisonError::into_inner);
        subscription.listener.close();
    }

    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        Ok(self.lent()?.as_raw_fd())
    }

    /// The descriptor for polling.
    ///
    /// # Panics
    /// In a forked child, if it cannot be created again.
    pub(crate) fn lend(&self) -> BorrowedFd<'_> {
        self.lent().expect("a forked child can watch what its parent watched")
    }

    fn lent(&self) -> Result<BorrowedFd<'_>> {
        let subscription = self.subscription()?;
        let fd = subscription.poll.get().ok_or_else(forked)?.as_raw_fd();
        // SAFETY: open, and a subscription of this process is kept until the watch is dropped.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// That of this process. A forked child makes its own, and what it missed meanwhile counts as a change.
    fn subscription(&self) -> Result<Arc<Subscription>> {
        let mut subscription = self.subscription.lock().unwrap_or_else(PoisonError::into_inner);
        if !subscription.listener.is_ours() {
            let new = Subscription::new(&self.object, subscription.listener.is_closed())?;
            new.listener.raise(OVERFLOWN);
            *subscription = Arc::new(new);
        }
        Ok(subscription.clone())
    }

    /// Finds out what the news mean. `None`: nothing.
    fn look(&self, subscription: &Subscription, news: News) -> Result<Option<Event>> {
        let mut state = self.state();
        if news & LOST != 0
            && let Err(error) = subscription.subscribe(&self.object)
        {
            subscription.listener.raise(news);
            return Err(error);
        }
        let before = state.known;
        let now = self.object.situation(before, news);
        state.known = now;
        if news & (LEFT | ASKED) != 0 && !now.alone {
            match news & LEFT {
                0 => subscription.again.go_on(),
                _ => subscription.again.begin(),
            }
        }
        let orphaned = now.orphaned && !before.orphaned;
        let truncated = now.truncated && !before.truncated;
        // The kernel reports a removed name like a changed time. It reports the record of an end in
        // the same way, after the write itself.
        let touched = news & TOUCHED != 0 && !now.recorded && !orphaned;
        let untold = &mut state.untold;
        untold.changed |= touched || news & (WRITTEN | OVERFLOWN) != 0;
        // Earlier writes are lost or out of reach.
        untold.changed &= !truncated;
        untold.truncated |= truncated;
        untold.orphaned |= orphaned;
        untold.alone |= now.alone && !before.alone;
        let event = untold.take();
        if !untold.is_empty() {
            subscription.listener.raise(MORE);
        }
        Ok(event)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forked() -> Error {
    Error::new(ErrorKind::Closed, "The watch belongs to the process that this one was forked from.")
}

/// One process's part of a watch.
#[derive(Debug)]
struct Subscription {
    instance: Arc<Instance>,
    listener: Arc<Listener>,
    /// The watches of the instance, one for each inode.
    numbers: Mutex<Vec<(Role, i32)>>,
    again: AskAgain,
    /// Readable when one of the three is.
    poll: PrivateFd,
}

impl Subscription {
    fn new(object: &Object, closed: bool) -> Result<Subscription> {
        let instance = Instance::current().map_err(|error| match error {
            Errno::MFILE => object.no_instance(),
            error => not_watched(error),
        })?;
        let listener = Arc::new(Listener::new(closed).map_err(not_watched)?);
        let again = AskAgain::new().map_err(not_watched)?;
        let poll =
            PrivateFd::new(|| epoll::create(epoll::CreateFlags::CLOEXEC)).map_err(not_watched)?;
        for fd in [instance.fd(), listener.wake(), again.timer()].into_iter().flatten() {
            let set = poll.get().ok_or_else(forked)?;
            let data = epoll::EventData::new_u64(0);
            epoll::add(set, fd, data, epoll::EventFlags::IN).map_err(not_watched)?;
        }
        let new = Subscription { instance, listener, numbers: Mutex::default(), again, poll };
        new.subscribe(object)?;
        Ok(new)
    }

    /// Subscribes to the inodes of the map, except to those whose subscription is still active.
    fn subscribe(&self, object: &Object) -> Result<()> {
        let descriptors = object.descriptors();
        let presence = descriptors.presence.as_ref().map(AsFd::as_fd);
        let data = descriptors.data.as_ref().map(AsFd::as_fd);
        let all = match (data, presence) {
            (None, presence) => [presence.map(|fd| (Role::All, fd)), None],
            (data, presence) => {
                [data.map(|fd| (Role::Bytes, fd)), presence.map(|fd| (Role::Holders, fd))]
            }
        };
        let mut numbers = self.numbers();
        numbers.retain(|(_, number)| self.instance.goes_on(*number, &self.listener));
        for (role, fd) in all.into_iter().flatten() {
            if !numbers.iter().any(|(known, _)| *known == role) {
                numbers.push((role, self.add(object, fd, role)?));
            }
        }
        Ok(())
    }

    fn add(&self, object: &Object, fd: BorrowedFd<'_>, role: Role) -> Result<i32> {
        let add = |path: &str| self.instance.subscribe(path, role, &self.listener);
        let added = match add(&again::by_number(fd)) {
            // No /proc here.
            Err(Errno::NOENT) => object.path_to(fd).map_or(Err(Errno::NOENT), |path| add(&path)),
            other => other,
        };
        added.map_err(|error| match error {
            Errno::NOSPC => limit(
                "this user watches",
                "inodes",
                "max_user_watches",
                Errno::NOSPC,
            ),
            Errno::ACCESS | Errno::PERM => Error::new(
                ErrorKind::AccessDenied,
                "The map cannot be watched: the system requires that this process may read its memory or file, and now it may not. Watch it before privileges are dropped, or ask its owner for permission.",
            )
            .with_os_code(error.raw_os_error()),
            Errno::NOENT => Error::new(
                ErrorKind::NotSupported,
                "The map cannot be watched without /proc: mount it, or use a map with a name.",
            ),
            error => not_watched(error),
        })
    }

    /// Waits until there may be news, at most that long, and takes them.
    fn wait(&self, time: Duration) -> Result<News> {
        let (Some(instance), Some(wake), Some(timer)) =
            (self.instance.fd(), self.listener.wake(), self.again.timer())
        else {
            return Err(forked());
        };
        let mut all = [instance, wake, timer].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let time = Timespec::try_from(time).ok();
        match poll(&mut all, time.as_ref()) {
            Ok(0) | Err(Errno::INTR) => Ok(0),
            Ok(_) => {
                let [reported, woken, asking] = all.map(|fd| !fd.revents().is_empty());
                let asked = if asking { self.again.take() } else { 0 };
                Ok(self.instance.news(&self.listener, reported, woken) | asked)
            }
            Err(error) => Err(not_watched(error)),
        }
    }

    fn numbers(&self) -> MutexGuard<'_, Vec<(Role, i32)>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for (_, number) in self.numbers().drain(..) {
            self.instance.unsubscribe(number, &self.listener);
        }
    }
}

/// The error for a limit of inotify, with its name.
fn limit(who: &str, what: &str, name: &str, error: Errno) -> Error {
    let value = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{name}"));
    let value = value.map_or_else(|_| "as many".to_owned(), |value| value.trim().to_owned());
    Error::new(
        ErrorKind::Io,
        format!(
            "The map cannot be watched: {who} {value} {what}, which is the limit fs.inotify.{name}. End programs that watch files, or raise the limit (sysctl fs.inotify.{name})."
        ),
    )
    .with_os_code(error.raw_os_error())
}

impl Object {
    /// Notifies all watches of the map of a change.
    pub(crate) fn notify(&self) -> Result<()> {
        self.with(|fd| {
            bytes::check_size(fd, self.capacity())?;
            // Reserving existing memory changes nothing, and is reported like a write.
            let reserve = || rustix::fs::fallocate(fd, FallocateFlags::KEEP_SIZE, 0, 1);
            // If that is not possible: the owner may set one of the times, which is reported like a
            // write, too. Other users with write permission can set both.
            let touch = |accessed| {
                let time = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
                let last_modification = time(UTIME_NOW);
                futimens(fd, &Timestamps { last_access: time(accessed), last_modification })
            };
            retry_on_intr(reserve)
                .or_else(|_| touch(UTIME_OMIT))
                .or_else(|_| touch(UTIME_NOW))
                .map_err(not_told)
        })
    }

    /// Looks how things stand, as far as the news are about it. What cannot be found out is as it was.
    fn situation(&self, before: Situation, news: News) -> Situation {
        let mut now = before;
        if news & (TOUCHED | OVERFLOWN) != 0 {
            let bytes = self.with(|fd| {
                let stat = look(fd)?;
                let end = self.medium(fd).record.and_then(|record| record.end_of(&stat));
                Ok((length_of(&stat) < self.capacity(), end.is_some()))
            });
            (now.truncated, now.recorded) = bytes.unwrap_or((before.truncated, before.recorded));
        } else if news & WRITTEN != 0 {
            // The cheaper look: a waiter that wakes up finds every cache cold.
            let length = self.with(bytes::size);
            now.truncated = length.map_or(before.truncated, |length| length < self.capacity());
        }
        if news & (TOUCHED | LOST | OVERFLOWN) != 0 {
            now.orphaned = self.is_orphaned().unwrap_or(before.orphaned);
        }
        if news & (OPENED | LEFT | ASKED | OVERFLOWN) != 0 {
            now.alone = self.is_alone(news & LEFT != 0).unwrap_or(before.alone);
        }
        now
    }

    /// Whether there is no other holder. `None` if users of this map leave no trace.
    fn is_alone(&self, left: bool) -> Option<bool> {
        let descriptors = self.descriptors();
        let presence = descriptors.presence.as_ref()?;
        let tries = if left { ASK_AT_ONCE } else { 1 };
        for _ in 0..tries {
            if !locks::is_held_by_others(presence, Byte::Presence).ok()? {
                return Some(true);
            }
            std::thread::yield_now();
        }
        Some(false)
    }

    /// The name or the path of the file of a descriptor, if it still refers to that file.
    fn path_to(&self, fd: BorrowedFd<'_>) -> Option<String> {
        let inode = Inode::of(&rustix::fs::fstat(fd).ok()?);
        let name = self.place().map(|place| place.path.clone());
        let path = self.path().and_then(|path| path.to_str()).map(str::to_owned);
        [name, path].into_iter().flatten().find(|path| again::leads_to(Path::new(path), inode))
    }

    /// The error for EMFILE, which has two reasons.
    fn no_instance(&self) -> Error {
        let more = self.with(|fd| Ok(rustix::io::fcntl_dupfd_cloexec(fd, 0)));
        match more {
            Ok(Err(error)) => not_watched(error),
            _ => limit("this user has", "inotify instances", "max_user_instances", Errno::MFILE),
        }
    }
}
