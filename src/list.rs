//! Listing named maps, and removing dead ones.

use crate::error::Result;
use crate::map_info::MapInfo;
use crate::os;

/// Lists the named maps that exist, including foreign ones, ordered by name. This also frees the
/// memory of maps whose holders were killed.
///
/// A name is returned unchanged, because only the unchanged name opens the map. Any user may have
/// chosen it. It can contain quotes, line breaks and control characters, so escape it before you
/// show it or use it in a command.
///
/// # Errors
/// [`crate::ErrorKind::NotSupported`] if the system cannot list maps,
/// [`crate::ErrorKind::AccessDenied`].
pub fn list() -> Result<Vec<MapInfo>> {
    let mut found = os::list()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Frees the memory of all maps whose holders were killed. Returns the number of these maps.
///
/// Calling this is seldom necessary: creating and listing maps also remove such leftovers, for a
/// short time each, and completely if memory is short. It removes only maps that this user may
/// remove, and never a map that a process holds.
///
/// On Windows the system frees the memory at once, so there is nothing to do.
///
/// # Errors
/// [`crate::ErrorKind::NotSupported`] if the system has no named maps,
/// [`crate::ErrorKind::AccessDenied`], [`crate::ErrorKind::Busy`].
pub fn sweep() -> Result<u64> {
    os::sweep()
}
