//! Who may use a map: mode and owner on Unix, a security descriptor on Windows. And whose maps are
//! used.

use crate::error::{Error, Result, Status};

/// Who may use a map. What is `None` keeps its default: the creating user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Unix permission bits alone.
    pub fn mode(mode: u32) -> Permissions {
        Permissions { mode: Some(mode), ..Permissions::default() }
    }

    /// A Windows security descriptor in SDDL alone.
    pub fn sddl(sddl: impl Into<String>) -> Permissions {
        Permissions { sddl: Some(sddl.into()), ..Permissions::default() }
    }

    /// Whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Permissions::default()
    }

    /// Refuses what this operating system does not have, and modes that would lock the owner out.
    pub(crate) fn check(&self) -> Result<()> {
        if self.sddl.is_some() && !crate::os::SECURITY_DESCRIPTORS {
            return Err(Error::new(
                Status::NotSupported,
                "Security descriptors exist on Windows only: give a permission mode and an owner here.",
            ));
        }
        let unix = self.mode.is_some() || self.uid.is_some() || self.gid.is_some();
        if unix && !crate::os::PERMISSION_MODES {
            return Err(Error::new(
                Status::NotSupported,
                format!(
                    "A map has no permission mode or owner of its own with the {} back end: leave them out.",
                    crate::os::NAME
                ),
            ));
        }
        match self.mode {
            Some(mode) if mode & !0o666 != 0 || mode & 0o600 != 0o600 => Err(Error::new(
                Status::InvalidArgument,
                format!(
                    "The permission mode 0{mode:o} does not fit a map: use 0600, and add reading and writing for group (0060) and others (0006) as needed."
                ),
            )),
            _ => Ok(()),
        }
    }
}
