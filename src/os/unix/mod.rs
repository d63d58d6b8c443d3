//! What the Unix back ends have in common: files, bytes through descriptors, mappings, and what
//! happens at exit and at fork.

pub(super) mod again;
pub(super) mod bytes;
pub(super) mod descriptor;
pub(super) mod draft;
pub(super) mod errors;
pub(super) mod exit;
pub(super) mod files;
pub(super) mod fitting;
pub(super) mod fork;
pub(super) mod mapping;
pub(super) mod owner;
pub(super) mod queue;

use rustix::fs::Stat;

use super::handle::BorrowedDescriptor;
use crate::error::{Error, Result};

/// Looks at what a map's descriptor leads to.
pub(crate) fn look(fd: BorrowedDescriptor<'_>) -> Result<Stat> {
    rustix::fs::fstat(fd).map_err(|error| Error::from_io("look at the map", &error.into()))
}

/// How many bytes it has.
pub(crate) fn length_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Device and inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub(crate) device: u64,
    pub(crate) number: u64,
}

impl Inode {
    #[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
    pub(crate) fn of(stat: &Stat) -> Inode {
        Inode { device: stat.st_dev as u64, number: stat.st_ino as u64 }
    }

    /// The owner of the file of a descriptor.
    #[cfg(any(not(target_os = "linux"), mmf_backend = "portable"))]
    pub(crate) fn of_file(fd: BorrowedDescriptor<'_>) -> Option<Inode> {
        rustix::fs::fstat(fd).ok().map(|stat| Inode::of(&stat))
    }
}
