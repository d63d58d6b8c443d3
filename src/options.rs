//! Options for creating and opening maps.

use std::path::Path;
use std::time::Duration;

use crate::access::{Access, FileMode, Rights};
use crate::capacity::{
    check_address_space, check_addressable, check_capacity, check_file_capacity,
};
use crate::error::{Error, ErrorKind, Result};
use crate::map::Map;
use crate::name::Name;
use crate::os::handle::{BorrowedDescriptor, OwnedDescriptor, lend};
use crate::os::{self, Object};
use crate::quoted::shown;
use crate::request::{Opening, Request};
use crate::security::{Permissions, TrustedOwner};
use crate::supported::{check_audit, check_permissions};
use crate::time::{Backoff, Deadline};

/// The pause between two checks while waiting for a name.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Options for creating or opening a map. Start with [`MapOptions::new`], set the options that
/// differ from the defaults, and end with one of the methods that return a [`Map`].
///
/// ```
/// use mmf::{Access, MapOptions};
///
/// let map = MapOptions::new().access(Access::Read).create_anonymous(4096)?;
/// assert_eq!(map.access(), Access::Read);
/// # Ok::<(), mmf::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until a map is made with them"]
pub struct MapOptions {
    access: Access,
    rights: Option<Rights>,
    delayed: bool,
    inheritable: bool,
    permissions: Permissions,
    trusted_owner: TrustedOwner,
    wait: Duration,
    file_mode: FileMode,
    name: Option<String>,
    capacity: u64,
}

impl MapOptions {
    /// The defaults: reading and writing, memory reserved at once, not inherited, for the creating
    /// user only, opening only maps of this user and of root, no waiting.
    pub fn new() -> MapOptions {
        MapOptions::default()
    }

    /// The access that the map is created with. If the map is opened, the handle gets the rights of
    /// this access, unless [`MapOptions::rights`] says otherwise.
    pub fn access(mut self, access: Access) -> MapOptions {
        self.access = access;
        self
    }

    /// The rights of the handle. Only for [`MapOptions::open`].
    pub fn rights(mut self, rights: Rights) -> MapOptions {
        self.rights = Some(rights);
        self
    }

    /// Allocates memory when it is first touched, not when the map is created. If no memory is left
    /// then, the operating system ends the process. Has no effect on file maps.
    pub fn delay_allocation(mut self, delayed: bool) -> MapOptions {
        self.delayed = delayed;
        self
    }

    /// Programs that this process starts inherit the handle, and so hold the map.
    pub fn inheritable(mut self, inheritable: bool) -> MapOptions {
        self.inheritable = inheritable;
        self
    }

    /// The permissions of the map that is created.
    pub fn permissions(mut self, permissions: Permissions) -> MapOptions {
        self.permissions = permissions;
        self
    }

    /// The users whose maps [`MapOptions::open`] and [`MapOptions::create_or_open`] open. The
    /// record of a named file map decides which file is opened. So it is followed only if it
    /// belongs to this user or to root, even if other users are trusted. Has no effect on Windows,
    /// where the access control list of the map decides.
    pub fn trusted_owner(mut self, trusted: TrustedOwner) -> MapOptions {
        self.trusted_owner = trusted;
        self
    }

    /// How long [`MapOptions::open`] waits for a map that does not exist yet or is not ready yet.
    /// Default: not at all if the map does not exist, and 200 ms if another program has not given
    /// it a size yet.
    pub fn wait(mut self, wait: Duration) -> MapOptions {
        self.wait = wait;
        self
    }

    /// How [`MapOptions::map_file`] opens the file. Default: the file must exist.
    pub fn file_mode(mut self, mode: FileMode) -> MapOptions {
        self.file_mode = mode;
        self
    }

    /// A name for the map of a file, with which other processes can open it. Default: none.
    pub fn name(mut self, name: &str) -> MapOptions {
        self.name = Some(name.to_owned());
        self
    }

    /// The size of the map of a file in bytes. A shorter file grows. Default: 0, the size of the
    /// file.
    pub fn capacity(mut self, capacity: u64) -> MapOptions {
        self.capacity = capacity;
        self
    }

    /// Creates a named map of `capacity` bytes, all zero.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if a map with this name exists, [`ErrorKind::NoSpace`] if there
    /// is not enough memory for it, [`ErrorKind::InvalidArgument`] and [`ErrorKind::OutOfRange`]
    /// for invalid arguments, [`ErrorKind::AccessDenied`], [`ErrorKind::Busy`].
    pub fn create_new(&self, name: &str, capacity: u64) -> Result<Map> {
        let name = Name::new(name)?;
        check_capacity(capacity)?;
        let request = self.creation(capacity)?;
        check_address_space(capacity)?;
        Object::create_new(&name, &request).map(|object| Map::new(object, Some(name)))
    }

    /// Opens the map with this name if it exists, whatever its capacity; otherwise creates it.
    ///
    /// # Errors
    /// As [`MapOptions::create_new`], except `AlreadyExists`; and [`ErrorKind::AccessDenied`] for
    /// the map of a user who is not trusted.
    pub fn create_or_open(&self, name: &str, capacity: u64) -> Result<Map> {
        let name = Name::new(name)?;
        check_capacity(capacity)?;
        if self.access == Access::Write {
            // A map for writing alone can be opened, but not created.
            return match Object::open(&name, &self.opening(self.access.rights())) {
                Err(error) if error.kind() == ErrorKind::NotFound => Err(write_only()),
                other => other.map(|object| Map::new(object, Some(name))),
            };
        }
        let request = self.creation(capacity)?;
        check_address_space(capacity)?;
        Object::create_or_open(&name, &request).map(|object| Map::new(object, Some(name)))
    }

    /// Opens an existing named map.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if no process holds a map with this name (or, with
    /// [`MapOptions::wait`], none created it in time), [`ErrorKind::AccessDenied`] (also for the
    /// map of a user who is not trusted), [`ErrorKind::NotAMap`], [`ErrorKind::FileReplaced`],
    /// [`ErrorKind::Truncated`], [`ErrorKind::Busy`].
    pub fn open(&self, name: &str) -> Result<Map> {
        let name = Name::new(name)?;
        let opening = self.opening(self.rights.unwrap_or(self.access.rights()));
        let mut backoff = Backoff::new(Deadline::after(self.wait), LONGEST_PAUSE);
        loop {
            match Object::open(&name, &opening) {
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Busy) => {
                    if !backoff.wait() {
                        return Err(error);
                    }
                }
                other => {
                    let object = other?;
                    check_audit(opening.rights)?;
                    return Ok(Map::new(object, Some(name)));
                }
            }
        }
    }

    /// Creates a map without a name.
    ///
    /// # Errors
    /// [`ErrorKind::NoSpace`], [`ErrorKind::OutOfRange`].
    pub fn create_anonymous(&self, capacity: u64) -> Result<Map> {
        check_capacity(capacity)?;
        let request = self.creation(capacity)?;
        check_address_space(capacity)?;
        Object::anonymous(&request).map(|object| Map::new(object, None))
    }

    /// Maps a file, according to [`MapOptions::file_mode`], [`MapOptions::name`] and
    /// [`MapOptions::capacity`].
    ///
    /// ```
    /// use mmf::{FileMode, MapOptions};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("table");
    /// let map = MapOptions::new().file_mode(FileMode::OpenOrCreate).capacity(4096).map_file(&path)?;
    /// map.write_at(b"in the file", 0)?;
    /// # assert_eq!(std::fs::metadata(&path).unwrap().len(), 4096);
    /// # Ok::<(), mmf::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] and [`ErrorKind::AlreadyExists`] depending on the mode,
    /// [`ErrorKind::DirectoryNotFound`], [`ErrorKind::AccessDenied`], [`ErrorKind::OutOfRange`] for
    /// a capacity below the file's length, [`ErrorKind::InvalidArgument`] for an empty file without
    /// a capacity, [`ErrorKind::NoSpace`], [`ErrorKind::SharingViolation`] for a file that another
    /// program has opened exclusively, [`ErrorKind::FileMapped`] if the call would change the size
    /// of a file that is the memory of a map (on Windows: would empty a mapped file),
    /// [`ErrorKind::NotAFile`]. A call that fails leaves the file unchanged, and removes a file
    /// that it created.
    pub fn map_file(&self, path: impl AsRef<Path>) -> Result<Map> {
        let path = path.as_ref();
        let capacity = self.capacity;
        let name = self.name.as_deref().map(Name::new).transpose()?;
        let request = self.file(capacity)?;
        check_path(path)?;
        let opened = os::open_file(path, self.file_mode, self.access)?;
        let created = opened.created;
        let found = opened
            .file
            .metadata()
            .map_err(|error| Error::from_io(format!("look at {}", shown(path)), &error))?;
        let length = if opened.emptied { 0 } else { found.len() };
        let changes = opened.emptied || capacity > length;
        let made = check_file_capacity(path, length, capacity, self.access)
            .and_then(|()| if changes { check_no_object(path) } else { Ok(()) })
            .and_then(|()| Object::from_file(opened, path, name.as_ref(), &request));
        if made.is_err() && created {
            // The caller did not request an empty file.
            os::remove_created(path);
        }
        made.map(|object| Map::new(object, name))
    }

    /// Maps the file of an open descriptor (on Windows: of a file handle), according to
    /// [`MapOptions::name`] and [`MapOptions::capacity`]. The descriptor is closed with the map, or
    /// at once if the call fails; clone it to keep it.
    ///
    /// # Errors
    /// As [`MapOptions::map_file`]. Locking the file is left to the owner of the descriptor.
    pub fn map_descriptor(&self, descriptor: impl Into<OwnedDescriptor>) -> Result<Map> {
        let descriptor = descriptor.into();
        let map = self.map_borrowed(lend(&descriptor))?;
        map.object.adopt(descriptor);
        Ok(map)
    }

    /// As [`MapOptions::map_descriptor`], but the caller keeps the descriptor. The map opens one of
    /// its own if the system allows it.
    pub(crate) fn map_borrowed(&self, descriptor: BorrowedDescriptor<'_>) -> Result<Map> {
        let name = self.name.as_deref().map(Name::new).transpose()?;
        let request = self.file(self.capacity)?;
        Object::from_descriptor(descriptor, name.as_ref(), &request)
            .map(|object| Map::new(object, name))
    }

    fn creation(&self, capacity: u64) -> Result<Request> {
        check_creatable(self.access)?;
        check_permissions(&self.permissions)?;
        Ok(self.request(capacity))
    }

    fn file(&self, capacity: u64) -> Result<Request> {
        check_addressable(capacity)?;
        check_creatable(self.access)?;
        if !self.permissions.is_default() {
            return Err(os::permissions_of_a_file());
        }
        Ok(self.request(capacity))
    }

    fn request(&self, capacity: u64) -> Request {
        Request {
            capacity,
            rights: self.access.rights(),
            delayed: self.delayed,
            inheritable: self.inheritable,
            permissions: self.permissions.clone(),
            trusted_owner: self.trusted_owner,
        }
    }

    fn opening(&self, rights: Rights) -> Opening {
        Opening { rights, inheritable: self.inheritable, trusted_owner: self.trusted_owner }
    }
}

/// The short forms, with the default options.
impl Map {
    /// Creates a named map for reading and writing. See [`MapOptions::create_new`].
    ///
    /// # Errors
    /// As [`MapOptions::create_new`].
    pub fn create_new(name: &str, capacity: u64) -> Result<Map> {
        MapOptions::new().create_new(name, capacity)
    }

    /// Opens the named map if it exists, otherwise creates it. See [`MapOptions::create_or_open`].
    ///
    /// # Errors
    /// As [`MapOptions::create_or_open`].
    pub fn create_or_open(name: &str, capacity: u64) -> Result<Map> {
        MapOptions::new().create_or_open(name, capacity)
    }

    /// Opens a named map for reading and writing. See [`MapOptions::open`].
    ///
    /// # Errors
    /// As [`MapOptions::open`].
    pub fn open(name: &str) -> Result<Map> {
        MapOptions::new().open(name)
    }

    /// Maps an existing file for reading and writing. See [`MapOptions::map_file`].
    ///
    /// # Errors
    /// As [`MapOptions::map_file`].
    pub fn map_file(path: impl AsRef<Path>) -> Result<Map> {
        MapOptions::new().map_file(path)
    }
}

/// Refuses an empty path, which would otherwise mean the current directory.
pub(crate) fn check_path(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "The path is empty: give the path of the file to map.",
        ));
    }
    Ok(())
}

/// Refuses to change the size of the memory of an existing map, because its holders rely on the
/// size.
fn check_no_object(path: &Path) -> Result<()> {
    if os::is_living_object(path)? {
        return Err(Error::new(
            ErrorKind::FileMapped,
            format!(
                "{} is the memory of a map that is in use, and keeps its size: open that map by its name, or close it everywhere.",
                shown(path)
            ),
        ));
    }
    Ok(())
}

/// Refuses the access that no map can be created with.
pub(crate) fn check_creatable(access: Access) -> Result<()> {
    if access == Access::Write { Err(write_only()) } else { Ok(()) }
}

fn write_only() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "A map cannot be created for writing alone: use the access ReadWrite, and make views of the access Write.",
    )
}
