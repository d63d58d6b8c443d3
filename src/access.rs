//! Access and rights with the meaning that they have in .NET, and the rules that connect them.

use crate::error::{Error, ErrorKind, Result};

/// The access to a map or a view. The numbers are those of .NET's `MemoryMappedFileAccess`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Access {
    /// Reading and writing.
    #[default]
    ReadWrite = 0,
    /// Reading only. A named map that is created with this access can never be written by any
    /// process.
    Read = 1,
    /// Writing only: for views, and for opening a map. A map cannot be created with this access.
    Write = 2,
    /// Reading, and writing into a private copy that no other process sees.
    CopyOnWrite = 3,
    /// Reading and executing.
    ReadExecute = 4,
    /// Reading, writing and executing.
    ReadWriteExecute = 5,
}

impl Access {
    /// Every access, in the order of their numbers.
    pub const ALL: [Access; 6] = [
        Access::ReadWrite,
        Access::Read,
        Access::Write,
        Access::CopyOnWrite,
        Access::ReadExecute,
        Access::ReadWriteExecute,
    ];

    /// The access with this number.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] for an unknown number.
    pub fn from_number(number: i32) -> Result<Access> {
        Self::ALL.into_iter().find(|access| *access as i32 == number).ok_or_else(|| {
            Error::new(
                ErrorKind::OutOfRange,
                format!("The access {number} does not exist: use a value from 0 (ReadWrite) to 5 (ReadWriteExecute)."),
            )
        })
    }

    /// The rights of a handle with this access.
    pub fn rights(self) -> Rights {
        match self {
            Access::ReadWrite => Rights::READ | Rights::WRITE,
            Access::Read => Rights::READ,
            Access::Write => Rights::WRITE,
            Access::CopyOnWrite => Rights::READ | Rights::COPY_ON_WRITE,
            Access::ReadExecute => Rights::READ | Rights::EXECUTE,
            Access::ReadWriteExecute => Rights::READ | Rights::WRITE | Rights::EXECUTE,
        }
    }

    /// Whether memory of this access is written through to the map.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Access::ReadWrite | Access::Write | Access::ReadWriteExecute)
    }

    /// Whether memory of this access can be executed.
    pub(crate) fn executes(self) -> bool {
        matches!(self, Access::ReadExecute | Access::ReadWriteExecute)
    }

    /// Whether memory of this access may be read.
    pub(crate) fn reads(self) -> bool {
        self != Access::Write
    }
}

/// The rights of a handle, as a set. The bits are those of .NET's `MemoryMappedFileRights`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights(i32);

impl Rights {
    /// Views that are read or whose writes stay private. As on Windows, it has an effect only
    /// without other rights; combine those with [`Rights::READ`] instead.
    pub const COPY_ON_WRITE: Rights = Rights(0x1);
    /// Writing.
    pub const WRITE: Rights = Rights(0x2);
    /// Reading.
    pub const READ: Rights = Rights(0x4);
    /// Executing.
    pub const EXECUTE: Rights = Rights(0x8);
    /// Deleting. Accepted, but without effect outside Windows.
    pub const DELETE: Rights = Rights(0x1_0000);
    /// Reading the permissions.
    pub const READ_PERMISSIONS: Rights = Rights(0x2_0000);
    /// Changing the permissions.
    pub const CHANGE_PERMISSIONS: Rights = Rights(0x4_0000);
    /// Taking ownership.
    pub const TAKE_OWNERSHIP: Rights = Rights(0x8_0000);
    /// Reading and writing the audit rules. Refused ([`ErrorKind::Io`]) if the system has none, and
    /// on Windows without the privilege.
    pub const ACCESS_SYSTEM_SECURITY: Rights = Rights(0x100_0000);
    /// Reading and writing.
    pub const READ_WRITE: Rights = Rights(0x6);
    /// All rights except [`Rights::ACCESS_SYSTEM_SECURITY`].
    pub const FULL_CONTROL: Rights = Rights(0xF_000F);

    /// The set with this number.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] for unknown bits.
    pub fn from_number(number: i32) -> Result<Rights> {
        if number & !(Self::FULL_CONTROL.0 | Self::ACCESS_SYSTEM_SECURITY.0) != 0 {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "The rights 0x{number:X} hold bits that no right has: use a combination of the MMF_RIGHTS_ values."
                ),
            ));
        }
        Ok(Rights(number))
    }

    /// The set as a number.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether all of `other` is in this set.
    pub fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// The closest access to a map, which [`crate::Map::access`] returns for a handle that was
    /// opened with these rights.
    pub fn access(self) -> Access {
        let (read, write, execute) =
            (self.contains(Self::READ), self.contains(Self::WRITE), self.contains(Self::EXECUTE));
        match (read, write, execute) {
            (_, true, true) => Access::ReadWriteExecute,
            (true, true, false) => Access::ReadWrite,
            (false, true, false) => Access::Write,
            (_, false, true) => Access::ReadExecute,
            (true, false, false) if self.contains(Self::COPY_ON_WRITE) => Access::CopyOnWrite,
            (true, false, false) => Access::Read,
            (false, false, false) => Access::CopyOnWrite,
        }
    }

    /// Whether a view of `access` can be made from a handle with these rights.
    pub(crate) fn permit(self, access: Access) -> bool {
        match access {
            // Windows takes the right to copy for the right to read if it stands alone, and for
            // nothing beside others.
            Access::Read | Access::CopyOnWrite => {
                self.contains(Self::READ) || self == Self::COPY_ON_WRITE
            }
            other => self.contains(other.rights()),
        }
    }
}

impl std::ops::BitOr for Rights {
    type Output = Rights;

    fn bitor(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }
}

/// How a file is opened for a file map. The numbers are those of .NET's `FileMode`.
/// [`FileMode::from_number`] refuses `Truncate` and `Append`, which cannot be used for a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum FileMode {
    /// Create it; an error if it exists.
    CreateNew = 1,
    /// Create it, or empty the one that exists.
    Create = 2,
    /// Open it; an error if it does not exist.
    #[default]
    Open = 3,
    /// Open it, or create it.
    OpenOrCreate = 4,
}

impl FileMode {
    /// The mode with this number.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for `Truncate` (5) and `Append` (6), which cannot be used for
    /// a map; [`ErrorKind::OutOfRange`] for any other number.
    pub fn from_number(number: i32) -> Result<FileMode> {
        match number {
            1 => Ok(FileMode::CreateNew),
            2 => Ok(FileMode::Create),
            3 => Ok(FileMode::Open),
            4 => Ok(FileMode::OpenOrCreate),
            5 => Err(Error::new(
                ErrorKind::InvalidArgument,
                "The file mode Truncate cannot be used for a map, since it leaves the file empty: use Create.",
            )),
            6 => Err(Error::new(
                ErrorKind::InvalidArgument,
                "The file mode Append cannot be used for a map, since a map is also read: use Open or OpenOrCreate.",
            )),
            _ => Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "The file mode {number} does not exist: use 1 (CreateNew), 2 (Create), 3 (Open) or 4 (OpenOrCreate)."
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which views a map allows: the access of the map by row, the access of the view by column.
    #[test]
    fn views_are_permitted_as_dotnet_permits_them() {
        use Access::{CopyOnWrite, Read, ReadExecute, ReadWrite, ReadWriteExecute, Write};
        let rows: [(Access, &[Access]); 6] = [
            (Read, &[Read, CopyOnWrite]),
            (CopyOnWrite, &[Read, CopyOnWrite]),
            (ReadWrite, &[Read, Write, ReadWrite, CopyOnWrite]),
            (ReadExecute, &[Read, CopyOnWrite, ReadExecute]),
            (ReadWriteExecute, &Access::ALL),
            (Write, &[Write]),
        ];
        for (map, views) in rows {
            for view in Access::ALL {
                assert_eq!(map.rights().permit(view), views.contains(&view), "{map:?} {view:?}");
            }
        }
    }

    #[test]
    fn the_access_of_rights_leads_back_to_the_access() {
        for access in Access::ALL {
            assert_eq!(access.rights().access(), access);
        }
    }
}
