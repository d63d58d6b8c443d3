//! Maps of a file that is open, with a name or without one.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;

use super::by_name::foreign_exists;
use super::create::{self, decide};
use super::gate::{self, Gate};
use super::holding::Holding;
use super::key::Key;
use super::memory::Memory;
use super::object::Object;
use super::presence::{self, State};
use super::record::{FileRecord, Record};
use super::sweep;
use crate::error::Result;
use crate::kind::Kind;
use crate::name::Name;
use crate::os::facts::Facts;
use crate::os::unix::again::path_for_others;
use crate::os::unix::descriptor::{Given, share};
use crate::os::unix::errors::exists;
use crate::os::unix::fitting::Fitting;
use crate::request::Request;
use crate::security::TrustedOwner;
use crate::time::Deadline;

impl Object {
    /// A map of the file of a descriptor.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedFd<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let given = Given::new(descriptor, request)?;
        let memory = match given.own {
            Some(file) => Memory::File(file),
            None => Memory::Lent(share(descriptor)?),
        };
        Object::of_bytes(memory, false, given.path, name, request)
    }

    pub(in crate::os) fn of_file(
        file: File,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        Object::of_bytes(Memory::File(file.into()), emptied, path, name, request)
    }

    fn of_bytes(
        memory: Memory,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let fitting = Fitting::new(memory.fd(), request.capacity, emptied)?;
        let (inode, capacity) = (fitting.inode(), fitting.capacity());
        let fit = || fitting.run(memory.fd());
        let Some(name) = name else {
            fit()?;
            let facts = Facts { path, ..Facts::new(Kind::File, capacity, request.rights) };
            return Object::new(facts, None, None, memory, request.inheritable);
        };
        let key = Key::of(name);
        let record = Record {
            name: name.local().to_owned(),
            capacity,
            read_only: !request.rights.access().writes(),
            file: Some(FileRecord { path: path_for_others(path.as_deref(), name)?, inode }),
        };
        let holding = name_file(name, &key, &record, fit)?;
        let foreign = holding.is_none();
        let facts =
            Facts { foreign, path, ..Facts::new(Kind::NamedFile, capacity, request.rights) };
        Object::new(facts, Some(key), holding, memory, request.inheritable)
    }
}

/// Takes a missing name for a file. The file gets its size after the name is ours and everything
/// that can fail is done, but before another process can find it.
fn name_file(
    name: &Name,
    key: &Key,
    record: &Record,
    fit: impl Fn() -> Result<()>,
) -> Result<Option<Arc<Holding>>> {
    sweep::once();
    sweep::with_room(|| {
        decide(name, key, |gate, state| match state {
            State::Missing => {
                let Some(probe) = presence::claim(&gate, key)? else { return Ok(None) };
                if let Err(error) = record.write(probe.fd()) {
                    return Err(create::give_up(&gate, &probe, key, error));
                }
                drop(gate);
                let fitted = fit();
                let gate = Gate::take(Deadline::after(gate::PATIENCE))?;
                match fitted {
                    Ok(()) => create::show(&gate, probe, key, record.clone()).map(Some),
                    Err(error) => Err(create::give_up(&gate, &probe, key, error)),
                }
            }
            State::Unsettled | State::Dead(_) => Ok(None),
            State::Foreign => Err(foreign_exists(name, key, TrustedOwner::SelfAndRoot)),
            State::Living(_) => Err(exists(&name.quoted())),
        })
    })
}
