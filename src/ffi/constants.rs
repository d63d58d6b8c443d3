//! What can be said in numbers. They go in and out as `i32` and `i64`, so that an unknown one can be
//! refused.

use crate::kind::Kind;
use crate::lock_mode::LockMode;
use crate::{Access, Encoding, FileMode, Rights, SavePart};

/// What a map or a view is for. The numbers are those of .NET's `MemoryMappedFileAccess`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_access_t {
    /// Reading and writing.
    MMF_ACCESS_READ_WRITE = 0,
    /// Reading only. A named map that is created so can never be written, by anybody.
    MMF_ACCESS_READ = 1,
    /// Writing only: for views, and for opening a map; no map can be created so.
    MMF_ACCESS_WRITE = 2,
    /// Reading, and writing into a copy of one's own that nobody else sees.
    MMF_ACCESS_COPY_ON_WRITE = 3,
    /// Reading and executing.
    MMF_ACCESS_READ_EXECUTE = 4,
    /// Reading, writing and executing.
    MMF_ACCESS_READ_WRITE_EXECUTE = 5,
}

/// What a handle may do, as bits that can be combined. The numbers are those of .NET's
/// `MemoryMappedFileRights`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_rights_t {
    /// In options: the rights that belong to the access.
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
    /// Deleting. This one and those below have an effect on Windows only.
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

/// When the memory of a map is taken. The numbers are those of .NET's `MemoryMappedFileOptions`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_allocation_t {
    /// When the map is created: too little memory is an error then, and never a crash later.
    MMF_ALLOCATION_NOW = 0,
    /// When it is touched. Whoever touches it when there is none left is ended by the operating
    /// system.
    MMF_ALLOCATION_DELAYED = 0x400_0000,
}

/// Whether programs that this process starts get the handle, too, and hold the map with it. The
/// numbers are those of .NET's `HandleInheritability`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_inheritability_t {
    /// They do not.
    MMF_INHERITABILITY_NONE = 0,
    /// They do.
    MMF_INHERITABILITY_INHERITABLE = 1,
}

/// Whose map is opened on Unix, where anybody can take a name first. Any other number is the uid of
/// one more user who is trusted.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_trusted_owner_t {
    /// That of your own user (the effective one) and that of root, whose uid this is.
    MMF_TRUSTED_OWNER_SELF_AND_ROOT = 0,
    /// That of every user. What the map holds may come from anybody then.
    MMF_TRUSTED_OWNER_ANYONE = -2,
}

/// How a file is opened for a file map. The numbers are those of .NET's `FileMode`; its 5
/// (Truncate) and 6 (Append) fit no map and are refused.
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

/// What a map is.
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

/// How text is written into a map, and read where no byte order mark says otherwise.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_encoding_t {
    /// UTF-8 without a byte order mark.
    MMF_ENCODING_UTF8 = 0,
    /// UTF-8 with a byte order mark.
    MMF_ENCODING_UTF8_MARK = 1,
    /// UTF-16, little end first, with a byte order mark.
    MMF_ENCODING_UTF16LE = 2,
    /// UTF-16, big end first, with a byte order mark.
    MMF_ENCODING_UTF16BE = 3,
    /// UTF-32, little end first, with a byte order mark.
    MMF_ENCODING_UTF32LE = 4,
    /// UTF-32, big end first, with a byte order mark.
    MMF_ENCODING_UTF32BE = 5,
}

/// What of a map is saved to a file.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_save_part_t {
    /// All bytes up to the capacity. What was never written becomes a hole in the file.
    MMF_SAVE_MAP = 0,
    /// The bytes up to the end of the content.
    MMF_SAVE_CONTENT = 1,
    /// The text, as UTF-8 without a byte order mark and without NULs.
    MMF_SAVE_TEXT = 2,
}

/// Whether others may hold the content lock at the same time.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum mmf_lock_mode_t {
    /// For reading: others may read, too. (Not on Windows: there nobody else may.)
    MMF_LOCK_SHARED = 0,
    /// For changing: nobody else may read or change through the functions that take the lock.
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
