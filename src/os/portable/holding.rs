//! The holding of a name: what a handle has of a presence, and the road by which it lets go.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::io::FdFlags;
use rustix::process::Uid;

use super::gate::{self, Gate};
use super::key::Key;
use super::presence::{self, Probe};
use super::record::Record;
use super::words::SharedWords;
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::Inode;
use crate::os::unix::exit::{self, Holder};
use crate::time::Deadline;

/// How long a close waits for the gate. Afterwards, the next process with the permission cleans up.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);
/// The same at the end of the process, for all maps together. The end of a process must not take
/// long.
const EXIT_PATIENCE: Duration = Duration::from_millis(50);

/// A hold on a map. Dropping it releases the hold, and removes the map if there is no other holder.
#[derive(Debug)]
pub(super) struct Holding {
    key: Key,
    /// What this handle knows of the map, to restore it when it is lost.
    record: Option<Record>,
    inode: Option<Inode>,
    /// In whose directory it is. Another user that this process may have become has another.
    user: Uid,
    /// Locked shared. Forked children and heirs share it, and so hold the map, too.
    presence: Mutex<OwnedFd>,
    number: OnceLock<u64>,
    /// The words of the time at which the handle was opened: all that another user has, which this
    /// process may have become.
    first_words: Option<Arc<SharedWords>>,
    /// Only ever tried for: in a forked child it may be locked for good.
    words: Mutex<Option<Arc<SharedWords>>>,
}

impl Holding {
    pub(super) fn new(key: Key, record: Option<Record>, presence: OwnedFd) -> Arc<Holding> {
        let inode = Inode::of_file(presence.as_fd());
        let memory = record.as_ref().is_none_or(|record| record.file.is_none());
        let words = memory.then(|| SharedWords::open(presence.as_fd()).ok().flatten()).flatten();
        let words = words.map(Arc::new);
        if let Some(words) = &words {
            words.count_opening();
        }
        let holding = Holding {
            key,
            record,
            inode,
            user: rustix::process::geteuid(),
            presence: Mutex::new(presence),
            number: OnceLock::new(),
            first_words: words.clone(),
            words: Mutex::new(words),
        };
        let holding = Arc::new(holding);
        let weak: Weak<Holding> = Arc::downgrade(&holding);
        let _ = holding.number.set(exit::note(weak));
        holding
    }

    /// Which presence it is.
    pub(super) fn inode(&self) -> Option<Inode> {
        self.inode
    }

    /// The words that all writers share: those that other processes find now.
    pub(super) fn words(&self) -> Result<Option<Arc<SharedWords>>> {
        if rustix::process::geteuid() != self.user {
            // Without them other processes would not notice writes of this one.
            let words = self.first_words.clone().ok_or_else(|| {
                Error::new(
                    ErrorKind::AccessDenied,
                    "This process changed its user after it opened the map, and may not look up where the content ends: open the map again.",
                )
            });
            return words.map(Some);
        }
        let presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        let presence = presence.as_fd();
        let mut kept = self.words.try_lock().ok();
        let found = kept.as_ref().and_then(|kept| kept.as_ref());
        if let Some(words) = found.filter(|words| words.is_in_place(presence)) {
            return Ok(Some(words.clone()));
        }
        let words = SharedWords::open(presence)
            .map_err(|error| Error::from_io("find where the content ends", &error.into()))?
            .map(Arc::new);
        if let Some(kept) = &mut kept {
            (**kept).clone_from(&words);
        }
        Ok(words)
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner).as_raw_fd()
    }

    pub(super) fn set_flags(&self, flags: FdFlags) -> rustix::io::Result<()> {
        let presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        rustix::io::fcntl_setfd(&*presence, flags)
    }

    /// Whether the name still refers to this presence. While it is held, only foreign programs
    /// change that, so the check needs no gate.
    pub(super) fn is_in_place(&self) -> Result<bool> {
        if rustix::process::geteuid() != self.user {
            return Err(Error::new(
                ErrorKind::AccessDenied,
                "This process changed its user after it opened the map, and may not look up whether the name still leads to it.",
            ));
        }
        let directory = gate::open_directory(&gate::path()?)?;
        let presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(presence::is_in_place(directory.as_fd(), &self.key, presence.as_fd()))
    }

    /// Whether no other handle holds the map. Nothing, if that cannot be found out before the deadline. A
    /// forked child shares its parent's handle, and is not another one.
    pub(super) fn is_alone(&self, deadline: Deadline) -> Option<bool> {
        if rustix::process::geteuid() != self.user {
            return None;
        }
        let gate = Gate::take(deadline).ok()?;
        // Without waiting: a process that closes may have it while it waits for the gate.
        let presence = self.presence.try_lock().ok()?;
        let probe = Probe::open(&gate, &self.key).ok()??;
        if Inode::of_file(probe.fd()) != self.inode {
            return None;
        }
        // Drops our own share during the query. Every other process that queries needs the gate.
        rustix::fs::flock(&*presence, FlockOperation::Unlock).ok()?;
        let alone = probe.exclusive();
        drop(probe);
        let _ = gate::flock(presence.as_fd(), FlockOperation::NonBlockingLockShared);
        alone.ok()
    }

    /// Releases the hold, and notifies the remaining watches of the map. If a step fails, the next
    /// process with the permission cleans up.
    fn leave(&self, presence: &mut OwnedFd, deadline: Deadline) -> Result<()> {
        self.let_go(presence, deadline)?;
        let kept = self.words.try_lock().ok().and_then(|kept| kept.clone());
        if let Some(words) = kept {
            words.wake();
        }
        Ok(())
    }

    fn let_go(&self, presence: &mut OwnedFd, deadline: Deadline) -> Result<()> {
        if rustix::process::geteuid() != self.user {
            return Ok(());
        }
        let gate = Gate::take(deadline)?;
        let Some(probe) = Probe::open(&gate, &self.key)? else { return Ok(()) };
        if Inode::of_file(probe.fd()) != self.inode {
            return Ok(());
        }
        // Drops our own share by putting another description under its number. The query does not
        // upgrade the lock, because a forked child would lose its share with ours.
        let Ok(blank) = presence::open(&gate, &self.key) else { return Ok(()) };
        if rustix::io::dup2(&blank, presence).is_err() {
            return Ok(());
        }
        let _ = rustix::io::fcntl_setfd(&*presence, FdFlags::CLOEXEC);
        if probe.exclusive()? {
            return presence::bury(&gate, &probe, &self.key);
        }
        self.restore(&probe);
        Ok(())
    }

    /// Restores what a clean-up program removed from a map that stays alive.
    fn restore(&self, probe: &Probe) {
        if let Some(record) = &self.record
            && matches!(Record::read(probe.fd()), Ok(None))
        {
            let _ = record.write(probe.fd());
        }
        let _ = presence::make_keep(probe.fd());
    }
}

impl Holder for Holding {
    fn leave_at_exit(&self) {
        static DEADLINE: OnceLock<Deadline> = OnceLock::new();
        let deadline = *DEADLINE.get_or_init(|| Deadline::after(EXIT_PATIENCE));
        if let Ok(mut presence) = self.presence.try_lock() {
            let _ = self.leave(&mut presence, deadline);
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        if let Some(number) = self.number.get() {
            exit::forget(*number);
        }
        let mut presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.leave(&mut presence, Deadline::after(CLOSING_PATIENCE));
    }
}
