//! A map: a handle to memory or to a file, and its properties.

use std::path::Path;
use std::sync::Arc;

use crate::access::{Access, Rights};
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::name::Name;
use crate::os::Object;
use crate::os::handle::OwnedDescriptor;
use crate::quoted::shown;
use crate::security::Permissions;
use crate::supported::check_permissions;

/// A handle to a map. It holds the map: the name exists as long as any process has a handle.
///
/// All methods may be called from several threads at once.
///
/// ```
/// use mmf::Map;
///
/// let name = format!("mmf-doc-{}", std::process::id());
/// let map = Map::create_new(&name, 1024)?;
/// map.replace_text("Hello")?;
///
/// let other = Map::open(&name)?;
/// assert_eq!(other.read_text()?, "Hello");
/// # Ok::<(), mmf::Error>(())
/// ```
#[derive(Debug)]
pub struct Map {
    pub(crate) object: Arc<Object>,
    name: Option<Name>,
}

impl Map {
    pub(crate) fn new(object: Object, name: Option<Name>) -> Map {
        Map { object: Arc::new(object), name }
    }

    /// The kind of the map.
    pub fn kind(&self) -> Kind {
        self.object.kind()
    }

    /// The name that the map was created or opened with.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(Name::as_str)
    }

    /// The file, for a file map whose path is known.
    pub fn path(&self) -> Option<&Path> {
        self.object.path()
    }

    /// The size of the map in bytes.
    pub fn capacity(&self) -> u64 {
        self.object.capacity()
    }

    /// The rights of this handle, as an access.
    pub fn access(&self) -> Access {
        self.rights().access()
    }

    /// The rights of this handle.
    pub fn rights(&self) -> Rights {
        self.object.rights()
    }

    /// Whether a program that does not use this library created the map. This library does not
    /// remove such a map.
    pub fn is_foreign(&self) -> bool {
        self.object.is_foreign()
    }

    /// Whether the map was created read-only. Then no process may write it.
    pub fn is_read_only(&self) -> bool {
        self.object.is_read_only()
    }

    /// Whether the name of this handle no longer refers to this map, because another program
    /// removed or replaced it. The memory stays valid.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`], [`ErrorKind::Io`] if the system does not permit the check.
    pub fn is_orphaned(&self) -> Result<bool> {
        self.object.is_orphaned()
    }

    /// A new descriptor (on Windows: a section handle) for the same memory, for your own calls of
    /// `mmap`. It does not hold the name (on Windows every handle does).
    ///
    /// # Errors
    /// [`ErrorKind::NotSupported`] if the system has none, [`ErrorKind::Io`].
    pub fn duplicate_descriptor(&self) -> Result<OwnedDescriptor> {
        self.object.duplicate_descriptor()
    }

    /// Whether programs that this process starts inherit the handle.
    pub fn is_inheritable(&self) -> bool {
        self.object.is_inheritable()
    }

    /// Changes whether programs that this process starts inherit the handle.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        self.object.set_inheritable(inheritable)
    }

    /// The permissions of the map.
    ///
    /// # Errors
    /// [`ErrorKind::NotSupported`] if maps have no permissions, [`ErrorKind::AccessDenied`].
    pub fn permissions(&self) -> Result<Permissions> {
        self.object.permissions()
    }

    /// Changes who may use the map, for a file map: the file. What is `None` stays. Who else opens the
    /// map by its name must trust its owner ([`trusted_owner`](crate::MapOptions::trusted_owner)).
    ///
    /// # Errors
    /// As [`Map::permissions`], and [`ErrorKind::InvalidArgument`] for a mode that cannot be used for a map.
    pub fn set_permissions(&self, permissions: &Permissions) -> Result<()> {
        check_permissions(permissions)?;
        self.object.set_permissions(permissions)
    }

    /// Reads bytes at an offset. Fills the whole buffer.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] if the offset is at or past the end,
    /// [`ErrorKind::InvalidArgument`] if the range ends past it, [`ErrorKind::AccessDenied`]
    /// without the right to read, [`ErrorKind::Truncated`] if the file became shorter than the map.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.check_range(offset, bytes.len(), "read")?;
        self.check_right(Rights::READ)?;
        self.object.read_at(offset, bytes)
    }

    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// As [`Map::read_at`], with the right to write; [`ErrorKind::ReadOnlyMap`] for a map that was
    /// created read-only.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.check_range(offset, bytes.len(), "write")?;
        self.check_writable()?;
        self.object.write_at(offset, bytes)
    }

    /// Fills `count` bytes at an offset with one value.
    ///
    /// # Errors
    /// As [`Map::write_at`].
    pub fn fill(&self, offset: u64, count: u64, value: u8) -> Result<()> {
        let size = usize::try_from(count).unwrap_or(usize::MAX);
        self.check_range(offset, size, "fill")?;
        self.check_writable()?;
        self.object_fill(offset, count, value)
    }

    /// Fills without a check of rights, which the caller has made.
    pub(crate) fn object_fill(&self, offset: u64, count: u64, value: u8) -> Result<()> {
        const PIECE: usize = 1 << 20;
        self.object.make_room(offset..offset + count)?;
        let mut piece = Vec::new();
        let size = PIECE.min(usize::try_from(count).unwrap_or(PIECE));
        piece.try_reserve_exact(size).map_err(|_| {
            Error::new(
                ErrorKind::NoSpace,
                format!(
                    "This process has not enough memory to fill {}: close what is not needed, or fill it in smaller parts.",
                    self.shown_inside()
                ),
            )
        })?;
        piece.resize(size, value);
        let mut done = 0;
        while done < count {
            let now =
                usize::try_from(count - done).map_or(piece.len(), |left| left.min(piece.len()));
            self.object.write_at(offset + done, &piece[..now])?;
            done += now as u64;
        }
        Ok(())
    }

    /// Writes the changes of a file map to the disk. Does nothing for a map in memory.
    ///
    /// # Errors
    /// [`ErrorKind::Io`], [`ErrorKind::NoSpace`].
    pub fn flush(&self) -> Result<()> {
        self.object.flush()
    }

    /// The description of this map in messages.
    pub(crate) fn shown(&self) -> String {
        match (&self.name, self.path()) {
            (Some(name), _) => format!("The map {}", name.quoted()),
            (None, Some(path)) => format!("The map of {}", shown(path)),
            (None, None) => "The anonymous map".to_owned(),
        }
    }

    /// The same in the middle of a sentence.
    pub(crate) fn shown_inside(&self) -> String {
        self.shown().replacen("The", "the", 1)
    }

    fn check_range(&self, offset: u64, size: usize, verb: &str) -> Result<()> {
        let capacity = self.capacity();
        if offset > capacity || (offset == capacity && size > 0) {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "{} has {capacity} bytes; the offset {offset} is past the end. Use an offset from 0 to {}.",
                    self.shown(),
                    capacity - 1
                ),
            ));
        }
        if size as u64 > capacity - offset {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{} has {capacity} bytes; {size} bytes at offset {offset} reach beyond them. At most {} fit there to {verb}.",
                    self.shown(),
                    capacity - offset
                ),
            ));
        }
        Ok(())
    }

    pub(crate) fn check_right(&self, right: Rights) -> Result<()> {
        if self.rights().contains(right) {
            return Ok(());
        }
        let (verb, access) =
            if right == Rights::READ { ("read", "Read") } else { ("written", "ReadWrite") };
        Err(Error::new(
            ErrorKind::AccessDenied,
            format!(
                "{} cannot be {verb} through this handle, which is for {:?} only. Open it with {access}.",
                self.shown(),
                self.access()
            ),
        ))
    }

    pub(crate) fn check_writable(&self) -> Result<()> {
        self.check_right(Rights::WRITE)?;
        self.check_not_read_only()
    }

    pub(crate) fn check_not_read_only(&self) -> Result<()> {
        if self.object.is_read_only() {
            return Err(Error::new(
                ErrorKind::ReadOnlyMap,
                format!(
                    "{} was created read-only and cannot be written by anybody. Create it with the access ReadWrite.",
                    self.shown()
                ),
            ));
        }
        Ok(())
    }
}

/// The descriptor that holds the map. A program that inherits it holds the map, too.
///
/// # Panics
/// If the process is ending and its maps are already closed.
#[cfg(unix)]
impl std::os::fd::AsFd for Map {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.object.lend()
    }
}

/// The handle of the map's section. A program that inherits it holds the map, too.
#[cfg(windows)]
impl std::os::windows::io::AsHandle for Map {
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        self.object.lend()
    }
}
