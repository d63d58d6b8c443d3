//! Permissions: mode and owner on Unix, a security descriptor on Windows. And the users whose maps
//! are opened.

/// The permissions of a map. A field that is `None` has its default: only the creating user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permissions {
    /// Unix permission bits, for example `0o660`. They must include reading and writing for the
    /// owner, and no execution.
    pub mode: Option<u32>,
    /// The owning user.
    pub uid: Option<u32>,
    /// The owning group.
    pub gid: Option<u32>,
    /// A Windows security descriptor in SDDL.
    pub sddl: Option<String>,
}

/// The users whose maps are opened. On Unix another user can take a name first, so a map is opened
/// only if its owner is trusted. The process's own user (the effective one) and root are always
/// trusted; [`crate::MapOptions::trusted_owner`] adds others.
///
/// On Windows the access control list of the map decides, and this has no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustedOwner {
    /// The process's own user and root.
    #[default]
    SelfAndRoot,
    /// These two, and the user with this uid.
    User(u32),
    /// Every user. Then any user may have written the content of the map.
    Anyone,
}

impl Permissions {
    /// The defaults.
    pub fn new() -> Permissions {
        Permissions::default()
    }

    /// Unix permission bits.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Permissions {
        self.mode = Some(mode);
        self
    }

    /// The owning user.
    #[must_use]
    pub fn uid(mut self, uid: u32) -> Permissions {
        self.uid = Some(uid);
        self
    }

    /// The owning group.
    #[must_use]
    pub fn gid(mut self, gid: u32) -> Permissions {
        self.gid = Some(gid);
        self
    }

    /// A Windows security descriptor in SDDL.
    #[must_use]
    pub fn sddl(mut self, sddl: impl Into<String>) -> Permissions {
        self.sddl = Some(sddl.into());
        self
    }

    /// Whether all fields are `None`.
    pub fn is_default(&self) -> bool {
        *self == Permissions::default()
    }
}
