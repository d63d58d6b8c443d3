//! One opening of a map, as the core sees it.

use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::FdFlags;

use super::holding::Holding;
use super::key::Key;
use super::lock::{HandleLock, LockGuard, LockKey};
use super::memory::Memory;
use super::shm;
use super::words::SharedWords;
use crate::access::Access;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::os::errors::{not_flushed, not_inherited};
use crate::os::facts::Facts;
use crate::os::handle::{OwnedDescriptor, RawDescriptor};
use crate::os::unix::again::leads_to;
use crate::os::unix::mapping::{Mapping, check_executable};
use crate::os::unix::{Inode, bytes, look};
use crate::security::Permissions;
use crate::time::Deadline;

/// What two openings of one map have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The name, and which of the maps that had it one after the other.
    Named(Key, Option<Inode>),
    /// The file.
    File(Inode),
}

/// One opening of a map.
#[derive(Debug)]
pub(crate) struct Object {
    pub(in crate::os) facts: Facts,
    key: Option<Key>,
    inode: Inode,
    /// Before the bytes, so that it is dropped first: after a close, a new file could get the same
    /// inode number while the name still refers to it.
    holding: Option<Arc<Holding>>,
    memory: Memory,
    lock: HandleLock,
    /// A descriptor that the caller gave away: closed with the map.
    adopted: Mutex<Option<OwnedFd>>,
}

impl Object {
    pub(super) fn new(
        facts: Facts,
        key: Option<Key>,
        holding: Option<Arc<Holding>>,
        memory: Memory,
        inheritable: bool,
    ) -> Result<Object> {
        let inode = Inode::of(&look(memory.fd())?);
        let lock = match &key {
            // The lock of a named file map is not found by the map's name, because others map the
            // file by its path.
            Some(key) if facts.kind == Kind::Named => {
                HandleLock::new(LockKey::of(key), holding.is_some())
            }
            _ => HandleLock::new(LockKey::of_file(inode), false),
        };
        let object = Object { facts, key, inode, holding, memory, lock, adopted: Mutex::new(None) };
        if inheritable {
            object.set_inheritable(true)?;
        }
        if object.rights().access().executes() {
            check_executable(object.view(0, 1, Access::ReadExecute))?;
        }
        Ok(object)
    }

    pub(crate) fn identity(&self) -> Identity {
        match &self.key {
            Some(key) if self.kind() == Kind::Named => {
                Identity::Named(key.clone(), self.holding.as_ref().and_then(|it| it.inode()))
            }
            _ => Identity::File(self.inode),
        }
    }

    /// Its bytes.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What it has of its name, if it has one.
    pub(super) fn holding(&self) -> Option<&Holding> {
        self.holding.as_deref()
    }

    /// Takes a descriptor over, to be closed with the map.
    pub(crate) fn adopt(&self, descriptor: OwnedDescriptor) {
        *self.adopted.lock().unwrap_or_else(PoisonError::into_inner) = Some(descriptor);
    }

    pub(crate) fn is_orphaned(&self) -> Result<bool> {
        let Some(key) = &self.key else { return Ok(false) };
        if let Some(holding) = &self.holding
            && !holding.is_in_place()?
        {
            return Ok(true);
        }
        if !matches!(self.memory, Memory::Shared(..)) {
            return Ok(false);
        }
        match shm::look(&key.object) {
            Ok(shm::Seen::Object(_, stat)) => {
                Ok(Inode::of(&stat) != self.inode || !(self.is_foreign() || shm::is_ours(&stat)))
            }
            Ok(_) => Ok(true),
            Err(error) => Err(Error::from_io("look for the map's name", &error.into())),
        }
    }

    /// Whether the path refers to the file or the memory of this map.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.inode.number != 0 && leads_to(path, self.inode)
    }

    /// The descriptor that holds the map, where there is a name to hold; else that of the bytes.
    pub(crate) fn descriptor(&self) -> RawDescriptor {
        match &self.holding {
            Some(holding) => holding.descriptor(),
            None => self.memory.fd().as_raw_fd(),
        }
    }

    pub(crate) fn duplicate_descriptor(&self) -> Result<OwnedDescriptor> {
        rustix::io::fcntl_dupfd_cloexec(self.memory.fd(), 0)
            .map_err(|error| Error::from_io("duplicate the map's descriptor", &error.into()))
    }

    pub(crate) fn is_inheritable(&self) -> bool {
        rustix::io::fcntl_getfd(self.memory.fd())
            .is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC))
    }

    pub(crate) fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        let flags = if inheritable { FdFlags::empty() } else { FdFlags::CLOEXEC };
        let held = self.holding.as_ref().map_or(Ok(()), |holding| holding.set_flags(flags));
        held.and_then(|()| rustix::io::fcntl_setfd(self.memory.fd(), flags)).map_err(not_inherited)
    }

    /// A map has no permissions of its own: it belongs to its user alone.
    pub(crate) fn permissions(&self) -> Result<Permissions> {
        Ok(Permissions::default())
    }

    /// The core refuses every change that could be asked for here.
    pub(crate) fn set_permissions(&self, _: &Permissions) -> Result<()> {
        Ok(())
    }

    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.memory.read(self.capacity(), offset, buffer)
    }

    /// Makes sure that a write to the range cannot run out of room in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        self.memory.make_room(self.capacity(), range)
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        !matches!(self.memory, Memory::Shared(..))
    }

    /// Whether all of the map's bytes are still there.
    pub(crate) fn check_size(&self) -> Result<()> {
        bytes::check_size(self.memory.fd(), self.capacity())
    }

    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.memory.next_data(self.capacity(), from)
    }

    pub(crate) fn flush(&self) -> Result<()> {
        if matches!(self.kind(), Kind::Named | Kind::Anonymous) {
            return Ok(());
        }
        rustix::fs::fsync(self.memory.fd()).map_err(not_flushed)
    }

    /// Maps a range. The caller has checked that it is inside and that the rights permit it.
    pub(crate) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Mapping> {
        self.memory.view(self.capacity(), offset, len, access)
    }

    /// The words that writers of a map in memory share. Other programs write to files without them.
    pub(super) fn words(&self) -> Result<Option<Arc<SharedWords>>> {
        match &self.holding {
            Some(holding) if self.kind() == Kind::Named => holding.words(),
            _ => Ok(None),
        }
    }

    /// Shared means exclusive here, too.
    pub(crate) fn lock(
        &self,
        _: LockMode,
        _: LockOwner,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        self.lock.take(deadline)
    }
}
