//! The object: POSIX shared memory. It cannot be locked and, on a Mac, not identified. So its life
//! is decided elsewhere.

use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, Stat};
use rustix::io::Errno;
use rustix::shm::OFlags;

/// The mode of our objects: the owner's alone, and the mark that they are ours.
const MODE: u32 = 0o600 | MARK;
/// The mark is the sticky bit, which a umask does not remove. FreeBSD removes it, and keeps the
/// owner's execution bit. On Linux, where this back end is built for tests, the sticky bit is the
/// mark of the Linux back end, which would remove objects with that mark.
const MARK: u32 = if cfg!(target_os = "linux") {
    0o2000
} else if cfg!(target_os = "freebsd") {
    0o0100
} else {
    0o1000
};
/// The bits of the mark. A foreign `chmod -R 1777` sets execution bits, too.
const MARK_BITS: u32 = 0o3111;

/// The longest name that an object can have on a Mac, without the slash before it.
pub(super) const LONGEST_NAME: usize = 30;

/// The object of a name.
pub(super) enum Seen {
    Nothing,
    Object(OwnedFd, Box<Stat>),
    /// Something that is no shared memory: a link, a pipe.
    Other,
    /// Something that this user may not open.
    Denied,
}

/// Additional flags for opening on systems whose objects are files, which another user can replace
/// with something else.
#[cfg(target_os = "linux")]
fn careful() -> OFlags {
    OFlags::from_bits_retain((libc::O_NOFOLLOW | libc::O_NONBLOCK) as u32)
}

/// What opening adds where objects are the kernel's own: nothing, and no `O_CLOEXEC` either,
/// which new Macs refuse; objects are closed at `exec` by themselves.
#[cfg(not(target_os = "linux"))]
fn careful() -> OFlags {
    OFlags::empty()
}

/// The name as the system calls take it.
pub(super) fn os_name(object: &str) -> String {
    format!("/{object}")
}

/// Looks where the name leads, for reading.
pub(super) fn look(object: &str) -> rustix::io::Result<Seen> {
    open(object, OFlags::RDONLY)
}

/// Opens the object of the name; also for writing, if that is `needed` or permitted. Returns
/// whether it is open for writing.
pub(super) fn open_best(object: &str, needed: bool) -> rustix::io::Result<(Seen, bool)> {
    match open(object, OFlags::RDWR)? {
        Seen::Denied if !needed => Ok((open(object, OFlags::RDONLY)?, false)),
        seen => Ok((seen, true)),
    }
}

fn open(object: &str, flags: OFlags) -> rustix::io::Result<Seen> {
    loop {
        return match rustix::shm::open(os_name(object), flags | careful(), Mode::empty()) {
            Ok(fd) => {
                let stat = rustix::fs::fstat(&fd)?;
                // A Mac gives its objects no type at all.
                let kind = FileType::from_raw_mode(stat.st_mode);
                let plain = kind == FileType::RegularFile || mode_of(&stat) & 0o170000 == 0;
                Ok(if plain { Seen::Object(fd, Box::new(stat)) } else { Seen::Other })
            }
            Err(Errno::NOENT) => Ok(Seen::Nothing),
            Err(Errno::ACCESS) => Ok(Seen::Denied),
            Err(Errno::LOOP | Errno::MLINK | Errno::ISDIR | Errno::NXIO) => Ok(Seen::Other),
            // A sandbox without shared memory: nothing of that name can be met there.
            Err(error) if is_refusal(error) => Ok(Seen::Nothing),
            Err(Errno::INTR) => continue,
            Err(error) => Err(error),
        };
    }
}

/// Makes the object, empty. Fails if there is one.
pub(super) fn create(object: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | careful();
    rustix::shm::open(os_name(object), flags, Mode::from_raw_mode(MODE as rustix::fs::RawMode))
}

/// Whether the system has no shared memory for this process under any name: a sandbox, a machine
/// without `/dev/shm`.
pub(super) fn is_refusal(error: Errno) -> bool {
    [Errno::PERM, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::ROFS].contains(&error)
}

/// Whether it has our mark and belongs to this user. Otherwise this library does not remove it.
pub(super) fn is_ours(stat: &Stat) -> bool {
    mode_of(stat) & MARK_BITS == MARK && stat.st_uid == rustix::process::geteuid().as_raw()
}

/// Removes the object if it is ours. The caller has the gate, and the presence exclusively.
pub(super) fn remove(object: &str) -> rustix::io::Result<()> {
    if let Seen::Object(_, stat) = look(object)?
        && is_ours(&stat)
    {
        return match rustix::shm::unlink(os_name(object)) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error),
        };
    }
    Ok(())
}

/// The type and permission bits of a file.
#[allow(clippy::useless_conversion, reason = "the types differ between systems")]
pub(super) fn mode_of(stat: &Stat) -> u32 {
    stat.st_mode.into()
}
