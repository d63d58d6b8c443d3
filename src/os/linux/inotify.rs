//! The one inotify instance of the process, and the listeners of its events.
//!
//! A user may have few instances, 128 by default, so all watches of a process share one. A waiting
//! thread waits for the instance and for a descriptor of its own. The thread that wakes reads all
//! events of the instance and wakes the other threads whose watches they concern.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use crate::os::unix::fork::PrivateFd;

/// What may have happened, as bits.
pub(super) type News = u32;
/// The bytes or the size were changed.
pub(super) const WRITTEN: News = 1;
/// Something else was changed: a time, a permission, the number of names.
pub(super) const TOUCHED: News = 1 << 1;
/// A process opened it.
pub(super) const OPENED: News = 1 << 2;
/// A process closed it.
pub(super) const LEFT: News = 1 << 3;
/// The system ended the watch, and nothing more is reported before it is added again.
pub(super) const LOST: News = 1 << 4;
/// More happened than the system keeps.
pub(super) const OVERFLOWN: News = 1 << 5;
/// Nothing: there were more events than one wait can report.
pub(super) const MORE: News = 1 << 6;
/// It is time to query the holders of the map again.
pub(super) const ASKED: News = 1 << 7;

/// What an inode is to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its bytes are the map's.
    Bytes,
    /// The holders of the map have it open.
    Holders,
    /// Both.
    All,
}

impl Role {
    fn mask(self) -> WatchFlags {
        let bytes = WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVE_SELF
            | WatchFlags::DELETE_SELF;
        let holders = WatchFlags::OPEN | WatchFlags::CLOSE;
        match self {
            Role::Bytes => bytes,
            Role::Holders | Role::All => bytes | holders,
        }
    }

    fn news(self, events: ReadFlags) -> News {
        let touched = ReadFlags::ATTRIB | ReadFlags::MOVE_SELF | ReadFlags::DELETE_SELF;
        let mut news = 0;
        // The record of a named file map is never written.
        if self != Role::Holders && events.contains(ReadFlags::MODIFY) {
            news |= WRITTEN;
        }
        if events.intersects(touched) {
            news |= TOUCHED;
        }
        if self != Role::Bytes && events.contains(ReadFlags::OPEN) {
            news |= OPENED;
        }
        if self != Role::Bytes
            && events.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE)
        {
            news |= LEFT;
        }
        news
    }

    /// What it means that the system ended the watch: what it did not report any more may be a write.
    fn lost(self) -> News {
        if self == Role::Holders { LOST } else { LOST | WRITTEN }
    }
}

/// Where the news of one watch arrive.
#[derive(Debug)]
pub(super) struct Listener {
    news: AtomicU32,
    /// Readable while there are news.
    wake: PrivateFd,
    closed: AtomicBool,
}

impl Listener {
    pub(super) fn new(closed: bool) -> rustix::io::Result<Listener> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = PrivateFd::new(|| eventfd(u32::from(closed), flags))?;
        Ok(Listener { news: AtomicU32::new(0), wake, closed: AtomicBool::new(closed) })
    }

    pub(super) fn wake(&self) -> Option<BorrowedFd<'_>> {
        self.wake.get()
    }

    pub(super) fn is_ours(&self) -> bool {
        self.wake.is_ours()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Wakes all waiters, now and later.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.ring();
    }

    /// Stores news, and wakes the waiter.
    pub(super) fn raise(&self, news: News) {
        // Where there were some already it was woken, or is about to be.
        if self.news.fetch_or(news, Ordering::SeqCst) == 0 {
            self.ring();
        }
    }

    /// Takes all news. `woken`: the descriptor is readable. In this order: what comes in between wakes once
    /// more.
    fn take(&self, woken: bool) -> News {
        if woken && let Some(wake) = self.wake() {
            let mut count = [0; 8];
            let _ = rustix::io::read(wake, &mut count);
        }
        let news = self.news.swap(0, Ordering::SeqCst);
        if woken && self.is_closed() {
            // Other waiters may still be asleep.
            self.ring();
        }
        news
    }

    fn ring(&self) {
        if let Some(wake) = self.wake() {
            // It fails only when it is full, and then it is readable.
            let _ = rustix::io::write(wake, &1_u64.to_ne_bytes());
        }
    }
}

/// The listeners of each watch of the instance.
type Table = HashMap<i32, Vec<(Arc<Listener>, Role)>>;

/// An inotify instance.
#[derive(Debug)]
pub(super) struct Instance {
    /// A forked child would take from it what its parent waits for.
    fd: PrivateFd,
    table: Mutex<Table>,
}

/// The instance of this process, while anything is watched.
static CURRENT: Mutex<Weak<Instance>> = Mutex::new(Weak::new());

/// How long an event is.
const EVENT: usize = 16;
/// The most events that are read in one go: as many as the system queues by default.
const MOST: usize = 16_384;

impl Instance {
    /// That of this process.
    pub(super) fn current() -> rustix::io::Result<Arc<Instance>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = current.upgrade()
            && instance.fd.is_ours()
        {
            return Ok(instance);
        }
        let fd = PrivateFd::new(|| inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK))?;
        let instance = Arc::new(Instance { fd, table: Mutex::default() });
        *current = Arc::downgrade(&instance);
        Ok(instance)
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd.get()
    }

    /// Registers a listener for the events of the inode at a path, from now on.
    pub(super) fn subscribe(
        &self,
        path: &str,
        role: Role,
        listener: &Arc<Listener>,
    ) -> rustix::io::Result<i32> {
        let fd = self.fd().ok_or(Errno::BADF)?;
        let mut table = self.table();
        // An inode that is already watched keeps its number, and its queued events are old.
        deliver(fd, &mut table, None);
        // Other listeners may need more events.
        let number = inotify::add_watch(fd, path, role.mask() | WatchFlags::MASK_ADD)?;
        table.entry(number).or_default().push((listener.clone(), role));
        Ok(number)
    }

    /// Ends a subscription.
    pub(super) fn unsubscribe(&self, number: i32, listener: &Arc<Listener>) {
        // In a forked child there is nothing to end.
        let Some(fd) = self.fd() else { return };
        let mut table = self.table();
        // The system may have ended it.
        let Some(listeners) = table.get_mut(&number) else { return };
        listeners.retain(|(other, _)| !Arc::ptr_eq(other, listener));
        if listeners.is_empty() {
            table.remove(&number);
            let _ = inotify::remove_watch(fd, number);
        }
    }

    /// Whether a subscription is still active and was not ended by the system.
    pub(super) fn goes_on(&self, number: i32, listener: &Arc<Listener>) -> bool {
        let table = self.table();
        table.get(&number).is_some_and(|all| all.iter().any(|(it, _)| Arc::ptr_eq(it, listener)))
    }

    /// The news for one listener, after all listeners got theirs. The caller has found out which of
    /// the two descriptors are readable.
    pub(super) fn news(&self, listener: &Listener, reported: bool, woken: bool) -> News {
        let mine = match self.fd() {
            Some(fd) if reported => deliver(fd, &mut self.table(), Some(listener)),
            _ => 0,
        };
        mine | listener.take(woken)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Distributes the events of the instance. The news for `own` are returned instead of stored.
fn deliver(fd: BorrowedFd<'_>, table: &mut Table, own: Option<&Listener>) -> News {
    let mut mine = 0;
    let mut tell = |listener: &Arc<Listener>, news| match own {
        _ if news == 0 => {}
        Some(own) if std::ptr::eq(own, &raw const **listener) => mine |= news,
        _ => listener.raise(news),
    };
    // The events of an inode itself have no name, so all are of one size.
    let mut buffer = [0; EVENT * 64];
    for _ in 0..MOST / 64 {
        let length = match rustix::io::read(fd, &mut buffer) {
            Ok(length) => length,
            Err(Errno::INTR) => continue,
            Err(_) => break,
        };
        for event in buffer[..length].chunks_exact(EVENT) {
            let (number, happened) = event_of(event);
            if happened.contains(ReadFlags::QUEUE_OVERFLOW) {
                for (listener, _) in table.values().flatten() {
                    tell(listener, OVERFLOWN);
                }
            } else if happened.contains(ReadFlags::IGNORED) {
                for (listener, role) in table.remove(&number).unwrap_or_default() {
                    tell(&listener, role.lost());
                }
            } else {
                for (listener, role) in table.get(&number).into_iter().flatten() {
                    tell(listener, role.news(happened));
                }
            }
        }
        // There was room for more.
        if length < buffer.len() {
            break;
        }
    }
    mine
}

/// The watch and what happened: the first two of the four numbers of an `inotify_event`.
fn event_of(event: &[u8]) -> (i32, ReadFlags) {
    let number = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&event[at..at + 4]);
        u32::from_ne_bytes(bytes)
    };
    (number(0).cast_signed(), ReadFlags::from_bits_retain(number(4)))
}
