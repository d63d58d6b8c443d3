//! The content lock: a mutex of the kernel, by `named-lock`.
//!
//! The kernel gives such a mutex to a *thread*, takes it back when that thread ends, and lets
//! nobody else release it. The operations of this library take and release it on one thread. A
//! lock that a caller keeps as an object may be dropped anywhere, and must not be lost when the
//! thread that took it ends; so for as long as one is held, a thread of its own holds it. If the
//! process is killed, that thread ends with it, and the next who asks takes the mutex over.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use named_lock::{NamedLock, NamedLockGuard};
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{CreateMutexW, WaitForSingleObject};

use super::security::{self, Descriptor};
use crate::error::{Error, Result};
use crate::os::LockOwner;
use crate::time::{Backoff, Deadline};

/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(2);

/// The lock of one map, held by nobody so far.
#[derive(Clone, Debug)]
pub(super) enum Lock {
    /// Between processes.
    Named {
        lock: Arc<NamedLock>,
        /// The same mutex, to change who may take it. None: it is the system's default.
        mutex: Option<Arc<OwnedHandle>>,
    },
    /// Within this process, for what no other can find: an anonymous map.
    Private(Arc<Private>),
}

impl Lock {
    /// The lock of this name. Whoever makes it first decides who may take it: `security`, or by
    /// the system's default the same user.
    pub(super) fn named(name: &str, security: Option<&Descriptor>) -> Result<Lock> {
        // named-lock gives no security, so the mutex is there before it looks.
        let mutex = security.map(|security| mutex(name, security)).transpose();
        let mutex = mutex.map_err(|error| Error::from_io("make the map's content lock", &error))?;
        let lock = NamedLock::create(name).map_err(failed)?;
        Ok(Lock::Named { lock: Arc::new(lock), mutex: mutex.map(Arc::new) })
    }

    /// A lock of its own.
    pub(super) fn private() -> Lock {
        Lock::Private(Arc::default())
    }

    /// Changes who may take it.
    pub(super) fn secure(&self, security: &Descriptor) -> io::Result<()> {
        match self {
            Lock::Named { mutex: Some(mutex), .. } => security.apply(mutex.as_handle()),
            _ => Ok(()),
        }
    }

    /// Takes it. `None`: it could not be acquired in time.
    pub(super) fn take(&self, owner: LockOwner, deadline: Deadline) -> Result<Option<LockGuard>> {
        match (self, owner) {
            (Lock::Private(lock), _) => {
                Ok(lock.take(deadline).then(|| LockGuard::Private(lock.clone())))
            }
            (Lock::Named { lock, .. }, LockOwner::ThisThread) => {
                Ok(take(lock, deadline)?.map(LockGuard::Here))
            }
            (Lock::Named { lock, .. }, LockOwner::AnyThread) => {
                Ok(Keeper::start(lock.clone(), deadline)?.map(LockGuard::Kept))
            }
        }
    }
}

fn take(lock: &NamedLock, deadline: Deadline) -> Result<Option<NamedLockGuard>> {
    let mut backoff = Backoff::new(deadline, PAUSE);
    loop {
        match lock.try_lock() {
            // Also when the one who had it died: what it was writing is there as far as it came.
            Ok(guard) => return Ok(Some(guard)),
            Err(named_lock::Error::WouldBlock) => {}
            Err(error) => return Err(failed(error)),
        }
        if !backoff.wait() {
            return Ok(None);
        }
    }
}

fn failed(error: named_lock::Error) -> Error {
    let io = match error {
        named_lock::Error::CreateFailed(error) => {
            io::Error::from_raw_os_error(super::code_of(&error).cast_signed())
        }
        other => io::Error::other(other),
    };
    Error::from_io("use the map's content lock", &io)
}

/// The mutex as `named-lock` will find it, for whom the descriptor says.
fn mutex(name: &str, security: &Descriptor) -> io::Result<OwnedHandle> {
    let name = super::wide(format!("Global\\{name}"));
    let attributes = security::attributes(Some(security), false);
    // SAFETY: the attributes and what they point to live beyond the call; the name ends with a NUL.
    let handle = unsafe { CreateMutexW(&raw const attributes, 0, name.as_ptr()) };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system just gave this handle to us, and to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) enum LockGuard {
    /// By the thread that took it, which is the one to drop it.
    Here(#[expect(dead_code, reason = "held, and never looked at")] NamedLockGuard),
    /// By a thread of its own.
    Kept(#[expect(dead_code, reason = "held, and never looked at")] Keeper),
    /// Within this process.
    Private(Arc<Private>),
}

impl LockGuard {
    /// Whether this process has it. There are no forks here.
    pub(crate) fn is_held(&self) -> bool {
        true
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if let LockGuard::Private(lock) = self {
            lock.release();
        }
    }
}

/// A thread that holds the lock.
#[derive(Debug)]
pub(crate) struct Keeper {
    thread: JoinHandle<()>,
    /// Dropped to say: release.
    release: Option<Sender<()>>,
    /// In a mutex for the sake of sharing: only the one who drops this looks.
    released: Mutex<Receiver<()>>,
}

impl Keeper {
    fn start(lock: Arc<NamedLock>, deadline: Deadline) -> Result<Option<Keeper>> {
        let (answer, answered) = mpsc::channel();
        let (release, until) = mpsc::channel::<()>();
        let (done, released) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("mmf content lock".to_owned())
            .stack_size(64 << 10)
            .spawn(move || {
                let taken = take(&lock, deadline);
                let guard = match taken {
                    Ok(Some(guard)) => guard,
                    other => {
                        let _ = answer.send(other.map(|_| false));
                        return;
                    }
                };
                let _ = answer.send(Ok(true));
                // Comes back with an error when the other end is dropped: that is the word.
                let _ = until.recv();
                drop(guard);
                drop(done);
            })
            .map_err(|error| Error::from_io("start a thread for the content lock", &error))?;
        match answered.recv() {
            Ok(Ok(true)) => {
                Ok(Some(Keeper { thread, release: Some(release), released: Mutex::new(released) }))
            }
            Ok(Ok(false)) => Ok(None),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::from_io(
                "take the map's content lock",
                &io::Error::other("its thread ended"),
            )),
        }
    }

    /// Whether the thread ended, perhaps because the process is ending: the system then ends all
    /// threads but one, and nobody says anything.
    fn ended(&self) -> bool {
        // SAFETY: the handle is open for as long as this has it.
        let state = unsafe { WaitForSingleObject(self.thread.as_raw_handle(), 0) };
        state == WAIT_OBJECT_0
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        const LOOK: Duration = Duration::from_millis(20);
        self.release = None;
        // Not until the thread is gone: that may have to wait for the loader, which may be waiting
        // for the one who drops this.
        let waiting = |keeper: &mut Keeper| {
            let released = keeper.released.get_mut().unwrap_or_else(PoisonError::into_inner);
            released.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout)
        };
        while waiting(self) && !self.ended() {}
    }
}

/// A lock within the process that any thread may release.
#[derive(Debug, Default)]
pub(crate) struct Private {
    held: Mutex<bool>,
    freed: Condvar,
}

impl Private {
    fn take(&self, deadline: Deadline) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while *held {
            if deadline.passed() {
                return false;
            }
            let left = deadline.left();
            held = self.freed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *held = true;
        true
    }

    fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_one();
    }
}
