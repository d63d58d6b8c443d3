//! Life: the holders of a name, and how a holder leaves.
//!
//! Each holder keeps a read lock on the presence byte. To find out whether there is a holder, a
//! process *queries* the lock and never acquires it. So nothing changes between the query and the
//! action, and a process that is killed meanwhile leaves nothing behind. Decisions are made behind
//! the gate: a read lock while opening, a write lock while removing.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::Stat;
use rustix::io::{DupFlags, Errno};

use super::content_lock::{Description, Spare};
use super::locks::{self, Byte};
use super::place::{Inode, Mark, Place};
use crate::error::Result;
use crate::os::unix::again::reopen;
use crate::time::{Backoff, Deadline};

/// How long opening and creating try before they answer *busy*.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long a close tries to remove the name. Afterwards, the next process with the permission does
/// it.
const CLOSING_PATIENCE: Duration = Duration::from_millis(200);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) fn patience() -> Backoff {
    Backoff::new(Deadline::after(PATIENCE), PAUSE)
}

/// Looks where a name leads by opening it for locks, except for the record of a named file map,
/// whose holders lock the file.
pub(super) fn open_again(
    place: &Place,
    mark: Mark,
) -> rustix::io::Result<(Option<Description>, Stat)> {
    if mark == Mark::Record {
        return Ok((None, place.stat()?));
    }
    let open = |write| Description::new(write, || place.open(write));
    let again = match open(true) {
        // For reading it can be locked for reading only.
        Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => open(false)?,
        other => other?,
    };
    let stat = rustix::fs::fstat(again.fd().ok_or(Errno::BADF)?)?;
    Ok((Some(again), stat))
}

/// A hold on a name. Dropping it releases the hold, and removes the name if no other process holds
/// it.
#[derive(Debug)]
pub(super) struct Presence {
    /// There until it lets go.
    fd: Option<OwnedFd>,
    place: Place,
    inode: Inode,
    /// What the gate is taken on when leaving, and the content lock. Empty for a record.
    locks: Arc<Spare>,
}

impl Presence {
    /// The presence of a process that has its lock already. `again` is another description, without a lock.
    pub(super) fn new(
        fd: OwnedFd,
        place: Place,
        inode: Inode,
        again: Option<Description>,
    ) -> Presence {
        Presence { fd: Some(fd), place, inode, locks: Spare::new(again) }
    }

    /// The presence of an object that this process made; its lock is held already.
    pub(super) fn of_created(fd: OwnedFd, place: Place, mark: Mark) -> Result<Presence> {
        let failed = |error| place.failed("create", error);
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        let inode = Inode::of(&stat);
        let again = match open_again(&place, mark) {
            Ok((again, stat)) if Inode::of(&stat) == inode => Ok(again),
            // A foreign program took the name away already.
            _ => Description::new(true, || reopen(fd.as_fd(), true)).map(Some),
        };
        match again {
            Ok(again) => Ok(Presence::new(fd, place, inode, again)),
            Err(error) => {
                abandon(&fd, &place, inode);
                Err(failed(error))
            }
        }
    }

    /// What all locks of the holder are taken on.
    pub(super) fn locks(&self) -> &Arc<Spare> {
        &self.locks
    }

    /// A description of the same memory without a lock.
    pub(super) fn open_unlocked(&self, write: bool) -> Result<OwnedFd> {
        let failed = |error| self.place.failed("open", error);
        if let Ok(fd) = self.place.open(write)
            && Inode::of(&rustix::fs::fstat(&fd).map_err(failed)?) == self.inode
        {
            return Ok(fd);
        }
        reopen(self.as_fd(), write).map_err(failed)
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn inode(&self) -> Inode {
        self.inode
    }

    /// Releases the hold without waiting; the descriptor's number stays open.
    pub(super) fn leave_at_exit(mut self) {
        let fd = self.fd.take().map(ManuallyDrop::new);
        let now = Backoff::new(Deadline::after(Duration::ZERO), PAUSE);
        self.leave(now, |own| fd.is_some_and(|fd| replace_description(own, fd).is_ok()));
    }

    /// The steps of a close. If one fails, the next process with the permission cleans up.
    fn leave(&self, mut backoff: Backoff, let_go: impl FnOnce(BorrowedFd<'_>) -> bool) {
        let Some(own) = self.locks.take(true).or_else(|| self.open_for_gate()) else { return };
        let Some(own) = own.fd() else { return };
        loop {
            match locks::try_write(own, Byte::Gate) {
                Ok(true) => break,
                Ok(false) if backoff.wait() => {}
                _ => return,
            }
        }
        // Drops this process's presence. A forked child or another process that shares the
        // description keeps its own.
        if let_go(own) {
            // Not permitted: the next process with the permission cleans up.
            remove_unless_held(own, &self.place, self.inode);
        }
        // At exit a number is left open that shares the gate's description.
        let _ = locks::unlock(own, Byte::Gate);
    }

    /// Where the handle's own description is in use, or a parent's: another one.
    fn open_for_gate(&self) -> Option<Description> {
        let own = Description::new(true, || self.place.open(true)).ok()?;
        let stat = rustix::fs::fstat(own.fd()?).ok()?;
        (Inode::of(&stat) == self.inode).then_some(own)
    }
}

/// Removes what this process created and cannot use. It is present by the description itself,
/// which no child shares yet.
fn abandon(fd: &OwnedFd, place: &Place, inode: Inode) {
    if let Ok(true) = locks::try_write(fd, Byte::Gate) {
        remove_unless_held(fd.as_fd(), place, inode);
    }
}

/// Removes the name if there is no other holder and it still refers to this object. The caller has
/// the gate.
fn remove_unless_held(gate: BorrowedFd<'_>, place: &Place, inode: Inode) {
    if let Ok(false) = locks::is_held_by_others(gate, Byte::Presence)
        && let Ok(true) = place.leads_to(inode)
    {
        let _ = place.unlink();
    }
}

impl AsFd for Presence {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_ref().expect("only a drop takes it").as_fd()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let Some(fd) = self.fd.take() else { return };
        let backoff = Backoff::new(Deadline::after(CLOSING_PATIENCE), PAUSE);
        self.leave(backoff, |_| {
            drop(fd);
            true
        });
    }
}

/// Puts another description under a number that stays open, so no other thread can get the number
/// in between.
fn replace_description(
    fresh: BorrowedFd<'_>,
    mut old: ManuallyDrop<OwnedFd>,
) -> rustix::io::Result<()> {
    rustix::io::dup3(fresh, &mut old, DupFlags::CLOEXEC)
}
