//! Watches: being told that a map was changed, without polling.

use std::time::Duration;

use crate::error::Result;
use crate::event::Event;
use crate::map::Map;
use crate::os;

/// Tells when a map is changed. Made by [`Map::watch`]; it holds the map.
///
/// Everything counts that is written through this library from the moment the watch is made, by any
/// process, this one included. So create the watch, look at the map, wait, look again: nothing is missed.
///
/// * Several changes may be told once, and a wait may end although nothing is new.
/// * A change ends one wait of a watch. Where several threads want to know of each change, each needs a
///   watch of its own.
/// * Stores through a [`View`](crate::View) are seen by nobody: call [`Map::notify`] after them.
/// * On Windows a watch of a file is told what the processes of its session write, and a watch of an
///   anonymous map what is written through the same `Map`.
/// * A text operation may write in several steps, and wake a watcher after the first one. The text
///   methods wait for its end; others take the content lock before they look.
///
/// A forked child may use its parent's watch. It is told [`Event::Changed`] once, and from then on by
/// itself.
///
/// ```no_run
/// use mmf::{Event, Map};
///
/// let map = Map::open("Test")?;
/// let watch = map.watch()?;
/// loop {
///     println!("{}", map.read_text()?);
///     match watch.wait(None)? {
///         Event::Changed => {}
///         event => break println!("{event:?}"),
///     }
/// }
/// # Ok::<(), mmf::Error>(())
/// ```
#[derive(Debug)]
pub struct Watch {
    watch: os::Watch,
}

impl Map {
    /// Starts to watch the map for changes. Any access will do.
    ///
    /// # Errors
    /// [`ErrorKind::NotSupported`](crate::ErrorKind::NotSupported) where the system does not tell of
    /// changes; on Windows also for a map of another program, if this process may not create what tells of
    /// them; on macOS and other Unix systems (not on Linux) for a map in memory that another program or
    /// another user made. [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) if this process may
    /// not read the map's memory or file now. [`ErrorKind::Io`](crate::ErrorKind::Io) if the system has a limit for
    /// watches and it was reached; the message names the limit.
    pub fn watch(&self) -> Result<Watch> {
        Ok(Watch { watch: os::Watch::new(&self.object)? })
    }

    /// Tells everybody who watches the map that it was changed. For stores through a view, which nobody
    /// sees; writes through this library are told without it.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) without the right to write,
    /// [`ErrorKind::ReadOnlyMap`](crate::ErrorKind::ReadOnlyMap) for a map that was created read-only,
    /// [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) if a file shrank under the map,
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn notify(&self) -> Result<()> {
        self.check_writable()?;
        self.object.notify()
    }
}

impl Watch {
    /// Waits until there is something to tell. `None` waits for ever; a time of zero only asks.
    ///
    /// What happened before the call counts, if no earlier wait told it.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) if the system ended the watch and
    /// this process may not make it anew. [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Event> {
        self.watch.wait(timeout)
    }

    /// Ends the watch: every wait on it, now and later, gives [`Event::Closed`]. Dropping the watch
    /// closes it, too.
    pub fn close(&self) {
        self.watch.close();
    }

    /// A handle of the event that is set when there may be something to tell, for `WaitForMultipleObjects` and the
    /// like. When it is set, ask what happened by a wait with a time of zero: it may turn out that nothing did. An
    /// event is for one change, and stays set: after each wait take the next one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    #[cfg(windows)]
    pub fn duplicate_event(&self) -> Result<os::OwnedDescriptor> {
        self.watch.duplicate_event()
    }

    /// What becomes ready when there may be something to tell.
    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<os::RawDescriptor> {
        self.watch.descriptor()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watch.close();
    }
}

/// A descriptor for `poll`, `epoll` and the like, and for nothing else. When it is readable, ask what
/// happened by a wait with a time of zero: it may turn out that nothing did. A forked child asks for it
/// again.
///
/// # Panics
/// In a forked child, where the watch has to be made anew, if that fails.
#[cfg(unix)]
impl std::os::fd::AsFd for Watch {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.watch.lend()
    }
}

/// The number of the same descriptor, for crates that ask for it: `tokio`'s `AsyncFd` takes a watch.
///
/// # Panics
/// As for `AsFd`.
#[cfg(unix)]
impl std::os::fd::AsRawFd for Watch {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.watch.lend().as_raw_fd()
    }
}
