//! Linux: one inode is everything.
//!
//! The object in `/dev/shm` is the memory, the name, the proof of life, the lock and the
//! permission at once, so that nothing can disagree with it. [`presence`] has the rules of life,
//! [`look`] what a name leads to, [`create`] the ways to make an object, [`object`] what the core
//! sees.

mod ask_again;
mod by_name;
mod bytes;
mod change;
mod content_lock;
mod create;
mod end_record;
mod hold;
mod inotify;
mod limits;
mod list;
mod locks;
mod look;
mod object;
mod of_file;
mod origin;
mod permissions;
mod place;
mod presence;
mod raw;
mod reap;
mod record;
#[cfg(test)]
mod shared;
mod stranger;
mod sweep;
mod tickets;
mod watch;

pub(crate) use change::Change;
pub(crate) use content_lock::LockGuard;
pub(crate) use list::{is_living_object, list};
pub(crate) use object::{Identity, Object};
pub(crate) use sweep::sweep;
pub(crate) use watch::Watch;

pub(crate) use super::unix::bytes::check_file_size_limit;
pub(crate) use super::unix::draft::Draft;
pub(crate) use super::unix::files::{check_replaceable, open_file, remove_created};
pub(crate) use super::unix::mapping::Mapping;

/// How messages call this back end.
pub const NAME: &str = "Linux";
/// A map in memory has exactly the bytes that were asked for, for openers too; else whole pages.
pub const EXACT_SIZES: bool = true;
/// Several may hold the content lock for reading.
pub const SHARED_LOCKS: bool = true;
/// Maps have a permission mode and an owner.
pub const PERMISSION_MODES: bool = true;
/// Maps have a Windows security descriptor.
pub const SECURITY_DESCRIPTORS: bool = false;
/// After all holders were killed the memory is given back by the next operation, not at once.
pub const LEFTOVER_AFTER_KILL: bool = true;
/// Maps of other programs are recognized as foreign and never removed.
pub const TELLS_FOREIGN: bool = true;
/// Another program can take a living map's name away.
pub const CAN_BE_ORPHANED: bool = true;
/// A name that was taken away so can be given to another map while the old one lives.
pub const ORPHANED_NAME_IS_FREE: bool = true;
/// A watch reports at once that a map was orphaned or truncated, or that all other holders left.
/// Otherwise it reports this at its next wake-up.
pub const WATCHES_LIFE: bool = true;
/// The folder that named maps can be seen in, if there is one.
pub const FOLDER: Option<&str> = Some(place::FOLDER);
