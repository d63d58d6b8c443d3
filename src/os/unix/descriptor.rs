//! Descriptors that somebody gives to have a map made of what they lead to.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;

#[cfg(not(all(target_os = "linux", not(mmf_backend = "portable"))))]
use super::again::open_again;
use super::again::path_of;
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
use super::again::reopen;
use super::{Inode, length_of};
use crate::access::Access;
use crate::capacity::check_file_capacity;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Request;

/// What a descriptor leads to, if a map can be made of it.
pub(crate) struct Given {
    pub(crate) path: Option<PathBuf>,
    /// An opening of the map's own, if there can be one.
    pub(crate) own: Option<OwnedFd>,
}

impl Given {
    /// Refuses what the request cannot be made of.
    pub(crate) fn new(descriptor: BorrowedFd<'_>, request: &Request) -> Result<Given> {
        let access = request.rights.access();
        let (stat, writes) = check(descriptor, access, request.capacity)?;
        let inode = Inode::of(&stat);
        let path = path_of(descriptor, inode);
        let shown = path.as_deref().unwrap_or(Path::new("of the descriptor"));
        check_file_capacity(shown, length_of(&stat), request.capacity, access)?;
        #[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
        let own = reopen(descriptor, writes).ok();
        #[cfg(not(all(target_os = "linux", not(mmf_backend = "portable"))))]
        let own = path
            .as_deref()
            .and_then(|path| open_again(path, inode, writes).ok().flatten())
            .map(|(file, _)| file);
        Ok(Given { path, own })
    }
}

/// For a map that cannot have an opening of its own: it shares the descriptor's.
pub(crate) fn share(descriptor: BorrowedFd<'_>) -> Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, 0)
        .map_err(|error| Error::from_io("use the descriptor", &error.into()))
}

/// Refuses a descriptor that no map of this access and capacity can be made of. Tells what its file
/// is, and whether the map must be able to write it.
fn check(descriptor: BorrowedFd<'_>, access: Access, capacity: u64) -> Result<(Stat, bool)> {
    let looking = |error: Errno| Error::from_io("look at the descriptor", &error.into());
    let stat = rustix::fs::fstat(descriptor).map_err(looking)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Error::new(
            ErrorKind::NotAFile,
            "The descriptor refers to a directory, a FIFO, a device or a socket, which cannot be mapped: give that of a file or of shared memory.",
        ));
    }
    let flags = rustix::fs::fcntl_getfl(descriptor).map_err(looking)?;
    let mode = flags & OFlags::ACCMODE;
    #[cfg(target_os = "linux")]
    let only_path = flags.contains(OFlags::PATH);
    #[cfg(not(target_os = "linux"))]
    let only_path = false;
    // A file can have to grow for a map that is never written.
    let grows = access == Access::CopyOnWrite && capacity > length_of(&stat);
    let writes = access.writes() || grows;
    if mode == OFlags::WRONLY || (writes && mode != OFlags::RDWR) || only_path {
        return Err(Error::new(
            ErrorKind::AccessDenied,
            format!(
                "The descriptor is not open for what the access {access:?} needs: open it for reading, and for writing too if the map is to be written or the file to grow."
            ),
        ));
    }
    Ok((stat, writes))
}
