//! The content lock: a mutex of the kernel, by `named-lock`.
//!
//! Such a mutex belongs to a *thread*: the kernel releases it when that thread ends, and no other
//! thread can release it. The operations of this library take and release it on one thread. A lock
//! object may be dropped on any thread, and must not be lost when the thread that took it ends. So
//! a thread of its own holds the mutex as long as the object exists. If the process is killed, that
//! thread ends with it, and the next waiter gets the mutex.

use std::collections::VecDeque;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use named_lock::{NamedLock, NamedLockGuard};
use windows_sys::Win32::Foundation::{WAIT_ABANDONED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    CreateMutexW, INFINITE, ReleaseMutex, WaitForSingleObject,
};

use super::security::{self, Descriptor};
use super::wide::wide;
use crate::error::{Error, Result};
use crate::lock_mode::LockOwner;
use crate::os::code::code_of;
use crate::time::Deadline;

/// The lock of one map, not held yet.
#[derive(Clone, Debug)]
pub(super) enum Lock {
    /// Between processes.
    Named {
        lock: Arc<NamedLock>,
        /// The same mutex, for waiting and for changing its permissions.
        mutex: Arc<OwnedHandle>,
    },
    /// Within this process, for what no other can find: an anonymous map.
    Private(Arc<Private>),
}

impl Lock {
    /// The lock with this name. The first creator sets its permissions: `security`, or by default
    /// the same user.
    pub(super) fn named(name: &str, security: Option<&Descriptor>) -> Result<Lock> {
        // named-lock gives no security, so the mutex is there before it looks.
        let mutex = mutex(name, security)
            .map_err(|error| Error::from_io("make the map's content lock", &error))?;
        let lock = NamedLock::create(name).map_err(failed)?;
        Ok(Lock::Named { lock: Arc::new(lock), mutex: Arc::new(mutex) })
    }

    /// A separate lock.
    pub(super) fn private() -> Lock {
        Lock::Private(Arc::default())
    }

    /// Changes its permissions.
    pub(super) fn secure(&self, security: &Descriptor) -> io::Result<()> {
        match self {
            Lock::Named { mutex, .. } => security.apply(mutex.as_handle()),
            Lock::Private(_) => Ok(()),
        }
    }

    /// Takes it. `None`: it could not be acquired in time.
    pub(super) fn take(&self, owner: LockOwner, deadline: Deadline) -> Result<Option<LockGuard>> {
        match (self, owner) {
            (Lock::Private(lock), _) => {
                Ok(lock.take(deadline).then(|| LockGuard::Private(lock.clone())))
            }
            (Lock::Named { lock, mutex }, LockOwner::ThisThread) => {
                Ok(take(lock, mutex, deadline)?.map(LockGuard::Here))
            }
            (Lock::Named { lock, mutex }, LockOwner::AnyThread) => {
                Ok(Keeper::start(lock.clone(), mutex.clone(), deadline)?.map(LockGuard::Kept))
            }
        }
    }
}

/// Waits in the kernel, which wakes waiters in order and supports time-outs; named-lock can only
/// wait without a limit or not at all.
fn take(
    lock: &NamedLock,
    mutex: &OwnedHandle,
    deadline: Deadline,
) -> Result<Option<NamedLockGuard>> {
    let Some(_waited) = Waited::wait(mutex, deadline)? else { return Ok(None) };
    // From here on this thread has the mutex, which counts how often.
    loop {
        match lock.try_lock() {
            Ok(guard) => return Ok(Some(guard)),
            // Another thread of this process released the mutex, and is about to say so to its own.
            Err(named_lock::Error::WouldBlock) => thread::yield_now(),
            Err(error) => return Err(failed(error)),
        }
    }
}

/// One taking of the mutex by this thread.
struct Waited<'a>(&'a OwnedHandle);

impl Waited<'_> {
    /// `None`: it could not be acquired in time.
    fn wait(mutex: &OwnedHandle, deadline: Deadline) -> Result<Option<Waited<'_>>> {
        loop {
            // Rounded up: not before the time.
            let time = deadline.left().as_nanos().div_ceil(1_000_000);
            let time = u32::try_from(time).unwrap_or(u32::MAX).min(INFINITE - 1);
            // SAFETY: the handle is open for as long as it is borrowed.
            match unsafe { WaitForSingleObject(mutex.as_raw_handle(), time) } {
                // Also if the previous holder died: its write is there as far as it got.
                WAIT_OBJECT_0 | WAIT_ABANDONED => return Ok(Some(Waited(mutex))),
                WAIT_TIMEOUT if deadline.passed() => return Ok(None),
                WAIT_TIMEOUT => {}
                _ => {
                    let error = io::Error::last_os_error();
                    return Err(Error::from_io("wait for the map's content lock", &error));
                }
            }
        }
    }
}

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this thread has the mutex.
        unsafe { ReleaseMutex(self.0.as_raw_handle()) };
    }
}

fn failed(error: named_lock::Error) -> Error {
    let io = match error {
        named_lock::Error::CreateFailed(error) => {
            io::Error::from_raw_os_error(code_of(&error).cast_signed())
        }
        other => io::Error::other(other),
    };
    Error::from_io("use the map's content lock", &io)
}

/// The mutex that `named-lock` will find, with the permissions of the descriptor, or the system's
/// default.
fn mutex(name: &str, security: Option<&Descriptor>) -> io::Result<OwnedHandle> {
    let name = wide(format!("Global\\{name}"));
    let attributes = security::attributes(security, false);
    // SAFETY: the attributes and what they point to live beyond the call; the name ends with a NUL.
    let handle = unsafe { CreateMutexW(&raw const attributes, 0, name.as_ptr()) };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just returned this handle, so only this code owns it.
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
    /// In a mutex only to make it shareable: only the drop uses it.
    released: Mutex<Receiver<()>>,
}

impl Keeper {
    fn start(
        lock: Arc<NamedLock>,
        mutex: Arc<OwnedHandle>,
        deadline: Deadline,
    ) -> Result<Option<Keeper>> {
        let (answer, answered) = mpsc::channel();
        let (release, until) = mpsc::channel::<()>();
        let (done, released) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("mmf content lock".to_owned())
            .stack_size(64 << 10)
            .spawn(move || {
                let taken = take(&lock, &mutex, deadline);
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
    /// other threads without notice.
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
        // Does not wait until the thread is gone: that may need the loader, which may be waiting
        // for the thread that drops this.
        let waiting = |keeper: &mut Keeper| {
            let released = keeper.released.get_mut().unwrap_or_else(PoisonError::into_inner);
            released.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout)
        };
        while waiting(self) && !self.ended() {}
    }
}

/// A lock within the process that any thread may release. Waiters are served in order.
#[derive(Debug, Default)]
pub(crate) struct Private {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    held: bool,
    waiting: VecDeque<u64>,
    /// How many ever waited.
    count: u64,
}

impl Private {
    fn take(&self, deadline: Deadline) -> bool {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let own = line.count;
        line.count += 1;
        line.waiting.push_back(own);
        while line.held || line.waiting.front() != Some(&own) {
            if deadline.passed() {
                line.waiting.retain(|waiter| *waiter != own);
                self.moved.notify_all();
                return false;
            }
            let left = deadline.left();
            line = self.moved.wait_timeout(line, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        line.waiting.pop_front();
        line.held = true;
        true
    }

    fn release(&self) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).held = false;
        self.moved.notify_all();
    }
}
