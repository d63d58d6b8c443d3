//! Maps in memory, created and opened: by name, and without one.

use std::os::fd::{AsFd, OwnedFd};

use super::create::{self, Fill, Outcome, Plan};
use super::hold::Descriptors;
use super::look::{Found, look};
use super::object::Object;
use super::place::{Inode, Mark, Place};
use super::presence::Presence;
use super::record::Record;
use super::stranger::untrusted;
use crate::access::Rights;
use crate::error::Result;
use crate::kind::Kind;
use crate::name::Name;
use crate::os::facts::Facts;
use crate::os::unix::errors::{missing, replaced, truncated};
use crate::os::unix::{self, again, bytes, files};
use crate::request::{Opening, Request};

impl Object {
    pub(crate) fn create_new(name: &Name, request: &Request) -> Result<Object> {
        let place = Place::of(name);
        match create::create(&place, false, &memory(request))? {
            Outcome::Made(presence) => Object::made(presence, request),
            Outcome::Exists(found) => Err(create::exists(&place, &found)),
        }
    }

    pub(crate) fn create_or_open(name: &Name, request: &Request) -> Result<Object> {
        let place = Place::of(name);
        let write = request.rights.contains(Rights::WRITE);
        match create::create(&place, write, &memory(request))? {
            Outcome::Made(presence) => Object::made(presence, request),
            Outcome::Exists(found) => Object::found(found, &place, &request.opening()),
        }
    }

    pub(crate) fn open(name: &Name, opening: &Opening) -> Result<Object> {
        let place = Place::of(name);
        let write = opening.rights.contains(Rights::WRITE);
        let found = look(&place, write, opening.trusted_owner)?;
        Object::found(found, &place, opening)
    }

    pub(crate) fn anonymous(request: &Request) -> Result<Object> {
        let data = create::anonymous(request)?;
        let inode = Inode::of(&unix::look(data.as_fd())?);
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            ..Facts::new(Kind::Anonymous, request.capacity, request.rights)
        };
        Object::new(facts, inode, None, Descriptors::of(data), request.inheritable)
    }

    fn made(presence: Presence, request: &Request) -> Result<Object> {
        let unlocked = presence.open_unlocked(request.rights.contains(Rights::WRITE))?;
        let facts = Facts {
            read_only: mark(request) == Mark::ReadOnlyMap,
            ..Facts::new(Kind::Named, request.capacity, request.rights)
        };
        Object::in_memory(facts, presence, unlocked, request.inheritable)
    }

    fn found(found: Found, place: &Place, opening: &Opening) -> Result<Object> {
        let rights = opening.rights;
        match found {
            // For opening, a leftover that this process may not remove is as dead as any other.
            Found::Missing | Found::Leftover { .. } => Err(missing(&place.shown)),
            Found::Truncated => Err(truncated(&place.shown, 0)),
            Found::Untrusted(stranger) => Err(untrusted(place, stranger)),
            Found::Foreign { fd, stat } => {
                // Programs that use it leave no trace, so no holder is known.
                let facts = Facts {
                    foreign: true,
                    ..Facts::new(Kind::Named, unix::length_of(&stat), rights)
                };
                let place = Some(place.clone());
                let descriptors = Descriptors::of(fd);
                Object::new(facts, Inode::of(&stat), place, descriptors, opening.inheritable)
            }
            Found::Living { presence, mark: Mark::Record, stat } => {
                Object::found_record(presence, unix::length_of(&stat), place, opening)
            }
            Found::Living { presence, stat, mark } => {
                let read_only = mark == Mark::ReadOnlyMap;
                let writes = rights.contains(Rights::WRITE) && !read_only;
                let unlocked = presence.open_unlocked(writes)?;
                let facts = Facts {
                    read_only,
                    joined: true,
                    ..Facts::new(Kind::Named, unix::length_of(&stat), rights)
                };
                Object::in_memory(facts, presence, unlocked, opening.inheritable)
            }
        }
    }

    /// A named map in memory, which is held by its presence.
    fn in_memory(
        facts: Facts,
        presence: Presence,
        unlocked: OwnedFd,
        inheritable: bool,
    ) -> Result<Object> {
        let (inode, place) = (presence.inode(), presence.place().clone());
        let descriptors = Descriptors {
            presence: Some(presence),
            unlocked: Some(unlocked),
            ..Descriptors::default()
        };
        Object::new(facts, inode, Some(place), descriptors, inheritable)
    }

    fn found_record(
        presence: Presence,
        length: u64,
        place: &Place,
        opening: &Opening,
    ) -> Result<Object> {
        let rights = opening.rights;
        let record = Record::read(&presence, length, place)?;
        // A map that is only for reading may be of a file that can only be read.
        let writes = rights.contains(Rights::WRITE) && record.access.writes();
        let (file, length) = again::open_again(&record.path, record.inode, writes)?
            .ok_or_else(|| replaced(&place.shown, &record.path))?;
        files::lock_shared(&file, &record.path)?;
        bytes::check_length(length, record.capacity)?;
        let facts = Facts {
            read_only: !record.access.writes(),
            joined: true,
            path: Some(record.path),
            ..Facts::new(Kind::NamedFile, record.capacity, rights)
        };
        let descriptors =
            Descriptors { presence: Some(presence), data: Some(file), ..Descriptors::default() };
        Object::new(facts, record.inode, Some(place.clone()), descriptors, opening.inheritable)
    }
}

fn memory(request: &Request) -> Plan<'_> {
    Plan { mark: mark(request), fill: Fill::Zeros, request, before_publishing: None }
}

fn mark(request: &Request) -> Mark {
    if request.rights.access().writes() { Mark::Map } else { Mark::ReadOnlyMap }
}
