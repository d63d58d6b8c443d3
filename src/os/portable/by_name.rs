//! Maps by name: created and opened.

use std::os::fd::AsFd;
use std::time::Duration;

use super::create::{self, Made, decide, open_data};
use super::gate::Gate;
use super::holding::Holding;
use super::key::Key;
use super::memory::Memory;
use super::object::Object;
use super::presence::{self, Probe, State};
use super::record::Record;
use super::window::Window;
use super::{shm, sweep};
use crate::access::Rights;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::name::Name;
use crate::os::errors::failed;
use crate::os::facts::Facts;
use crate::os::unix::errors::{
    exists, foreign_in_the_making, missing, not_a_map, replaced, taken, truncated, untrusted,
};
use crate::os::unix::files::lock_shared;
use crate::os::unix::{again, bytes, length_of, owner};
use crate::request::{Opening, Request};
use crate::security::TrustedOwner;
use crate::time::Deadline;

/// How long to wait for the size of a foreign object, which may never get one.
const FOREIGN_PATIENCE: Duration = Duration::from_millis(200);

impl Object {
    pub(crate) fn create_new(name: &Name, request: &Request) -> Result<Object> {
        sweep::once();
        let key = Key::of(name);
        let made = sweep::with_room(|| {
            decide(name, &key, |gate, state| match state {
                State::Missing => create::make(gate, name, &key, request),
                State::Unsettled | State::Dead(_) => Ok(None),
                State::Foreign => Err(foreign_exists(name, &key, request.trusted_owner)),
                State::Living(_) => Err(exists(&name.quoted())),
            })
        })?;
        Object::made(made, &key, request)
    }

    pub(crate) fn create_or_open(name: &Name, request: &Request) -> Result<Object> {
        sweep::once();
        let key = Key::of(name);
        let short = Deadline::after(FOREIGN_PATIENCE);
        sweep::with_room(|| {
            decide(name, &key, |gate, state| match state {
                State::Missing => match create::make(gate, name, &key, request)? {
                    Some(made) => Object::made(made, &key, request).map(Some),
                    None => Ok(None),
                },
                state => Object::found(gate, state, name, &key, &request.opening(), short),
            })
        })
    }

    pub(crate) fn open(name: &Name, opening: &Opening) -> Result<Object> {
        let key = Key::of(name);
        let short = Deadline::after(FOREIGN_PATIENCE);
        decide(name, &key, |gate, state| Object::found(gate, state, name, &key, opening, short))
    }

    fn made(made: Made, key: &Key, request: &Request) -> Result<Object> {
        let (memory, holding) = made;
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            // A cleaner of temporary files removed the presence, so no process may remove the map.
            foreign: holding.is_none(),
            ..Facts::new(Kind::Named, request.capacity, request.rights)
        };
        Object::new(facts, Some(key.clone()), holding, memory, request.inheritable)
    }

    /// Opens what a name stands for, if it is settled.
    fn found(
        gate: Gate,
        state: State,
        name: &Name,
        key: &Key,
        opening: &Opening,
        short: Deadline,
    ) -> Result<Option<Object>> {
        match state {
            State::Missing => Err(missing(&name.quoted())),
            State::Unsettled | State::Dead(_) => Ok(None),
            State::Foreign => open_foreign(name, key, opening, short),
            State::Living(probe) => open_living(gate, probe, name, key, opening),
        }
    }
}

/// Opens a map that a process holds. `None` if another process interfered.
fn open_living(
    gate: Gate,
    probe: Probe,
    name: &Name,
    key: &Key,
    opening: &Opening,
) -> Result<Option<Object>> {
    let record = Record::read(probe.fd()).map_err(|error| failed("open", &name.quoted(), error))?;
    let file = record.as_ref().and_then(|record| record.file.clone());
    let memory = match &file {
        Some(_) => None,
        None => {
            let known = record.as_ref().map(|record| record.capacity);
            Some(open_memory(&probe, name, key, known)?)
        }
    };
    let known = record.as_ref().map(|record| (record.capacity, record.read_only));
    let Some(presence) = presence::join(&gate, probe, key)? else { return Ok(None) };
    // From here on a failure closes, and closing needs the gate.
    drop(gate);
    let holding = Holding::new(key.clone(), record, presence);
    let (kind, memory, size) = match (memory, &file) {
        (Some((memory, size)), _) => (Kind::Named, memory, size),
        (None, Some(file)) => {
            // A map that is only for reading may be of a file that can only be read.
            let writes =
                opening.rights.contains(Rights::WRITE) && known.is_some_and(|(_, read)| !read);
            let (opened, length) = again::open_again(&file.path, file.inode, writes)?
                .ok_or_else(|| replaced(&name.quoted(), &file.path))?;
            lock_shared(&opened, &file.path)?;
            bytes::check_length(length, known.map_or(length, |(capacity, _)| capacity))?;
            (Kind::NamedFile, Memory::File(opened), u64::MAX)
        }
        (None, None) => return Ok(None),
    };
    // A Mac rounds the object's size up, and a lost record leaves nothing else to go by.
    let capacity = known.map_or(size, |(capacity, _)| capacity.min(size));
    let facts = Facts {
        read_only: known.is_some_and(|(_, read_only)| read_only),
        joined: true,
        path: file.map(|file| file.path),
        ..Facts::new(kind, capacity, opening.rights)
    };
    Object::new(facts, Some(key.clone()), Some(holding), memory, opening.inheritable).map(Some)
}

/// The bytes of a living map in memory, and how many the object has.
fn open_memory(probe: &Probe, name: &Name, key: &Key, known: Option<u64>) -> Result<(Memory, u64)> {
    let check = |size| {
        if size < known.unwrap_or(1) { Err(truncated(&name.quoted(), size)) } else { Ok(()) }
    };
    if let Some(data) =
        open_data(probe.fd(), true).map_err(|error| failed("open", &name.quoted(), error))?
    {
        let size = bytes::size(data.as_fd())?;
        check(size)?;
        return Ok((Memory::File(data), size));
    }
    match shm::open_best(&key.object, true)
        .map_err(|error| failed("open", &name.quoted(), error))?
        .0
    {
        shm::Seen::Object(fd, stat) if shm::is_ours(&stat) => {
            let size = length_of(&stat);
            check(size)?;
            let window = Window::open(&key.object, fd.as_fd(), size)?;
            Ok((Memory::Shared(fd, window), size))
        }
        _ if known.is_none() => Err(Error::new(
            ErrorKind::Orphaned,
            format!(
                "Processes hold the map {}, but another program removed its record: close it in all of them, then create it again.",
                name.quoted()
            ),
        )),
        _ => Err(Error::new(
            ErrorKind::Orphaned,
            format!(
                "Processes hold the map {}, but another program removed or replaced its memory: close it in all of them, then create it again.",
                name.quoted()
            ),
        )),
    }
}

/// Opens an object without a presence, if its owner is trusted. `None` if it is being created and
/// there is time left to wait.
fn open_foreign(
    name: &Name,
    key: &Key,
    opening: &Opening,
    short: Deadline,
) -> Result<Option<Object>> {
    let needed = opening.rights.contains(Rights::WRITE);
    let opened = shm::open_best(&key.object, needed)
        .map_err(|error| failed("open", &name.quoted(), error))?;
    let (fd, stat, writable) = match opened {
        (shm::Seen::Object(fd, stat), writable) => (fd, stat, writable),
        (shm::Seen::Nothing, _) => return Ok(None),
        (shm::Seen::Other, _) => return Err(not_a_map(&name.quoted(), None)),
        (shm::Seen::Denied, _) => return Err(denied(name)),
    };
    if !owner::is_trusted(stat.st_uid, opening.trusted_owner) {
        return Err(untrusted(&name.quoted(), stat.st_uid));
    }
    let size = length_of(&stat);
    if size == 0 {
        return if short.passed() { Err(foreign_in_the_making(&name.quoted())) } else { Ok(None) };
    }
    let window = if writable {
        Window::open(&key.object, fd.as_fd(), size)
    } else {
        Window::open_read_only(fd.as_fd(), size)
    };
    let window = match window {
        // Its program removed it just now: look again.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Orphaned) => {
            return Ok(None);
        }
        other => other?,
    };
    // Programs that use it leave no trace, so no holder is known.
    let facts = Facts { foreign: true, ..Facts::new(Kind::Named, size, opening.rights) };
    let memory = Memory::Shared(fd, window);
    Object::new(facts, Some(key.clone()), None, memory, opening.inheritable).map(Some)
}

pub(super) fn foreign_exists(name: &Name, key: &Key, trusted: TrustedOwner) -> Error {
    match shm::look(&key.object) {
        Ok(shm::Seen::Denied) => denied(name),
        Ok(shm::Seen::Other) => not_a_map(&name.quoted(), None),
        Ok(shm::Seen::Object(_, stat)) if !owner::is_trusted(stat.st_uid, trusted) => {
            taken(&name.quoted(), stat.st_uid)
        }
        _ => exists(&name.quoted()),
    }
}

fn denied(name: &Name) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The name {} is taken by memory of another user, whose permissions do not allow this access: ask for less access, ask that user for permission, or choose another name.",
            name.quoted()
        ),
    )
    .with_os_code(libc::EACCES)
}
