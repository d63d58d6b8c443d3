//! Owners who are not trusted, and what is said of their maps.

use rustix::fs::Stat;

use super::place::{Mark, Place};
use crate::error::{Error, ErrorKind};
use crate::os::unix::{errors, owner};
use crate::security::TrustedOwner;

/// The owner of what stands under a name, and why it is not used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stranger {
    uid: u32,
    reason: Distrust,
}

#[derive(Clone, Copy, Debug)]
enum Distrust {
    /// The user is not trusted.
    Owner,
    /// Nor with a record, which says which file is to be opened.
    OwnerOfRecord,
    /// Users other than the owner could have written the record.
    SharedRecord,
}

impl Stranger {
    pub(super) fn uid(self) -> u32 {
        self.uid
    }

    /// The owner of an object, if the owner is not trusted for this kind of object. The caller
    /// cannot add users who decide which files this process opens and writes.
    pub(super) fn of(stat: &Stat, mark: Option<Mark>, trusted: TrustedOwner) -> Option<Stranger> {
        let record = mark == Some(Mark::Record);
        let trusted = if record { TrustedOwner::SelfAndRoot } else { trusted };
        let uid = stat.st_uid;
        let reason = match owner::is_trusted(uid, trusted) {
            false if record => Distrust::OwnerOfRecord,
            false => Distrust::Owner,
            true if record && is_shared(stat) => Distrust::SharedRecord,
            true => return None,
        };
        Some(Stranger { uid, reason })
    }
}

/// Whether users other than the owner may write an object. The library never permits that for a
/// record; a `chmod` can.
pub(super) fn is_shared(stat: &Stat) -> bool {
    stat.st_mode & 0o022 != 0
}

/// The error for an object of a user who is not trusted.
pub(super) fn untrusted(place: &Place, stranger: Stranger) -> Error {
    let owner = owner::describe(stranger.uid);
    let message = match stranger.reason {
        Distrust::OwnerOfRecord => format!(
            "The map {} is of a file that {owner} chose. Such a map is opened only if it is your own or root's, whoever is trusted: map the file by its path, or choose another name.",
            place.shown
        ),
        Distrust::SharedRecord => format!(
            "The map {} is of a file, and other users can change which file that is: {} can be written by users other than {owner}. Map the file by its path, or choose another name.",
            place.shown, place.path
        ),
        Distrust::Owner => return errors::untrusted(&place.shown, stranger.uid),
    };
    Error::new(ErrorKind::AccessDenied, message)
}
