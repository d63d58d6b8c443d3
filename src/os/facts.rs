//! What is known of an opened map, whatever the system.

use std::path::PathBuf;

use crate::access::Rights;
use crate::kind::Kind;

/// What an opening knows of its map, and what it may do with it. Nothing of it changes.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kind: Kind,
    pub(super) capacity: u64,
    /// What this opening may do.
    pub(super) rights: Rights,
    /// Created read-only: for every process, whatever its rights. On Windows the section tells,
    /// when it is asked.
    #[cfg(unix)]
    pub(super) read_only: bool,
    /// Other processes held the map when it was opened.
    pub(super) joined: bool,
    /// Whether a program that does not use this library created the map. Nothing tells that on
    /// Windows, nor has to: the kernel removes the map.
    pub(super) foreign: bool,
    /// That of the file.
    pub(super) path: Option<PathBuf>,
}

impl Facts {
    /// Those of a map of ours that is new, can be written, and has no path.
    pub(super) fn new(kind: Kind, capacity: u64, rights: Rights) -> Facts {
        Facts {
            kind,
            capacity,
            rights,
            #[cfg(unix)]
            read_only: false,
            joined: false,
            foreign: false,
            path: None,
        }
    }
}
