//! Waiting for what happens to a file, on Linux, where this back end is built to be tested: inotify, and an
//! eventfd for closing.

use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::fs::inotify::{self, WatchFlags};
use rustix::io::Errno;

use super::woken::{LONGEST_SLEEP, Woken};
use crate::error::{Error, ErrorKind, Result};
use crate::os::errors::not_watched;
use crate::os::unix::again::by_number;
use crate::os::unix::fork::PrivateFd;
use crate::time::Deadline;

/// Tells the two descriptors apart.
const FILES: u64 = 0;
const CLOSING: u64 = 1;

#[derive(Debug)]
pub(super) struct Queue {
    files: PrivateFd,
    closing: PrivateFd,
    /// Both.
    either: PrivateFd,
}

impl Queue {
    pub(super) fn new() -> Result<Queue> {
        let files = PrivateFd::new(|| {
            inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
        });
        let files = files.map_err(|error| match error {
            Errno::MFILE => Error::new(
                ErrorKind::Io,
                "The map cannot be watched: this user has as many inotify instances as fs.inotify.max_user_instances allows, or this process as many descriptors as it may have (ulimit -n). Close watches that are not needed, or raise the limit.",
            )
            .with_os_code(error.raw_os_error()),
            _ => not_watched(error),
        })?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let closing = PrivateFd::new(|| eventfd(0, flags)).map_err(not_watched)?;
        let either =
            PrivateFd::new(|| epoll::create(epoll::CreateFlags::CLOEXEC)).map_err(not_watched)?;
        for (fd, data) in [(&files, FILES), (&closing, CLOSING)] {
            let data = epoll::EventData::new_u64(data);
            epoll::add(ours(&either), ours(fd), data, epoll::EventFlags::IN)
                .map_err(not_watched)?;
        }
        Ok(Queue { files, closing, either })
    }

    /// Whether this is the process that made it. In a forked child it is closed.
    pub(super) fn is_ours(&self) -> bool {
        self.either.is_ours()
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        ours(&self.either)
    }

    /// Adds a file: from now on all of its events wake the queue. The file stays open as long as
    /// the queue.
    pub(super) fn add(&self, file: BorrowedFd<'_>) -> Result<()> {
        let events = WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVE_SELF
            | WatchFlags::DELETE_SELF;
        inotify::add_watch(ours(&self.files), by_number(file), events)
            .map(drop)
            .map_err(not_watched)
    }

    /// Wakes all waiters, now and later.
    pub(super) fn close(&self) {
        // Never read: it wakes all.
        let _ = rustix::io::write(ours(&self.closing), &1_u64.to_ne_bytes());
    }

    /// Waits until something happens.
    pub(super) fn wait(&self, deadline: Deadline) -> Result<Woken> {
        loop {
            let left = deadline.left();
            let time =
                Timespec::try_from(left.min(LONGEST_SLEEP)).expect("an hour can be represented");
            let mut events = [MaybeUninit::uninit(); 2];
            match epoll::wait(ours(&self.either), &mut events, Some(&time)) {
                Ok(([], _)) if left > LONGEST_SLEEP => {}
                Ok(([], _)) => return Ok(Woken::TimeOver),
                Err(Errno::INTR) => {}
                Err(error) => return Err(not_watched(error)),
                Ok((events, _)) if events.iter().any(|event| event.data.u64() == CLOSING) => {
                    return Ok(Woken::Closed);
                }
                // Another thread may have been faster: then this one waits again.
                Ok(_) if self.drain()? => return Ok(Woken::ByFile),
                Ok(_) => {}
            }
        }
    }

    /// Takes out what there is; whether there was something.
    fn drain(&self) -> Result<bool> {
        let mut space = [0; 4096];
        let mut some = false;
        loop {
            match rustix::io::read(ours(&self.files), &mut space) {
                Ok(_) => some = true,
                Err(Errno::WOULDBLOCK) => return Ok(some),
                Err(Errno::INTR) => {}
                Err(error) => return Err(not_watched(error)),
            }
        }
    }
}

fn ours(fd: &PrivateFd) -> BorrowedFd<'_> {
    fd.get().expect("the caller looked whether it is this process's")
}
