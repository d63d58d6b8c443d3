//! macOS and other Unix systems: gate, presence, object.
//!
//! The objects of these systems cannot be locked, and two objects of one name cannot be told apart. So a
//! private directory has a sub-directory for each name. Every holder of the map has locked it, and
//! every decision is made under a lock on the private directory itself. [`gate`] is that lock.
//! [`presence`] answers questions about a name, and [`create`] and [`holding`] begin and end its life.
//! [`object`] is what the core sees, and [`memory`] has the bytes. [`words`] are the numbers that all
//! writers of a map share, and [`watch`] waits until they change.
//!
//! Built on Linux with `--cfg mmf_backend="portable"`, so that all of it is tested there.

mod anonymous;
mod by_name;
mod change;
mod create;
mod gate;
mod holding;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod inotify;
mod key;
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
mod kqueue;
mod list;
mod lock;
mod memory;
mod object;
mod of_file;
mod presence;
mod record;
#[cfg(test)]
mod shared;
mod shm;
mod sweep;
mod tick;
mod tickets;
mod watch;
mod window;
mod woken;
mod words;

pub(crate) use change::Change;
pub(crate) use list::{is_living_object, list};
pub(crate) use lock::LockGuard;
pub(crate) use object::{Identity, Object};
pub(crate) use sweep::sweep;
pub(crate) use watch::Watch;

pub(crate) use super::unix::bytes::check_file_size_limit;
pub(crate) use super::unix::draft::Draft;
pub(crate) use super::unix::files::{check_replaceable, open_file, remove_created};
pub(crate) use super::unix::mapping::Mapping;

/// How messages call this back end.
pub const NAME: &str = "portable";
/// A map in memory has exactly the bytes that were asked for, for openers too; else whole pages.
pub const EXACT_SIZES: bool = true;
/// Several may hold the content lock for reading.
pub const SHARED_LOCKS: bool = false;
/// Maps have a permission mode and an owner.
pub const PERMISSION_MODES: bool = false;
/// Maps have a Windows security descriptor.
pub const SECURITY_DESCRIPTORS: bool = false;
/// After all holders were killed the memory is given back by the next operation, not at once.
pub const LEFTOVER_AFTER_KILL: bool = true;
/// Maps of other programs are recognized as foreign and never removed.
pub const TELLS_FOREIGN: bool = true;
/// Another program can take a living map's name away.
pub const CAN_BE_ORPHANED: bool = true;
/// A name that was taken away so can be given to another map while the old one lives.
pub const ORPHANED_NAME_IS_FREE: bool = false;
/// A watch reports at once that a map was orphaned or truncated, or that all other holders left.
/// Otherwise it reports this at its next wake-up.
pub const WATCHES_LIFE: bool = false;
/// The folder that named maps can be seen in, if there is one.
pub const FOLDER: Option<&str> = if cfg!(target_os = "linux") { Some("/dev/shm") } else { None };
