//! Removing dead maps: objects that no process holds.

use rustix::io::Errno;

use super::locks::{self, Byte};
use super::place::{Inode, Place};
use crate::error::Result;

/// What became of a dead object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaped {
    /// Its name was removed, by this call.
    Removed,
    /// The name no longer refers to this object, or the object is alive after all: look again.
    Gone,
    /// Another process is creating or removing it.
    Busy,
    /// We may not remove it.
    Forbidden,
}

/// Which objects without a holder count as dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dead {
    /// Those that were finished.
    Complete,
    /// Those of size 0: never finished, or truncated.
    Unfinished,
}

/// Removes the name of a dead object, behind the gate, after another query.
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
