//! The named maps that live, and those that are dead.

use crate::error::Result;
use crate::map_info::MapInfo;
use crate::os;

/// Lists the named maps that live, ours and foreign ones, ordered by name. Looking also gives back
/// the memory of maps whose holders were killed.
///
/// A name is given as it is, since that opens the map. Anybody may have chosen it: it can hold quotes,
/// line breaks and control characters, so escape it before it is shown or becomes part of a command.
///
/// # Errors
/// [`crate::ErrorKind::NotSupported`] where the system cannot tell, [`crate::ErrorKind::AccessDenied`].
pub fn list() -> Result<Vec<MapInfo>> {
    let mut found = os::list()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Gives back the memory of all maps whose holders were killed. Gives how many maps that were.
///
/// There is no need to call this: creating a map and listing them remove such leftovers, too, for a
/// short time each, and thoroughly where memory is short. Only what this user may remove is removed,
/// and nothing that a process holds.
///
/// On Windows the system gives the memory back at once, so there is nothing to do.
///
/// # Errors
/// [`crate::ErrorKind::NotSupported`] where there are no named maps, [`crate::ErrorKind::AccessDenied`],
/// [`crate::ErrorKind::Busy`].
pub fn sweep() -> Result<u64> {
    os::sweep()
}
