//! Who may use a map: its security, and that of what goes with it.

use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, OwnedHandle};

use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION,
    SACL_SECURITY_INFORMATION,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_READ_DATA, FILE_WRITE_DATA, READ_CONTROL, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::Memory::{SECTION_MAP_READ, SECTION_MAP_WRITE};
use windows_sys::Win32::System::SystemServices::ACCESS_SYSTEM_SECURITY;

use super::bytes::Backing;
use super::object::Object;
use super::section;
use super::security::{self, Descriptor, LOCK_RIGHTS};
use super::signal::WORD_RIGHTS;
use crate::error::{Error, Result};
use crate::os::errors::permissions_of_a_file;
use crate::security::Permissions;

/// The rights to a section for reading and writing.
const USES_SECTION: (u32, u32) = (SECTION_MAP_READ, SECTION_MAP_WRITE);

impl Object {
    /// The security of the map; of a file map, that of its file.
    pub(crate) fn permissions(&self) -> Result<Permissions> {
        let found = match &self.file {
            Some(file) => Descriptor::of(file.as_handle(), security::READABLE),
            None => self.section_security(security::READABLE),
        };
        let sddl = found.and_then(|found| found.to_sddl());
        let sddl = sddl.map_err(|error| Error::from_io("read the map's security", &error))?;
        Ok(Permissions::new().sddl(sddl))
    }

    pub(crate) fn set_permissions(&self, asked: &Permissions) -> Result<()> {
        let Some(sddl) = &asked.sddl else { return Ok(()) };
        if self.bytes.backing() == Backing::File {
            return Err(permissions_of_a_file());
        }
        let security = Descriptor::from_sddl(sddl)?;
        let mut needed = 0;
        for (part, right) in [
            (OWNER_SECURITY_INFORMATION, WRITE_OWNER),
            (GROUP_SECURITY_INFORMATION, WRITE_OWNER),
            (SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY),
            (DACL_SECURITY_INFORMATION, WRITE_DAC),
        ] {
            if security.parts() & part != 0 {
                needed |= right;
            }
        }
        let failed = |error: io::Error| Error::from_io("change the map's security", &error);
        // The lock first, so that users with the new rights can use it at once.
        if security.parts() & DACL_SECURITY_INFORMATION != 0 {
            let lock = security.for_users(USES_SECTION.0, USES_SECTION.1, LOCK_RIGHTS);
            self.content_lock()?.secure(&lock).map_err(failed)?;
        }
        // Users who may write the map must be able to change the end word.
        if let Some(name) = &self.name
            && let Ok(word) = section::open(&name.word(), needed, false)
        {
            security.apply(word.as_handle()).map_err(failed)?;
        }
        // And users who may read it must be able to watch it.
        if let Some(name) = &self.name
            && security.parts() & DACL_SECURITY_INFORMATION != 0
            && let Ok(word) = section::open(&name.watch(), WRITE_DAC, false)
        {
            let list = security.for_users(USES_SECTION.0, USES_SECTION.1, WORD_RIGHTS);
            list.apply_list(word.as_handle()).map_err(failed)?;
        }
        security.apply(self.with_rights(needed).map_err(failed)?.as_handle()).map_err(failed)
    }

    /// A descriptor that gives all users of the map these rights to a related object. `None` if the
    /// map's descriptor cannot be read: then the system's default applies.
    pub(super) fn users(&self, granted: u32) -> Option<Descriptor> {
        if let Some(file) = &self.file {
            let found = Descriptor::of(file.as_handle(), DACL_SECURITY_INFORMATION).ok()?;
            return Some(found.for_users(FILE_READ_DATA, FILE_WRITE_DATA, granted));
        }
        if self.bytes.backing() == Backing::File {
            let path = self.path()?;
            let file = OpenOptions::new().access_mode(READ_CONTROL).open(path).ok()?;
            let found = Descriptor::of(file.as_handle(), DACL_SECURITY_INFORMATION).ok()?;
            return Some(found.for_users(FILE_READ_DATA, FILE_WRITE_DATA, granted));
        }
        let found = self.section_security(DACL_SECURITY_INFORMATION).ok()?;
        Some(found.for_users(USES_SECTION.0, USES_SECTION.1, granted))
    }

    pub(super) fn section_security(&self, parts: u32) -> io::Result<Descriptor> {
        Descriptor::of(self.section(), parts)
            .or_else(|_| Descriptor::of(self.with_rights(READ_CONTROL)?.as_handle(), parts))
    }

    /// A handle with rights that this one may not have.
    fn with_rights(&self, rights: u32) -> io::Result<OwnedHandle> {
        match &self.name {
            Some(name) => section::open(name, rights, false),
            // Without a name there is only the creator's own, which may do all.
            None => self.section().try_clone_to_owned(),
        }
    }
}
