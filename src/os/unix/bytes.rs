//! Bytes in and out through a descriptor, so that a file that was cut short under a map is an
//! error here and not a signal in the user's shell.

use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use rustix::fs::{FallocateFlags, SeekFrom, Stat};
use rustix::io::Errno;

use crate::error::{Error, ErrorKind, Result};
use crate::os::code::kind_of;

/// How much is reserved by one call: a signal restarts the whole call on older kernels.
const SLICE: u64 = 16 << 20;

/// The page size of every system is a multiple of this.
const PAGE: u64 = 4096;

/// Reserving inside a file: its size stays, even if another process changes it meanwhile.
#[cfg(target_os = "linux")]
const INSIDE: FallocateFlags = FallocateFlags::KEEP_SIZE;
/// Reserving inside of a file.
#[cfg(not(target_os = "linux"))]
const INSIDE: FallocateFlags = FallocateFlags::empty();

/// Reads all of `bytes`.
pub(crate) fn read(fd: BorrowedFd<'_>, capacity: u64, offset: u64, bytes: &mut [u8]) -> Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match rustix::io::pread(fd, &mut bytes[done..], offset + done as u64) {
            Ok(0) => return Err(truncated(capacity, offset + done as u64)),
            Ok(count) => done += count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(Error::from_io("read the map", &error.into())),
        }
    }
    Ok(())
}

/// Writes all of `bytes`, or nothing if there is no room for them.
pub(crate) fn write(fd: BorrowedFd<'_>, capacity: u64, offset: u64, bytes: &[u8]) -> Result<()> {
    make_room(fd, capacity, offset..offset + bytes.len() as u64)?;
    write_all(fd, offset, bytes)
}

/// The same where it was seen that all of the map's bytes are there, and how many the file has room for.
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub(crate) fn write_seen(
    fd: BorrowedFd<'_>,
    capacity: u64,
    reserved: u64,
    offset: u64,
    bytes: &[u8],
) -> Result<()> {
    let range = offset..offset + bytes.len() as u64;
    check_write_limit(range.end)?;
    make_room_seen(fd, capacity, reserved, range)?;
    write_all(fd, offset, bytes)
}

fn write_all(fd: BorrowedFd<'_>, offset: u64, bytes: &[u8]) -> Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match rustix::io::pwrite(fd, &bytes[done..], offset + done as u64) {
            Ok(count) => done += count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(Error::from_io("write the map", &error.into())),
        }
    }
    Ok(())
}

/// Clears a range that is not sparse from its end on: a kill leaves its beginning. The kernel ends a
/// process between pages, so it gets one page at a time.
pub(crate) fn clear_down(fd: BorrowedFd<'_>, capacity: u64, range: Range<u64>) -> Result<()> {
    check_write_limit(range.end)?;
    check_size(fd, capacity)?;
    // Of this thread's stack: memory that had to be fetched could end a copy within a page.
    let zeros = [0; PAGE as usize];
    let mut end = range.end;
    while end > range.start {
        let start = ((end - 1) / PAGE * PAGE).max(range.start);
        write_all(fd, start, &zeros[..(end - start) as usize])?;
        end = start;
    }
    Ok(())
}

/// Makes sure that a write to a range of the map cannot run out of space in the middle, end the
/// process by a signal, or make a truncated file grow again.
pub(crate) fn make_room(fd: BorrowedFd<'_>, capacity: u64, range: Range<u64>) -> Result<()> {
    check_write_limit(range.end)?;
    if is_in_one_page(&range) {
        return check_size(fd, capacity);
    }
    make_room_seen(fd, capacity, reserved(&look_at_all(fd, capacity)?), range)
}

/// Such a range is written or not, so no room has to be made before.
fn is_in_one_page(range: &Range<u64>) -> bool {
    range.is_empty() || range.start / PAGE == (range.end - 1) / PAGE
}

fn make_room_seen(
    fd: BorrowedFd<'_>,
    capacity: u64,
    reserved: u64,
    range: Range<u64>,
) -> Result<()> {
    // Most maps have been reserved from the start.
    if reserved >= capacity || is_in_one_page(&range) {
        return Ok(());
    }
    reserve_sparse(fd, reserved, range)
}

/// The same for a range that is written through a mapping: each page must be there before.
#[cfg(any(not(target_os = "linux"), mmf_backend = "portable"))]
pub(crate) fn make_room_in_memory(
    fd: BorrowedFd<'_>,
    capacity: u64,
    range: Range<u64>,
) -> Result<()> {
    let reserved = reserved(&look_at_all(fd, capacity)?);
    if range.is_empty() || reserved >= capacity {
        return Ok(());
    }
    reserve_sparse(fd, reserved, range)
}

/// Looks at a file, which must have all of the map's bytes.
pub(crate) fn look_at_all(fd: BorrowedFd<'_>, capacity: u64) -> Result<Stat> {
    let stat = super::look(fd)?;
    check_length(super::length_of(&stat), capacity)?;
    Ok(stat)
}

/// How many bytes a file has room for.
pub(crate) fn reserved(stat: &Stat) -> u64 {
    u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512)
}

/// Reserves the missing parts of a range, without changing existing bytes.
fn reserve_sparse(fd: BorrowedFd<'_>, reserved: u64, range: Range<u64>) -> Result<()> {
    // A Mac can reserve only beyond the end of a file.
    if cfg!(target_vendor = "apple") {
        return Ok(());
    }
    let length = range.end - range.start;
    let failed = |error: Errno| {
        let os = io::Error::from(error);
        if kind_of(&os) != ErrorKind::NoSpace && error != Errno::NOMEM {
            return Error::from_io(format!("reserve {length} bytes of the map"), &os);
        }
        Error::new(
            ErrorKind::NoSpace,
            format!(
                "There is not enough room to write {length} bytes to the map, whose memory is reserved only when it is used: make room where it is stored, or write less. The map is unchanged."
            ),
        )
        .with_os_code(error.raw_os_error())
    };
    // Checked first: finding out slice by slice would take all free memory away from other
    // processes.
    if let Ok(system) = rustix::fs::fstatvfs(fd)
        && system.f_blocks > 0
        && length.saturating_sub(reserved) / system.f_frsize.max(1) > system.f_bfree
    {
        return Err(failed(Errno::NOSPC));
    }
    match allocate(fd, INSIDE, range) {
        // A file system that cannot reserve: the write itself finds out.
        Err(error) if cannot_reserve(error) => Ok(()),
        other => other.map_err(failed),
    }
}

/// Whether the file still has all of the map's bytes.
pub(crate) fn check_size(fd: BorrowedFd<'_>, capacity: u64) -> Result<()> {
    check_length(size(fd)?, capacity)
}

/// Whether a file of this length has all of a map's bytes.
pub(crate) fn check_length(length: u64, capacity: u64) -> Result<()> {
    if length < capacity { Err(truncated(capacity, length)) } else { Ok(()) }
}

/// How long the file is.
pub(crate) fn size(fd: BorrowedFd<'_>) -> Result<u64> {
    // Half the cost of `fstat`, but not to be had everywhere: a Mac's memory has no positions.
    if cfg!(all(target_os = "linux", not(mmf_backend = "portable"))) {
        return rustix::fs::seek(fd, SeekFrom::End(0))
            .map_err(|error| Error::from_io("look at the map", &error.into()));
    }
    super::look(fd).map(|stat| super::length_of(&stat))
}

fn truncated(capacity: u64, end: u64) -> Error {
    Error::new(
        ErrorKind::Truncated,
        format!(
            "The map has {capacity} bytes, but its file was cut short and ends at {end}: restore the file, or close the map and create it again."
        ),
    )
}

/// The next range at or after `from` that may contain bytes other than NUL. Skips holes and memory
/// that is reserved but was never written. A truncated part looks like a hole.
pub(crate) fn next_data(
    fd: BorrowedFd<'_>,
    capacity: u64,
    from: u64,
) -> Result<Option<Range<u64>>> {
    if from >= capacity {
        return Ok(None);
    }
    let start = match rustix::fs::seek(fd, SeekFrom::Data(from)) {
        Ok(start) => start.max(from),
        Err(Errno::NXIO) => return Ok(None),
        // A file system that does not report holes: everything may be data.
        Err(_) => return Ok(Some(from..capacity)),
    };
    if start >= capacity {
        return Ok(None);
    }
    let end = rustix::fs::seek(fd, SeekFrom::Hole(start)).unwrap_or(capacity);
    Ok(Some(start..end.clamp(start + 1, capacity)))
}

/// Makes sure that memory or disk is there for the range, growing the file to its end.
pub(crate) fn reserve(
    fd: BorrowedFd<'_>,
    range: Range<u64>,
    flags: FallocateFlags,
) -> rustix::io::Result<()> {
    // Checked first: finding out slice by slice would take all free memory away from other
    // processes.
    if let Ok(system) = rustix::fs::fstatvfs(fd)
        && system.f_blocks > 0
        && (range.end - range.start) / system.f_frsize.max(1) > system.f_bfree
    {
        return Err(Errno::NOSPC);
    }
    grow(fd, range, flags)
}

/// The same if there was enough memory at the check, and it may already be reserved.
pub(crate) fn grow(
    fd: BorrowedFd<'_>,
    range: Range<u64>,
    flags: FallocateFlags,
) -> rustix::io::Result<()> {
    match allocate(fd, flags, range.clone()) {
        // If the file system cannot reserve space, writing zeros allocates it.
        Err(error) if cannot_reserve(error) => fill(fd, range),
        other => other,
    }
}

/// Reserves space beyond the end of a file without moving the end. If the system cannot do that,
/// success guarantees nothing.
pub(crate) fn reserve_behind(fd: BorrowedFd<'_>, range: Range<u64>) -> rustix::io::Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    match allocate(fd, INSIDE, range) {
        Err(error) if cannot_reserve(error) => Ok(()),
        other => other,
    }
}

/// Lets the system reserve the missing parts.
fn allocate(
    fd: BorrowedFd<'_>,
    flags: FallocateFlags,
    range: Range<u64>,
) -> rustix::io::Result<()> {
    let mut from = range.start;
    while from < range.end {
        let length = (range.end - from).min(SLICE);
        match allocate_slice(fd, flags, from, length) {
            Ok(()) => from += length,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The ways in which systems say that a file system has no reservation.
fn cannot_reserve(error: Errno) -> bool {
    [Errno::OPNOTSUPP, Errno::NOTSUP, Errno::NOSYS].contains(&error)
        || (cfg!(target_os = "freebsd") && error == Errno::INVAL)
}

#[cfg(not(target_vendor = "apple"))]
fn allocate_slice(
    fd: BorrowedFd<'_>,
    flags: FallocateFlags,
    from: u64,
    length: u64,
) -> rustix::io::Result<()> {
    rustix::fs::fallocate(fd, flags, from, length)
}

/// A Mac reserves beyond the file's blocks; `ftruncate` sets its length.
#[cfg(target_vendor = "apple")]
fn allocate_slice(
    fd: BorrowedFd<'_>,
    _: FallocateFlags,
    from: u64,
    length: u64,
) -> rustix::io::Result<()> {
    use std::os::fd::AsRawFd;
    let mut store = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: length as libc::off_t,
        fst_bytesalloc: 0,
    };
    // SAFETY: the descriptor is open, and the structure is the one that this request takes.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_PREALLOCATE, &raw mut store) };
    if result == -1 {
        let error = io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    }
    rustix::fs::ftruncate(fd, from + length)
}

fn fill(fd: BorrowedFd<'_>, range: Range<u64>) -> rustix::io::Result<()> {
    // A page: threads have small stacks.
    let zeros = [0; PAGE as usize];
    let mut from = range.start;
    while from < range.end {
        let length = (range.end - from).min(zeros.len() as u64) as usize;
        match rustix::io::pwrite(fd, &zeros[..length], from) {
            Ok(count) => from += count as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Refuses a size that the process's own file size limit forbids: going past it is no error to
/// the kernel but a signal that ends the process.
pub(crate) fn check_file_size_limit(size: u64) -> Result<()> {
    match file_size_limit() {
        Some(limit) if size > limit => Err(Error::new(
            ErrorKind::NoSpace,
            format!(
                "{size} bytes exceed this process's limit for files, {limit} bytes: raise the limit (ulimit -f), or ask for less."
            ),
        )),
        _ => Ok(()),
    }
}

/// This process's limit for files, if there is one.
fn file_size_limit() -> Option<u64> {
    // It costs half of what `prlimit64` costs, which libraries ask. Newer architectures lack it.
    #[cfg(all(
        target_os = "linux",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        let resource = libc::RLIMIT_FSIZE;
        // SAFETY: the kernel writes the limit into the variable, whose layout is its own here.
        let done = unsafe { libc::syscall(libc::SYS_getrlimit, resource, &raw mut limit) };
        if done == 0 {
            return Some(limit.rlim_cur).filter(|limit| *limit != libc::RLIM_INFINITY);
        }
    }
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current
}

/// The message for a reservation that failed.
pub(crate) fn no_space(what: &str, capacity: u64, error: Errno) -> Error {
    let os = io::Error::from(error);
    if kind_of(&os) == ErrorKind::NoSpace || error == Errno::NOMEM {
        return Error::new(
            ErrorKind::NoSpace,
            format!("There is not enough room for {what} of {capacity} bytes: close maps that are not needed, ask for less, or make more room."),
        )
        .with_os_code(error.raw_os_error());
    }
    Error::from_io(format!("reserve {capacity} bytes for {what}"), &os)
}

/// Refuses a write that would end the process by a signal. Asked each time: the limit can be lowered
/// while a map is open.
fn check_write_limit(end: u64) -> Result<()> {
    match file_size_limit() {
        Some(limit) if end > limit => Err(Error::new(
            ErrorKind::NoSpace,
            format!(
                "The write ends at byte {end}, past this process's limit for files, {limit} bytes: raise the limit (ulimit -f)."
            ),
        )),
        _ => Ok(()),
    }
}
