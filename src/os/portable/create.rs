//! Deciding what a name stands for, and making what it shall stand for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

use super::gate::{Gate, LONGEST_PAUSE, PATIENCE};
use super::holding::Holding;
use super::key::Key;
use super::memory::Memory;
use super::presence::{self, Probe, State};
use super::record::Record;
use super::shm;
use super::window::Window;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::os::errors;
use crate::os::unix::bytes;
use crate::request::Request;
use crate::time::{Backoff, Deadline};

/// The object in a presence, where there is no shared memory.
pub(super) const DATA: &str = "data";

/// The created map: its bytes, and the hold on its name unless a clean-up program removed that.
pub(super) type Made = (Memory, Option<Arc<Holding>>);

/// Looks what a name stands for until `act` comes to a result. Leftovers are removed on the way.
/// `act` is called with the gate held; without a result it is called again a little later.
pub(super) fn decide<T>(
    name: &Name,
    key: &Key,
    mut act: impl FnMut(Gate, State) -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Deadline::after(PATIENCE);
    let mut backoff = Backoff::new(deadline, LONGEST_PAUSE);
    loop {
        let gate = Gate::take(deadline)?;
        let mut state = presence::look(&gate, key)?;
        if let State::Dead(probe) = state {
            presence::bury(&gate, &probe, key)?;
            drop(probe);
            state = presence::look(&gate, key)?;
        }
        if let Some(result) = act(gate, state)? {
            return Ok(result);
        }
        if !backoff.wait() {
            let why = "another program is creating it and did not finish in time";
            return Err(errors::busy(&name.quoted(), "opened or created", why));
        }
    }
}

/// Creates a map in memory under a missing name. `None` if another process interfered.
pub(super) fn make(gate: Gate, name: &Name, key: &Key, request: &Request) -> Result<Option<Made>> {
    debug_assert!(request.permissions.is_default(), "a map is its user's; the core refuses others");
    let Some(probe) = presence::claim(&gate, key)? else { return Ok(None) };
    let shared = match shm::create(&key.object) {
        Ok(fd) => Ok(fd),
        // A foreign program has just created it: the object stays, and the presence is removed.
        Err(Errno::EXIST) => {
            presence::abandon(&gate, &probe, key)?;
            return Ok(None);
        }
        Err(error) if shm::is_refusal(error) || error == Errno::NOENT => match make_data(&probe) {
            Ok(fd) => Err(fd),
            Err(error) => return Err(give_up(&gate, &probe, key, failed(name, error))),
        },
        Err(error) => return Err(give_up(&gate, &probe, key, failed(name, error))),
    };
    let fd = shared.as_ref().unwrap_or_else(|data| data);
    // Once: a Mac refuses a second time. The size is the kernel's to round.
    let sized = bytes::check_file_size_limit(request.capacity).and_then(|()| {
        rustix::fs::ftruncate(fd, request.capacity).map_err(|error| no_space(name, request, error))
    });
    if let Err(error) = sized {
        return Err(give_up(&gate, &probe, key, error));
    }
    // Reserving takes long. Meanwhile other processes cannot get the shared lock, and wait.
    drop(gate);
    let reserved = reserve(fd, name, request);
    let gate = Gate::take(Deadline::after(PATIENCE))?;
    let memory = reserved.and_then(|()| match shared {
        Ok(fd) => Window::open(&key.object, fd.as_fd(), request.capacity)
            .map(|window| Memory::Shared(fd, window)),
        Err(data) => Ok(Memory::File(data)),
    });
    let memory = match memory {
        Ok(memory) => memory,
        Err(error) => return Err(give_up(&gate, &probe, key, error)),
    };
    let record = Record {
        name: name.local().to_owned(),
        capacity: request.capacity,
        read_only: !request.rights.access().writes(),
        file: None,
    };
    let holding = publish(&gate, probe, key, record)?;
    Ok(Some((memory, holding)))
}

/// Makes a claimed presence visible as a living map, with its record. `None` if a clean-up program
/// removed the presence: then no process may remove the map.
pub(super) fn publish(
    gate: &Gate,
    probe: Probe,
    key: &Key,
    record: Record,
) -> Result<Option<Arc<Holding>>> {
    if !probe.is_in_place(gate, key) {
        return Ok(None);
    }
    if let Err(error) = record.write(probe.fd()) {
        return Err(give_up(gate, &probe, key, error));
    }
    show(gate, probe, key, record)
}

/// The same when the record is written already.
pub(super) fn show(
    gate: &Gate,
    probe: Probe,
    key: &Key,
    record: Record,
) -> Result<Option<Arc<Holding>>> {
    let presence = presence::join(gate, probe, key)?;
    Ok(presence.map(|presence| Holding::new(key.clone(), Some(record), presence)))
}

/// Undoes the creation so far. The original error is reported.
pub(super) fn give_up(gate: &Gate, probe: &Probe, key: &Key, error: Error) -> Error {
    let _ = presence::bury(gate, probe, key);
    error
}

fn make_data(probe: &Probe) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(probe.fd(), DATA, flags, Mode::RUSR | Mode::WUSR)
}

/// The object in a presence, if it is there.
pub(super) fn open_data(
    presence: BorrowedFd<'_>,
    write: bool,
) -> rustix::io::Result<Option<OwnedFd>> {
    let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
    presence::open_inside(presence, DATA, access)
}

/// Makes sure that the memory is there, unless it shall come when it is touched. A Mac's shared
/// memory is backed by all the memory that there is, and has nothing to reserve.
fn reserve(fd: &OwnedFd, name: &Name, request: &Request) -> Result<()> {
    if request.delayed || cfg!(target_vendor = "apple") {
        return Ok(());
    }
    bytes::reserve(fd.as_fd(), 0..request.capacity, FallocateFlags::empty())
        .map_err(|error| no_space(name, request, error))
}

fn no_space(name: &Name, request: &Request, error: Errno) -> Error {
    bytes::no_space(&format!("the map {}", name.quoted()), request.capacity, error)
}

fn failed(name: &Name, error: Errno) -> Error {
    errors::failed("create", &name.quoted(), error)
}
