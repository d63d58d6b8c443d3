//! The gate: one private directory per user, and the lock on it that every decision about a name
//! is made under.

use std::ffi::OsString;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::shm::mode_of;
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::fork::PrivateFd;
use crate::os::unix::{Inode, owner};
use crate::quoted::shown;
use crate::time::{Backoff, Deadline};

/// How long a decision waits for other processes before it returns *busy*. They need microseconds;
/// only a process that is stopped in the middle takes longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two tries.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// How a directory is opened: never through a link.
pub(super) const DIRECTORY: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The gate, held. While it is, no other process of this user decides about a name.
pub(super) struct Gate {
    directory: PrivateFd,
    path: PathBuf,
}

impl Gate {
    /// Takes the gate, unless other processes keep it until the deadline.
    pub(super) fn take(deadline: Deadline) -> Result<Gate> {
        let path = path()?;
        let mut backoff = Backoff::new(deadline, LONGEST_PAUSE);
        loop {
            let directory = PrivateFd::new(|| open_directory(&path))?;
            let gate = Gate { directory, path: path.clone() };
            match flock(gate.fd(), FlockOperation::NonBlockingLockExclusive) {
                // A cleaner may have put another directory here before the lock was granted.
                Ok(true) if gate.leads_here() => return Ok(gate),
                Ok(_) => {}
                Err(error) => {
                    return Err(Error::from_io(
                        format!("lock {}", shown(&gate.path)),
                        &error.into(),
                    ));
                }
            }
            if !backoff.wait() {
                return Err(Error::new(
                    ErrorKind::Busy,
                    format!(
                        "Other programs are opening, creating or closing maps and did not finish in time (the lock on {}): try again.",
                        shown(&gate.path)
                    ),
                ));
            }
        }
    }

    /// The directory that contains everything.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.directory.get().expect("nothing between taking and dropping a gate forks")
    }

    /// Whether the path still refers to the locked directory.
    pub(super) fn leads_here(&self) -> bool {
        let here = rustix::fs::fstat(self.fd()).map(|stat| Inode::of(&stat));
        let there = rustix::fs::lstat(&self.path).map(|stat| Inode::of(&stat));
        here.is_ok() && here == there
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // Unlocked, not just closed: a child that was forked just now may have a copy.
        if let Some(fd) = self.directory.get() {
            let _ = rustix::fs::flock(fd, FlockOperation::Unlock);
        }
    }
}

/// Tries a lock. `false` if another process has it.
pub(super) fn flock(fd: BorrowedFd<'_>, operation: FlockOperation) -> rustix::io::Result<bool> {
    loop {
        match rustix::fs::flock(fd, operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens the private directory, made if it is missing, and makes sure that it is private.
pub(super) fn open_directory(path: &Path) -> Result<OwnedFd> {
    let failed = |error: Errno| Error::from_io(format!("open {}", shown(path)), &error.into());
    let fd = loop {
        match rustix::fs::open(path, DIRECTORY, Mode::empty()) {
            Ok(fd) => break fd,
            Err(Errno::NOENT) => match rustix::fs::mkdir(path, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(failed(error)),
            },
            Err(Errno::LOOP | Errno::MLINK | Errno::NOTDIR) => {
                return Err(not_private(path, "it is no directory"));
            }
            Err(error) => return Err(failed(error)),
        }
    };
    let stat = rustix::fs::fstat(&fd).map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    if stat.st_uid != user {
        return Err(not_private(path, &format!("it belongs to {}", owner::describe(stat.st_uid))));
    }
    let mode = mode_of(&stat) & 0o7777;
    if mode != 0o700 {
        return Err(not_private(path, &format!("its mode is 0{mode:o}")));
    }
    Ok(fd)
}

fn not_private(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        format!(
            "Named maps need {} as a directory of this user with mode 0700, but {why}: remove it, and it is created again.",
            shown(path)
        ),
    )
}

/// Where the directory is. Never taken from the environment, which two processes of one user may
/// have different.
#[cfg(target_vendor = "apple")]
pub(super) fn path() -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = vec![0_u8; 1024];
    // SAFETY: the length is that of the buffer.
    let length = unsafe {
        libc::confstr(libc::_CS_DARWIN_USER_CACHE_DIR, bytes.as_mut_ptr().cast(), bytes.len())
    };
    if length < 2 || length > bytes.len() {
        let error = std::io::Error::last_os_error();
        return Err(Error::from_io("ask for this user's cache directory", &error));
    }
    // The length counts the NUL.
    bytes.truncate(length - 1);
    Ok(PathBuf::from(OsString::from_vec(bytes)).join("mmf"))
}

/// Where the directory is. Never taken from the environment, which two processes of one user may
/// have different.
#[cfg(not(target_vendor = "apple"))]
pub(super) fn path() -> Result<PathBuf> {
    let name = format!(".mmf-{}", rustix::process::geteuid().as_raw());
    Ok(Path::new("/tmp").join(OsString::from(name)))
}
