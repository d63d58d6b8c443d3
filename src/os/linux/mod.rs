//! Linux: one inode is everything.
//!
//! The object in `/dev/shm` is the memory, the name, the proof of life, the lock and the
//! permission at once, so that nothing can disagree with it. [`presence`] has the rules of life,
//! [`create`] the ways to make an object, [`object`] what the core sees.

mod content_lock;
mod create;
mod limits;
mod list;
mod locks;
mod object;
mod place;
mod presence;
mod record;
mod sweep;

pub(crate) use content_lock::LockGuard;
pub(crate) use list::list;
pub(crate) use object::{Identity, Object};

pub(crate) use super::unix::files::{open_file, replace_file, unique_file};
pub(crate) use super::unix::mapping::Mapping;
pub use super::unix::{BorrowedDescriptor, OwnedDescriptor, RawDescriptor};
pub(crate) use super::unix::{MAX_CAPACITY, status_of};

/// How messages call this back end.
pub(crate) const NAME: &str = "Linux";
/// Maps have a permission mode and an owner.
pub(crate) const PERMISSION_MODES: bool = true;
/// Maps have a Windows security descriptor.
pub(crate) const SECURITY_DESCRIPTORS: bool = false;
