//! Memory-mapped files with one meaning everywhere.
//!
//! A [`Map`] is memory that processes share by name, or the bytes of a file, on Windows, Linux and
//! macOS. A named map exists as long as any process holds it; it is gone when the last of them
//! closes it, ends or is killed. Its bytes begin at offset 0 and carry no header, so programs that
//! do not use this library see the same bytes.
//!
//! * Create or open one: [`Map::create_new`], [`Map::create_or_open`], [`Map::open`],
//!   [`Map::map_file`], and [`MapOptions`] for all other options.
//! * Text in it: [`Map::replace_text`], [`Map::append_text`], [`Map::read_text`], safe between
//!   processes without another lock; [`Map::lock_exclusive`] for several steps.
//! * Bytes in it: [`Map::read_at`] and [`Map::write_at`], [`Map::cursor`] as a stream of `std::io`,
//!   or [`Map::view`] as memory, with atomic numbers ([`View::atomic_u64`]).
//! * Waiting for changes: [`Map::watch`].
//! * Listing all maps: [`list()`]; freeing the memory of killed processes: [`sweep()`].
//!
//! # Features
//!
//! A Rust program does not need the default features:
//!
//! ```toml
//! [dependencies]
//! mmf = { version = "2.0", default-features = false }
//! ```
//!
//! * `capi` (default): the functions of the C header, exported from the shared and static library.
//! * `header` (default): a build in a checkout writes `include/mmf.h`.
//!
//! # Example
//!
//! ```
//! use mmf::Map;
//!
//! let name = format!("mmf-hello-{}", std::process::id());
//! let map = Map::create_new(&name, 1024)?;
//! map.replace_text("Process A says: Hello World!")?;
//! map.append_text("Process B says: Hello World!")?;
//! assert_eq!(
//!     map.read_text()?,
//!     "Process A says: Hello World!\r\nProcess B says: Hello World!"
//! );
//! # Ok::<(), mmf::Error>(())
//! ```

mod access;
mod capacity;
mod content;
mod cursor;
mod error;
mod event;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod ffi;
mod kind;
mod list;
mod lock;
mod lock_mode;
mod map;
mod map_info;
mod name;
mod options;
mod os;
mod quoted;
mod request;
mod save;
mod security;
#[cfg(test)]
mod shared;
mod supported;
mod time;
mod view;
mod watch;

pub use access::{Access, FileMode, Rights};
pub use content::{DEFAULT_SEPARATOR, DEFAULT_TIMEOUT, Encoding, TextOptions};
pub use cursor::MapCursor;
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use kind::Kind;
pub use list::{list, sweep};
pub use lock::ContentLock;
pub use lock_mode::LockMode;
pub use map::Map;
pub use map_info::MapInfo;
pub use options::MapOptions;
pub use os::handle::OwnedDescriptor;
pub use save::{SaveOptions, SavePart};
pub use security::{Permissions, TrustedOwner};
pub use view::View;
pub use watch::Watch;

/// The differences between the operating systems, as constants. Tests use these constants and not
/// the name of the system.
#[doc(hidden)]
pub mod backend {
    pub use crate::capacity::MAX_CAPACITY;
    pub use crate::os::{
        CAN_BE_ORPHANED, EXACT_SIZES, FOLDER, LEFTOVER_AFTER_KILL, NAME, ORPHANED_NAME_IS_FREE,
        PERMISSION_MODES, SECURITY_DESCRIPTORS, SHARED_LOCKS, TELLS_FOREIGN, WATCHES_LIFE,
    };
}
