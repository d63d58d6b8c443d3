//! The requests to a back end for creating and opening a map.

use crate::access::Rights;
use crate::security::{Permissions, TrustedOwner};

/// The options for a new map, without its name. The caller has checked that the capacity is above
/// zero and at most [`MAX_CAPACITY`](crate::capacity::MAX_CAPACITY), and that the access is not
/// `Write`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Bytes. For a file map 0 means the file's own length.
    pub capacity: u64,
    /// The access that the map is created with, and the rights of this handle.
    pub rights: Rights,
    /// Memory is allocated when it is touched, not now.
    pub delayed: bool,
    /// Programs that this process starts inherit the handle.
    pub inheritable: bool,
    /// The permissions of the map.
    pub permissions: Permissions,
    /// The users whose map is opened if it exists.
    pub trusted_owner: TrustedOwner,
}

impl Request {
    /// The options for the map if it exists.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            rights: self.rights,
            inheritable: self.inheritable,
            trusted_owner: self.trusted_owner,
        }
    }
}

/// The options for opening a map, without its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// The rights of this handle.
    pub rights: Rights,
    /// Programs that this process starts inherit the handle.
    pub inheritable: bool,
    /// The users whose map is opened.
    #[cfg_attr(windows, expect(dead_code, reason = "the map's access list decides there"))]
    pub trusted_owner: TrustedOwner,
}
