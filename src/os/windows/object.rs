//! One opening of a map, as the core sees it.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_PRIVILEGE_NOT_HELD,
    GetHandleInformation, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_READ_DATA, FILE_WRITE_DATA, READ_CONTROL, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::Memory::{
    SEC_FILE, SEC_RESERVE, SECTION_MAP_READ, SECTION_MAP_WRITE, SECTION_QUERY,
};
use windows_sys::Win32::System::SystemServices::ACCESS_SYSTEM_SECURITY;

use super::bytes::{Backing, Bytes};
use super::file::{FileId, Opened, file_mapped, final_path, fit, is_disk_file, restore};
use super::lock::{Lock, LockGuard};
use super::memory::{self, Mapping, sizes};
use super::name::{SectionName, lock_of_file};
use super::section::{self, Plan};
use super::security::{self, Descriptor, LOCK_RIGHTS};
use super::signal::{Signal, WORD_RIGHTS};
use super::word::SharedWord;
use super::{BorrowedDescriptor, OwnedDescriptor, RawDescriptor, code_of, kind_of};
use crate::access::{Access, Rights};
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::lock_mode::{LockMode, LockOwner};
use crate::name::Name;
use crate::os::end_word::{EndWord, Look};
use crate::os::facts::Facts;
use crate::quoted::shown;
use crate::request::{Opening, Request};
use crate::security::Permissions;
use crate::time::{Backoff, Deadline};

/// How long creating and opening by turns is tried while others create and close the same name.
const PATIENCE: Duration = Duration::from_secs(10);

/// What tells a map from others: where its content lock is found.
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
    bytes: Bytes,
    name: Option<SectionName>,
    /// The file itself, where this process opened it.
    file: Option<Arc<File>>,
    file_id: Option<FileId>,
    identity: Identity,
    read_only: OnceLock<bool>,
    lock: OnceLock<Lock>,
    word: OnceLock<SharedWord<EndWord>>,
    signal: OnceLock<Arc<Signal>>,
    adopted: Mutex<Option<OwnedDescriptor>>,
}

/// What a section is.
pub(super) struct Contents {
    pub(super) size: u64,
    pub(super) file: bool,
    delayed: bool,
}

/// Asks a section what it is. One that may not be asked is mapped and looked at.
pub(super) fn contents_of(section: BorrowedHandle<'_>) -> io::Result<Contents> {
    let contents = match section::query(section) {
        Ok(found) => Contents {
            size: found.size.cast_unsigned(),
            file: found.attributes & SEC_FILE != 0,
            delayed: found.attributes & SEC_RESERVE != 0,
        },
        Err(_) => Contents {
            size: memory::whole(section)?,
            file: memory::mapped_file(section).is_some(),
            // It may be: then the memory is asked before it is touched.
            delayed: true,
        },
    };
    // Memory comes in whole pages, and all of it is the map's. A file ends where it ends.
    let size =
        if contents.file { contents.size } else { contents.size.next_multiple_of(sizes().page) };
    Ok(Contents { size, ..contents })
}

/// The file behind a section.
pub(super) struct Found {
    pub(super) path: PathBuf,
    id: FileId,
}

pub(super) fn file_of(section: BorrowedHandle<'_>) -> Option<Found> {
    let path = memory::mapped_file(section)?;
    // No right is needed to look, and nobody is disturbed by it.
    let file = OpenOptions::new().access_mode(0).open(&path).ok()?;
    let id = FileId::of(&file).ok()?;
    Some(Found { path: final_path(&file).unwrap_or(path), id })
}

impl Object {
    pub(crate) fn create_new(name: &Name, request: &Request) -> Result<Object> {
        let name = SectionName::of(name);
        match Object::create(Some(&name), request)? {
            Some(object) => Ok(object),
            None => Err(exists(&name)),
        }
    }

    pub(crate) fn create_or_open(name: &Name, request: &Request) -> Result<Object> {
        let name = SectionName::of(name);
        let mut backoff = Backoff::new(Deadline::after(PATIENCE), Duration::from_millis(10));
        loop {
            match Object::find(&name, &request.opening()) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => return other,
            }
            if let Some(object) = Object::create(Some(&name), request)? {
                return Ok(object);
            }
            // It came between the two: it can be opened, unless it goes again.
            if !backoff.wait() {
                return Err(Error::new(
                    ErrorKind::Busy,
                    format!(
                        "The map {} could be neither opened nor created: other processes kept creating and closing it. Try again.",
                        name.shown
                    ),
                ));
            }
        }
    }

    /// Whose map it is does not matter: its access list decides.
    pub(crate) fn open(name: &Name, opening: &Opening) -> Result<Object> {
        Object::find(&SectionName::of(name), opening)
    }

    pub(crate) fn anonymous(request: &Request) -> Result<Object> {
        match Object::create(None, request)? {
            Some(object) => Ok(object),
            None => {
                Err(Error::new(ErrorKind::Internal, "A section without a name exists already."))
            }
        }
    }

    /// Creates memory. `None`: a map of this name lives.
    fn create(name: Option<&SectionName>, request: &Request) -> Result<Option<Object>> {
        let sddl = request.permissions.sddl.as_deref();
        let security = sddl.map(Descriptor::from_sddl).transpose()?;
        let plan = Plan {
            file: None,
            size: request.capacity,
            access: request.rights.access(),
            kind: if request.delayed { SEC_RESERVE } else { 0 },
            name,
            security: security.as_ref(),
            inheritable: request.inheritable,
        };
        let made = section::create(&plan)
            .map_err(|error| cannot_create(name, request.capacity, &error))?;
        let Some(section) = made else { return Ok(None) };
        let backing = if request.delayed { Backing::Delayed } else { Backing::Memory };
        let size = request.capacity.next_multiple_of(sizes().page);
        let facts = Facts::new(Kind::Anonymous, size, request.rights);
        let mut object = Object::new(section, backing, facts);
        object.read_only = (!request.rights.access().writes()).into();
        if let Some(name) = name {
            object.facts.kind = Kind::Named;
            object.identity = Identity::Named(name.lock());
            object.name = Some(name.clone());
        }
        object.hold_global_signal();
        Ok(Some(object))
    }

    fn find(name: &SectionName, opening: &Opening) -> Result<Object> {
        let &Opening { rights, inheritable, .. } = opening;
        let access = section::access_of(rights);
        let opened = match section::open(name, access, inheritable) {
            // To be asked is our wish, not the caller's: it may be the one that is denied.
            Err(error) if code_of(&error) == ERROR_ACCESS_DENIED => {
                section::open(name, access & !SECTION_QUERY, inheritable)
            }
            other => other,
        };
        let section = opened.map_err(|error| cannot_open(name, &error))?;
        let contents =
            contents_of(section.as_handle()).map_err(|error| cannot_open(name, &error))?;
        let mut object = Object::of_section(section, &contents, Some(name.clone()), rights);
        object.facts.joined = true;
        object.hold_global_signal();
        Ok(object)
    }

    /// A map of a section that exists. Its content lock is that of everybody else who has it.
    fn of_section(
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

    /// A map of an open file. The caller checked its length against the capacity.
    pub(crate) fn from_file(
        opened: Opened,
        path: &Path,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Object::of_file(opened.file, opened.emptied, Some(path), name, request)
    }

    /// A map of what a handle leads to, on a handle of its own: a file, or a section that another
    /// library made.
    pub(crate) fn from_descriptor(
        descriptor: BorrowedDescriptor<'_>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let handle = descriptor.try_clone_to_owned().map_err(|error| match code_of(&error) {
            ERROR_INVALID_HANDLE => Error::new(
                ErrorKind::InvalidHandle,
                "The handle is not open in this process: give one that is.",
            )
            .with_os_code(ERROR_INVALID_HANDLE.cast_signed()),
            _ => Error::from_io("use the handle", &error),
        })?;
        if let Ok(contents) = contents_of(handle.as_handle()) {
            return Object::from_section(handle, &contents, name, request);
        }
        let file = File::from(handle);
        let found = file.metadata().ok().filter(|found| found.is_file() && is_disk_file(&file));
        let Some(found) = found else {
            return Err(Error::new(
                ErrorKind::NotAFile,
                "The handle leads to a directory, a pipe or a device, which cannot be mapped: give that of a file.",
            ));
        };
        let path = final_path(&file);
        let fallback = PathBuf::from("of the handle");
        check_file_capacity(
            path.as_deref().unwrap_or(&fallback),
            found.len(),
            request.capacity,
            request.rights.access(),
        )?;
        Object::of_file(file, false, path, name, request)
    }

    /// A map of the whole of somebody's section.
    fn from_section(
        section: OwnedHandle,
        contents: &Contents,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        if name.is_some() {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "The handle leads to a section, which cannot get another name: leave the name out.",
            ));
        }
        if request.capacity > contents.size {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "The section of the handle has {} bytes and cannot grow to {}: ask for 0, which stands for all of it.",
                    contents.size, request.capacity
                ),
            ));
        }
        let name = section::path_of(section.as_handle()).and_then(|path| SectionName::at(&path));
        let object = Object::of_section(section, contents, name, request.rights);
        if request.inheritable {
            object.set_inheritable(true)?;
        }
        Ok(object)
    }

    fn of_file(
        file: File,
        emptied: bool,
        path: Option<PathBuf>,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path_shown = path.as_deref().map_or("of the handle".to_owned(), shown);
        let looking =
            |error: io::Error| Error::from_io(format!("look at the file {path_shown}"), &error);
        let name = name.map(SectionName::of);
        if let Some(name) = &name {
            // The kernel makes the file grow before it finds that the name is taken. And nothing
            // that can be known before may fail after the file was emptied.
            match section::open(name, SECTION_QUERY, false).map_err(|error| code_of(&error)) {
                Err(ERROR_FILE_NOT_FOUND) => {}
                Err(ERROR_INVALID_HANDLE) => return Err(not_a_map(name)),
                _ => return Err(exists(name)),
            }
        }
        let id = FileId::of(&file).map_err(looking)?;
        let before = file.metadata().map_err(looking)?;
        let size = if request.capacity == 0 { before.len() } else { request.capacity };
        let access = request.rights.access();
        let too_small = |error: &io::Error| {
            Error::new(
                ErrorKind::NoSpace,
                format!("There is not enough room for the file {path_shown} with {size} bytes: make more room, or ask for less."),
            )
            .with_os_code(code_of(error).cast_signed())
        };
        // A section grows its file, but not for private copies.
        if emptied || (access == Access::CopyOnWrite && size > before.len()) {
            fit(&file, &before, size, emptied).map_err(|error| match kind_of(&error) {
                ErrorKind::NoSpace => too_small(&error),
                ErrorKind::AccessDenied => not_open_for(&path_shown, access),
                // Wine's word for the same.
                _ if code_of(&error) == ERROR_INVALID_HANDLE => not_open_for(&path_shown, access),
                ErrorKind::FileMapped => file_mapped(&path_shown),
                _ => Error::from_io(format!("give the file {path_shown} {size} bytes"), &error),
            })?;
        }
        let plan = Plan {
            file: Some(file.as_handle()),
            size,
            access,
            kind: 0,
            name: name.as_ref(),
            security: None,
            inheritable: request.inheritable,
        };
        let made = section::create(&plan).map_err(|error| match code_of(&error) {
            ERROR_ACCESS_DENIED => not_open_for(&path_shown, access),
            ERROR_INVALID_HANDLE if name.is_some() => {
                name.as_ref().map_or_else(|| looking(error), not_a_map)
            }
            _ if kind_of(&error) == ErrorKind::NoSpace => too_small(&error),
            _ => Error::from_io(format!("map the file {path_shown} with {size} bytes"), &error),
        });
        let made = made.inspect_err(|_| {
            if !emptied {
                restore(&file, &before);
            }
        })?;
        let section = match (made, &name) {
            (Some(section), _) => section,
            (None, Some(name)) => {
                // Somebody took it since the look, and the kernel made the file grow all the same.
                if !emptied {
                    restore(&file, &before);
                }
                return Err(exists(name));
            }
            (None, None) => {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "A section without a name exists already.",
                ));
            }
        };
        let kind = if name.is_some() { Kind::NamedFile } else { Kind::File };
        let facts = Facts { path, ..Facts::new(kind, size, request.rights) };
        let mut object = Object::new(section, Backing::File, facts);
        object.file_id = Some(id);
        object.identity = Identity::Named(lock_of_file(id.volume, id.file));
        object.read_only = false.into();
        object.name = name;
        object.file = Some(Arc::new(file));
        Ok(object)
    }

    fn new(section: OwnedHandle, backing: Backing, facts: Facts) -> Object {
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
        // The section keeps what it was created for, and tells by refusing.
        *self.read_only.get_or_init(|| self.bytes.forbids_writing())
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Whether the path leads to the file that this map shows.
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
            let error = io::Error::last_os_error();
            return Err(Error::from_io("change the inheritance", &error));
        }
        Ok(())
    }

    /// The security of the map; of a file map, that of its file.
    pub(crate) fn permissions(&self) -> Result<Permissions> {
        let found = match &self.file {
            Some(file) => Descriptor::of(file.as_handle(), security::READABLE),
            None => self.section_security(security::READABLE),
        };
        let sddl = found.and_then(|found| found.to_sddl());
        let sddl = sddl.map_err(|error| Error::from_io("read the map's security", &error))?;
        Ok(Permissions::new().sddl(sddl))
    }

    pub(crate) fn set_permissions(&self, asked: &Permissions) -> Result<()> {
        let Some(sddl) = &asked.sddl else { return Ok(()) };
        if self.bytes.backing() == Backing::File {
            return Err(Error::new(
                ErrorKind::NotSupported,
                "A file map has the permissions of its file: change them there.",
            ));
        }
        let security = Descriptor::from_sddl(sddl)?;
        let mut needed = 0;
        for (part, right) in [
            (windows_sys::Win32::Security::OWNER_SECURITY_INFORMATION, WRITE_OWNER),
            (windows_sys::Win32::Security::GROUP_SECURITY_INFORMATION, WRITE_OWNER),
            (windows_sys::Win32::Security::SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY),
            (DACL_SECURITY_INFORMATION, WRITE_DAC),
        ] {
            if security.parts() & part != 0 {
                needed |= right;
            }
        }
        let failed = |error: io::Error| Error::from_io("change the map's security", &error);
        // The lock first: whoever comes in by the new rights finds it open.
        if security.parts() & DACL_SECURITY_INFORMATION != 0 {
            let lock = security.for_users(USES_SECTION.0, USES_SECTION.1, LOCK_RIGHTS);
            self.content_lock()?.secure(&lock).map_err(failed)?;
        }
        // Whoever may write the map has to say so where its end is recorded.
        if let Some(name) = &self.name
            && let Ok(word) = section::open(&name.word(), needed, false)
        {
            security.apply(word.as_handle()).map_err(failed)?;
        }
        // And whoever may read it has to be told of changes.
        if let Some(name) = &self.name
            && security.parts() & DACL_SECURITY_INFORMATION != 0
            && let Ok(word) = section::open(&name.watch(), WRITE_DAC, false)
        {
            let list = security.for_users(USES_SECTION.0, USES_SECTION.1, WORD_RIGHTS);
            list.apply_list(word.as_handle()).map_err(failed)?;
        }
        security.apply(self.with_rights(needed).map_err(failed)?.as_handle()).map_err(failed)
    }

    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.bytes.read(offset, bytes)
    }

    /// Writes without the content lock.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let done = self.write_raw(offset, bytes);
        // What failed may have written something. And that it is not told is no reason for a write to fail.
        let _ = self.notify();
        done
    }

    fn write_raw(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        if let Some(word) = self.end_word() {
            return word.raw(|| self.bytes.write(offset, bytes));
        }
        let done = self.bytes.write(offset, bytes);
        // Somebody may have made it meanwhile.
        if let Some(word) = self.end_word() {
            word.raw(|| ());
        }
        done
    }

    /// What the end of the content is recorded in. A file's bytes have writers who know nothing of
    /// it, and so has memory without a name, whose handle was passed on.
    fn end_word(&self) -> Option<&EndWord> {
        if let Some(shared) = self.word.get() {
            return Some(shared.word());
        }
        let name = self.name.as_ref().filter(|_| self.kind() == Kind::Named)?;
        // Where the map's security is not to be seen, others have to make it.
        let security = || self.section_security(DACL_SECURITY_INFORMATION).ok();
        let shared = SharedWord::open(&name.word(), security).ok()?;
        Some(self.word.get_or_init(|| shared).word())
    }

    /// Tells those who watch the map that it was changed.
    pub(crate) fn notify(&self) -> Result<()> {
        let told = self.signal().map_or(Ok(()), |signal| signal.notify());
        told.map_err(|error| Error::from_io("tell of a change of the map", &error))
    }

    /// What tells of changes. `None`, if nobody can be watching or it is not to be had.
    fn signal(&self) -> Option<&Signal> {
        if let Some(signal) = self.signal.get() {
            return Some(signal);
        }
        let signal = Signal::open(&self.signal_name()?, || self.users(WORD_RIGHTS)).ok()?;
        Some(self.signal.get_or_init(|| Arc::new(signal)))
    }

    /// The same for someone who is going to watch.
    pub(super) fn signal_to_watch(&self) -> Result<Arc<Signal>> {
        if let Some(signal) = self.signal.get() {
            return Ok(signal.clone());
        }
        let made = match self.signal_name() {
            Some(name) => Signal::open(&name, || self.users(WORD_RIGHTS)),
            // No other handle can find it. Changes through this one are told.
            None => Signal::private(),
        };
        let made = made.map_err(|error| cannot_watch(self.name.as_ref(), &error))?;
        Ok(self.signal.get_or_init(|| Arc::new(made)).clone())
    }

    /// What the signal is found by; `None` for memory without a name.
    fn signal_name(&self) -> Option<SectionName> {
        match self.file_id {
            Some(id) => Some(SectionName::watch_of_file(id.volume, id.file)),
            None => self.name.as_ref().map(SectionName::watch),
        }
    }

    /// Only some may create sections in `Global\`. So whoever creates such a map creates its signal with it, and
    /// everybody holds it who holds the map.
    fn hold_global_signal(&self) {
        if self.signal_name().is_some_and(|name| name.global) {
            self.signal();
        }
    }

    /// Whether somebody else holds the map, too. Openings of a file without a name do not know of each other.
    /// `None`: the system does not tell.
    pub(super) fn is_shared(&self) -> Option<bool> {
        if self.kind() == Kind::File {
            return Some(false);
        }
        let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        // What was adopted leads to this section, too, unless it is a file.
        let own = if adopted && self.bytes.backing() != Backing::File { 2 } else { 1 };
        section::count_handles(self.section()).ok().map(|handles| handles > own)
    }

    /// Makes sure that a write to the range cannot run out of memory in the middle.
    pub(crate) fn make_room(&self, range: Range<u64>) -> Result<()> {
        self.bytes.make_room(range)
    }

    /// Whether a process that is killed while it writes has changed all of a page or nothing.
    pub(crate) fn writes_whole_pages(&self) -> bool {
        self.bytes.backing() == Backing::File
    }

    /// Begins a change of the content, under its lock.
    pub(crate) fn change<'a>(&'a self, _: &'a LockGuard) -> Result<Change<'a>> {
        let record = self.end_word().map(|word| (word, word.look()));
        Ok(Change { object: self, record, signal: self.signal(), began: Cell::new(false) })
    }

    /// A file cannot be cut short while it is mapped.
    pub(crate) fn check_size(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.bytes.next_data(from)
    }

    /// Brings what was written through this handle, and through views that are gone, to the disk.
    /// Pages that a living view has changed are known to that view alone until it is flushed.
    pub(crate) fn flush(&self) -> Result<()> {
        if self.bytes.backing() != Backing::File || !self.rights().contains(Rights::WRITE) {
            return Ok(());
        }
        let failed = |error: io::Error| Error::from_io("flush the map", &error);
        self.bytes.flush().map_err(failed)?;
        // So far the file system has it. The disk does only then.
        self.file_to_flush().map_or(Ok(()), |file| file.sync_all()).map_err(failed)
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

    /// Maps a range. The caller checked that it lies inside and that the rights permit it.
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

    fn content_lock(&self) -> Result<&Lock> {
        if let Some(lock) = self.lock.get() {
            return Ok(lock);
        }
        let made = match &self.identity {
            Identity::Anonymous(_) => Lock::private(),
            Identity::Named(name) => Lock::named(name, self.users(LOCK_RIGHTS).as_ref())?,
        };
        Ok(self.lock.get_or_init(|| made))
    }

    /// Whoever may use the map, with these rights to what goes with it. `None`, if that is not to be seen:
    /// then the system's default has to do.
    fn users(&self, granted: u32) -> Option<Descriptor> {
        if let Some(file) = &self.file {
            let found = Descriptor::of(file.as_handle(), DACL_SECURITY_INFORMATION).ok()?;
            return Some(found.for_users(FILE_READ_DATA, FILE_WRITE_DATA, granted));
        }
        if self.bytes.backing() == Backing::File {
            let path = self.path()?;
            let file = OpenOptions::new().access_mode(READ_CONTROL).open(path).ok()?;
            let found = Descriptor::of(file.as_handle(), DACL_SECURITY_INFORMATION).ok()?;
            return Some(found.for_users(FILE_READ_DATA, FILE_WRITE_DATA, granted));
        }
        let found = self.section_security(DACL_SECURITY_INFORMATION).ok()?;
        Some(found.for_users(USES_SECTION.0, USES_SECTION.1, granted))
    }

    fn section_security(&self, parts: u32) -> io::Result<Descriptor> {
        Descriptor::of(self.section(), parts)
            .or_else(|_| Descriptor::of(self.with_rights(READ_CONTROL)?.as_handle(), parts))
    }

    /// A handle with rights that this one may not have.
    fn with_rights(&self, rights: u32) -> io::Result<OwnedHandle> {
        match &self.name {
            Some(name) => section::open(name, rights, false),
            // Without a name there is only the creator's own, which may do all.
            None => self.section().try_clone_to_owned(),
        }
    }

    fn section(&self) -> BorrowedHandle<'_> {
        self.bytes.section()
    }
}

/// A change of the content, from the look at it to the record of its new end.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    object: &'a Object,
    record: Option<(&'a EndWord, Look)>,
    signal: Option<&'a Signal>,
    /// Something may have been written.
    began: Cell<bool>,
}

impl Change<'_> {
    /// Where the content ends, if that is known without a search.
    pub(crate) fn known_end(&self) -> Option<u64> {
        let (_, look) = self.record?;
        look.known_end.filter(|end| *end <= self.object.capacity())
    }

    /// Writes in ascending order.
    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.begin();
        self.object.bytes.write_up(offset, data)
    }

    /// Clears in descending order, so that what a kill leaves of the range is its beginning.
    pub(crate) fn clear(&self, range: Range<u64>) -> Result<()> {
        self.begin();
        self.object.bytes.clear_down(range)
    }

    fn begin(&self) {
        if self.began.replace(true) {
            return;
        }
        if let Some((word, _)) = self.record {
            word.forget();
        }
        if let Some(signal) = self.signal {
            signal.begin_change();
        }
    }

    /// Ends the change; the content ends at `end` now.
    pub(crate) fn finish(self, end: u64) {
        if let Some((word, look)) = self.record {
            word.record(look, end);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        // Also of a change that failed half-way.
        if let Some(signal) = self.signal.filter(|_| self.began.get()) {
            signal.end_change();
        }
    }
}

/// The rights to a section that let somebody read and write it.
const USES_SECTION: (u32, u32) = (SECTION_MAP_READ, SECTION_MAP_WRITE);

fn not_open_for(path_shown: &str, access: Access) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "The file {path_shown} is not open for what the access {access:?} needs: open it for reading, and for writing or executing too if the map is or the file is to grow."
        ),
    )
    .with_os_code(ERROR_ACCESS_DENIED.cast_signed())
}

fn exists(name: &SectionName) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("A map named {} lives already: open it, or choose another name.", name.shown),
    )
}

fn not_a_map(name: &SectionName) -> Error {
    Error::new(
        ErrorKind::NotAMap,
        format!(
            "The name {} is taken by something that is no map, an event or a mutex for example: choose another name.",
            name.shown
        ),
    )
    .with_os_code(ERROR_INVALID_HANDLE.cast_signed())
}

fn cannot_watch(name: Option<&SectionName>, error: &io::Error) -> Error {
    let global = name.is_some_and(|name| name.global);
    if kind_of(error) != ErrorKind::NotFound && kind_of(error) != ErrorKind::AccessDenied {
        return Error::from_io("watch the map", error);
    }
    let text = if global {
        "The map lies in Global\\ and its creator, who does not use this library, made nothing that tells of changes; to make it takes the privilege SeCreateGlobalPrivilege. Create the map with this library, or watch it from a service or as an administrator."
    } else {
        "The map cannot be watched by this process, which may not see who else may use it: open it with the right to read its permissions, or ask its creator to permit that."
    };
    Error::new(ErrorKind::NotSupported, text).with_os_code(code_of(error).cast_signed())
}

fn cannot_open(name: &SectionName, error: &io::Error) -> Error {
    let code = code_of(error).cast_signed();
    match kind_of(error) {
        ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            format!(
                "No process holds a map named {}: create it, or keep a process running that holds it.",
                name.shown
            ),
        )
        .with_os_code(code),
        ErrorKind::AccessDenied => Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The map {} is not open to you for this: ask whoever created it to permit it by a security descriptor, or ask for fewer rights.",
                name.shown
            ),
        )
        .with_os_code(code),
        _ if code == ERROR_INVALID_HANDLE.cast_signed() => not_a_map(name),
        _ if code == ERROR_PRIVILEGE_NOT_HELD.cast_signed() => Error::new(
            ErrorKind::Io,
            format!(
                "The map {} could not be opened with the right AccessSystemSecurity, which takes the privilege SeSecurityPrivilege: enable it, which only administrators can, or open the map without this right.",
                name.shown
            ),
        )
        .with_os_code(code),
        _ => Error::from_io(format!("open the map {}", name.shown), error),
    }
}

fn cannot_create(name: Option<&SectionName>, capacity: u64, error: &io::Error) -> Error {
    let code = code_of(error).cast_signed();
    let what = name.map_or("an anonymous map".to_owned(), |name| format!("the map {}", name.shown));
    match (kind_of(error), name) {
        (ErrorKind::NoSpace, _) => Error::new(
            ErrorKind::NoSpace,
            format!(
                "There is not enough memory for {what} of {capacity} bytes: close maps that are not needed, ask for less, or enlarge the page file."
            ),
        )
        .with_os_code(code),
        (ErrorKind::AccessDenied, Some(name)) if name.global => Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The map {} could not be created: names in Global\\ may be created by services and administrators (who have the privilege SeCreateGlobalPrivilege), and opened by all. Use Local\\, or create it there.",
                name.shown
            ),
        )
        .with_os_code(code),
        (ErrorKind::AccessDenied, Some(name)) => Error::new(
            ErrorKind::AccessDenied,
            format!("The name {} is taken by a map that is not open to you: choose another.", name.shown),
        )
        .with_os_code(code),
        (_, Some(name)) if code == ERROR_INVALID_HANDLE.cast_signed() => not_a_map(name),
        _ => Error::from_io(format!("create {what}"), error),
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::Memory::FILE_MAP_READ;

    use super::super::signal;
    use super::super::watch::Watch;
    use super::*;
    use crate::event::Event;
    use crate::os::generations;
    use crate::security::TrustedOwner;

    fn request(capacity: u64, delayed: bool) -> Request {
        Request {
            capacity,
            rights: Rights::READ_WRITE,
            delayed,
            inheritable: false,
            permissions: Permissions::default(),
            trusted_owner: TrustedOwner::SelfAndRoot,
        }
    }

    #[test]
    fn a_section_that_may_not_be_asked_is_looked_at() {
        for (number, delayed) in [false, true].into_iter().enumerate() {
            let name = format!("mmf-unit-facts-{}-{number}", std::process::id());
            let name = Name::new(&name).expect("a valid name");
            let map = Object::create_new(&name, &request(100_000, delayed)).expect("a new map");
            map.write_at(70_000, b"x").expect("write");
            let name = SectionName::of(&name);
            let reader = section::open(&name, FILE_MAP_READ, false).expect("open");
            assert!(section::query(reader.as_handle()).is_err(), "it has no right to ask");
            let contents = contents_of(reader.as_handle()).expect("look");
            assert_eq!((contents.size, contents.file), (map.capacity(), false));
        }
    }

    #[test]
    fn a_privilege_that_is_missing_is_an_error_as_in_dotnet() {
        let name = SectionName::of(&Name::new("Test").expect("a valid name"));
        let code = ERROR_PRIVILEGE_NOT_HELD.cast_signed();
        let error = cannot_open(&name, &io::Error::from_raw_os_error(code));
        assert_eq!((error.kind(), error.os_code()), (ErrorKind::Io, Some(code)));
        assert!(error.message().contains("SeSecurityPrivilege"), "{error}");
    }

    /// The rights in an object's list.
    fn masks_of(object: BorrowedHandle<'_>) -> Vec<u32> {
        Descriptor::of(object, DACL_SECURITY_INFORMATION).expect("its maker may look").masks()
    }

    #[test]
    fn what_tells_of_changes_is_for_whom_the_map_is_for() {
        let name = format!("mmf-unit-users-{}", std::process::id());
        let name = Name::new(&name).expect("a valid name");
        let mut request = request(64, false);
        request.permissions = Permissions::new().sddl("D:(A;;GR;;;AU)(A;;GA;;;WD)(A;;RC;;;BG)");
        let map = Object::create_new(&name, &request).expect("a new map");
        let signal = map.signal_to_watch().expect("its creator may make it");
        assert_eq!(masks_of(signal.section()), [WORD_RIGHTS, WORD_RIGHTS | WRITE_DAC, 0]);
        let event = generations::Shared::event(&*signal, 1).expect("an event");
        let looked = signal::tests::look_at_event(&signal, 1).expect("it is there");
        assert_eq!(masks_of(looked.as_handle()), [0x10_0002, 0x10_0002 | WRITE_DAC, 0]);
        drop(event);

        map.set_permissions(&Permissions::new().sddl("D:(A;;GR;;;BG)(A;;GA;;;WD)"))
            .expect("its creator may");
        assert_eq!(masks_of(signal.section()), [WORD_RIGHTS, WORD_RIGHTS | WRITE_DAC]);
    }

    #[test]
    fn a_change_that_was_cut_off_is_told_by_the_next_who_has_the_lock() {
        let name = format!("mmf-unit-cut-{}", std::process::id());
        let name = Name::new(&name).expect("a valid name");
        let map = Arc::new(Object::create_new(&name, &request(64, false)).expect("a new map"));
        let writer = Object::open(&name, &request(0, false).opening()).expect("open");
        let take = |object: &Object| {
            let now = Deadline::after(Duration::ZERO);
            let taken = object.lock(LockMode::Exclusive, LockOwner::ThisThread, now);
            taken.expect("a lock").expect("nobody has it")
        };
        let watch = Watch::new(&map).expect("a watch");
        let told = || watch.wait(Some(Duration::ZERO)).expect("a wait");
        let guard = take(&writer);
        let change = writer.change(&guard).expect("a change");
        change.write(0, b"half").expect("written");
        std::mem::forget(change);
        drop(guard);
        assert_eq!(told(), Event::TimedOut);
        drop(take(&map));
        assert_eq!(told(), Event::Changed);
        drop(take(&map));
        assert_eq!(told(), Event::TimedOut, "told once");
    }

    #[test]
    fn the_lock_of_a_map_is_for_whom_the_map_is_for() {
        let mut request = request(64, false);
        request.permissions = Permissions::new().sddl("D:(A;;GR;;;AU)(A;;GA;;;WD)(A;;RC;;;BG)");
        let map = Object::anonymous(&request).expect("a new map");
        let lock = map.users(LOCK_RIGHTS).expect("its creator may look").to_sddl().expect("text");
        let rights = lock.split("D:").nth(1).expect("a list of rights");
        assert_eq!(rights, "(A;;0x1f0001;;;AU)(A;;0x1f0001;;;WD)(A;;;;;BG)");
    }
}
