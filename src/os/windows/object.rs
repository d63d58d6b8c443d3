//! One opening of a map, as the core sees it.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE_FLAG_INHERIT, SetHandleInformation,
};

use super::bytes::{Backing, Bytes};
use super::contents::{Contents, file_of};
use super::file::FileId;
use super::lock::{Lock, LockGuard};
use super::memory::Mapping;
use super::name::{SectionName, lock_of_file};
use super::security::LOCK_RIGHTS;
use super::signal::Signal;
use super::word::SharedWord;
use crate::access::{Access, Rights};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::os::end_word::EndWord;
use crate::os::errors::{not_flushed, not_inherited};
use crate::os::facts::Facts;
use crate::os::handle::{OwnedDescriptor, RawDescriptor};
use crate::time::Deadline;

/// The identity of a map, from which its content lock is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// By this name, in every process.
    Named(String),
    /// Only in the opening itself.
    Anonymous(u64),
}

/// One opening of a map. Its section handle is what holds the map.
#[derive(Debug)]
pub(crate) struct Object {
    pub(in crate::os) facts: Facts,
    pub(super) bytes: Bytes,
    pub(super) name: Option<SectionName>,
    /// The file itself, where this process opened it.
    pub(super) file: Option<Arc<File>>,
    pub(super) file_id: Option<FileId>,
    pub(super) identity: Identity,
    pub(super) read_only: OnceLock<bool>,
    lock: OnceLock<Lock>,
    pub(super) word: OnceLock<SharedWord<EndWord>>,
    pub(super) signal: OnceLock<Arc<Signal>>,
    pub(super) adopted: Mutex<Option<OwnedDescriptor>>,
}

impl Object {
    /// A map of an existing section, with the content lock that its other holders use.
    pub(super) fn of_section(
        section: OwnedHandle,
        contents: &Contents,
        name: Option<SectionName>,
        rights: Rights,
    ) -> Object {
        let backing = match (contents.file, contents.delayed) {
            (true, _) => Backing::File,
            (false, true) => Backing::Delayed,
            (false, false) => Backing::Memory,
        };
        let file = if contents.file { file_of(section.as_handle()) } else { None };
        let kind = match (contents.file, name.is_some()) {
            (true, true) => Kind::NamedFile,
            (true, false) => Kind::File,
            (false, true) => Kind::Named,
            (false, false) => Kind::Anonymous,
        };
        let mut object = Object::new(section, backing, Facts::new(kind, contents.size, rights));
        match (&file, &name) {
            (Some(found), _) => {
                object.file_id = Some(found.id);
                object.identity = Identity::Named(lock_of_file(found.id.volume, found.id.file));
            }
            (None, Some(name)) => object.identity = Identity::Named(name.lock()),
            (None, None) => {}
        }
        object.name = name;
        object.facts.path = file.map(|found| found.path);
        object
    }

    pub(super) fn new(section: OwnedHandle, backing: Backing, facts: Facts) -> Object {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Object {
            bytes: Bytes::new(section, facts.capacity, backing, facts.rights),
            facts,
            name: None,
            file: None,
            file_id: None,
            identity: Identity::Anonymous(NEXT.fetch_add(1, Ordering::Relaxed)),
            read_only: OnceLock::new(),
            lock: OnceLock::new(),
            word: OnceLock::new(),
            signal: OnceLock::new(),
            adopted: Mutex::new(None),
        }
    }

    /// Takes a handle over, to be closed with the map.
    pub(crate) fn adopt(&self, descriptor: OwnedDescriptor) {
        *self.adopted.lock().unwrap_or_else(PoisonError::into_inner) = Some(descriptor);
    }

    /// A section keeps its name as long as it has a handle.
    pub(crate) fn is_orphaned(&self) -> Result<bool> {
        Ok(false)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        // The section keeps the access that it was created with, and refuses any other.
        *self.read_only.get_or_init(|| self.bytes.forbids_writing())
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Whether the path refers to the file of this map.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.file_id.is_some_and(|id| FileId::at(path).is_ok_and(|found| found == id))
    }

    pub(crate) fn descriptor(&self) -> RawDescriptor {
        self.section().as_raw_handle()
    }

    pub(crate) fn duplicate_descriptor(&self) -> Result<OwnedDescriptor> {
        self.section()
            .try_clone_to_owned()
            .map_err(|error| Error::from_io("duplicate the map's handle", &error))
    }

    pub(crate) fn is_inheritable(&self) -> bool {
        let mut flags = 0;
        // SAFETY: the handle is open, and the flags go to a variable of ours.
        let known = unsafe { GetHandleInformation(self.descriptor(), &raw mut flags) };
        known != 0 && flags & HANDLE_FLAG_INHERIT != 0
    }

    pub(crate) fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        let flags = if inheritable { HANDLE_FLAG_INHERIT } else { 0 };
        // SAFETY: the handle is open.
        let done = unsafe { SetHandleInformation(self.descriptor(), HANDLE_FLAG_INHERIT, flags) };
        if done == 0 {
            return Err(not_inherited(io::Error::last_os_error()));
        }
        Ok(())
    }

    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.bytes.read(offset, bytes)
    }

    /// Makes sure that a write to the range cannot run out of memory in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        self.bytes.make_room(range)
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        self.bytes.backing() == Backing::File
    }

    /// A file cannot be cut short while it is mapped.
    pub(crate) fn check_size(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.bytes.next_data(from)
    }

    /// Writes changes through this handle, and through closed views, to the disk. Changes through
    /// an open view are only flushed with that view.
    pub(crate) fn flush(&self) -> Result<()> {
        if self.bytes.backing() != Backing::File || !self.rights().contains(Rights::WRITE) {
            return Ok(());
        }
        self.bytes.flush().map_err(not_flushed)?;
        // So far the file system has it. The disk does only then.
        self.file_to_flush().map_or(Ok(()), |file| file.sync_all()).map_err(not_flushed)
    }

    /// The file behind the map, open for writing.
    fn file_to_flush(&self) -> Option<Arc<File>> {
        if let Some(file) = &self.file {
            return Some(file.clone());
        }
        // Opened by name: the file is found by the path that the kernel knows it by.
        let path = self.path().filter(|path| self.is_file(path))?;
        OpenOptions::new().write(true).open(path).ok().map(Arc::new)
    }

    /// Maps a range. The caller has checked that it is inside and that the rights permit it.
    pub(crate) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Mapping> {
        if len == 0 {
            return Ok(Mapping::new(None, None));
        }
        let range = self.bytes.view(offset, len, access)?;
        let goes_to_file = self.bytes.backing() == Backing::File && access.writes();
        let file = if goes_to_file { self.file_to_flush() } else { None };
        Ok(Mapping::new(Some(range), file))
    }

    /// Takes the content lock. Readers exclude each other here, too.
    pub(crate) fn lock(
        &self,
        _mode: LockMode,
        owner: LockOwner,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let taken = self.content_lock()?.take(owner, deadline)?;
        if taken.is_some()
            && let Some(signal) = self.signal.get()
        {
            signal.tell_of_abandoned_change();
        }
        Ok(taken)
    }

    pub(super) fn content_lock(&self) -> Result<&Lock> {
        if let Some(lock) = self.lock.get() {
            return Ok(lock);
        }
        let made = match &self.identity {
            Identity::Anonymous(_) => Lock::private(),
            Identity::Named(name) => Lock::named(name, self.users(LOCK_RIGHTS).as_ref())?,
        };
        Ok(self.lock.get_or_init(|| made))
    }

    pub(super) fn section(&self) -> BorrowedHandle<'_> {
        self.bytes.section()
    }
}
