//! Giving back the memory of maps whose holders were all killed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Once;
use std::time::Duration;

use rustix::fs::{AtFlags, StatxFlags};

use super::locks::{self, Byte};
use super::place::{FOLDER, Inode, Mark, Place, is_regular};
use super::presence::{Dead, reap};
use crate::error::{Result, Status};
use crate::time::Deadline;

/// How long the first creation of a process looks around.
const GLANCE: Duration = Duration::from_millis(1);

/// A short sweep before a process creates its first map.
pub(super) fn once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| sweep(GLANCE));
}

/// A full sweep, when memory is short.
pub(super) fn all() {
    sweep(Duration::MAX);
}

/// Does what may fail for want of room, and does it again after the dead gave back theirs.
pub(super) fn with_room<T>(work: impl Fn() -> Result<T>) -> Result<T> {
    match work() {
        Err(error) if error.status() == Status::NoSpace => {
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

/// Removes one object if it is a dead map of this user. Whatever goes wrong, it stays.
fn visit(object: &str) {
    let place = Place::of_object(object);
    let Ok(stat) = place.stat() else { return };
    let ours = stat.st_uid == rustix::process::geteuid().as_raw()
        && is_regular(&stat)
        && Mark::of(&stat).is_some()
        && stat.st_size > 0;
    if !ours || !is_original(&place) {
        return;
    }
    let Ok(fd) = place.open(false) else { return };
    if let Ok(false) = locks::is_held_by_others(&fd, Byte::Presence) {
        drop(fd);
        let _ = reap(&place, Inode::of(&stat), Dead::Complete);
    }
}

/// Whether the object was made here. A copy that keeps times and mode (a user's backup) was
/// modified before it was born; an original never was. Where births are not recorded nothing is
/// swept.
fn is_original(place: &Place) -> bool {
    let flags = StatxFlags::BTIME | StatxFlags::MTIME;
    let Ok(times) =
        rustix::fs::statx(rustix::fs::CWD, &place.path, AtFlags::SYMLINK_NOFOLLOW, flags)
    else {
        return false;
    };
    let known = StatxFlags::from_bits_retain(times.stx_mask).contains(StatxFlags::BTIME);
    let born = (times.stx_btime.tv_sec, times.stx_btime.tv_nsec);
    let modified = (times.stx_mtime.tv_sec, times.stx_mtime.tv_nsec);
    known && modified >= born
}
