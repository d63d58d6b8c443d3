//! What is asked of a back end when a map is created or opened.

use crate::access::Rights;
use crate::security::{Permissions, TrustedOwner};

/// What is asked of a new map, apart from its name. Checked by the caller: the capacity is above
/// zero and at most [`MAX_CAPACITY`](crate::capacity::MAX_CAPACITY), and the access is not `Write`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Bytes. For a file map 0 means the file's own length.
    pub capacity: u64,
    /// What the map is created for; what this handle may do.
    pub rights: Rights,
    /// Memory is reserved when it is touched, not now.
    pub delayed: bool,
    /// Programs that this process starts get the handle, too.
    pub inheritable: bool,
    /// Who may use the map.
    pub permissions: Permissions,
    /// Whose map is taken, if one is there already.
    pub trusted_owner: TrustedOwner,
}

impl Request {
    /// What is asked of the map if it is there already.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            rights: self.rights,
            inheritable: self.inheritable,
            trusted_owner: self.trusted_owner,
        }
    }
}

/// What is asked when a map is opened, apart from its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// What this handle may do.
    pub rights: Rights,
    /// Programs that this process starts get the handle, too.
    pub inheritable: bool,
    /// Whose map is taken.
    #[cfg_attr(windows, expect(dead_code, reason = "the map's access list decides there"))]
    pub trusted_owner: TrustedOwner,
}
