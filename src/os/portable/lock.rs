//! The content lock: `named-lock` on a file in the private directory. It is opened for every
//! acquisition, so that threads, handles and processes exclude each other alike.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use named_lock::{NamedLock, NamedLockGuard};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Uid;

use super::gate::{DIRECTORY, flock, open_directory, path};
use super::key::Key;
use super::tickets::{self, SharedQueue, Waiters};
use crate::error::{Error, ErrorKind, Result};
use crate::os::unix::Inode;
use crate::os::unix::fork::{self, Entry, PrivateFd};
use crate::os::unix::queue::{self, KeptPlace};
use crate::time::Deadline;

pub(super) const FILE: &str = "lock";
/// The suffix that distinguishes the directory of a lock from a presence.
pub(super) const SUFFIX: &str = ".c";

/// Where the lock of a map is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LockKey {
    directory: String,
}

impl LockKey {
    /// The lock of a named map, by its name.
    pub(super) fn of(key: &Key) -> LockKey {
        LockKey { directory: format!("{}{SUFFIX}", key.directory) }
    }

    /// The lock of a file, by which file it is: so that all maps of it have one lock.
    pub(super) fn of_file(file: Inode) -> LockKey {
        LockKey { directory: format!("{:x}-{:x}{SUFFIX}", file.device, file.number) }
    }

    /// The lock of an entry of the private directory, and the presence that it belongs to, if it
    /// is a lock's at all.
    pub(super) fn of_entry(entry: &str) -> Option<(LockKey, &str)> {
        let presence = entry.strip_suffix(SUFFIX)?;
        Some((LockKey { directory: entry.to_owned() }, presence))
    }

    /// Removes the lock. A process that waits for it notices.
    fn remove(&self, parent: BorrowedFd<'_>) {
        for file in [tickets::FILE, FILE] {
            let file = format!("{}/{file}", self.directory);
            let _ = rustix::fs::unlinkat(parent, file, AtFlags::empty());
        }
        let _ = rustix::fs::unlinkat(parent, self.directory.as_str(), AtFlags::REMOVEDIR);
    }

    /// Removes the lock of a map without holders, unless a handle without a presence needs it.
    pub(super) fn remove_unless_in_use(&self, parent: BorrowedFd<'_>) {
        self.unless_in_use(parent, || self.remove(parent));
    }

    /// Removes the lock unless a process holds it or has a handle that needs it.
    pub(super) fn remove_unless_held(&self, parent: BorrowedFd<'_>) {
        self.unless_in_use(parent, || self.remove_unless_locked(parent));
    }

    fn unless_in_use(&self, parent: BorrowedFd<'_>, remove: impl FnOnce()) {
        let Ok(directory) =
            rustix::fs::openat(parent, self.directory.as_str(), DIRECTORY, Mode::empty())
        else {
            return;
        };
        if flock(directory.as_fd(), FlockOperation::NonBlockingLockExclusive).unwrap_or(false) {
            remove();
            let _ = rustix::fs::flock(&directory, FlockOperation::Unlock);
        }
    }

    fn remove_unless_locked(&self, parent: BorrowedFd<'_>) {
        let file = format!("{}/{FILE}", self.directory);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        if let Ok(lock) = rustix::fs::openat(parent, file, flags, Mode::empty()) {
            if !flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive).unwrap_or(false) {
                return;
            }
            self.remove(parent);
            let _ = rustix::fs::flock(&lock, FlockOperation::Unlock);
        } else {
            self.remove(parent);
        }
    }

    /// One try. `None` if another process has the lock, or a clean-up program removed the file.
    fn try_take(&self) -> Result<Option<LockGuard>> {
        let root = path()?;
        let parent = open_directory(&root)?;
        self.make_directory(parent.as_fd()).map_err(locking)?;
        // The file is made and opened here first: it must be an ordinary one, and while it is open
        // no other file can have its number.
        let pinned = match self.open_file(parent.as_fd()) {
            Ok(pinned) => pinned,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(locking(error)),
        };
        let path = self.path(root);
        let taken = Entry::new(|| {
            let near = free_number(pinned.as_fd());
            let guard = NamedLock::with_path(&path).and_then(|lock| lock.try_lock())?;
            match find_writer(pinned.as_fd(), near) {
                Some(fd) => Ok((guard, fd)),
                // The locked file is not this one, but one that a clean-up program removed.
                None => Err(named_lock::Error::WouldBlock),
            }
        });
        let (guard, entry) = match taken {
            Ok(taken) => taken,
            Err(named_lock::Error::CreateFailed(error))
                if error.kind() != std::io::ErrorKind::NotFound =>
            {
                return Err(Error::from_io("open the content lock", &error));
            }
            Err(_) => return Ok(None),
        };
        let guard = LockGuard(Held::ByPath { guard: Some(guard), entry });
        let there = rustix::fs::stat(&path).ok().map(|stat| Inode::of(&stat));
        Ok((there == Inode::of_file(pinned.as_fd())).then_some(guard))
    }

    fn make_directory(&self, parent: BorrowedFd<'_>) -> rustix::io::Result<()> {
        match rustix::fs::mkdirat(parent, self.directory.as_str(), Mode::RWXU) {
            Err(Errno::EXIST) => Ok(()),
            other => other,
        }
    }

    fn open_file(&self, parent: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
        let file = format!("{}/{FILE}", self.directory);
        let flags =
            OFlags::RDONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(parent, file, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Opens the directory, and keeps it from being swept if nothing else does. Nothing, if a sweep is at
    /// it.
    fn open_directory(
        &self,
        parent: BorrowedFd<'_>,
        in_use: bool,
    ) -> rustix::io::Result<Option<OwnedFd>> {
        let open = || rustix::fs::openat(parent, self.directory.as_str(), DIRECTORY, Mode::empty());
        let directory = open()?;
        let kept = in_use
            || (flock(directory.as_fd(), FlockOperation::NonBlockingLockShared)?
                && Inode::of_file(open()?.as_fd()) == Inode::of_file(directory.as_fd()));
        Ok(kept.then_some(directory))
    }

    /// The path for `named-lock`. That crate remembers open locks by their path, and a forked child
    /// remembers those of its parent. So each generation spells the path differently.
    fn path(&self, root: PathBuf) -> PathBuf {
        let mut path = root.join(&self.directory);
        for _ in 0..fork::generation() {
            path = path.join("..").join(&self.directory);
        }
        path.join(FILE)
    }
}

/// The number that the next descriptor is likely to get.
fn free_number(any: BorrowedFd<'_>) -> RawFd {
    rustix::io::fcntl_dupfd_cloexec(any, 0).map_or(0, |fd| fd.as_raw_fd())
}

/// The number of the descriptor through which `named-lock` has the file: the only one of this
/// process that is for writing it.
fn find_writer(file: BorrowedFd<'_>, near: RawFd) -> Option<RawFd> {
    let wanted = Inode::of_file(file)?;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit =
        limit.and_then(|limit| RawFd::try_from(limit).ok()).unwrap_or(RawFd::MAX).min(1 << 20);
    std::iter::once(near).chain(0..limit).find(|fd| is_writer(*fd, wanted))
}

fn is_writer(fd: RawFd, wanted: Inode) -> bool {
    // SAFETY: a number is only asked about; one that is not open gives an error.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    Inode::of_file(fd) == Some(wanted)
        && rustix::fs::fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::WRONLY))
}

/// The content lock as one handle has it.
#[derive(Debug)]
pub(super) struct HandleLock {
    key: LockKey,
    /// In whose directory it is. Another user that this process may have become has another.
    user: Uid,
    /// Files that the process can no longer open after it changed its user.
    prepared: Prepared,
    place: KeptPlace,
}

/// The files that are opened with the handle.
#[derive(Debug, Default)]
struct Prepared {
    file: Option<Arc<Reserve>>,
    queue: Option<SharedQueue>,
    /// The lock's directory, where no presence keeps it from being swept.
    _in_use: Option<OwnedFd>,
}

/// A handle's description of the lock file. It carries no lock while it is stored here.
#[derive(Debug)]
struct Reserve(Mutex<Option<PrivateFd>>);

impl Reserve {
    /// Only ever tried for: in a forked child, which has nothing of it, it may be locked for good.
    fn take(&self) -> Option<PrivateFd> {
        self.0.try_lock().ok()?.take()
    }

    fn keep(&self, fd: PrivateFd) {
        if fd.is_ours() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fd);
        }
    }
}

impl HandleLock {
    /// Prepares the lock for a handle; `present` if the handle has a presence under the lock's
    /// name. If this fails, only a later change of the user and the order of waiters are affected.
    pub(super) fn new(key: LockKey, present: bool) -> HandleLock {
        let prepared = prepare(&key, present).unwrap_or_default();
        HandleLock { key, user: rustix::process::geteuid(), prepared, place: KeptPlace::default() }
    }

    /// Takes the lock. `None` if others had it until the deadline.
    pub(super) fn take(&self, deadline: Deadline) -> Result<Option<LockGuard>> {
        let waiters = Waiters::of(self.prepared.queue.as_ref());
        let same_user = rustix::process::geteuid() == self.user;
        queue::wait(&waiters, &self.place, deadline, || match same_user {
            true => self.key.try_take(),
            false => self.try_take_prepared(),
        })
    }

    fn try_take_prepared(&self) -> Result<Option<LockGuard>> {
        let reserve = self.prepared.file.as_ref().ok_or_else(not_ours)?;
        // Threads have one description between them, and wait for it.
        let Some(fd) = reserve.take() else { return Ok(None) };
        let number = fd.get().ok_or_else(not_ours)?;
        let taken = flock(number, FlockOperation::NonBlockingLockExclusive);
        let there = rustix::fs::fstat(number).is_ok_and(|stat| stat.st_nlink > 0);
        let guard = LockGuard(Held::ByFile { fd: Some(fd), reserve: reserve.clone() });
        match taken {
            Ok(true) if there => Ok(Some(guard)),
            Ok(true) => Err(not_ours()),
            Ok(false) => Ok(None),
            Err(error) => Err(locking(error)),
        }
    }
}

fn prepare(key: &LockKey, present: bool) -> Option<Prepared> {
    let parent = open_directory(&path().ok()?).ok()?;
    // A sweep may take the directory a few times, but not for long.
    for _ in 0..16 {
        key.make_directory(parent.as_fd()).ok()?;
        let directory = match key.open_directory(parent.as_fd(), present) {
            Ok(Some(directory)) => directory,
            Ok(None) | Err(Errno::NOENT) => continue,
            Err(_) => return None,
        };
        match PrivateFd::new(|| key.open_file(parent.as_fd())) {
            Ok(file) => {
                return Some(Prepared {
                    file: Some(Arc::new(Reserve(Mutex::new(Some(file))))),
                    queue: SharedQueue::open(directory.as_fd()),
                    _in_use: (!present).then_some(directory),
                });
            }
            Err(Errno::NOENT) => {}
            Err(_) => return None,
        }
    }
    None
}

fn not_ours() -> Error {
    Error::new(
        ErrorKind::AccessDenied,
        "This process changed its user or was forked after it opened the map, and cannot open the content lock: open the map again.",
    )
}

/// The content lock, held by this process until it is dropped.
#[derive(Debug)]
pub(crate) struct LockGuard(Held);

#[derive(Debug)]
enum Held {
    ByPath { guard: Option<NamedLockGuard>, entry: Entry },
    ByFile { fd: Option<PrivateFd>, reserve: Arc<Reserve> },
}

impl LockGuard {
    /// Whether this is the process that took it: a forked child has nothing of it.
    pub(crate) fn is_held(&self) -> bool {
        match &self.0 {
            Held::ByPath { entry, .. } => entry.is_ours(),
            Held::ByFile { fd, .. } => fd.as_ref().is_some_and(PrivateFd::is_ours),
        }
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        let held = self.is_held();
        match &mut self.0 {
            Held::ByPath { guard, entry } => {
                let guard = guard.take();
                if held {
                    entry.leave(|| drop(guard));
                } else {
                    // The descriptor is closed here already; unlocking would meet another's.
                    std::mem::forget(guard);
                }
            }
            Held::ByFile { fd, reserve } => {
                let Some(fd) = fd.take() else { return };
                if let Some(number) = fd.get() {
                    let _ = rustix::fs::flock(number, FlockOperation::Unlock);
                    reserve.keep(fd);
                }
            }
        }
    }
}

fn locking(error: Errno) -> Error {
    Error::from_io("open the content lock", &error.into())
}
