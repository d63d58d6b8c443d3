//! Users, by name and by number.

use mmf::TrustedOwner;

/// Whom `--trust` names: a user's name or number, or `*`.
pub(crate) fn trusted(text: &str) -> Result<TrustedOwner, String> {
    if text == "*" {
        return Ok(TrustedOwner::Anyone);
    }
    if let Ok(number) = text.parse() {
        return Ok(TrustedOwner::User(number));
    }
    number_of(text)
}

/// How a user is called; the number if it has no name.
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
        Ok(None) => Err("there is no user of this name on this machine".to_owned()),
        Err(error) => Err(format!("the system does not tell of this user: {error}")),
    }
}

/// Users have no numbers on Windows.
#[cfg(windows)]
pub(crate) fn name_of(number: u32) -> String {
    number.to_string()
}

/// The access list of the map decides on Windows, whoever is named.
#[cfg(windows)]
fn number_of(_name: &str) -> Result<TrustedOwner, String> {
    Ok(TrustedOwner::SelfAndRoot)
}
