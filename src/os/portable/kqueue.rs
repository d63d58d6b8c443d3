//! Waiting for what happens to a file: a kqueue. Forked children have no copy of it.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::event::kqueue::{
    Event, EventFilter, EventFlags, UserDefinedFlags, UserFlags, VnodeEvents, kevent, kqueue,
};
use rustix::io::{Errno, FdFlags};

use super::woken::{LONGEST_SLEEP, Woken};
use crate::error::{Error, Result};
use crate::os::errors::not_watched;
use crate::os::unix::fork;
use crate::time::Deadline;

/// The event by which the queue is closed.
const CLOSING: isize = 0;

#[derive(Debug)]
pub(super) struct Queue {
    /// Nothing after it was dropped.
    kqueue: Option<OwnedFd>,
    generation: u32,
}

impl Queue {
    pub(super) fn new() -> Result<Queue> {
        let made = kqueue().and_then(|kqueue| {
            rustix::io::fcntl_setfd(&kqueue, FdFlags::CLOEXEC)?;
            Ok(Queue { kqueue: Some(kqueue), generation: fork::generation() })
        });
        let queue = made.map_err(not_watched)?;
        queue.change(closing(EventFlags::ADD, UserFlags::NOINPUT)).map_err(failed)?;
        Ok(queue)
    }

    /// Whether this is the process that made it. In a forked child it is closed, and its number may be
    /// another descriptor's.
    pub(super) fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.kqueue.as_ref().expect("it is there until it is dropped").as_fd()
    }

    /// Adds a file: from now on all of its events wake the queue. The file stays open as long as
    /// the queue.
    pub(super) fn add(&self, file: BorrowedFd<'_>) -> Result<()> {
        let events = VnodeEvents::WRITE
            | VnodeEvents::EXTEND
            | VnodeEvents::ATTRIBUTES
            | VnodeEvents::DELETE
            | VnodeEvents::RENAME
            | VnodeEvents::REVOKE;
        let filter = EventFilter::Vnode { vnode: file.as_raw_fd(), flags: events };
        let flags = EventFlags::ADD | EventFlags::CLEAR;
        self.change(Event::new(filter, flags, std::ptr::null_mut())).map_err(failed)
    }

    /// Wakes all waiters, now and later.
    pub(super) fn close(&self) {
        // Not cleared by a wake-up, because it wakes all waiters.
        let _ = self.change(closing(EventFlags::empty(), UserFlags::TRIGGER));
    }

    /// Waits until something happens.
    pub(super) fn wait(&self, deadline: Deadline) -> Result<Woken> {
        loop {
            let left = deadline.left();
            let mut events = Vec::with_capacity(4);
            // SAFETY: the descriptors in the queue are open, because their owners keep them open.
            let waited = unsafe {
                let space = rustix::buffer::spare_capacity(&mut events);
                kevent(self.descriptor(), &[], space, Some(left.min(LONGEST_SLEEP)))
            };
            match waited {
                Ok(0) if left > LONGEST_SLEEP => {}
                Ok(0) => return Ok(Woken::TimeOver),
                Err(Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
                Ok(_) if events.iter().any(is_closing) => return Ok(Woken::Closed),
                Ok(_) => return Ok(Woken::ByFile),
            }
        }
    }

    fn change(&self, event: Event) -> rustix::io::Result<()> {
        let none: &mut [Event] = &mut [];
        // SAFETY: as in `wait`.
        unsafe { kevent(self.descriptor(), &[event], none, None) }.map(drop)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if !self.is_ours() {
            std::mem::forget(self.kqueue.take());
        }
    }
}

fn closing(flags: EventFlags, user: UserFlags) -> Event {
    let filter =
        EventFilter::User { ident: CLOSING, flags: user, user_flags: UserDefinedFlags::new(0) };
    Event::new(filter, flags, std::ptr::null_mut())
}

fn is_closing(event: &Event) -> bool {
    matches!(event.filter(), EventFilter::User { .. })
}

fn failed(error: Errno) -> Error {
    Error::from_io("wait for changes of the map", &error.into())
}
