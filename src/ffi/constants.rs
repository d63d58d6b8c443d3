//! What can be said in numbers. They go in and out as `i32` and `i64`, so that an unknown one can be
//! refused.

use crate::kind::Kind;
use crate::lock_mode::LockMode;
use crate::{Access, Encoding, FileMode, Rights, SavePart};

/// The access to a map or a view. The numbers are those of .NET's `MemoryMappedFileAccess`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_access_t {
    /// Reading and writing.
    MMF_ACCESS_READ_WRITE = 0,
    /// Reading only. A named map that is created with this access can never be written by any
    /// process.
    MMF_ACCESS_READ = 1,
    /// Writing only: for views, and for opening a map. A map cannot be created with this access.
    MMF_ACCESS_WRITE = 2,
    /// Reading, and writing into a private copy that no other process sees.
    MMF_ACCESS_COPY_ON_WRITE = 3,
    /// Reading and executing.
    MMF_ACCESS_READ_EXECUTE = 4,
    /// Reading, writing and executing.
    MMF_ACCESS_READ_WRITE_EXECUTE = 5,
}

/// The rights of a handle, as bits that can be combined. The numbers are those of .NET's
/// `MemoryMappedFileRights`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_rights_t {
    /// In options: the rights that the access implies.
    MMF_RIGHTS_DEFAULT = 0,
    /// Views whose writes stay private.
    MMF_RIGHTS_COPY_ON_WRITE = 0x1,
    /// Writing.
    MMF_RIGHTS_WRITE = 0x2,
    /// Reading.
    MMF_RIGHTS_READ = 0x4,
    /// Reading and writing.
    MMF_RIGHTS_READ_WRITE = 0x6,
    /// Executing.
    MMF_RIGHTS_EXECUTE = 0x8,
    /// Reading and executing.
    MMF_RIGHTS_READ_EXECUTE = 0xC,
    /// Reading, writing and executing.
    MMF_RIGHTS_READ_WRITE_EXECUTE = 0xE,
    /// Deleting. This right and the following ones have an effect only on Windows.
    MMF_RIGHTS_DELETE = 0x1_0000,
    /// Reading the permissions.
    MMF_RIGHTS_READ_PERMISSIONS = 0x2_0000,
    /// Changing the permissions.
    MMF_RIGHTS_CHANGE_PERMISSIONS = 0x4_0000,
    /// Taking ownership.
    MMF_RIGHTS_TAKE_OWNERSHIP = 0x8_0000,
    /// All of the above.
    MMF_RIGHTS_FULL_CONTROL = 0xF_000F,
    /// Reading and writing the audit rules.
    MMF_RIGHTS_ACCESS_SYSTEM_SECURITY = 0x100_0000,
}

/// When the memory of a map is allocated. The numbers are those of .NET's
/// `MemoryMappedFileOptions`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_allocation_t {
    /// When the map is created. Too little memory is an error then, and not a crash later.
    MMF_ALLOCATION_NOW = 0,
    /// When it is first touched. If no memory is left then, the operating system ends the process.
    MMF_ALLOCATION_DELAYED = 0x400_0000,
}

/// Whether programs that this process starts inherit the handle, and so hold the map. The numbers
/// are those of .NET's `HandleInheritability`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_inheritability_t {
    /// They do not.
    MMF_INHERITABILITY_NONE = 0,
    /// They do.
    MMF_INHERITABILITY_INHERITABLE = 1,
}

/// The users whose maps are opened on Unix, where another user can take a name first. Any other
/// number is the uid of one more trusted user.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_trusted_owner_t {
    /// Your own user (the effective one) and root, whose uid this is.
    MMF_TRUSTED_OWNER_SELF_AND_ROOT = 0,
    /// Every user. Then any user may have written the content of the map.
    MMF_TRUSTED_OWNER_ANYONE = -2,
}

/// How a file is opened for a file map. The numbers are those of .NET's `FileMode`; its 5
/// (Truncate) and 6 (Append) cannot be used for a map and are refused.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_file_mode_t {
    /// Create it; an error if it exists.
    MMF_FILE_MODE_CREATE_NEW = 1,
    /// Create it, or empty the one that exists.
    MMF_FILE_MODE_CREATE = 2,
    /// Open it; an error if it does not exist.
    MMF_FILE_MODE_OPEN = 3,
    /// Open it, or create it.
    MMF_FILE_MODE_OPEN_OR_CREATE = 4,
}

/// The kind of a map.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_kind_t {
    /// Memory with a name.
    MMF_KIND_NAMED = 1,
    /// The bytes of a file.
    MMF_KIND_FILE = 2,
    /// The bytes of a file, with a name.
    MMF_KIND_NAMED_FILE = 3,
    /// Memory without a name.
    MMF_KIND_ANONYMOUS = 4,
}

/// The encoding of text in a map. For reading, it applies if the text has no byte order mark.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_encoding_t {
    /// UTF-8 without a byte order mark.
    MMF_ENCODING_UTF8 = 0,
    /// UTF-8 with a byte order mark.
    MMF_ENCODING_UTF8_MARK = 1,
    /// UTF-16, little-endian, with a byte order mark.
    MMF_ENCODING_UTF16LE = 2,
    /// UTF-16, big-endian, with a byte order mark.
    MMF_ENCODING_UTF16BE = 3,
    /// UTF-32, little-endian, with a byte order mark.
    MMF_ENCODING_UTF32LE = 4,
    /// UTF-32, big-endian, with a byte order mark.
    MMF_ENCODING_UTF32BE = 5,
}

/// The part of a map that is saved to a file.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_save_part_t {
    /// All bytes up to the capacity. Bytes that were never written become a hole in the file.
    MMF_SAVE_MAP = 0,
    /// The bytes up to the end of the content.
    MMF_SAVE_CONTENT = 1,
    /// The text, as UTF-8 without a byte order mark and without NULs.
    MMF_SAVE_TEXT = 2,
}

/// Whether others can hold the content lock at the same time.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_lock_mode_t {
    /// For reading: others can read at the same time. (On Windows they cannot.)
    MMF_LOCK_SHARED = 0,
    /// For changing: others cannot read or change the content through functions that take the lock.
    MMF_LOCK_EXCLUSIVE = 1,
}

/// The numbers of the header are those of the core.
macro_rules! numbers_agree {
    ($($constant:path = $value:expr,)*) => {
        $(const _: () = assert!($constant as i32 == $value);)*
    };
}

numbers_agree! {
    mmf_access_t::MMF_ACCESS_READ_WRITE = Access::ReadWrite as i32,
    mmf_access_t::MMF_ACCESS_READ = Access::Read as i32,
    mmf_access_t::MMF_ACCESS_WRITE = Access::Write as i32,
    mmf_access_t::MMF_ACCESS_COPY_ON_WRITE = Access::CopyOnWrite as i32,
    mmf_access_t::MMF_ACCESS_READ_EXECUTE = Access::ReadExecute as i32,
    mmf_access_t::MMF_ACCESS_READ_WRITE_EXECUTE = Access::ReadWriteExecute as i32,
    mmf_rights_t::MMF_RIGHTS_COPY_ON_WRITE = Rights::COPY_ON_WRITE.number(),
    mmf_rights_t::MMF_RIGHTS_WRITE = Rights::WRITE.number(),
    mmf_rights_t::MMF_RIGHTS_READ = Rights::READ.number(),
    mmf_rights_t::MMF_RIGHTS_READ_WRITE = Rights::READ_WRITE.number(),
    mmf_rights_t::MMF_RIGHTS_EXECUTE = Rights::EXECUTE.number(),
    mmf_rights_t::MMF_RIGHTS_DELETE = Rights::DELETE.number(),
    mmf_rights_t::MMF_RIGHTS_READ_PERMISSIONS = Rights::READ_PERMISSIONS.number(),
    mmf_rights_t::MMF_RIGHTS_CHANGE_PERMISSIONS = Rights::CHANGE_PERMISSIONS.number(),
    mmf_rights_t::MMF_RIGHTS_TAKE_OWNERSHIP = Rights::TAKE_OWNERSHIP.number(),
    mmf_rights_t::MMF_RIGHTS_FULL_CONTROL = Rights::FULL_CONTROL.number(),
    mmf_rights_t::MMF_RIGHTS_ACCESS_SYSTEM_SECURITY = Rights::ACCESS_SYSTEM_SECURITY.number(),
    mmf_file_mode_t::MMF_FILE_MODE_CREATE_NEW = FileMode::CreateNew as i32,
    mmf_file_mode_t::MMF_FILE_MODE_CREATE = FileMode::Create as i32,
    mmf_file_mode_t::MMF_FILE_MODE_OPEN = FileMode::Open as i32,
    mmf_file_mode_t::MMF_FILE_MODE_OPEN_OR_CREATE = FileMode::OpenOrCreate as i32,
    mmf_kind_t::MMF_KIND_NAMED = Kind::Named as i32,
    mmf_kind_t::MMF_KIND_FILE = Kind::File as i32,
    mmf_kind_t::MMF_KIND_NAMED_FILE = Kind::NamedFile as i32,
    mmf_kind_t::MMF_KIND_ANONYMOUS = Kind::Anonymous as i32,
    mmf_encoding_t::MMF_ENCODING_UTF8 = Encoding::Utf8 as i32,
    mmf_encoding_t::MMF_ENCODING_UTF8_MARK = Encoding::Utf8Mark as i32,
    mmf_encoding_t::MMF_ENCODING_UTF16LE = Encoding::Utf16Le as i32,
    mmf_encoding_t::MMF_ENCODING_UTF16BE = Encoding::Utf16Be as i32,
    mmf_encoding_t::MMF_ENCODING_UTF32LE = Encoding::Utf32Le as i32,
    mmf_encoding_t::MMF_ENCODING_UTF32BE = Encoding::Utf32Be as i32,
    mmf_save_part_t::MMF_SAVE_MAP = SavePart::Map as i32,
    mmf_save_part_t::MMF_SAVE_CONTENT = SavePart::Content as i32,
    mmf_save_part_t::MMF_SAVE_TEXT = SavePart::Text as i32,
    mmf_lock_mode_t::MMF_LOCK_SHARED = LockMode::Shared as i32,
    mmf_lock_mode_t::MMF_LOCK_EXCLUSIVE = LockMode::Exclusive as i32,
}
