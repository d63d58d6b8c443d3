//! What a list says about a map.

use std::path::PathBuf;

use crate::kind::Kind;
use crate::security::Permissions;

/// A named map that lives, as [`crate::list()`] finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapInfo {
    /// The name that opens it.
    pub name: String,
    /// Memory or a file.
    pub kind: Kind,
    /// The file's path, for a named file map.
    pub path: Option<PathBuf>,
    /// Bytes. 0: another program truncated it, or it is another user's named file map, whose record
    /// is not read.
    pub capacity: u64,
    /// Mode and owner, where the operating system has them.
    pub permissions: Permissions,
    /// The uid of the user whose map it is, where the operating system has such numbers.
    pub owner: Option<u32>,
    /// Whether it is opened without a [`crate::MapOptions::trusted_owner`]: always on Windows, where
    /// the access list of the map decides.
    pub trusted: bool,
    /// Made by a program that does not use this library.
    pub foreign: bool,
}
