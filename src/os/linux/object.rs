//! One opening of a map, as the core sees it.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLockReadGuard, Weak};

use rustix::io::{Errno, FdFlags};

use super::content_lock::{Description, LockGuard, Spare, Use};
use super::end_record::Medium;
use super::hold::{Descriptors, Hold};
use super::place::{Inode, Place};
use super::presence::Presence;
use super::raw::RawWrites;
use crate::access::{Access, Rights};
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::os::errors::not_inherited;
use crate::os::facts::Facts;
use crate::os::handle::{OwnedDescriptor, RawDescriptor};
use crate::os::unix::mapping::check_executable;
use crate::os::unix::{again, exit, look};
use crate::time::Deadline;

/// The inode that a map's bytes are in: the same for every opening of one map.
pub(crate) type Identity = Inode;

/// One opening of a map.
#[derive(Debug)]
pub(crate) struct Object {
    pub(in crate::os) facts: Facts,
    inode: Inode,
    place: Option<Place>,
    medium: OnceLock<Medium>,
    pub(super) raw: RawWrites,
    hold: Arc<Hold>,
    number: Option<u64>,
    /// What the content lock is taken on.
    locks: Arc<Spare>,
}

impl Object {
    pub(super) fn new(
        facts: Facts,
        inode: Inode,
        place: Option<Place>,
        descriptors: Descriptors,
        inheritable: bool,
    ) -> Result<Object> {
        let holds = descriptors.presence.is_some();
        let locks = match &descriptors {
            Descriptors { presence: Some(presence), data: None, .. } => presence.locks().clone(),
            _ => Spare::new(None),
        };
        let mut object = Object {
            facts,
            inode,
            place,
            medium: OnceLock::new(),
            raw: RawWrites::new(),
            hold: Hold::new(descriptors),
            number: None,
            locks,
        };
        if object.kind() != Kind::Named || object.is_foreign() {
            // If this fails, it is tried again when a lock is requested.
            let write = object.kind() == Kind::Anonymous || object.rights().contains(Rights::WRITE);
            let own = Description::new(write, || object.fresh(write)).ok();
            object.locks = Spare::new(own);
        }
        if holds {
            let hold: Weak<Hold> = Arc::downgrade(&object.hold);
            object.number = Some(exit::note(hold));
        }
        if inheritable {
            object.set_inheritable(true)?;
        }
        if object.rights().access().executes() {
            check_executable(object.view(0, 1, Access::ReadExecute))?;
        }
        Ok(object)
    }

    pub(crate) fn identity(&self) -> Identity {
        self.inode
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    pub(super) fn descriptors(&self) -> RwLockReadGuard<'_, Descriptors> {
        self.hold.descriptors()
    }

    /// Works with the descriptor of the map's bytes.
    pub(super) fn with<T>(&self, work: impl FnOnce(BorrowedFd<'_>) -> Result<T>) -> Result<T> {
        self.hold.with(work)
    }

    /// Works with what views are mapped from.
    pub(super) fn with_unlocked<T>(
        &self,
        work: impl FnOnce(BorrowedFd<'_>) -> Result<T>,
    ) -> Result<T> {
        self.hold.with_unlocked(work)
    }

    /// Takes a descriptor over, to be closed with the map.
    pub(crate) fn adopt(&self, descriptor: OwnedDescriptor) {
        self.hold.adopt(descriptor);
    }

    pub(crate) fn is_orphaned(&self) -> Result<bool> {
        let Some(place) = &self.place else { return Ok(false) };
        let inode = match &self.hold.descriptors().presence {
            Some(presence) => presence.inode(),
            None => self.inode,
        };
        place.leads_to(inode).map(|leads| !leads).map_err(|error| place.failed("look for", error))
    }

    /// Whether the path refers to the file or the memory of this map.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        again::leads_to(path, self.inode)
    }

    pub(crate) fn descriptor(&self) -> RawDescriptor {
        self.hold.descriptors().bytes().map_or(-1, |fd| fd.as_raw_fd())
    }

    pub(crate) fn duplicate_descriptor(&self) -> Result<OwnedDescriptor> {
        self.fresh(self.rights().access().writes() && !self.is_read_only()).or_else(|error| {
            // No longer permitted: then the shared description has no lock.
            self.hold.with_unlocked(|fd| rustix::io::fcntl_dupfd_cloexec(fd, 0).map_err(|_| error))
        })
    }

    pub(crate) fn is_inheritable(&self) -> bool {
        self.hold
            .with(|fd| Ok(rustix::io::fcntl_getfd(fd)))
            .is_ok_and(|flags| flags.is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)))
    }

    pub(crate) fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        let flags = if inheritable { FdFlags::empty() } else { FdFlags::CLOEXEC };
        let descriptors = self.hold.descriptors();
        let all = [
            descriptors.presence.as_ref().map(Presence::as_fd),
            descriptors.data.as_ref().map(OwnedFd::as_fd),
        ];
        for fd in all.into_iter().flatten() {
            rustix::io::fcntl_setfd(fd, flags).map_err(not_inherited)?;
        }
        Ok(())
    }

    pub(super) fn medium(&self, fd: BorrowedFd<'_>) -> Medium {
        *self.medium.get_or_init(|| Medium::of(fd))
    }

    pub(crate) fn lock(
        &self,
        mode: LockMode,
        owner: LockOwner,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let open = || self.fresh(mode == LockMode::Exclusive);
        // A lock for one call that is not for reading is for changing the content.
        let purpose = match (mode, owner) {
            (LockMode::Exclusive, LockOwner::ThisThread)
                if self.hold.with(|fd| Ok(self.records_ends(fd)))? =>
            {
                Use::RecordedChange
            }
            _ => Use::Any,
        };
        LockGuard::take(&self.locks, open, mode, purpose, deadline)
    }

    /// A fresh description of the map's bytes, without any lock.
    pub(super) fn fresh(&self, write: bool) -> Result<OwnedFd> {
        let error = match self.hold.with(|fd| Ok(again::reopen(fd, write)))? {
            Ok(fd) => return Ok(fd),
            Err(error) => error,
        };
        // Without /proc, by the name or the path, if it still refers to this object.
        let by_name = self.place.as_ref().filter(|_| self.kind() == Kind::Named);
        let met = match (by_name, self.path()) {
            (Some(place), _) => place.open(write).ok(),
            (None, Some(path)) => {
                let path = again::lasting(path);
                again::open_again(&path, self.inode, write).ok().flatten().map(|(file, _)| file)
            }
            (None, None) => None,
        };
        met.filter(|fd| look(fd.as_fd()).is_ok_and(|stat| Inode::of(&stat) == self.inode))
            .ok_or_else(|| match error {
                Errno::NOENT => Error::new(
                    ErrorKind::NotSupported,
                    "The map's memory cannot be opened again without /proc: mount it, or use a map with a name.",
                ),
                error => Error::from_io("open the map's memory once more", &error.into()),
            })
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            exit::forget(number);
        }
        self.hold.close();
    }
}
