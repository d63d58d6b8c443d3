//! One opening of a map, as the core sees it.

use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};

use rustix::fs::{Gid, Mode, Stat, Uid};
use rustix::io::{Errno, FdFlags};

use super::content_lock::{Description, LockGuard, Spare};
use super::create::{self, Fill, Outcome, Plan};
use super::end_record::{EndRecord, Medium};
use super::locks::{self, Byte};
use super::place::{Inode, Mark, Place};
use super::presence::{Found, Presence, look, missing, truncated, untrusted};
use super::raw::RawWrites;
use super::record::{Record, replaced};
use crate::access::{Access, Rights};
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::name::Name;
use crate::os::facts::Facts;
use crate::os::unix::exit::{self, Holder};
use crate::os::unix::files::{Fitting, Opened};
use crate::os::unix::mapping::Mapping;
use crate::os::unix::{OwnedDescriptor, RawDescriptor, bytes, files};
use crate::request::{Opening, Request};
use crate::security::Permissions;
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
    raw: RawWrites,
    hold: Arc<Hold>,
    number: Option<u64>,
    /// What the content lock is taken on.
    locks: Arc<Spare>,
}

/// The descriptors of an opening. Locked for reading by every use, so that the exit handler can
/// tell a handle in use and leave it alone.
#[derive(Debug)]
struct Hold(RwLock<Descriptors>);

#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// Holds the name. The bytes of a named map in memory go through it, too.
    pub(super) presence: Option<Presence>,
    /// The same memory without a lock. A mapping keeps its description's locks alive, and a view
    /// must not hold the name.
    unlocked: Option<OwnedFd>,
    /// The bytes of anything else.
    pub(super) data: Option<OwnedFd>,
    /// A descriptor that the caller gave away: closed with the map.
    adopted: Option<OwnedFd>,
}

impl Descriptors {
    fn bytes(&self) -> Option<BorrowedFd<'_>> {
        match (&self.data, &self.presence) {
            (Some(data), _) => Some(data.as_fd()),
            (None, Some(presence)) => Some(presence.as_fd()),
            (None, None) => None,
        }
    }

    /// What views are mapped from.
    fn unlocked(&self) -> Option<BorrowedFd<'_>> {
        self.data.as_ref().or(self.unlocked.as_ref()).map(OwnedFd::as_fd)
    }
}

impl Hold {
    fn descriptors(&self) -> RwLockReadGuard<'_, Descriptors> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(BorrowedFd<'_>) -> Result<T>) -> Result<T> {
        work(self.descriptors().bytes().ok_or_else(ending)?)
    }

    fn with_unlocked<T>(&self, work: impl FnOnce(BorrowedFd<'_>) -> Result<T>) -> Result<T> {
        work(self.descriptors().unlocked().ok_or_else(ending)?)
    }
}

impl Holder for Hold {
    fn leave_at_exit(&self) {
        let Ok(mut descriptors) = self.0.try_write() else { return };
        if let Some(presence) = descriptors.presence.take() {
            presence.leave_at_exit();
        }
    }
}

fn ending() -> Error {
    Error::new(ErrorKind::Closed, "The map was closed: the process is ending.")
}

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
        let inode = Inode::of(&stat(&data)?);
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            ..Facts::new(Kind::Anonymous, request.capacity, request.rights)
        };
        let descriptors = Descriptors { data: Some(data), ..Descriptors::default() };
        Object::new(facts, inode, None, descriptors, request.inheritable)
    }

    /// A map of an open file. The caller checked its length against the capacity.
    pub(crate) fn from_file(
        opened: Opened,
        path: &Path,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Object::from_data(opened.file.into(), opened.emptied, Some(path), name, request)
    }

    /// A map of what a descriptor leads to, on a description of its own.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedFd<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let access = request.rights.access();
        let stat = files::check_descriptor(descriptor, access, request.capacity)?;
        let write = access.writes() || files::grows_unwritten(access, &stat, request.capacity);
        let path = files::path_of(descriptor, Inode::of(&stat));
        let fallback = PathBuf::from("of the descriptor");
        let length = u64::try_from(stat.st_size).unwrap_or(0);
        check_file_capacity(
            path.as_deref().unwrap_or(&fallback),
            length,
            request.capacity,
            access,
        )?;
        let data = match files::reopen(descriptor, write) {
            Ok(data) => data,
            // Without /proc, or where the path's permissions changed since: share the description.
            Err(_) => rustix::io::fcntl_dupfd_cloexec(descriptor, 0)
                .map_err(|error| Error::from_io("use the descriptor", &error.into()))?,
        };
        Object::from_data(data, false, path, name, request)
    }

    /// Takes a descriptor over, to be closed with the map.
    pub(crate) fn adopt(&self, descriptor: OwnedDescriptor) {
        self.hold.0.write().unwrap_or_else(PoisonError::into_inner).adopted = Some(descriptor);
    }

    fn from_data(
        data: OwnedFd,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let stat = stat(&data)?;
        let fitting = Fitting::new(stat, request.capacity, emptied);
        let capacity = fitting.capacity();
        let inode = Inode::of(&stat);
        let fit = || fitting.run(&data);
        let Some(name) = name else {
            fit()?;
            let facts = Facts { path, ..Facts::new(Kind::File, capacity, request.rights) };
            let descriptors = Descriptors { data: Some(data), ..Descriptors::default() };
            return Object::new(facts, inode, None, descriptors, request.inheritable);
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
        let place = Place::of(name);
        let access = request.rights.access();
        let record = Record { inode, access, capacity, path: files::lasting(&path) };
        let text = record.write();
        let plan = Plan {
            mark: Mark::Record,
            fill: Fill::Bytes(&text),
            request,
            // A name that is taken must not change the file; and nobody may find the name before
            // the file is what it is to be.
            before_publishing: if fitting.is_none() { None } else { Some(&fit) },
        };
        let presence = match create::create(&place, false, &plan)? {
            Outcome::Made(presence) => presence,
            Outcome::Exists(found) => return Err(create::exists(&place, &found)),
        };
        let facts =
            Facts { path: Some(path), ..Facts::new(Kind::NamedFile, capacity, request.rights) };
        let descriptors =
            Descriptors { presence: Some(presence), data: Some(data), ..Descriptors::default() };
        Object::new(facts, inode, Some(place), descriptors, request.inheritable)
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
            // To someone who opens, a leftover that nobody may remove is as dead as any.
            Found::Missing | Found::Leftover { .. } => Err(missing(place)),
            Found::Truncated => Err(truncated(place)),
            Found::Untrusted(stranger) => Err(untrusted(place, stranger)),
            Found::Foreign { fd, stat } => {
                // Those who use it leave no trace of it, so nobody is known to be there.
                let facts = Facts { foreign: true, ..Facts::new(Kind::Named, size(&stat), rights) };
                let place = Some(place.clone());
                let descriptors = Descriptors { data: Some(fd), ..Descriptors::default() };
                Object::new(facts, Inode::of(&stat), place, descriptors, opening.inheritable)
            }
            Found::Living { presence, mark: Mark::Record, stat } => {
                Object::found_record(presence, size(&stat), place, opening)
            }
            Found::Living { presence, stat, mark } => {
                let read_only = mark == Mark::ReadOnlyMap;
                let writes = rights.contains(Rights::WRITE) && !read_only;
                let unlocked = presence.open_unlocked(writes)?;
                let facts = Facts {
                    read_only,
                    joined: true,
                    ..Facts::new(Kind::Named, size(&stat), rights)
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
        // What was mapped for reading alone may be a file that can only be read.
        let writes = rights.contains(Rights::WRITE) && record.access.writes();
        let (file, length) = files::open_again(&record.path, record.inode, writes)?
            .ok_or_else(|| replaced(place, &record.path))?;
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

    fn new(
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
            hold: Arc::new(Hold(RwLock::new(descriptors))),
            number: None,
            locks,
        };
        if object.kind() != Kind::Named || object.is_foreign() {
            // Where that cannot be done now, it is tried again when a lock is asked for.
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
            files::check_executable(object.view(0, 1, Access::ReadExecute))?;
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

    pub(crate) fn is_orphaned(&self) -> Result<bool> {
        let Some(place) = &self.place else { return Ok(false) };
        let inode = match &self.hold.descriptors().presence {
            Some(presence) => presence.inode(),
            None => self.inode,
        };
        place.leads_to(inode).map(|leads| !leads).map_err(|error| place.failed("look for", error))
    }

    /// Whether the path leads to the file or memory that this map shows.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        files::leads_to(path, self.inode)
    }

    pub(crate) fn descriptor(&self) -> RawDescriptor {
        self.hold.descriptors().bytes().map_or(-1, |fd| fd.as_raw_fd())
    }

    pub(crate) fn duplicate_descriptor(&self) -> Result<OwnedDescriptor> {
        self.fresh(self.rights().access().writes() && !self.is_read_only()).or_else(|error| {
            // Not permitted any more: what is shared then is a description without a lock.
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
            rustix::io::fcntl_setfd(fd, flags)
                .map_err(|error| Error::from_io("change the inheritance", &error.into()))?;
        }
        Ok(())
    }

    pub(crate) fn permissions(&self) -> Result<Permissions> {
        let stat = self.hold.with(|fd| stat(fd))?;
        Ok(Permissions {
            mode: Some(stat.st_mode & 0o666),
            uid: Some(stat.st_uid),
            gid: Some(stat.st_gid),
            sddl: None,
        })
    }

    pub(crate) fn set_permissions(&self, asked: &Permissions) -> Result<()> {
        let failed = |error: Errno| Error::from_io("change the map's permissions", &error.into());
        let change = |fd: BorrowedFd<'_>, granted: u32, kept: u32| {
            if asked.uid.is_some() || asked.gid.is_some() {
                let (uid, gid) = (asked.uid.map(Uid::from_raw), asked.gid.map(Gid::from_raw));
                rustix::fs::fchown(fd, uid, gid).map_err(failed)?;
            }
            match asked.mode {
                Some(mode) => {
                    let mode = Mode::from_raw_mode(mode & granted | kept);
                    rustix::fs::fchmod(fd, mode).map_err(failed)
                }
                None => Ok(()),
            }
        };
        let descriptors = self.hold.descriptors();
        if let Some(data) = &descriptors.data {
            // What a file's mode says about execution and the like is not ours to change.
            change(data.as_fd(), 0o666, stat(data)?.st_mode & 0o7111)?;
        }
        match &descriptors.presence {
            Some(presence) => {
                let mark = match self.kind() {
                    Kind::NamedFile => Mark::Record,
                    _ if self.is_read_only() => Mark::ReadOnlyMap,
                    _ => Mark::Map,
                };
                // Who may write the file may not say which file it is.
                let granted = if mark == Mark::Record { 0o644 } else { 0o666 };
                // The mark stays, or nobody would clean.
                change(presence.as_fd(), granted, mark.bits())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.hold.with(|fd| bytes::read(fd, self.capacity(), offset, buffer))
    }

    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.hold.with(|fd| {
            let write = || bytes::write(fd, self.capacity(), offset, data);
            if !self.medium(fd).keeps_records {
                return write();
            }
            self.raw.during(fd, || self.fresh(false), write)
        })
    }

    /// Makes sure that a write to the range cannot run out of room in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        self.hold.with(|fd| bytes::make_room(fd, self.capacity(), range))
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        true
    }

    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, lock: &'a LockGuard) -> Result<Change<'a>> {
        self.hold.with(|fd| {
            let record = self.medium(fd).record;
            let mut change = Change { object: self, record, raw: None };
            if record.is_none() {
                return Ok(change);
            }
            // A file's times are its user's. A foreign program stores through mappings, which no
            // record would notice.
            let ours = matches!(self.kind(), Kind::Named | Kind::Anonymous) && !self.is_foreign();
            if ours
                && let Some(raw) = lock.fd()
                && let Ok(true) = locks::try_write(raw, Byte::Raw)
            {
                change.raw = Some(raw);
            }
            Ok(change)
        })
    }

    pub(super) fn medium(&self, fd: BorrowedFd<'_>) -> Medium {
        *self.medium.get_or_init(|| Medium::of(fd))
    }

    /// Whether all of the map's bytes are still there.
    pub(crate) fn check_size(&self) -> Result<()> {
        self.hold.with(|fd| bytes::check_size(fd, self.capacity()))
    }

    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.hold.with(|fd| bytes::next_data(fd, self.capacity(), from))
    }

    pub(crate) fn flush(&self) -> Result<()> {
        if matches!(self.kind(), Kind::Named | Kind::Anonymous) {
            return Ok(());
        }
        self.hold.with(|fd| {
            rustix::fs::fsync(fd).map_err(|error| Error::from_io("flush the map", &error.into()))
        })
    }

    /// Maps a range. The caller checked that it lies inside and that the rights permit it.
    pub(crate) fn view(&self, offset: u64, len: usize, access: Access) -> Result<Mapping> {
        self.hold.with_unlocked(|fd| {
            bytes::check_size(fd, self.capacity())?;
            Mapping::new(fd, offset, len, access)
        })
    }

    pub(crate) fn lock(
        &self,
        mode: LockMode,
        _owner: LockOwner,
        deadline: Deadline,
    ) -> Result<Option<LockGuard>> {
        let open = || self.fresh(mode == LockMode::Exclusive);
        LockGuard::take(&self.locks, open, mode, deadline)
    }

    /// A fresh description of the map's bytes, without any lock.
    fn fresh(&self, write: bool) -> Result<OwnedFd> {
        let error = match self.hold.with(|fd| Ok(files::reopen(fd, write)))? {
            Ok(fd) => return Ok(fd),
            Err(error) => error,
        };
        // Without /proc, by the name or the path, if that still leads here.
        let by_name = self.place.as_ref().filter(|_| self.kind() == Kind::Named);
        let again = match (by_name, self.path()) {
            (Some(place), _) => place.open(write).ok(),
            (None, Some(path)) => {
                let file =
                    files::open_again(&files::lasting(path), self.inode, write).ok().flatten();
                file.map(|(file, _)| file)
            }
            (None, None) => None,
        };
        again
            .filter(|fd| stat(fd).is_ok_and(|stat| Inode::of(&stat) == self.inode))
            .ok_or_else(|| match error {
                Errno::NOENT => Error::new(
                    ErrorKind::NotSupported,
                    "The map's memory cannot be opened once more, which takes /proc here: mount it, or use a map with a name.",
                ),
                error => Error::from_io("open the map's memory once more", &error.into()),
            })
    }
}

/// A change of the content, from the look at it to the record of its new end.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<EndRecord>,
    /// The description that keeps raw writes out meanwhile, so that the new end can be recorded.
    raw: Option<BorrowedFd<'a>>,
}

impl Change<'_> {
    /// Where the content ends, if that is recorded. Raw writes are kept out by now, so that none comes between.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let record = self.record?;
        // What cannot be looked at is told by the search.
        let stat = self.object.hold.with(|fd| stat(fd)).ok()?;
        record.end_of(&stat).filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.object.hold.with(|fd| bytes::write(fd, self.object.capacity(), offset, data))
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.object.hold.with(|fd| bytes::clear_down(fd, self.object.capacity(), range))
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let (Some(record), Some(_)) = (self.record, self.raw) {
            // Where it cannot be recorded the time is that of the last write, and the next one searches.
            let _ = self.object.hold.with(|fd| Ok(record.write(fd, end)));
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if let Some(raw) = self.raw {
            // If it stays, it goes with the content lock's description.
            let _ = locks::unlock(raw, Byte::Raw);
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            exit::forget(number);
        }
        let mut descriptors = self.hold.0.write().unwrap_or_else(PoisonError::into_inner);
        // The name goes first: a file that is closed could be replaced by one with its number.
        drop(descriptors.presence.take());
        descriptors.data = None;
        descriptors.unlocked = None;
        descriptors.adopted = None;
    }
}

fn memory(request: &Request) -> Plan<'_> {
    Plan { mark: mark(request), fill: Fill::Zeros, request, before_publishing: None }
}

fn mark(request: &Request) -> Mark {
    if request.rights.access().writes() { Mark::Map } else { Mark::ReadOnlyMap }
}

pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

pub(super) fn stat(fd: impl AsFd) -> Result<Stat> {
    rustix::fs::fstat(fd).map_err(|error| Error::from_io("look at the map", &error.into()))
}
