//! Presences: a directory per name, with a shared lock of every holder of the map. All queries and
//! changes here happen under the gate.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::gate::{DIRECTORY, Gate, flock};
use super::key::Key;
use super::lock::LockKey;
use super::shm;
use crate::error::{Error, Result};
use crate::os::unix::Inode;
use crate::os::unix::fork::PrivateFd;

/// Prevents clean-up programs that remove only files from removing a presence.
pub(super) const KEEP: &str = "keep";

/// A probe of a presence: a description of its own, which forked children do not inherit, and whose
/// lock is released when it is dropped.
pub(super) struct Probe(PrivateFd);

impl Probe {
    /// Opens the presence of a name afresh, if there is one.
    pub(super) fn open(gate: &Gate, key: &Key) -> Result<Option<Probe>> {
        let opened = PrivateFd::new(|| open(gate, key));
        match opened {
            Ok(fd) => Ok(Some(Probe(fd))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(looking(error)),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.0.get().expect("nothing between opening and dropping a probe forks")
    }

    /// Tries to become a holder of the map. Refused if the map is being created.
    pub(super) fn shared(&self) -> Result<bool> {
        flock(self.fd(), FlockOperation::NonBlockingLockShared).map_err(looking)
    }

    /// Tries to be the only holder. Refused if another process holds the map; an existing shared
    /// lock is lost.
    pub(super) fn exclusive(&self) -> Result<bool> {
        flock(self.fd(), FlockOperation::NonBlockingLockExclusive).map_err(looking)
    }

    /// Whether the name still refers to this presence.
    pub(super) fn is_in_place(&self, gate: &Gate, key: &Key) -> bool {
        is_in_place(gate.fd(), key, self.fd())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // Unlocked, not just closed: a child that was forked just now may have a copy.
        if let Some(fd) = self.0.get() {
            let _ = rustix::fs::flock(fd, FlockOperation::Unlock);
        }
    }
}

/// What a name stands for.
pub(super) enum State {
    /// Nothing.
    Missing,
    /// An object that this library did not create, or whose presence was removed.
    Foreign,
    /// Being made, or disturbed by a cleaner: leave the gate, and look again.
    Unsettled,
    /// Left over. The probe is alone.
    Dead(Probe),
    /// Held. The probe is one of the holders for now.
    Living(Probe),
}

/// Looks at a name. The order of the questions is part of the protocol.
pub(super) fn look(gate: &Gate, key: &Key) -> Result<State> {
    let Some(probe) = Probe::open(gate, key)? else {
        let seen = shm::look(&key.object).map_err(looking)?;
        if !gate.leads_here() {
            // The directory was removed meanwhile: what was not found in it proves nothing.
            return Ok(State::Unsettled);
        }
        return Ok(match seen {
            shm::Seen::Nothing => State::Missing,
            _ => State::Foreign,
        });
    };
    // Shared first: if it is refused, a creator has it exclusively until the map is complete.
    if !probe.shared()? {
        return Ok(State::Unsettled);
    }
    if probe.exclusive()? {
        return Ok(State::Dead(probe));
    }
    if !probe.shared()? || !probe.is_in_place(gate, key) {
        return Ok(State::Unsettled);
    }
    Ok(State::Living(probe))
}

/// Creates the presence of a missing name and holds it exclusively. `None` if another process
/// interfered.
pub(super) fn claim(gate: &Gate, key: &Key) -> Result<Option<Probe>> {
    let made = rustix::fs::mkdirat(gate.fd(), key.directory.as_str(), Mode::RWXU);
    match made {
        Ok(()) => {}
        Err(Errno::EXIST | Errno::NOENT) => return Ok(None),
        Err(error) => return Err(making(error)),
    }
    let Some(probe) = Probe::open(gate, key)? else { return Ok(None) };
    if !probe.exclusive()? {
        return Ok(None);
    }
    match make_keep(probe.fd()) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => {
            bury(gate, &probe, key)?;
            return Err(making(error));
        }
    }
    Ok(probe.is_in_place(gate, key).then_some(probe))
}

/// Makes what keeps the presence, unless it is there.
pub(super) fn make_keep(presence: BorrowedFd<'_>) -> rustix::io::Result<()> {
    match rustix::fs::mkdirat(presence, KEEP, Mode::RWXU) {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

/// Becomes a holder of the map, with a description that forked children share, as they share the
/// handle. The probe, which has a shared or exclusive lock, is released.
pub(super) fn join(gate: &Gate, probe: Probe, key: &Key) -> Result<Option<OwnedFd>> {
    // Changing the lock from exclusive to shared is not atomic; the gate keeps other processes out
    // meanwhile.
    if !probe.shared()? {
        return Ok(None);
    }
    let fd = match open(gate, key) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(looking(error)),
    };
    let same = Inode::of_file(fd.as_fd()) == Inode::of_file(probe.fd());
    let joined =
        same && flock(fd.as_fd(), FlockOperation::NonBlockingLockShared).map_err(looking)?;
    Ok(joined.then_some(fd))
}

/// Removes a leftover. The object is removed first: a kill in the middle leaves a presence, which
/// tells the next process that there is something to remove.
pub(super) fn bury(gate: &Gate, probe: &Probe, key: &Key) -> Result<()> {
    shm::remove(&key.object).map_err(burying)?;
    abandon(gate, probe, key)
}

/// Removes a presence alone: nothing was made under it.
pub(super) fn abandon(gate: &Gate, probe: &Probe, key: &Key) -> Result<()> {
    empty(probe.fd()).map_err(burying)?;
    LockKey::of(key).remove_unless_in_use(gate.fd());
    if probe.is_in_place(gate, key) {
        rustix::fs::unlinkat(gate.fd(), key.directory.as_str(), AtFlags::REMOVEDIR)
            .map_err(burying)?;
    }
    Ok(())
}

/// Removes all that is in a directory of ours: files, and directories that are empty.
fn empty(directory: BorrowedFd<'_>) -> rustix::io::Result<()> {
    for name in entries(directory)? {
        let name = name.as_c_str();
        let removed = rustix::fs::unlinkat(directory, name, AtFlags::empty());
        if let Err(Errno::ISDIR | Errno::PERM) = removed {
            rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

/// Opens what a presence should hold. Nothing, if a cleaner took it or put something else there;
/// an error, if nothing at all can be opened now and so nothing is known.
pub(super) fn open_inside(
    presence: BorrowedFd<'_>,
    name: &str,
    access: OFlags,
) -> rustix::io::Result<Option<OwnedFd>> {
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(presence, name, flags, Mode::empty()) {
        Ok(fd) => Ok(Some(fd)),
        Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The names in a directory.
pub(super) fn entries(directory: BorrowedFd<'_>) -> rustix::io::Result<Vec<std::ffi::CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether the name refers to the presence of the descriptor.
pub(super) fn is_in_place(directory: BorrowedFd<'_>, key: &Key, presence: BorrowedFd<'_>) -> bool {
    let there = rustix::fs::statat(directory, key.directory.as_str(), AtFlags::SYMLINK_NOFOLLOW);
    there.is_ok_and(|stat| Some(Inode::of(&stat)) == Inode::of_file(presence))
}

/// Opens the presence of a name.
pub(super) fn open(gate: &Gate, key: &Key) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(gate.fd(), key.directory.as_str(), DIRECTORY, Mode::empty())
}

pub(super) fn looking(error: Errno) -> Error {
    Error::from_io("look whether the map lives", &error.into())
}

fn making(error: Errno) -> Error {
    Error::from_io("prepare the map's name", &error.into())
}

fn burying(error: Errno) -> Error {
    Error::from_io("remove what a map that is gone left behind", &error.into())
}
