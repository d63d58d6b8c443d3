//! Giving back the memory of maps whose holders were all killed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Once;
use std::time::Duration;

use rustix::io::Errno;

use super::locks::{self, Byte};
use super::origin::Times;
use super::place::{self, Inode, Mark, Place, is_regular};
use super::presence::PATIENCE;
use super::reap::{Dead, Reaped, reap};
use crate::error::{ErrorKind, Result};
use crate::time::Deadline;

/// How long the first creation of a process looks around.
const GLANCE: Duration = Duration::from_millis(1);
/// How long a list removes leftovers. A user may be waiting for it at a prompt.
const LISTING: Duration = Duration::from_millis(10);

/// A short sweep before a process creates its first map.
pub(super) fn once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A sweep is a favour; what it cannot do is no reason to fail.
        let _ = sweep_for(GLANCE);
    });
}

/// A longer sweep before maps are listed. Leftovers that remain are not listed either.
pub(super) fn for_a_list() {
    let _ = sweep_for(LISTING);
}

/// A full sweep, when memory is short.
pub(super) fn all() {
    let _ = sweep();
}

/// A full sweep. Gives how many dead maps it removed.
pub(crate) fn sweep() -> Result<u64> {
    sweep_for(Duration::MAX)
}

/// Does what may fail for want of room, and does it again after the dead gave back theirs.
pub(super) fn with_room<T>(work: impl Fn() -> Result<T>) -> Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::NoSpace => {
            all();
            work()
        }
        other => other,
    }
}

fn sweep_for(time: Duration) -> Result<u64> {
    let objects = place::objects()?;
    if objects.is_empty() {
        return Ok(0);
    }
    let deadline = Deadline::after(time);
    // Starts at a random entry: the folder returns the newest entries first, so after many living
    // maps an old dead one would never be reached.
    let start = RandomState::new().build_hasher().finish() as usize % objects.len();
    let mut removed = 0;
    for object in objects[start..].iter().chain(&objects[..start]) {
        if deadline.passed() {
            break;
        }
        removed += u64::from(visit(object));
    }
    Ok(removed)
}

/// Removes one object if it is a leftover of this user, and returns whether it did. On any failure
/// the object stays. If birth times are not recorded, nothing is removed.
fn visit(object: &str) -> bool {
    let place = Place::of_object(object);
    let Ok(stat) = place.stat() else { return false };
    let ours = stat.st_uid == rustix::process::geteuid().as_raw()
        && is_regular(&stat)
        && Mark::of(&stat).is_some();
    if !ours || is_present(&place) {
        return false;
    }
    let Some(times) = Times::at(&place) else { return false };
    let dead = if stat.st_size > 0 { Dead::Complete } else { Dead::Unfinished };
    // One that is being made has its creator's presence soon, or never.
    let over = dead == Dead::Complete || times.is_older_than(PATIENCE);
    over && times.is_original() == Some(true)
        && matches!(reap(&place, Inode::of(&stat), dead), Ok(Reaped::Removed))
}

/// Whether there is, or may be, a holder. An object that its own user may not open was never
/// finished.
fn is_present(place: &Place) -> bool {
    match place.open(false) {
        Ok(fd) => locks::is_held_by_others(&fd, Byte::Presence).unwrap_or(true),
        Err(error) => error != Errno::ACCESS,
    }
}
