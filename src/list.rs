//! The named maps that live.

use crate::error::Result;
use crate::os::{self, MapInfo};

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
