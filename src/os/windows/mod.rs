//! Windows: the kernel's own sections.
//!
//! A named section already has the behaviour of a named map: it is found by name, and it is gone
//! with its last handle. So a map's handle is a section handle, and there is no other state to keep
//! consistent. [`object`] is the interface to the core, [`section`] has the calls that create and
//! open sections, [`memory`] the mapped memory, [`lock`] the content lock, [`watch`] and [`signal`]
//! the watches.

mod by_name;
mod bytes;
mod change;
mod contents;
mod draft;
mod errors;
mod file;
mod list;
mod lock;
mod memory;
mod name;
mod object;
mod of_file;
mod permissions;
mod section;
mod security;
mod signal;
#[cfg(test)]
mod tests;
mod told;
mod watch;
mod wide;
mod word;

pub(crate) use change::Change;
pub(crate) use draft::Draft;
pub(crate) use file::{check_replaceable, open_file, remove_created};
pub(crate) use list::list;
pub(crate) use lock::LockGuard;
pub(crate) use memory::Mapping;
pub(crate) use object::{Identity, Object};
pub(crate) use watch::Watch;

/// How messages call this back end.
pub const NAME: &str = "Windows";
/// A map in memory has exactly the bytes that were asked for, for openers too; else whole pages.
pub const EXACT_SIZES: bool = false;
/// Several may hold the content lock for reading.
pub const SHARED_LOCKS: bool = false;
/// Maps have a permission mode and an owner.
pub const PERMISSION_MODES: bool = false;
/// Maps have a Windows security descriptor.
pub const SECURITY_DESCRIPTORS: bool = true;
/// After all holders were killed the memory is given back by the next operation, not at once.
pub const LEFTOVER_AFTER_KILL: bool = false;
/// Maps of other programs are recognized as foreign and never removed.
pub const TELLS_FOREIGN: bool = false;
/// Another program can take a living map's name away.
pub const CAN_BE_ORPHANED: bool = false;
/// A name that was taken away so can be given to another map while the old one lives.
pub const ORPHANED_NAME_IS_FREE: bool = false;
/// A watch reports at once that a map was orphaned or truncated, or that all other holders left.
/// Otherwise it reports this at its next wake-up.
pub const WATCHES_LIFE: bool = false;
/// The folder that named maps can be seen in, if there is one.
pub const FOLDER: Option<&str> = None;

/// Whether a path refers to the memory of an existing map. Sections have no paths.
pub(crate) fn is_living_object(_: &std::path::Path) -> crate::error::Result<bool> {
    Ok(false)
}

/// Refuses to write a file that would be larger than the process may write. Windows has no such limit.
pub(crate) fn check_file_size_limit(_size: u64) -> crate::error::Result<()> {
    Ok(())
}

/// A full sweep. The system keeps nothing of processes that ended.
pub(crate) fn sweep() -> crate::error::Result<u64> {
    Ok(0)
}
