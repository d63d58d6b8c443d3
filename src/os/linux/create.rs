//! Creating an object so that no process sees it half-made.
//!
//! The rule: create the object without a name, complete it, then link it to the name. The link
//! fails if the name is taken. If the kernel cannot do that, the object is created under its name,
//! behind the gate, and gets its size last: size 0 means that it is being created.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FallocateFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use super::limits;
use super::locks::{self, Byte};
use super::look::{Found, leftover, look};
use super::place::{self, FOLDER, Inode, Mark, Place};
use super::presence::{Presence, patience};
use super::sweep;
use crate::error::{Error, ErrorKind, Result};
use crate::os::errors::busy;
use crate::os::unix::again::{by_number, reopen};
use crate::os::unix::{bytes, errors};
use crate::request::Request;

/// What a new object consists of.
pub(super) struct Plan<'a> {
    pub(super) mark: Mark,
    pub(super) fill: Fill<'a>,
    pub(super) request: &'a Request,
    /// Runs when the name is ours and no other process can see it yet. Nothing fails afterwards.
    pub(super) before_publishing: Option<&'a dyn Fn() -> Result<()>>,
}

/// The content of a new object.
pub(super) enum Fill<'a> {
    /// Zeros, as many as the request's capacity.
    Zeros,
    /// The text of a record.
    Bytes(&'a [u8]),
}

/// What came of creating.
pub(super) enum Outcome {
    Made(Presence),
    /// A map with this name exists.
    Exists(Found),
}

/// Creates the object under its name, or says what lives there.
pub(super) fn create(place: &Place, write: bool, plan: &Plan<'_>) -> Result<Outcome> {
    sweep::once();
    sweep::with_room(|| try_to_create(place, write, plan))
}

fn try_to_create(place: &Place, write: bool, plan: &Plan<'_>) -> Result<Outcome> {
    let mut backoff = patience();
    let mut reserved = None;
    loop {
        // Checked first, so that the answer is "exists" even if memory is full.
        match look(place, write, plan.request.trusted_owner)? {
            Found::Missing => {}
            Found::Leftover { uid } => return Err(leftover(place, uid)),
            found => return Ok(Outcome::Exists(found)),
        }
        let made = match (reserved.take(), plan.before_publishing) {
            (Some(fd), _) => Some(fd),
            // An object without a name has no name to remove.
            (None, Some(_)) => None,
            (None, None) => nameless(place, plan)?,
        };
        match made {
            Some(fd) => match link(&fd, place) {
                Ok(()) => {
                    return Presence::of_created(fd, place.clone(), plan.mark).map(Outcome::Made);
                }
                Err(Errno::EXIST) => reserved = Some(fd),
                Err(Errno::NOENT | Errno::PERM | Errno::OPNOTSUPP | Errno::XDEV) => {
                    // What it reserved is needed for the other way.
                    drop(fd);
                    if let Some(presence) = under_its_name(place, plan)? {
                        return Ok(Outcome::Made(presence));
                    }
                }
                Err(error) => return Err(place.failed("create", error)),
            },
            None => {
                if let Some(presence) = under_its_name(place, plan)? {
                    return Ok(Outcome::Made(presence));
                }
            }
        }
        if !backoff.wait() {
            let why = "other processes kept creating and removing it";
            return Err(busy(&place.shown, "created", why));
        }
    }
}

pub(super) fn exists(place: &Place, found: &Found) -> Error {
    match found {
        Found::Untrusted(stranger) => errors::taken(&place.shown, stranger.uid()),
        _ => errors::exists(&place.shown),
    }
}

/// An object without a name that this process alone can reach, complete.
pub(super) fn anonymous(request: &Request) -> Result<OwnedFd> {
    sweep::with_room(|| try_to_create_anonymous(request))
}

fn try_to_create_anonymous(request: &Request) -> Result<OwnedFd> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC | rustix::fs::MemfdFlags::ALLOW_SEALING;
    let (fd, sealed) = match rustix::fs::memfd_create("mmf", flags) {
        // Since Linux 6.14 the first description causes no events, so watches would miss writes
        // through it.
        Ok(fd) => (reopen(fd.as_fd(), true).unwrap_or(fd), true),
        // Before Linux 3.17.
        Err(Errno::NOSYS) => {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            let fd = rustix::fs::open(FOLDER, flags, Mode::RUSR | Mode::WUSR)
                .map_err(|error| Error::from_io("create an anonymous map", &error.into()))?;
            (fd, false)
        }
        Err(error) => return Err(Error::from_io("create an anonymous map", &error.into())),
    };
    let what = "an anonymous map";
    size(&fd, what, request)?;
    permit(&fd, None, request).map_err(|error| {
        Error::from_io("set the permissions of an anonymous map", &error.into())
    })?;
    if sealed {
        // A process that gets the descriptor cannot truncate the memory under our views.
        let _ = rustix::fs::fcntl_add_seals(
            &fd,
            rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::GROW,
        );
    }
    Ok(fd)
}

/// A complete object in the right folder, without a name, with its presence taken. `None` if this
/// kernel, file system or sandbox does not support that. Any other failure also occurs when an
/// object with a name is created.
fn nameless(place: &Place, plan: &Plan<'_>) -> Result<Option<OwnedFd>> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::open(FOLDER, flags, Mode::RUSR | Mode::WUSR) else { return Ok(None) };
    let failed = |error| place.failed("create", error);
    permit(&fd, Some(plan.mark), plan.request).map_err(|error| owner(place, error))?;
    if !locks::try_read(&fd, Byte::Presence).map_err(failed)? {
        return Err(failed(Errno::AGAIN));
    }
    match plan.fill {
        Fill::Zeros => {
            size(&fd, &format!("the map {}", place.shown), plan.request)?;
        }
        Fill::Bytes(text) => write_record(&fd, text, place)?,
    }
    Ok(Some(fd))
}

fn link(fd: &OwnedFd, place: &Place) -> rustix::io::Result<()> {
    let direct = rustix::fs::linkat(fd, "", CWD, &place.path, AtFlags::EMPTY_PATH);
    if let Ok(()) | Err(Errno::EXIST) = direct {
        return direct;
    }
    // Before Linux 6.10 only a privileged process may do that. The path takes almost twice as long.
    match rustix::fs::linkat(CWD, by_number(fd), CWD, &place.path, AtFlags::SYMLINK_FOLLOW) {
        // No /proc here.
        Err(Errno::NOENT) => direct,
        other => other,
    }
}

/// Creates the object under its name. `None` if another process was faster or removed it again.
fn under_its_name(place: &Place, plan: &Plan<'_>) -> Result<Option<Presence>> {
    let failed = |error| place.failed("create", error);
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR | Mode::SVTX;
    let fd = match rustix::fs::open(&place.path, flags, mode) {
        Ok(fd) => fd,
        Err(Errno::EXIST) => return Ok(None),
        Err(Errno::NOENT) => return Err(place::no_folder()),
        Err(error) => return Err(failed(error)),
    };
    // Permissions that the umask removed from the owner would prevent cleaning up.
    rustix::fs::fchmod(&fd, mode).map_err(failed)?;
    let stat = rustix::fs::fstat(&fd).map_err(failed)?;
    let inode = Inode::of(&stat);
    let mut backoff = patience();
    while !locks::try_write(&fd, Byte::Gate).map_err(failed)? {
        if !backoff.wait() {
            return Ok(None);
        }
    }
    // Between the opening and the gate another process may have taken it for a leftover.
    if !place.leads_to(inode).map_err(failed)? {
        return Ok(None);
    }
    let complete = || -> Result<()> {
        if !locks::try_read(&fd, Byte::Presence).map_err(failed)? {
            return Err(failed(Errno::AGAIN));
        }
        permit(&fd, Some(plan.mark), plan.request).map_err(|error| owner(place, error))?;
        match plan.fill {
            Fill::Zeros => {
                let what = format!("the map {}", place.shown);
                reserve(&fd, &what, plan.request, FallocateFlags::KEEP_SIZE)?;
                rustix::fs::ftruncate(&fd, plan.request.capacity).map_err(failed)
            }
            Fill::Bytes(text) => {
                if let Some(act) = plan.before_publishing {
                    let flags = FallocateFlags::KEEP_SIZE;
                    match rustix::fs::fallocate(&fd, flags, 0, text.len() as u64) {
                        Err(error @ (Errno::NOSPC | Errno::DQUOT)) => return Err(failed(error)),
                        // A file system that cannot reserve reports no reserved memory.
                        _ => act()?,
                    }
                }
                write_record(&fd, text, place)
            }
        }
    };
    if let Err(error) = complete() {
        // We hold the gate and the name refers to this inode, so we may remove it.
        let _ = place.unlink();
        return Err(error);
    }
    locks::unlock(&fd, Byte::Gate).map_err(failed)?;
    Presence::of_created(fd, place.clone(), plan.mark).map(Some)
}

/// A record is small enough for one write, so no process sees a part of it.
fn write_record(fd: &OwnedFd, text: &[u8], place: &Place) -> Result<()> {
    bytes::check_file_size_limit(text.len() as u64)?;
    match rustix::io::pwrite(fd, text, 0) {
        Ok(count) if count == text.len() => Ok(()),
        Ok(_) => Err(place.failed("create", Errno::NOSPC)),
        Err(error) => Err(place.failed("create", error)),
    }
}

/// Mode and owner as asked for, with the mark; by `fchmod`, since a umask would change it.
fn permit(fd: &OwnedFd, mark: Option<Mark>, request: &Request) -> rustix::io::Result<()> {
    let asked = &request.permissions;
    if asked.uid.is_some() || asked.gid.is_some() {
        rustix::fs::fchown(fd, asked.uid.map(Uid::from_raw), asked.gid.map(Gid::from_raw))?;
    }
    let mode = asked.mode.unwrap_or(0o600) | mark.map_or(0, Mark::bits);
    rustix::fs::fchmod(fd, Mode::from_raw_mode(mode))
}

fn owner(place: &Place, error: Errno) -> Error {
    if error == Errno::PERM {
        return Error::new(
            ErrorKind::AccessDenied,
            format!("The map {} could not be given to another owner: only root may do that. Leave the owner out.", place.shown),
        )
        .with_os_code(error.raw_os_error());
    }
    place.failed("set the permissions of", error)
}

/// Gives the object its size, with the memory reserved unless it is to be delayed.
fn size(fd: &OwnedFd, what: &str, request: &Request) -> Result<()> {
    reserve(fd, what, request, FallocateFlags::empty())?;
    if request.delayed {
        rustix::fs::ftruncate(fd, request.capacity)
            .map_err(|error| bytes::no_space(what, request.capacity, error))?;
    }
    Ok(())
}

fn reserve(fd: &OwnedFd, what: &str, request: &Request, flags: FallocateFlags) -> Result<()> {
    let capacity = request.capacity;
    bytes::check_file_size_limit(capacity)?;
    if request.delayed {
        return Ok(());
    }
    limits::check(what, capacity)?;
    bytes::reserve(fd.as_fd(), 0..capacity, flags)
        .map_err(|error| bytes::no_space(what, capacity, error))
}
