//! The named maps that live, found by looking at every object in the folder.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags, Stat};
use rustix::io::Errno;

use super::locks::{self, Byte};
use super::origin::is_copy;
use super::place::{self, FOLDER, Mark, Place, is_regular};
use super::record::Record;
use super::stranger::is_shared;
use super::sweep;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::map_info::MapInfo;
use crate::name::Name;
use crate::os::unix::owner::is_trusted;
use crate::quoted::shown;
use crate::security::{Permissions, TrustedOwner};

/// POSIX semaphores live in the same folder; they are no maps.
const SEMAPHORE: &str = "sem.";

pub(crate) fn list() -> Result<Vec<MapInfo>> {
    sweep::for_a_list();
    Ok(place::objects()?.iter().filter_map(|object| inspect(object)).collect())
}

/// What lives under an object name, if anything does.
fn inspect(object: &str) -> Option<MapInfo> {
    let place = Place::of_object(object);
    let stat = place.stat().ok().filter(is_regular)?;
    let mut mark = Mark::of(&stat);
    if mark.is_none() && object.starts_with(SEMAPHORE) {
        return None;
    }
    // Another user's that we may not open: its name is taken, and that is what a list is for.
    let fd = place.open(false).ok();
    if let (Some(_), Some(fd)) = (mark, &fd) {
        let held = locks::is_held_by_others(fd, Byte::Presence).unwrap_or(true);
        if !held && !is_copy(fd) {
            return None;
        }
        mark = mark.filter(|_| held);
    }
    let size = capacity(&stat, mark.and(fd.as_ref()))?;
    let mut info = MapInfo {
        name: Name::of_object(object),
        kind: Kind::Named,
        path: None,
        capacity: size,
        permissions: Permissions {
            mode: Some(stat.st_mode & 0o666),
            uid: Some(stat.st_uid),
            gid: Some(stat.st_gid),
            sddl: None,
        },
        owner: Some(stat.st_uid),
        trusted: is_trusted(stat.st_uid, TrustedOwner::SelfAndRoot),
        foreign: mark.is_none(),
    };
    if mark == Some(Mark::Record) {
        info.kind = Kind::NamedFile;
        info.trusted &= !is_shared(&stat);
        // An error that already names the file is not repeated.
        let record = fd.filter(|_| info.trusted);
        let record = record.and_then(|fd| Record::read(&fd, size, &place).ok());
        info.capacity = record.as_ref().map_or(0, |record| record.capacity);
        info.path = record.map(|record| record.path);
    }
    Some(info)
}

/// How many bytes it has. Nothing of size 0 is a map yet, except one of ours that another program
/// truncated: its creator opens the gate, which is asked for through `marked`, with the size set.
fn capacity(stat: &Stat, marked: Option<&OwnedFd>) -> Option<u64> {
    let size = |stat: &Stat| u64::try_from(stat.st_size).ok();
    if stat.st_size > 0 {
        return size(stat);
    }
    let fd = marked?;
    let settled = !locks::is_held_for_writing(fd, Byte::Gate).ok()?;
    settled.then(|| size(&rustix::fs::fstat(fd).ok()?))?
}

/// Whether a path refers, directly or through links, to the object of a map that a process holds.
/// Removes a dead one.
pub(crate) fn is_living_object(path: &Path) -> Result<bool> {
    let failed = |error: Errno| Error::from_io(format!("look at {}", shown(path)), &error.into());
    let stat = match rustix::fs::stat(path) {
        Ok(stat) => stat,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    let in_place = rustix::fs::stat(FOLDER).is_ok_and(|folder| folder.st_dev == stat.st_dev);
    if !is_regular(&stat) || (Mark::of(&stat).is_none() && !in_place) {
        return Ok(false);
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) if locks::is_held_by_others(&fd, Byte::Presence).unwrap_or(true) => Ok(true),
        Ok(_) => {
            if in_place && Mark::of(&stat).is_some() {
                sweep::all();
            }
            Ok(false)
        }
        Err(Errno::NOENT) => Ok(false),
        // Only its owner can find out.
        Err(_) => Ok(in_place && Mark::of(&stat).is_some()),
    }
}
