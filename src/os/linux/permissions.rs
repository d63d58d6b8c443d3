//! Who may use a map: the mode and the owner of its object.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;

use super::object::Object;
use super::place::Mark;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::os::unix::look;
use crate::security::Permissions;

impl Object {
    pub(crate) fn permissions(&self) -> Result<Permissions> {
        let stat = self.with(look)?;
        Ok(Permissions {
            mode: Some(stat.st_mode & 0o666),
            uid: Some(stat.st_uid),
            gid: Some(stat.st_gid),
            sddl: None,
        })
    }

    pub(crate) fn set_permissions(&self, asked: &Permissions) -> Result<()> {
        let failed = |error: Errno| Error::from_io("change the map's permissions", &error.into());
        let change = |fd: BorrowedFd<'_>, granted: u32, kept: u32| {
            if asked.uid.is_some() || asked.gid.is_some() {
                let (uid, gid) = (asked.uid.map(Uid::from_raw), asked.gid.map(Gid::from_raw));
                rustix::fs::fchown(fd, uid, gid).map_err(failed)?;
            }
            match asked.mode {
                Some(mode) => {
                    let mode = Mode::from_raw_mode(mode & granted | kept);
                    rustix::fs::fchmod(fd, mode).map_err(failed)
                }
                None => Ok(()),
            }
        };
        let descriptors = self.descriptors();
        if let Some(data) = &descriptors.data {
            // What a file's mode says about execution and the like is not ours to change.
            change(data.as_fd(), 0o666, look(data.as_fd())?.st_mode & 0o7111)?;
        }
        match &descriptors.presence {
            Some(presence) => {
                let mark = match self.kind() {
                    Kind::NamedFile => Mark::Record,
                    _ if self.is_read_only() => Mark::ReadOnlyMap,
                    _ => Mark::Map,
                };
                // Permission to write the file does not include permission to choose which file it
                // is.
                let granted = if mark == Mark::Record { 0o644 } else { 0o666 };
                // The mark must stay; otherwise leftovers would not be removed.
                change(presence.as_fd(), granted, mark.bits())
            }
            None => Ok(()),
        }
    }
}
