//! Finds users by name and by number.

use mmf::TrustedOwner;

/// Parses the user that `--trust` names: a name, a number, or `*`.
pub(crate) fn trusted(text: &str) -> Result<TrustedOwner, String> {
    if text == "*" {
        return Ok(TrustedOwner::Anyone);
    }
    if let Ok(number) = text.parse() {
        return Ok(TrustedOwner::User(number));
    }
    number_of(text)
}

/// The name of a user, or the number if the user has no name.
#[cfg(unix)]
pub(crate) fn name_of(number: u32) -> String {
    match nix::unistd::User::from_uid(number.into()) {
        Ok(Some(user)) => user.name,
        _ => number.to_string(),
    }
}

#[cfg(unix)]
fn number_of(name: &str) -> Result<TrustedOwner, String> {
    match nix::unistd::User::from_name(name) {
        Ok(Some(user)) => Ok(TrustedOwner::User(user.uid.as_raw())),
        Ok(None) => Err("this machine has no user with this name".to_owned()),
        Err(error) => Err(format!("the system could not look up this user: {error}")),
    }
}

/// Users have no numbers on Windows.
#[cfg(windows)]
pub(crate) fn name_of(number: u32) -> String {
    number.to_string()
}

/// On Windows the map's access control list decides, so this has no effect.
#[cfg(windows)]
fn number_of(_name: &str) -> Result<TrustedOwner, String> {
    Ok(TrustedOwner::SelfAndRoot)
}
