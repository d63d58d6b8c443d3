//! Life: who holds a name, who may open it, and who removes it.
//!
//! A holder has a read lock on the presence byte as long as it holds. Who wants to know whether
//! anybody does *asks*; nobody acquires a lock to find out, so that nothing changes between the
//! question and the act, and a process that is killed while deciding leaves nothing behind.
//! Deciding happens behind the gate: a read lock while opening, a write lock while removing.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::Stat;
use rustix::io::{DupFlags, Errno};

use super::content_lock::{Description, Spare};
use super::locks::{self, Byte};
use super::origin::is_copy;
use super::place::{Inode, Mark, Place, is_regular};
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::{files::reopen, owner};
use crate::security::TrustedOwner;
use crate::time::{Backoff, Deadline};

/// How long opening and creating try before they answer *busy*.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long they wait for what only somebody else's good will ends: another program's object without
/// a size, and locks that a user has who is not trusted.
const SHORT_PATIENCE: Duration = Duration::from_millis(200);
/// How long a close tries to be the one that removes. After it the next one who may cleans.
const CLOSING_PATIENCE: Duration = Duration::from_millis(200);
/// How long an object of size 0 that nobody is present on is left to its creator, which is present
/// within microseconds. One that was slower finds its object gone, and starts over.
const UNFINISHED_PATIENCE: Duration = Duration::from_millis(100);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) fn patience() -> Backoff {
    Backoff::new(Deadline::after(PATIENCE), PAUSE)
}

/// What a name leads to.
pub(super) enum Found {
    /// Nothing that lives.
    Missing,
    /// A map of ours that somebody holds; now we do, too.
    Living { presence: Presence, stat: Stat, mark: Mark },
    /// A map of ours that somebody holds, and that another program truncated to nothing.
    Truncated,
    /// An object of a program that does not use this library.
    Foreign { fd: OwnedFd, stat: Stat },
    /// A dead map of another user, which we may not remove.
    Leftover { uid: u32 },
    /// What a user owns who is not trusted: the name is taken, and nothing of it is used.
    Untrusted(Stranger),
}

/// The owner of what stands under a name, and why it is not used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stranger {
    uid: u32,
    reason: Distrust,
}

#[derive(Clone, Copy, Debug)]
enum Distrust {
    /// The user is not trusted.
    Owner,
    /// Nor with a record, which says which file is to be opened.
    OwnerOfRecord,
    /// Users other than the owner could have written the record.
    SharedRecord,
}

impl Stranger {
    pub(super) fn uid(self) -> u32 {
        self.uid
    }

    /// The owner of an object, if that one is not trusted with what the object is. Who may say
    /// which files this process opens and writes is not for the caller to extend.
    fn of(stat: &Stat, mark: Option<Mark>, trusted: TrustedOwner) -> Option<Stranger> {
        let record = mark == Some(Mark::Record);
        let trusted = if record { TrustedOwner::SelfAndRoot } else { trusted };
        let uid = stat.st_uid;
        let reason = match owner::is_trusted(uid, trusted) {
            false if record => Distrust::OwnerOfRecord,
            false => Distrust::Owner,
            true if record && is_shared(stat) => Distrust::SharedRecord,
            true => return None,
        };
        Some(Stranger { uid, reason })
    }
}

/// Whether others than its owner may write an object. The library never lets them write a record; a
/// `chmod` can.
pub(super) fn is_shared(stat: &Stat) -> bool {
    stat.st_mode & 0o022 != 0
}

/// Looks what a name leads to, holds it if it lives and its owner is trusted, and removes it if it
/// is dead.
pub(super) fn look(place: &Place, write: bool, trusted: TrustedOwner) -> Result<Found> {
    let mut backoff = patience();
    let short = Deadline::after(SHORT_PATIENCE);
    let mut reason = Waiting::Gate;
    let mut unfinished: Option<(Inode, Deadline)> = None;
    loop {
        match look_once(place, write, trusted)? {
            Look::Found(found) => return Ok(found),
            Look::Again => {}
            Look::Unfinished(stat) => {
                let inode = Inode::of(&stat);
                let end = match unfinished {
                    Some((met, end)) if met == inode => end,
                    _ => Deadline::after(UNFINISHED_PATIENCE),
                };
                unfinished = Some((inode, end));
                reason = Stranger::of(&stat, Mark::of(&stat), trusted)
                    .map_or(Waiting::InTheMaking, Waiting::Stranger);
                if end.passed()
                    && let Reaped::Forbidden = reap(place, inode, Dead::Unfinished)?
                {
                    return Ok(Found::Leftover { uid: stat.st_uid });
                }
            }
            Look::Wait(why) => reason = why,
        }
        match reason {
            Waiting::Stranger(stranger) if short.passed() => {
                return Ok(Found::Untrusted(stranger));
            }
            Waiting::ForeignInTheMaking if short.passed() => return Err(busy(place, reason)),
            _ => {}
        }
        if !backoff.wait() {
            return Err(busy(place, reason));
        }
    }
}

enum Look {
    Found(Found),
    /// The name changed under us.
    Again,
    /// Of size 0, and nobody is present: its creator has not come that far yet, or never will.
    Unfinished(Stat),
    Wait(Waiting),
}

#[derive(Clone, Copy)]
enum Waiting {
    Gate,
    InTheMaking,
    ForeignInTheMaking,
    /// For a user who is not trusted.
    Stranger(Stranger),
}

fn look_once(place: &Place, write: bool, trusted: TrustedOwner) -> Result<Look> {
    let fd = match place.open(write) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(Look::Found(Found::Missing)),
        Err(error) => {
            if let Some(stat) = unfinished_of_this_user(place, error) {
                return Ok(Look::Unfinished(stat));
            }
            if let Some(uid) = unwritable_leftover(place, error) {
                return Ok(Look::Found(Found::Leftover { uid }));
            }
            match readable_record(place, error) {
                Some(fd) => fd,
                None => return Err(cannot_open(place, error, trusted)),
            }
        }
    };
    let stat = rustix::fs::fstat(&fd).map_err(|error| place.failed("look at", error))?;
    if !is_regular(&stat) {
        return Err(not_a_map(place));
    }
    let Some(mark) = Mark::of(&stat) else { return Ok(foreign(fd, stat, trusted)) };
    let inode = Inode::of(&stat);
    let failed = |error| place.failed("open", error);

    if !locks::try_read(&fd, Byte::Gate).map_err(failed)? {
        let stranger = Stranger::of(&stat, Some(mark), trusted);
        return Ok(Look::Wait(stranger.map_or(Waiting::Gate, Waiting::Stranger)));
    }
    // Whether the name leads here, and what was completed since the first look. The opening that
    // tells is the one that a holder's locks need.
    let (again, stat) = match open_again(place, mark) {
        Ok((again, stat)) if Inode::of(&stat) == inode => (again, stat),
        Ok(_) | Err(Errno::NOENT) => return Ok(Look::Again),
        Err(error @ Errno::ACCESS) => return Err(cannot_open(place, error, trusted)),
        Err(error) => return Err(failed(error)),
    };
    let mark = Mark::of(&stat).unwrap_or(mark);
    let stranger = Stranger::of(&stat, Some(mark), trusted);
    let held = locks::is_held_by_others(&fd, Byte::Presence).map_err(failed)?;
    if held && let Some(stranger) = stranger {
        return Ok(Look::Found(Found::Untrusted(stranger)));
    }
    if !held && is_copy(&fd) {
        locks::unlock(&fd, Byte::Gate).map_err(failed)?;
        return Ok(foreign(fd, stat, trusted));
    }
    if stat.st_size == 0 {
        // A creator is present only behind the gate, and opens it when the size is set.
        return Ok(match held {
            true => Look::Found(Found::Truncated),
            false => Look::Unfinished(stat),
        });
    }
    if held {
        // Granted always: nobody ever has this byte for writing.
        if !locks::try_read(&fd, Byte::Presence).map_err(failed)? {
            return Ok(Look::Again);
        }
        locks::unlock(&fd, Byte::Gate).map_err(failed)?;
        let locks = Spare::new(again);
        let presence = Presence { fd: Some(fd), place: place.clone(), inode, locks };
        return Ok(Look::Found(Found::Living { presence, stat, mark }));
    }
    // Dead. Removing needs the gate for writing, which a description for reading cannot have.
    drop(fd);
    Ok(match reap(place, inode, Dead::Complete)? {
        Reaped::Removed | Reaped::Gone => Look::Again,
        Reaped::Busy => Look::Wait(stranger.map_or(Waiting::Gate, Waiting::Stranger)),
        Reaped::Forbidden => Look::Found(Found::Leftover { uid: stat.st_uid }),
    })
}

/// Looks where a name leads by opening it for locks, except for the record of a named file map,
/// whose holders lock the file.
fn open_again(place: &Place, mark: Mark) -> rustix::io::Result<(Option<Description>, Stat)> {
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

/// What is to be thought of an object of another program.
fn foreign(fd: OwnedFd, stat: Stat, trusted: TrustedOwner) -> Look {
    if let Some(stranger) = Stranger::of(&stat, None, trusted) {
        return Look::Found(Found::Untrusted(stranger));
    }
    if stat.st_size == 0 {
        return Look::Wait(Waiting::ForeignInTheMaking);
    }
    Look::Found(Found::Foreign { fd, stat })
}

/// An unfinished object of this user that even its owner may not open, because its creator was
/// killed before it undid the umask.
fn unfinished_of_this_user(place: &Place, error: Errno) -> Option<Stat> {
    let stat = place.stat().ok().filter(|_| error == Errno::ACCESS)?;
    let unfinished = is_regular(&stat) && Mark::of(&stat).is_some() && stat.st_size == 0;
    let own = stat.st_uid == rustix::process::geteuid().as_raw();
    (unfinished && own).then_some(stat)
}

/// The owner of a dead map that may be read but not written here: as dead as any other.
fn unwritable_leftover(place: &Place, error: Errno) -> Option<u32> {
    let fd = place.open(false).ok().filter(|_| error == Errno::ACCESS)?;
    let stat = rustix::fs::fstat(&fd).ok()?;
    let complete = is_regular(&stat) && Mark::of(&stat).is_some() && stat.st_size > 0;
    let dead = complete
        && locks::try_read(&fd, Byte::Gate).ok()?
        && place.leads_to(Inode::of(&stat)).ok()?
        && !locks::is_held_by_others(&fd, Byte::Presence).ok()?
        && !is_copy(&fd);
    dead.then_some(stat.st_uid)
}

/// The record of somebody who lets others read it. It is enough to read what nobody ever writes,
/// whatever is asked for of the file.
fn readable_record(place: &Place, error: Errno) -> Option<OwnedFd> {
    let fd = place.open(false).ok().filter(|_| error == Errno::ACCESS)?;
    let stat = rustix::fs::fstat(&fd).ok()?;
    (is_regular(&stat) && Mark::of(&stat) == Some(Mark::Record)).then_some(fd)
}

/// What became of a dead object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaped {
    /// Its name was removed, by this call.
    Removed,
    /// The name leads there no more, or it lives after all: look again.
    Gone,
    /// Somebody else is deciding about it.
    Busy,
    /// We may not remove it.
    Forbidden,
}

/// Which objects count as dead when nobody is present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dead {
    /// Those that were finished.
    Complete,
    /// Those of size 0: never finished, or truncated.
    Unfinished,
}

/// Removes the name of a dead object, behind the gate, after asking again.
pub(super) fn reap(place: &Place, inode: Inode, dead: Dead) -> Result<Reaped> {
    let failed = |error| place.failed("remove the leftover of", error);
    let fd = match place.open(true) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(Reaped::Gone),
        Err(Errno::ACCESS) if dead == Dead::Unfinished => match place.permit_and_open(inode) {
            Ok(fd) => fd,
            Err(_) => return Ok(Reaped::Forbidden),
        },
        Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => return Ok(Reaped::Forbidden),
        Err(error) => return Err(failed(error)),
    };
    let stat = rustix::fs::fstat(&fd).map_err(failed)?;
    let right_size = (stat.st_size == 0) == (dead == Dead::Unfinished);
    if Inode::of(&stat) != inode || !right_size {
        return Ok(Reaped::Gone);
    }
    if !locks::try_write(&fd, Byte::Gate).map_err(failed)? {
        return Ok(Reaped::Busy);
    }
    // The name last: a foreign rename can come at any time.
    if locks::is_held_by_others(&fd, Byte::Presence).map_err(failed)?
        || !place.leads_to(inode).map_err(failed)?
    {
        return Ok(Reaped::Gone);
    }
    match place.unlink() {
        Ok(()) => Ok(Reaped::Removed),
        Err(Errno::NOENT) => Ok(Reaped::Gone),
        Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Ok(Reaped::Forbidden),
        Err(error) => Err(failed(error)),
    }
}

/// The holding of a name. Dropping it lets go, and removes the name if nobody else holds it.
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
            Ok(again) => Ok(Presence { fd: Some(fd), place, inode, locks: Spare::new(again) }),
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

    /// Lets go without waiting for anybody; the descriptor's number stays open.
    pub(super) fn leave_at_exit(mut self) {
        let fd = self.fd.take().map(ManuallyDrop::new);
        let now = Backoff::new(Deadline::after(Duration::ZERO), PAUSE);
        self.leave(now, |own| fd.is_some_and(|fd| replace_description(own, fd).is_ok()));
    }

    /// The road of a close. Whatever goes wrong on it, the next one who may cleans.
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
        // Our own share of the presence goes. A forked child or an heir that shares the
        // description keeps theirs.
        if let_go(own) {
            // Not allowed to: the next one who may cleans.
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

/// Removes the name if nobody else is present and it still leads here. The caller has the gate.
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

/// Puts another description under a number that stays open: nobody else can get it in between.
fn replace_description(
    fresh: BorrowedFd<'_>,
    mut old: ManuallyDrop<OwnedFd>,
) -> rustix::io::Result<()> {
    rustix::io::dup3(fresh, &mut old, DupFlags::CLOEXEC)
}

fn cannot_open(place: &Place, error: Errno, trusted: TrustedOwner) -> Error {
    match error {
        Errno::LOOP | Errno::ISDIR | Errno::NXIO | Errno::NODEV => not_a_map(place),
        Errno::ACCESS | Errno::PERM => {
            let (owner, advice) = match place.stat() {
                Ok(stat) if !is_regular(&stat) => return not_a_map(place),
                Ok(stat) if Stranger::of(&stat, Mark::of(&stat), trusted).is_some() => (
                    owner::describe(stat.st_uid),
                    "choose another name, or ask that user for permission and name them as the trusted owner",
                ),
                Ok(stat) => (
                    owner::describe(stat.st_uid),
                    "ask for less access, or ask its owner for permission",
                ),
                Err(_) => ("another user".to_owned(), "choose another name"),
            };
            Error::new(
                ErrorKind::AccessDenied,
                format!(
                    "The map {} belongs to {owner}, and its permissions do not allow this access: {advice}.",
                    place.shown
                ),
            )
            .with_os_code(error.raw_os_error())
        }
        other => place.failed("open", other),
    }
}

fn not_a_map(place: &Place) -> Error {
    Error::new(
        ErrorKind::NotAMap,
        format!(
            "{} is not a map: it is a link, a directory or a FIFO ({}). Choose another name, or remove it.",
            place.shown, place.path
        ),
    )
}

fn busy(place: &Place, reason: Waiting) -> Error {
    let why = match reason {
        Waiting::Gate | Waiting::Stranger(_) => {
            "other processes kept it busy, or one of them is stopped"
        }
        Waiting::InTheMaking => "another process is creating it and has not finished",
        Waiting::ForeignInTheMaking => {
            "another program is creating it and has not given it a size yet"
        }
    };
    Error::new(
        ErrorKind::Busy,
        format!("The map {} could not be opened: {why}. Try again.", place.shown),
    )
}

pub(super) fn truncated(place: &Place) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!(
            "Another program truncated the map {} to 0 bytes while processes hold it: close it in all of them, then create it again.",
            place.shown
        ),
    )
}

pub(super) fn missing(place: &Place) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "No process holds a map named {}: create it, or keep a process running that holds it.",
            place.shown
        ),
    )
    .with_os_code(libc::ENOENT)
}

pub(super) fn leftover(place: &Place, uid: u32) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The name {} is taken by the leftover of a dead map of {}, which you may not remove: ask that user to, or choose another name.",
            place.shown,
            owner::describe(uid)
        ),
    )
}

/// The error for what a user owns who is not trusted with it.
pub(super) fn untrusted(place: &Place, stranger: Stranger) -> Error {
    let owner = owner::describe(stranger.uid);
    let message = match stranger.reason {
        Distrust::OwnerOfRecord => format!(
            "The map {} is of a file that {owner} chose. Such a map is opened only if it is your own or root's, whoever is trusted: map the file by its path, or choose another name.",
            place.shown
        ),
        Distrust::SharedRecord => format!(
            "The map {} is of a file, and other users can change which file that is: {} can be written by users other than {owner}. Map the file by its path, or choose another name.",
            place.shown, place.path
        ),
        Distrust::Owner => owner::untrusted(&place.shown, &owner),
    };
    Error::new(ErrorKind::AccessDenied, message)
}
