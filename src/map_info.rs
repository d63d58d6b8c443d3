//! What a list says about a map.

use std::path::PathBuf;

use crate::kind::Kind;
use crate::security::Permissions;

/// A named map that exists, as [`crate::list()`] returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapInfo {
    /// The name that opens it.
    pub name: String,
    /// Memory or a file.
    pub kind: Kind,
    /// The file's path, for a named file map.
    pub path: Option<PathBuf>,
    /// The size in bytes. 0: another program truncated the map, or it is another user's named file
    /// map, whose record is not read.
    pub capacity: u64,
    /// Mode and owner, if the operating system has them.
    pub permissions: Permissions,
    /// The uid of the owner, if the operating system has such numbers.
    pub owner: Option<u32>,
    /// Whether the map can be opened without a [`crate::MapOptions::trusted_owner`]: always on
    /// Windows, where the access control list of the map decides.
    pub trusted: bool,
    /// Whether a program that does not use this library created the map.
    pub foreign: bool,
}
