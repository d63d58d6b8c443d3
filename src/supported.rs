//! What is refused because this operating system does not have it.

use crate::access::Rights;
use crate::error::{Error, ErrorKind, Result};
use crate::os;
use crate::security::Permissions;

/// Refuses what this operating system does not have, and modes that would lock the owner out.
pub(crate) fn check_permissions(permissions: &Permissions) -> Result<()> {
    if permissions.sddl.is_some() && !os::SECURITY_DESCRIPTORS {
        return Err(Error::new(
            ErrorKind::NotSupported,
            "Security descriptors exist on Windows only: give a permission mode and an owner here.",
        ));
    }
    let unix = permissions.mode.is_some() || permissions.uid.is_some() || permissions.gid.is_some();
    if unix && !os::PERMISSION_MODES {
        return Err(Error::new(
            ErrorKind::NotSupported,
            format!(
                "A map has no permission mode or owner of its own with the {} back end: leave them out.",
                os::NAME
            ),
        ));
    }
    match permissions.mode {
        Some(mode) if mode & !0o666 != 0 || mode & 0o600 != 0o600 => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "The permission mode 0{mode:o} does not fit a map: use 0600, and add reading and writing for group (0060) and others (0006) as needed."
            ),
        )),
        _ => Ok(()),
    }
}
/// Refuses the right to audit rules on systems whose maps have none. Windows itself requires a
/// privilege.
pub(crate) fn check_audit(rights: Rights) -> Result<()> {
    if os::SECURITY_DESCRIPTORS || !rights.contains(Rights::ACCESS_SYSTEM_SECURITY) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Io,
        "The right AccessSystemSecurity is for audit rules, and maps have none on this system: open the map without it.",
    ))
}
