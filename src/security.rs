//! Who may use a map: mode and owner on Unix, a security descriptor on Windows. And whose maps are
//! used.

/// Who may use a map. What is `None` keeps its default: the creating user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permissions {
    /// Unix permission bits, for example `0o660`. The owner's own reading and writing belong to
    /// them, and execution does not.
    pub mode: Option<u32>,
    /// The owning user.
    pub uid: Option<u32>,
    /// The owning group.
    pub gid: Option<u32>,
    /// A Windows security descriptor in SDDL.
    pub sddl: Option<String>,
}

/// Whose maps are opened. On Unix anybody can take a name first, so a map is opened only if its owner
/// is trusted. The process's own user (the effective one) and root always are; whom else to trust is
/// said with [`crate::MapOptions::trusted_owner`].
///
/// On Windows the access list of the map decides, and this has no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustedOwner {
    /// The process's own user and root.
    #[default]
    SelfAndRoot,
    /// These two, and the user with this uid.
    User(u32),
    /// Every user. What the map holds may come from anybody then.
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

    /// Whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Permissions::default()
    }
}
