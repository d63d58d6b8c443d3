//! Views: parts of a map, as memory.

use std::sync::atomic::{AtomicI32, AtomicU32};
#[cfg(target_has_atomic = "64")]
use std::sync::atomic::{AtomicI64, AtomicU64};

use crate::access::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::map::Map;
use crate::os::Mapping;
use crate::os::atomic::Atomic;

/// More than any address space that .NET supports. Checked before everything else, as in .NET.
const HUGE: u64 = 8_192_000_000_000;

/// A part of a map, as memory of this process. It stays valid after the map's handle is closed, but
/// it does not keep the map's name alive.
///
/// Other processes can change the bytes at any time, so a view gives no references to them: copy
/// with [`View::read_at`] and [`View::write_at`], or use [`View::pointer`] with the care that
/// shared memory requires. If a program truncates a mapped *file*, touching the lost part ends the
/// process (`SIGBUS`, an in-page error); [`Map::read_at`] returns an error instead.
///
/// ```
/// use mmf::{Access, MapOptions};
///
/// let map = MapOptions::new().create_anonymous(10_000)?;
/// let view = map.view(5_001, 3, Access::ReadWrite)?;
/// drop(map);
/// view.write_at(b"abc", 0)?;
/// let mut bytes = [0; 3];
/// view.read_at(&mut bytes, 0)?;
/// assert_eq!(&bytes, b"abc");
/// # Ok::<(), mmf::Error>(())
/// ```
#[derive(Debug)]
pub struct View {
    mapping: Mapping,
    offset: u64,
    access: Access,
}

impl Map {
    /// A view of the map: `size` bytes from `offset` (0: up to the end), with its own access, which
    /// the processor enforces. The view stays valid when this handle is closed.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] for an offset past the end, [`ErrorKind::AccessDenied`] if offset
    /// plus size is past the end or this handle does not have the rights,
    /// [`ErrorKind::ReadOnlyMap`] for a map that was created read-only, [`ErrorKind::TooLarge`] if
    /// it is larger than the address space.
    pub fn view(&self, offset: u64, size: u64, access: Access) -> Result<View> {
        View::new(self, offset, size, access)
    }
}

impl View {
    fn new(map: &Map, offset: u64, size: u64, access: Access) -> Result<View> {
        check_range(map, offset, size)?;
        check_access(map, access)?;
        let len = if size == 0 { map.capacity() - offset } else { size };
        let len = usize::try_from(len)
            .ok()
            .filter(|len| isize::try_from(*len).is_ok())
            .ok_or_else(|| too_large(size))?;
        let mapping = map.object.view(offset, len, access)?;
        Ok(View { mapping, offset, access })
    }

    /// The address of the view. Do not read or write beyond [`View::len`], after the view is
    /// dropped, or in a way that [`View::access`] does not allow.
    pub fn pointer(&self) -> *mut u8 {
        self.mapping.pointer()
    }

    /// The size of the view in bytes.
    pub fn len(&self) -> usize {
        self.mapping.len()
    }

    /// Whether the size is 0, because the view begins at the end of the map.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the view begins in the map.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The access of the view.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Copies bytes out of the view. Fills the whole buffer.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] and [`ErrorKind::InvalidArgument`] for a range that is not
    /// completely inside, [`ErrorKind::WrongAccess`] for a view that is not for reading.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        let place = self.check(offset, bytes.len(), self.access.reads(), "reading")?;
        self.mapping.copy_out(place, bytes);
        Ok(())
    }

    /// Copies all bytes into the view.
    ///
    /// # Errors
    /// As [`View::read_at`], for writing.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let place = self.check(offset, bytes.len(), self.can_write(), "writing")?;
        self.mapping.copy_in(place, bytes);
        Ok(())
    }

    /// A number in the view that threads and processes can change at the same time without a lock,
    /// for example a counter. All of them must access it only with atomics of this size.
    ///
    /// ```
    /// use mmf::{Access, MapOptions};
    /// use std::sync::atomic::Ordering;
    ///
    /// let map = MapOptions::new().create_anonymous(4096)?;
    /// let view = map.view(0, 0, Access::ReadWrite)?;
    /// let visitors = view.atomic_u64(64)?;
    /// visitors.fetch_add(1, Ordering::Relaxed);
    /// assert_eq!(visitors.load(Ordering::Relaxed), 1);
    /// # Ok::<(), mmf::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] and [`ErrorKind::InvalidArgument`] if it is not completely inside,
    /// [`ErrorKind::InvalidArgument`] if it is not aligned to its size, [`ErrorKind::WrongAccess`]
    /// for a view that is not for reading and writing.
    #[cfg(target_has_atomic = "64")]
    pub fn atomic_u64(&self, offset: u64) -> Result<&AtomicU64> {
        self.atomic(offset)
    }

    /// As [`View::atomic_u64`], with a sign.
    ///
    /// # Errors
    /// As [`View::atomic_u64`].
    #[cfg(target_has_atomic = "64")]
    pub fn atomic_i64(&self, offset: u64) -> Result<&AtomicI64> {
        self.atomic(offset)
    }

    /// As [`View::atomic_u64`], of 32 bits.
    ///
    /// # Errors
    /// As [`View::atomic_u64`].
    pub fn atomic_u32(&self, offset: u64) -> Result<&AtomicU32> {
        self.atomic(offset)
    }

    /// As [`View::atomic_u64`], of 32 bits with a sign.
    ///
    /// # Errors
    /// As [`View::atomic_u64`].
    pub fn atomic_i32(&self, offset: u64) -> Result<&AtomicI32> {
        self.atomic(offset)
    }

    fn atomic<T: Atomic>(&self, offset: u64) -> Result<&T> {
        let allowed = self.access.reads() && self.can_write();
        let size = size_of::<T>();
        let place = self.check(offset, size, allowed, "reading and writing")?;
        self.mapping.atomic(place).ok_or_else(|| {
            let beyond = self.pointer().addr().wrapping_add(place) % size;
            Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "An atomic number of {size} bytes cannot begin at the offset {offset} of this view, which begins at {} in the map: its address must be a multiple of its size. The next such offset is {}.",
                    self.offset,
                    place + size - beyond
                ),
            )
        })
    }

    fn can_write(&self) -> bool {
        self.access.writes() || self.access == Access::CopyOnWrite
    }

    /// Writes changes through this view of a file map to the disk.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn flush(&self) -> Result<()> {
        self.mapping.flush()
    }

    /// Where the bytes begin in the memory of the view, all of which they must lie in.
    fn check(&self, offset: u64, size: usize, allowed: bool, doing: &str) -> Result<usize> {
        if !allowed {
            return Err(Error::new(
                ErrorKind::WrongAccess,
                format!("The view is for {:?}, not for {doing}: make another view.", self.access),
            ));
        }
        let all = self.len();
        let place =
            usize::try_from(offset).ok().filter(|place| *place < all || *place == all && size == 0);
        let Some(place) = place else {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!("The view has {all} bytes; the offset {offset} is past the end."),
            ));
        };
        if size > all - place {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The view has {all} bytes; {size} bytes at offset {offset} reach beyond the end."
                ),
            ));
        }
        Ok(place)
    }
}

/// Refuses a view that does not lie within the map.
fn check_range(map: &Map, offset: u64, size: u64) -> Result<()> {
    let capacity = map.capacity();
    if cfg!(target_pointer_width = "32") && size > u64::from(u32::MAX) {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            format!("A view of {size} bytes is more than 32 bits can address: make smaller ones."),
        ));
    }
    if offset > capacity {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            format!(
                "{} has {capacity} bytes; a view cannot begin at {offset}. Begin it at {capacity} or before.",
                map.shown()
            ),
        ));
    }
    if size > HUGE {
        return Err(too_large(size));
    }
    if size > capacity - offset {
        return Err(Error::new(
            ErrorKind::AccessDenied,
            format!(
                "{} has {capacity} bytes; a view of {size} bytes at offset {offset} reaches beyond them. At most {} fit there.",
                map.shown(),
                capacity - offset
            ),
        ));
    }
    Ok(())
}

/// Refuses a view that the handle has no right to.
fn check_access(map: &Map, access: Access) -> Result<()> {
    if !map.rights().permit(access) {
        return Err(Error::new(
            ErrorKind::AccessDenied,
            format!(
                "{} is open for {:?}, which permits no view for {access:?}. Open it with more rights, or ask for less.",
                map.shown(),
                map.access()
            ),
        ));
    }
    if access.writes() {
        map.check_not_read_only()?;
    }
    Ok(())
}

fn too_large(size: u64) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("A view of {size} bytes is more than a process can address: make smaller ones."),
    )
}
