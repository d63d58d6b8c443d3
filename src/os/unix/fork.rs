//! A forked child has a copy of every descriptor, and with it a share in every lock. What a child
//! must not share is closed in it before anything else happens there.

use std::cell::UnsafeCell;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How often this process's line was forked: a lock of another number belongs to a parent.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static HANDLERS: Once = Once::new();
static HELD: Table = Table { taken: AtomicBool::new(false), held: UnsafeCell::new(Vec::new()) };

/// The descriptors that only this process may have. Not a `Mutex`: the fork handlers take it on
/// one side of the fork and give it back on the other.
struct Table {
    taken: AtomicBool,
    held: UnsafeCell<Vec<RawFd>>,
}

// SAFETY: `held` is only touched between `take` and `give_back`, which let one thread in at a time.
unsafe impl Sync for Table {}

impl Table {
    fn take(&self) {
        while self.taken.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
    }

    fn give_back(&self) {
        self.taken.store(false, Ordering::Release);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<RawFd>) -> T) -> T {
        self.take();
        // SAFETY: `take` let this thread in alone, and nothing in `work` calls back here.
        let result = work(unsafe { &mut *self.held.get() });
        self.give_back();
        result
    }
}

extern "C" fn before_fork() {
    HELD.take();
}

extern "C" fn in_parent() {
    HELD.give_back();
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    // SAFETY: `before_fork` took the table on this thread, the only one that the child has.
    let held = unsafe { &mut *HELD.held.get() };
    for fd in held.drain(..) {
        // SAFETY: the descriptor is open, because its owner leaves the table before it is closed,
        // and that owner will not close it in this child (see `Entry::leave`).
        unsafe { libc::close(fd) };
    }
    HELD.give_back();
}

/// How often this process's line was forked. Counted from the first question on.
pub(crate) fn generation() -> u32 {
    HANDLERS.call_once(|| {
        // SAFETY: three functions with the right signature that live as long as the program;
        // a failure (no memory) leaves children with the share that they had without us.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
    });
    GENERATION.load(Ordering::Relaxed)
}

/// The entry of a descriptor in the table. Its owner closes it by [`Entry::leave`] only.
#[derive(Debug)]
pub(crate) struct Entry {
    fd: RawFd,
    generation: u32,
}

impl Entry {
    /// Enters the descriptor that `open` opens, and hands on what came with it. Forking is held
    /// off meanwhile, so that no child can be born between the opening and the entry.
    pub(crate) fn new<T, E>(open: impl FnOnce() -> Result<(T, RawFd), E>) -> Result<(T, Entry), E> {
        let generation = generation();
        HELD.with(|held| {
            let (opened, fd) = open()?;
            held.push(fd);
            Ok((opened, Entry { fd, generation }))
        })
    }

    /// Whether this is still the process that opened it. In a forked child it is closed already,
    /// and the number may be another's.
    pub(crate) fn is_ours(&self) -> bool {
        self.generation == generation()
    }

    /// Takes the descriptor out of the table and closes it, with forking held off. For the process
    /// that opened it.
    pub(crate) fn leave(&self, close: impl FnOnce()) {
        HELD.with(|held| {
            if let Some(at) = held.iter().position(|fd| *fd == self.fd) {
                held.swap_remove(at);
            }
            close();
        });
    }
}

/// A descriptor that forked children do not share: theirs is closed by the time they run.
#[derive(Debug)]
pub(crate) struct PrivateFd(Entry);

impl PrivateFd {
    /// Takes over what `open` opens, which is run with forking held off.
    pub(crate) fn new<E>(open: impl FnOnce() -> Result<OwnedFd, E>) -> Result<PrivateFd, E> {
        let ((), entry) = Entry::new(|| open().map(|fd| ((), fd.into_raw_fd())))?;
        Ok(PrivateFd(entry))
    }

    /// Whether this is still the process that opened it.
    pub(crate) fn is_ours(&self) -> bool {
        self.0.is_ours()
    }

    /// The descriptor, in the process that opened it.
    pub(crate) fn get(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: in the process that opened it the descriptor is open until `self` is dropped.
        self.is_ours().then(|| unsafe { BorrowedFd::borrow_raw(self.0.fd) })
    }
}

impl Drop for PrivateFd {
    fn drop(&mut self) {
        if self.is_ours() {
            // SAFETY: it is ours and open, and no longer in the table, so no other code closes it.
            self.0.leave(|| drop(unsafe { OwnedFd::from_raw_fd(self.0.fd) }));
        }
    }
}
