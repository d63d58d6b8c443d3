//! One opening of a map, as the core sees it.

use std::cell::Cell;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, Stat};
use rustix::io::{Errno, FdFlags};

use super::create::{self, DATA, Made, Memory, decide};
use super::gate::{self, Gate};
use super::holding::Holding;
use super::key::Key;
use super::lock::{HandleLock, LockGuard, LockKey};
use super::presence::{self, Probe, State};
use super::record::{FileRecord, Record};
use super::window::Window;
use super::words::{self, SharedWords};
use super::{shm, sweep};
use crate::access::{Access, Rights};
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::name::Name;
use crate::os::end_word::Look;
use crate::os::facts::Facts;
use crate::os::unix::files::{Fitting, Opened};
use crate::os::unix::mapping::Mapping;
use crate::os::unix::{Inode, OwnedDescriptor, RawDescriptor, bytes, files, owner};
use crate::quoted::shown;
use crate::request::{Opening, Request};
use crate::security::{Permissions, TrustedOwner};
use crate::time::Deadline;

/// How long a foreign object without a size is waited for: nobody knows whether it will get one.
const FOREIGN_PATIENCE: Duration = Duration::from_millis(200);

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
    /// Before the bytes, so that it is dropped first: a file that is closed could be replaced by
    /// one with its number while the name still leads to it.
    holding: Option<Arc<Holding>>,
    memory: Memory,
    lock: HandleLock,
    /// A descriptor that the caller gave away: closed with the map.
    adopted: Mutex<Option<OwnedFd>>,
}

impl Object {
    pub(crate) fn create_new(name: &Name, request: &Request) -> Result<Object> {
        sweep::once();
        let key = Key::of(name);
        let made = sweep::with_room(|| {
            decide(name, &key, |gate, state| match state {
                State::Missing => create::make(gate, name, &key, request),
                State::Unsettled | State::Dead(_) => Ok(None),
                State::Foreign => Err(foreign_exists(name, &key, request.trusted_owner)),
                State::Living(_) => Err(exists(name)),
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

    /// A file without a name: a Mac's shared memory cannot be told from another, read through its
    /// descriptor, or copied on write, and a map that is handed on by its descriptor needs all.
    pub(crate) fn anonymous(request: &Request) -> Result<Object> {
        sweep::once();
        bytes::check_file_size_limit(request.capacity)?;
        let data = sweep::with_room(|| {
            let data = anonymous_file()?;
            let what = |error| bytes::no_space("an anonymous map", request.capacity, error);
            if !request.delayed {
                bytes::reserve(data.as_fd(), 0..request.capacity, FallocateFlags::empty())
                    .map_err(what)?;
            }
            rustix::fs::ftruncate(&data, request.capacity).map_err(what)?;
            Ok(data)
        })?;
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            ..Facts::new(Kind::Anonymous, request.capacity, request.rights)
        };
        Object::new(facts, None, None, Memory::File(data), request.inheritable)
    }

    /// A map of an open file. The caller checked its length against the capacity.
    pub(crate) fn from_file(
        opened: Opened,
        path: &Path,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let memory = Memory::File(opened.file.into());
        Object::from_data(memory, opened.emptied, Some(path), name, request)
    }

    /// A map of what a descriptor leads to.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedFd<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let access = request.rights.access();
        let stat = files::check_descriptor(descriptor, access, request.capacity)?;
        let writes = access.writes() || files::grows_unwritten(access, &stat, request.capacity);
        let path = files::path_of(descriptor, Inode::of(&stat));
        let length = u64::try_from(stat.st_size).unwrap_or(0);
        let fallback = PathBuf::from("of the descriptor");
        check_file_capacity(
            path.as_deref().unwrap_or(&fallback),
            length,
            request.capacity,
            access,
        )?;
        let again = match &path {
            Some(path) => files::open_again(path, Inode::of(&stat), writes).ok().flatten(),
            None => None,
        };
        let memory = match again {
            Some((file, _)) => Memory::File(file),
            None => rustix::io::fcntl_dupfd_cloexec(descriptor, 0)
                .map(Memory::Lent)
                .map_err(|error| Error::from_io("use the descriptor", &error.into()))?,
        };
        Object::from_data(memory, false, path, name, request)
    }

    /// Takes a descriptor over, to be closed with the map.
    pub(crate) fn adopt(&self, descriptor: OwnedDescriptor) {
        *self.adopted.lock().unwrap_or_else(PoisonError::into_inner) = Some(descriptor);
    }

    fn from_data(
        memory: Memory,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let stat = stat(memory.fd())?;
        let fitting = Fitting::new(stat, request.capacity, emptied);
        let capacity = fitting.capacity();
        let fit = || fitting.run(memory.fd());
        let Some(name) = name else {
            fit()?;
            let facts = Facts { path, ..Facts::new(Kind::File, capacity, request.rights) };
            return Object::new(facts, None, None, memory, request.inheritable);
        };
        let Some(path) = path else {
            return Err(Error::new(
                ErrorKind::NotSupported,
                format!(
                    "The map {} cannot be named: its file has no path by which others could find it.",
                    name.quoted()
                ),
            ));
        };
        let key = Key::of(name);
        let record = Record {
            name: name.local().to_owned(),
            capacity,
            read_only: !request.rights.access().writes(),
            file: Some(FileRecord { path: files::lasting(&path), inode: Inode::of(&stat) }),
        };
        let holding = name_file(name, &key, &record, fit)?;
        let facts = Facts {
            foreign: holding.is_none(),
            path: Some(path),
            ..Facts::new(Kind::NamedFile, capacity, request.rights)
        };
        Object::new(facts, Some(key), holding, memory, request.inheritable)
    }

    fn made(made: Made, key: &Key, request: &Request) -> Result<Object> {
        let (memory, holding) = made;
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            // A cleaner took the presence already: the map is nobody's to remove.
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
            State::Missing => Err(missing(name)),
            State::Unsettled | State::Dead(_) => Ok(None),
            State::Foreign => open_foreign(name, key, opening, short),
            State::Living(probe) => open_living(gate, probe, name, key, opening),
        }
    }

    fn new(
        facts: Facts,
        key: Option<Key>,
        holding: Option<Arc<Holding>>,
        memory: Memory,
        inheritable: bool,
    ) -> Result<Object> {
        let inode = Inode::of(&stat(memory.fd())?);
        let lock = match &key {
            // A map's name is not its lock's if it stands for a file that others map by path.
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
            files::check_executable(object.view(0, 1, Access::ReadExecute))?;
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

    /// Whether the path leads to the file or memory that this map shows.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.inode.number != 0 && files::leads_to(path, self.inode)
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
        held.and_then(|()| rustix::io::fcntl_setfd(self.memory.fd(), flags))
            .map_err(|error| Error::from_io("change the inheritance", &error.into()))
    }

    /// A map has none of its own: it is its user's alone.
    pub(crate) fn permissions(&self) -> Result<Permissions> {
        Ok(Permissions::default())
    }

    /// The core refuses every change that could be asked for here.
    pub(crate) fn set_permissions(&self, _: &Permissions) -> Result<()> {
        Ok(())
    }

    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        match &self.memory {
            Memory::Shared(fd, window) => window.read(fd.as_fd(), self.capacity(), offset, buffer),
            Memory::File(fd) | Memory::Lent(fd) => {
                bytes::read(fd.as_fd(), self.capacity(), offset, buffer)
            }
        }
    }

    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        let before = self.words()?;
        let write = || match &self.memory {
            Memory::Shared(fd, window) => {
                self.make_room(offset..offset + data.len() as u64)?;
                window.write(fd.as_fd(), self.capacity(), offset, data)
            }
            Memory::File(fd) | Memory::Lent(fd) => {
                bytes::write(fd.as_fd(), self.capacity(), offset, data)
            }
        };
        let done = before.as_ref().map_or_else(write, |shared| shared.end().raw(write));
        if let Some(now) = self.words_after(before.as_ref())? {
            // The first recorder may have made them meanwhile.
            if before.is_none_or(|before| !before.is(&now)) {
                now.end().raw(|| ());
            }
            // The bytes are written, whoever could be told of it; who was not is told with the next change.
            let _ = now.tell_change();
        }
        done
    }

    /// What those who write a map in memory share. A file's bytes have writers who know nothing of it.
    pub(super) fn words(&self) -> Result<Option<Arc<SharedWords>>> {
        match &self.holding {
            Some(holding) if self.kind() == Kind::Named => holding.words(),
            _ => Ok(None),
        }
    }

    /// The same after a write: a cleaner may have taken the words meanwhile, and others share new ones.
    fn words_after(&self, before: Option<&Arc<SharedWords>>) -> Result<Option<Arc<SharedWords>>> {
        match before {
            Some(words) if words.have_a_name() => Ok(Some(words.clone())),
            _ => self.words(),
        }
    }

    /// Tells everybody who watches the map that it was changed.
    pub(crate) fn notify(&self) -> Result<()> {
        bytes::check_size(self.memory.fd().as_fd(), self.capacity())?;
        let told = match &self.memory {
            Memory::Shared(..) => self.words()?.map_or(Ok(()), |words| words.tell_change()),
            Memory::File(fd) | Memory::Lent(fd) => words::touch(fd.as_fd()),
        };
        told.map_err(|error| Error::from_io("tell of a change of the map", &error.into()))
    }

    /// Makes sure that a write to the range cannot run out of room in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        match &self.memory {
            // Memory that cannot be had would end the process when it is touched.
            Memory::Shared(fd, _) => bytes::make_room_in_memory(fd.as_fd(), self.capacity(), range),
            Memory::File(fd) | Memory::Lent(fd) => {
                bytes::make_room(fd.as_fd(), self.capacity(), range)
            }
        }
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        !matches!(self.memory, Memory::Shared(..))
    }

    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, _: &'a LockGuard) -> Result<Change<'a>> {
        let record = self.words()?.map(|shared| {
            let look = shared.end().look();
            (shared, look)
        });
        Ok(Change { object: self, record, begun: Cell::new(false) })
    }

    /// Whether all of the map's bytes are still there.
    pub(crate) fn check_size(&self) -> Result<()> {
        bytes::check_size(self.memory.fd().as_fd(), self.capacity())
    }

    /// To ask a descriptor moves its position, so one that the caller has, too, is not asked. A Mac's
    /// shared memory cannot tell what of it was never written: all may be data.
    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        match &self.memory {
            Memory::Lent(_) => Ok((from < self.capacity()).then_some(from..self.capacity())),
            Memory::Shared(fd, _) | Memory::File(fd) => {
                bytes::next_data(fd.as_fd(), self.capacity(), from)
            }
        }
    }

    pub(crate) fn flush(&self) -> Result<()> {
        if matches!(self.kind(), Kind::Named | Kind::Anonymous) {
            return Ok(());
        }
        rustix::fs::fsync(self.memory.fd())
            .map_err(|error| Error::from_io("flush the map", &error.into()))
    }

    /// Maps a range. The caller checked that it lies inside and that the rights permit it.
    pub(crate) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Mapping> {
        if access == Access::CopyOnWrite && matches!(self.memory, Memory::Shared(..)) {
            return Mapping::copied(len, |copy| self.read_at(offset, copy));
        }
        let fd = self.memory.fd().as_fd();
        bytes::check_size(fd, self.capacity())?;
        Mapping::new(fd, offset, len, access)
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

/// A change of the content, from the look at it to the record of its new end. When it is dropped, those who
/// watch the map are told.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<(Arc<SharedWords>, Look)>,
    begun: Cell<bool>,
}

impl Change<'_> {
    /// Where the content ends, if that is known without a search.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let (_, look) = self.record.as_ref()?;
        look.known_end.filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.forget();
        let capacity = self.object.capacity();
        match &self.object.memory {
            Memory::Shared(fd, window) => {
                self.object.make_room(offset..offset + data.len() as u64)?;
                window.write_up(fd.as_fd(), capacity, offset, data)
            }
            Memory::File(fd) | Memory::Lent(fd) => bytes::write(fd.as_fd(), capacity, offset, data),
        }
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.forget();
        let capacity = self.object.capacity();
        match &self.object.memory {
            Memory::Shared(fd, window) => window.clear_down(fd.as_fd(), capacity, range),
            Memory::File(fd) | Memory::Lent(fd) => bytes::clear_down(fd.as_fd(), capacity, range),
        }
    }

    fn forget(&self) {
        self.begun.set(true);
        if let Some((shared, _)) = &self.record {
            shared.end().forget();
        }
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let Some((shared, look)) = &self.record {
            shared.end().record(*look, end);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let before = self.record.as_ref().map(|(words, _)| words);
        if self.begun.get()
            && let Ok(Some(words)) = self.object.words_after(before)
        {
            let _ = words.tell_change();
        }
    }
}

/// Opens a map that somebody holds. Nothing, if somebody interfered.
fn open_living(
    gate: Gate,
    probe: Probe,
    name: &Name,
    key: &Key,
    opening: &Opening,
) -> Result<Option<Object>> {
    let record = Record::read(probe.fd()).map_err(|error| cannot_open(name, error))?;
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
            // What was mapped for reading alone may be a file that can only be read.
            let writes =
                opening.rights.contains(Rights::WRITE) && known.is_some_and(|(_, read)| !read);
            let (opened, length) = files::open_again(&file.path, file.inode, writes)?
                .ok_or_else(|| replaced(name, &file.path))?;
            files::lock_shared(&opened, &file.path)?;
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
    let check = |size| if size < known.unwrap_or(1) { Err(truncated(name, size)) } else { Ok(()) };
    if let Some(data) = open_data(probe.fd(), true).map_err(|error| cannot_open(name, error))? {
        let size = bytes::size(data.as_fd())?;
        check(size)?;
        return Ok((Memory::File(data), size));
    }
    match shm::open_best(&key.object, true).map_err(|error| cannot_open(name, error))?.0 {
        shm::Seen::Object(fd, stat) if shm::is_ours(&stat) => {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            check(size)?;
            let window = Window::open(&key.object, fd.as_fd(), size)?;
            Ok((Memory::Shared(fd, window), size))
        }
        _ if known.is_none() => Err(Error::new(
            ErrorKind::Orphaned,
            format!(
                "The map {} lives, but another program removed what is known of it: open it again when one of those who hold it has closed it, or close it everywhere.",
                name.quoted()
            ),
        )),
        _ => Err(Error::new(
            ErrorKind::Orphaned,
            format!(
                "The map {} lives, but another program removed or replaced its memory: close it everywhere, and create it anew.",
                name.quoted()
            ),
        )),
    }
}

/// The object in a presence, if it is there.
pub(super) fn open_data(
    presence: BorrowedFd<'_>,
    write: bool,
) -> rustix::io::Result<Option<OwnedFd>> {
    let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
    presence::open_inside(presence, DATA, access)
}

/// Opens an object that nobody here has a presence for, if its owner is trusted. Nothing, if it is
/// being made and there is time left to wait for that.
fn open_foreign(
    name: &Name,
    key: &Key,
    opening: &Opening,
    short: Deadline,
) -> Result<Option<Object>> {
    let needed = opening.rights.contains(Rights::WRITE);
    let opened = shm::open_best(&key.object, needed).map_err(|error| cannot_open(name, error))?;
    let (fd, stat, writable) = match opened {
        (shm::Seen::Object(fd, stat), writable) => (fd, stat, writable),
        (shm::Seen::Nothing, _) => return Ok(None),
        (shm::Seen::Other, _) => return Err(not_a_map(name)),
        (shm::Seen::Denied, _) => return Err(denied(name)),
    };
    if !owner::is_trusted(stat.st_uid, opening.trusted_owner) {
        let owner = owner::describe(stat.st_uid);
        return Err(Error::new(ErrorKind::AccessDenied, owner::untrusted(&name.quoted(), &owner)));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size == 0 {
        return if short.passed() { Err(in_the_making(name)) } else { Ok(None) };
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
    // Those who use it leave no trace of it, so nobody is known to be there.
    let facts = Facts { foreign: true, ..Facts::new(Kind::Named, size, opening.rights) };
    let memory = Memory::Shared(fd, window);
    Object::new(facts, Some(key.clone()), None, memory, opening.inheritable).map(Some)
}

/// Takes a missing name for a file. The file gets its size in between: not before the name is
/// ours and all that can fail is done, and before anybody finds it there.
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
            State::Living(_) => Err(exists(name)),
        })
    })
}

/// A file of the private directory that nobody else can reach.
fn anonymous_file() -> Result<OwnedFd> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let path = gate::path()?;
    let directory = gate::open_directory(&path)?;
    let failed =
        |error: Errno| Error::from_io(format!("make a file in {}", shown(&path)), &error.into());
    loop {
        let name =
            format!("{}{:016x}", sweep::ANONYMOUS, RandomState::new().build_hasher().finish());
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&directory, name.as_str(), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => {
                // A sweep may have taken the name already.
                let _ = rustix::fs::unlinkat(&directory, name.as_str(), AtFlags::empty());
                return Ok(file);
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

fn stat(fd: impl AsFd) -> Result<Stat> {
    rustix::fs::fstat(fd).map_err(|error| Error::from_io("look at the map", &error.into()))
}

fn exists(name: &Name) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!(
            "A map named {} exists already: open it, create or open it, or choose another name.",
            name.quoted()
        ),
    )
    .with_os_code(libc::EEXIST)
}

fn foreign_exists(name: &Name, key: &Key, trusted: TrustedOwner) -> Error {
    match shm::look(&key.object) {
        Ok(shm::Seen::Denied) => denied(name),
        Ok(shm::Seen::Other) => not_a_map(name),
        Ok(shm::Seen::Object(_, stat)) if !owner::is_trusted(stat.st_uid, trusted) => {
            let owner = owner::describe(stat.st_uid);
            Error::new(ErrorKind::AlreadyExists, owner::taken(&name.quoted(), &owner))
                .with_os_code(libc::EEXIST)
        }
        _ => exists(name),
    }
}

fn truncated(name: &Name, size: u64) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!(
            "Another program truncated the map {} to {size} bytes while processes hold it: close it in all of them, then create it again.",
            name.quoted()
        ),
    )
}

fn missing(name: &Name) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "No process holds a map named {}: create it, or keep a process running that holds it.",
            name.quoted()
        ),
    )
    .with_os_code(libc::ENOENT)
}

fn denied(name: &Name) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The name {} is taken by memory of another user, who does not let you open it so: ask for less access, ask that user for permission, or choose another name.",
            name.quoted()
        ),
    )
    .with_os_code(libc::EACCES)
}

fn in_the_making(name: &Name) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!(
            "The map {} could not be opened: it is being created by another program, which has not given it a size yet. Try again.",
            name.quoted()
        ),
    )
}

fn not_a_map(name: &Name) -> Error {
    Error::new(
        ErrorKind::NotAMap,
        format!(
            "{} is not a map: it is a link, a directory or a FIFO. Choose another name, or remove it.",
            name.quoted()
        ),
    )
}

fn replaced(name: &Name, path: &Path) -> Error {
    Error::new(
        ErrorKind::FileReplaced,
        format!(
            "The map {} is of the file {}, but that path leads to another file or to none now: close the map everywhere, and map the new file.",
            name.quoted(),
            shown(path)
        ),
    )
}

fn cannot_open(name: &Name, error: Errno) -> Error {
    Error::from_io(format!("open the map {}", name.quoted()), &error.into())
}
