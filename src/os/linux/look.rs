//! What a name leads to: something that lives, and whose, or nothing.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::locks::{self, Byte};
use super::origin::is_copy;
use super::place::{Inode, Mark, Place, is_regular};
use super::presence::{Presence, open_again, patience};
use super::reap::{Dead, Reaped, reap};
use super::stranger::Stranger;
use crate::error::{Error, ErrorKind, Result};
use crate::os::errors;
use crate::os::unix::errors::foreign_in_the_making;
use crate::os::unix::{self, owner};
use crate::security::TrustedOwner;
use crate::time::Deadline;

/// How long a look waits for what only somebody else's good will ends: another program's object
/// without a size, and locks that a user has who is not trusted.
const SHORT_PATIENCE: Duration = Duration::from_millis(200);

/// How long an object of size 0 without a holder is left to its creator, which becomes present
/// within microseconds. A slower creator finds its object gone and starts over.
const UNFINISHED_PATIENCE: Duration = Duration::from_millis(100);

/// The object of a name.
pub(super) enum Found {
    /// Nothing that lives.
    Missing,
    /// A map of this library that a process holds. Now this process holds it, too.
    Living { presence: Presence, stat: Stat, mark: Mark },
    /// A map of this library that a process holds and that another program truncated to 0 bytes.
    Truncated,
    /// An object of a program that does not use this library.
    Foreign { fd: OwnedFd, stat: Stat },
    /// A dead map of another user, which we may not remove.
    Leftover { uid: u32 },
    /// An object of a user who is not trusted. The name is taken, and the object is not used.
    Untrusted(Stranger),
}

/// Finds the object of a name. Holds it if it is alive and its owner is trusted; removes it if it
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
    /// Size 0 without a holder: its creator has not got that far yet, or was killed.
    Unfinished(Stat),
    Wait(Waiting),
}

#[derive(Clone, Copy)]
enum Waiting {
    Gate,
    InTheMaking,
    ForeignInTheMaking,
    /// The object of a user who is not trusted.
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
    // Whether the name refers to this object, and what was completed since the first look. The
    // description that is opened for this is also the one for a holder's locks.
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
        // A creator becomes present behind the gate, and opens the gate when the size is set.
        return Ok(match held {
            true => Look::Found(Found::Truncated),
            false => Look::Unfinished(stat),
        });
    }
    if held {
        // Always granted: this byte is never locked for writing.
        if !locks::try_read(&fd, Byte::Presence).map_err(failed)? {
            return Ok(Look::Again);
        }
        locks::unlock(&fd, Byte::Gate).map_err(failed)?;
        let presence = Presence::new(fd, place.clone(), inode, again);
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

/// The state of an object of another program.
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

/// A record of another user that others may read. Reading is enough for any access to the file,
/// because records are never written.
fn readable_record(place: &Place, error: Errno) -> Option<OwnedFd> {
    let fd = place.open(false).ok().filter(|_| error == Errno::ACCESS)?;
    let stat = rustix::fs::fstat(&fd).ok()?;
    (is_regular(&stat) && Mark::of(&stat) == Some(Mark::Record)).then_some(fd)
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

fn busy(place: &Place, reason: Waiting) -> Error {
    let why = match reason {
        Waiting::Gate | Waiting::Stranger(_) => {
            "other processes kept it busy, or one of them is stopped"
        }
        Waiting::InTheMaking => "another process is creating it and has not finished",
        Waiting::ForeignInTheMaking => return foreign_in_the_making(&place.shown),
    };
    errors::busy(&place.shown, "opened", why)
}

fn not_a_map(place: &Place) -> Error {
    unix::errors::not_a_map(&place.shown, Some(&place.path))
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
