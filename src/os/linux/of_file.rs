//! Maps of a file that is open, with a name or without one.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use super::create::{self, Fill, Outcome, Plan};
use super::hold::Descriptors;
use super::object::Object;
use super::place::{Mark, Place};
use super::record::Record;
use crate::error::Result;
use crate::kind::Kind;
use crate::name::Name;
use crate::os::facts::Facts;
use crate::os::unix::again::path_for_others;
use crate::os::unix::descriptor::{Given, share};
use crate::os::unix::fitting::Fitting;
use crate::request::Request;

impl Object {
    /// A map of the file of a descriptor, on a description of its own.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedFd<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let given = Given::new(descriptor, request)?;
        // Without /proc, or where the path's permissions changed since, the description is shared.
        let data = given.own.map_or_else(|| share(descriptor), Ok)?;
        Object::of_file(data.into(), false, given.path, name, request)
    }

    pub(in crate::os) fn of_file(
        file: File,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let data = OwnedFd::from(file);
        let fitting = Fitting::new(data.as_fd(), request.capacity, emptied)?;
        let (inode, capacity) = (fitting.inode(), fitting.capacity());
        let fit = || fitting.run(data.as_fd());
        let Some(name) = name else {
            fit()?;
            let facts = Facts { path, ..Facts::new(Kind::File, capacity, request.rights) };
            return Object::new(facts, inode, None, Descriptors::of(data), request.inheritable);
        };
        let place = Place::of(name);
        let access = request.rights.access();
        let findable = path_for_others(path.as_deref(), name)?;
        let text = Record { inode, access, capacity, path: findable }.write();
        let plan = Plan {
            mark: Mark::Record,
            fill: Fill::Bytes(&text),
            request,
            // If the name is taken, the file must not change. And no process may find the name
            // before the file is complete.
            before_publishing: if fitting.is_none() { None } else { Some(&fit) },
        };
        let presence = match create::create(&place, false, &plan)? {
            Outcome::Made(presence) => presence,
            Outcome::Exists(found) => return Err(create::exists(&place, &found)),
        };
        let facts = Facts { path, ..Facts::new(Kind::NamedFile, capacity, request.rights) };
        let descriptors = Descriptors { presence: Some(presence), ..Descriptors::of(data) };
        Object::new(facts, inode, Some(place), descriptors, request.inheritable)
    }
}
