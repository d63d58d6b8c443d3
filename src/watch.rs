//! Watches: waiting for changes of a map, without polling.

use std::time::Duration;

use crate::error::Result;
use crate::event::Event;
use crate::map::Map;
use crate::os;
#[cfg(windows)]
use crate::os::handle::OwnedDescriptor;
#[cfg(feature = "capi")]
use crate::os::handle::RawDescriptor;

/// Reports changes of a map. [`Map::watch`] creates it. It holds the map.
///
/// A watch reports every write through this library since it was created, by any process, including
/// this one. So create the watch, read the map, wait, and read again: no change is missed.
///
/// * Several changes may be reported as one, and a wait may end although nothing is new.
/// * A change ends one wait of a watch. If several threads must see every change, create a watch
///   for each.
/// * The library does not see stores through a [`View`](crate::View): call [`Map::notify`] after
///   them.
/// * On Windows a watch of a file reports only writes by processes of its session, and a watch of
///   an anonymous map only writes through the same `Map`.
/// * A text operation may write in several steps and end a wait after the first one. The text
///   methods wait for its end. Before you read in another way, take the content lock.
///
/// A forked child may use its parent's watch. It first gets [`Event::Changed`] once, and then
/// events of its own.
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
    /// Starts to watch the map for changes. The map may have any access.
    ///
    /// # Errors
    /// [`ErrorKind::NotSupported`](crate::ErrorKind::NotSupported) if the system cannot report
    /// changes; on Windows also for a map of another program, if this process may not create the
    /// section of its watches; on macOS and other Unix systems (not on Linux) for a map in memory
    /// that another program or another user created.
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) if this process may not read the
    /// map's memory or file now. [`ErrorKind::Io`](crate::ErrorKind::Io) if a limit of the system
    /// was reached; the message names the limit.
    pub fn watch(&self) -> Result<Watch> {
        Ok(Watch { watch: os::Watch::new(&self.object)? })
    }

    /// Notifies all watches of the map of a change. Use it for stores through a view, which the
    /// library does not see. Writes through this library notify by themselves.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) without the right to write,
    /// [`ErrorKind::ReadOnlyMap`](crate::ErrorKind::ReadOnlyMap) for a map that was created
    /// read-only, [`ErrorKind::Truncated`](crate::ErrorKind::Truncated) if the file became shorter
    /// than the map, [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn notify(&self) -> Result<()> {
        self.check_writable()?;
        self.object.notify()
    }
}

impl Watch {
    /// Waits for an event. `None` waits without a limit; a time of zero does not wait.
    ///
    /// Events before the call count if no earlier wait reported them.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`](crate::ErrorKind::AccessDenied) if the system ended the watch
    /// and this process may not create it again. [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Event> {
        self.watch.wait(timeout)
    }

    /// Closes the watch: every current and later wait on it returns [`Event::Closed`]. Dropping the
    /// watch closes it, too.
    pub fn close(&self) {
        self.watch.close();
    }

    /// The handle of a Windows event that is set when the watch may have an event, for
    /// `WaitForMultipleObjects` and similar functions. When it is set, wait with a time of zero to
    /// get the event; there may be none. The handle is for one change and stays set: after each
    /// wait get the next one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    #[cfg(windows)]
    pub fn duplicate_event(&self) -> Result<OwnedDescriptor> {
        self.watch.duplicate_event()
    }

    /// The descriptor that becomes ready when there may be an event.
    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        self.watch.descriptor()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watch.close();
    }
}

/// A descriptor for `poll`, `epoll` and similar functions. Use it only to wait. When it is
/// readable, wait with a time of zero to get the event; there may be none. A forked child must get
/// it again.
///
/// # Panics
/// In a forked child, if the watch cannot be created again.
#[cfg(unix)]
impl std::os::fd::AsFd for Watch {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.watch.lend()
    }
}

/// The number of the same descriptor, for crates that need it: `tokio`'s `AsyncFd` takes a watch.
///
/// # Panics
/// As for `AsFd`.
#[cfg(unix)]
impl std::os::fd::AsRawFd for Watch {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.watch.lend().as_raw_fd()
    }
}
