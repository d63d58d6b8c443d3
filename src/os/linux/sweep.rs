//! Giving back the memory of maps whose holders were all killed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Once;
use std::time::Duration;

use rustix::io::Errno;

use super::locks::{self, Byte};
use super::origin::Times;
use super::place::{FOLDER, Inode, Mark, Place, is_regular};
use super::presence::{Dead, PATIENCE, reap};
use crate::error::{ErrorKind, Result};
use crate::time::Deadline;

/// How long the first creation of a process looks around.
const GLANCE: Duration = Duration::from_millis(1);
/// How long a list, which somebody waits for at a prompt, removes what the dead left.
const LISTING: Duration = Duration::from_millis(10);

/// A short sweep before a process creates its first map.
pub(super) fn once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| sweep(GLANCE));
}

/// A longer one before maps are listed. What is left then is not listed, either.
pub(super) fn for_a_list() {
    sweep(LISTING);
}

/// A full sweep, when memory is short.
pub(super) fn all() {
    sweep(Duration::MAX);
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

fn sweep(time: Duration) {
    let Ok(folder) = std::fs::read_dir(FOLDER) else { return };
    let objects: Vec<_> = folder.flatten().map(|entry| entry.file_name()).collect();
    if objects.is_empty() {
        return;
    }
    let deadline = Deadline::after(time);
    // From anywhere on: the folder gives the newest first, and behind many living maps an old dead
    // one would never be reached.
    let start = RandomState::new().build_hasher().finish() as usize % objects.len();
    for object in objects[start..].iter().chain(&objects[..start]) {
        if deadline.passed() {
            return;
        }
        if let Some(object) = object.to_str() {
            visit(object);
        }
    }
}

/// Removes one object if it is a leftover of this user. Whatever goes wrong, it stays; and where
/// births are not recorded nothing is removed.
fn visit(object: &str) {
    let place = Place::of_object(object);
    let Ok(stat) = place.stat() else { return };
    let ours = stat.st_uid == rustix::process::geteuid().as_raw()
        && is_regular(&stat)
        && Mark::of(&stat).is_some();
    if !ours || is_present(&place) {
        return;
    }
    let Some(times) = Times::at(&place) else { return };
    let dead = if stat.st_size > 0 { Dead::Complete } else { Dead::Unfinished };
    // One that is being made has its creator's presence soon, or never.
    let over = dead == Dead::Complete || times.is_older_than(PATIENCE);
    if over && times.is_original() == Some(true) {
        let _ = reap(&place, Inode::of(&stat), dead);
    }
}

/// Whether somebody is present, or may be. What its own user may not open was never finished.
fn is_present(place: &Place) -> bool {
    match place.open(false) {
        Ok(fd) => locks::is_held_by_others(&fd, Byte::Presence).unwrap_or(true),
        Err(error) => error != Errno::ACCESS,
    }
}
