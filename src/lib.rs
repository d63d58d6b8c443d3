//! Memory-mapped files with one meaning everywhere.
//!
//! A [`Map`] is memory that processes share by name, or the bytes of a file, on Windows, Linux and
//! macOS alike. A named map lives as long as any process holds it, however that process ends, and
//! is gone afterwards. Its bytes begin at offset 0 and carry no header, so that programs which know
//! nothing of this library see the same.
//!
//! * Create or open one: [`Map::create_new`], [`Map::create_or_open`], [`Map::open`],
//!   [`Map::map_file`], and [`MapOptions`] for everything else that can be said.
//! * Text in it: [`Map::replace_text`], [`Map::append_text`], [`Map::read_text`], safe between
//!   processes without a lock of one's own; [`Map::lock_exclusive`] for more than one step.
//! * Bytes in it: [`Map::read_at`], [`Map::write_at`], a stream of `std::io`: [`Map::cursor`], or as memory:
//!   [`Map::view`], with atomic numbers: [`View::atomic_u64`].
//! * Being told of changes: [`Map::watch`].
//! * All that live: [`list()`]; what killed processes left: [`sweep()`].
//!
//! # Features
//!
//! A Rust program needs none of them:
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

/// What differs between the operating systems, by name: for tests, which ask these constants and
/// never the system's name.
#[doc(hidden)]
pub mod backend {
    pub use crate::capacity::MAX_CAPACITY;
    pub use crate::os::{
        CAN_BE_ORPHANED, EXACT_SIZES, FOLDER, LEFTOVER_AFTER_KILL, NAME, ORPHANED_NAME_IS_FREE,
        PERMISSION_MODES, SECURITY_DESCRIPTORS, SHARED_LOCKS, TELLS_FOREIGN, WATCHES_LIFE,
    };
}
