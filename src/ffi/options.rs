//! What can be said in numbers: constants, option structures, and their way into the core.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::lock::{LOCKS, mmf_lock_t};
use super::pointer::{Lent, check_text, or_empty, owned};
use super::size_t;
use super::structure::structure;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::lock_mode::LockMode;
use crate::{
    Access, ContentLock, DEFAULT_TIMEOUT, Encoding, FileMode, MapOptions, Permissions, Rights,
    SaveOptions, SavePart, TextOptions, TrustedOwner,
};

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

/// How a map is created or opened. Begin with `MMF_MAP_OPTIONS_INIT` and change what should differ;
/// NULL instead of the structure stands for the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_map_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// What the map is created for, or opened for: an `MMF_ACCESS_` number. Default: reading and
    /// writing.
    pub access: i32,
    /// For `mmf_map_open` only: what the handle may do, `MMF_RIGHTS_` bits. Default: what belongs to
    /// `access`.
    pub rights: i32,
    /// For creating: an `MMF_ALLOCATION_` number. Default: now. Without effect on file maps.
    pub allocation: i32,
    /// An `MMF_INHERITABILITY_` number. Default: none.
    pub inheritability: i32,
    /// For creating: Unix permission bits, for example 0660. Default -1: 0600, the creating user
    /// alone.
    pub mode: i32,
    /// For creating: the owning user on Unix. Default -1: the creating one.
    pub uid: i64,
    /// For creating: the owning group on Unix. Default -1: the creating one.
    pub gid: i64,
    /// For creating: a Windows security descriptor in SDDL. Default NULL: the creating user's own.
    pub sddl: *const c_char,
    /// The length of `sddl`, or `MMF_NUL_TERMINATED`.
    pub sddl_length: size_t,
    /// For `mmf_map_open` only: how many milliseconds to wait for a map that is not there yet or not
    /// ready yet; -1: for ever. Default 0: not at all.
    pub wait_ms: i64,
    /// For `mmf_map_open` and `mmf_map_create_or_open`: whose map is opened on Unix. Default 0: that
    /// of your own user (the effective one) and that of root. Above 0: also that of the user with this
    /// uid. `MMF_TRUSTED_OWNER_ANYONE`: that of every user. A named file map is opened only if it
    /// is your own or root's, whoever is trusted. Without effect on Windows, where the access list
    /// of the map decides.
    pub trusted_owner: i64,
}

/// How text and content are read and written. Begin with `MMF_TEXT_OPTIONS_INIT` and change what
/// should differ; NULL instead of the structure stands for the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_text_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// An `MMF_ENCODING_` number. Default: UTF-8 without a byte order mark.
    pub encoding: i32,
    /// How many milliseconds to wait for the content lock; 0: one try; -1: for ever. Default: 30000.
    pub timeout_ms: i64,
    /// A lock that the caller holds on this map: none is taken then. Default: zero, take one.
    pub lock: mmf_lock_t,
    /// What stands between the content and what is appended: UTF-8 for a text, any bytes for
    /// `mmf_content_append`. Default: CR LF. NULL or empty: nothing.
    pub separator: *const c_char,
    /// The length of `separator`, or `MMF_NUL_TERMINATED`.
    pub separator_length: size_t,
}

/// How a map is saved to a file. Begin with `MMF_SAVE_OPTIONS_INIT` and change what should differ;
/// NULL instead of the structure stands for the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_save_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// What is saved: an `MMF_SAVE_` number. Default: the whole map.
    pub part: i32,
    /// Not 0: fail if the file exists. Default 0: replace it.
    pub keep_existing: i32,
    /// Not 0: replace a file that is marked read-only, too. Default 0.
    pub force: i32,
    /// For `MMF_SAVE_TEXT`: what is written behind the text, UTF-8. Default NULL: nothing.
    pub ending: *const c_char,
    /// The length of `ending`, or `MMF_NUL_TERMINATED`.
    pub ending_length: size_t,
    /// Encoding, timeout and lock for reading the content. Default NULL: the defaults.
    pub text: *const mmf_text_options_t,
}

/// Who may use a map. Begin with `MMF_PERMISSIONS_INIT`. What is -1 is not there, or stays as it is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_permissions_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// Unix permission bits.
    pub mode: i32,
    /// The owning user.
    pub uid: i64,
    /// The owning group.
    pub gid: i64,
}

structure! {
    mmf_map_options_t ends(sddl_length wait_ms trusted_owner) {
        access: mmf_access_t::MMF_ACCESS_READ_WRITE as i32,
        rights: mmf_rights_t::MMF_RIGHTS_DEFAULT as i32,
        allocation: mmf_allocation_t::MMF_ALLOCATION_NOW as i32,
        inheritability: mmf_inheritability_t::MMF_INHERITABILITY_NONE as i32,
        mode: -1,
        uid: -1,
        gid: -1,
        sddl: ptr::null(),
        sddl_length: 0,
        wait_ms: 0,
        trusted_owner: mmf_trusted_owner_t::MMF_TRUSTED_OWNER_SELF_AND_ROOT as i64,
    }
}

structure! {
    mmf_text_options_t ends(lock separator_length) {
        encoding: mmf_encoding_t::MMF_ENCODING_UTF8 as i32,
        timeout_ms: DEFAULT_TIMEOUT.as_millis() as i64,
        lock: mmf_lock_t { id: 0 },
        separator: crate::DEFAULT_SEPARATOR.as_ptr().cast(),
        separator_length: crate::DEFAULT_SEPARATOR.len(),
    }
}

structure! {
    mmf_save_options_t ends(ending_length text) {
        part: mmf_save_part_t::MMF_SAVE_MAP as i32,
        keep_existing: 0,
        force: 0,
        ending: ptr::null(),
        ending_length: 0,
        text: ptr::null(),
    }
}

structure! { mmf_permissions_t ends(uid gid) { mode: -1, uid: -1, gid: -1, } }

fn out_of_range(what: &str, number: impl std::fmt::Display, allowed: &str) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("The {what} {number} does not exist: use {allowed}."))
}

/// A size or an offset, which C may give as a negative number.
pub(super) fn not_negative(what: &str, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| {
        Error::new(
            ErrorKind::OutOfRange,
            format!("The {what} {number} is negative: use 0 or more."),
        )
    })
}

/// A time in milliseconds; -1 is for ever.
pub(super) fn time(what: &str, ms: i64) -> Result<Duration> {
    match ms {
        -1 => Ok(Duration::MAX),
        0.. => Ok(Duration::from_millis(ms as u64)),
        _ => Err(Error::new(
            ErrorKind::OutOfRange,
            format!("The {what} of {ms} milliseconds is negative: use 0 or more, or -1 for ever."),
        )),
    }
}

/// The mode of a lock, by its number.
pub(super) fn lock_mode(number: i32) -> Result<LockMode> {
    [LockMode::Shared, LockMode::Exclusive]
        .into_iter()
        .find(|mode| *mode as i32 == number)
        .ok_or_else(|| out_of_range("lock mode", number, "0 (shared) or 1 (exclusive)"))
}

/// The parts of [`MapOptions`] in the order in which .NET looks at them.
impl mmf_map_options_t {
    pub(super) fn lent(lent: &Lent, options: *const mmf_map_options_t) -> Result<Self> {
        Ok(lent.structure(options, "options")?.unwrap_or_default())
    }

    pub(super) fn access(&self) -> Result<Access> {
        Access::from_number(self.access)
    }

    fn delayed(&self) -> Result<bool> {
        const NOW: i32 = mmf_allocation_t::MMF_ALLOCATION_NOW as i32;
        const DELAYED: i32 = mmf_allocation_t::MMF_ALLOCATION_DELAYED as i32;
        match self.allocation {
            NOW => Ok(false),
            DELAYED => Ok(true),
            other => Err(out_of_range(
                "allocation",
                other,
                "0 (now) or 0x4000000 (delayed until the memory is touched)",
            )),
        }
    }

    fn inheritable(&self) -> Result<bool> {
        inheritable(self.inheritability)
    }

    /// What is said for creating, access checked by the caller already.
    pub(super) fn creating(&self, lent: &Lent, access: Access) -> Result<MapOptions> {
        let delayed = self.delayed()?;
        let inheritable = self.inheritable()?;
        let mut permissions = permissions(self.mode, self.uid, self.gid)?;
        permissions.sddl = lent
            .text(self.sddl, self.sddl_length, "options.sddl")?
            .map(|sddl| owned(sddl, "options.sddl"))
            .transpose()?;
        Ok(MapOptions::new()
            .access(access)
            .delay_allocation(delayed)
            .inheritable(inheritable)
            .permissions(permissions))
    }

    /// What is said for creating, or for opening what is there.
    pub(super) fn creating_or_opening(&self, lent: &Lent, access: Access) -> Result<MapOptions> {
        Ok(self.creating(lent, access)?.trusted_owner(self.trusted_owner()?))
    }

    fn trusted_owner(&self) -> Result<TrustedOwner> {
        const SELF_AND_ROOT: i64 = mmf_trusted_owner_t::MMF_TRUSTED_OWNER_SELF_AND_ROOT as i64;
        const ANYONE: i64 = mmf_trusted_owner_t::MMF_TRUSTED_OWNER_ANYONE as i64;
        match self.trusted_owner {
            SELF_AND_ROOT => Ok(TrustedOwner::SelfAndRoot),
            ANYONE => Ok(TrustedOwner::Anyone),
            // The largest number is no user's.
            uid @ 1..0xFFFF_FFFF => Ok(TrustedOwner::User(uid as u32)),
            other => Err(out_of_range(
                "trusted owner",
                other,
                "a uid, 0 (your own user and root) or -2 (anyone)",
            )),
        }
    }

    /// What is said for opening.
    pub(super) fn opening(&self) -> Result<MapOptions> {
        let mut options = MapOptions::new().access(self.access()?);
        if self.rights != mmf_rights_t::MMF_RIGHTS_DEFAULT as i32 {
            options = options.rights(Rights::from_number(self.rights)?);
        }
        Ok(options
            .inheritable(self.inheritable()?)
            .wait(time("wait", self.wait_ms)?)
            .trusted_owner(self.trusted_owner()?))
    }
}

/// Whether handles are inherited, by .NET's number.
pub(super) fn inheritable(number: i32) -> Result<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(out_of_range("inheritability", other, "0 (none) or 1 (inheritable)")),
    }
}

/// Mode and owner; -1 is none.
fn permissions(mode: i32, uid: i64, gid: i64) -> Result<Permissions> {
    let number = |what: &str, number: i64| match number {
        -1 => Ok(None),
        // The largest number is what the system calls take for "leave it".
        0..0xFFFF_FFFF => Ok(Some(number as u32)),
        _ => Err(out_of_range(what, number, "0 to 4294967294, or -1 for the default")),
    };
    Ok(Permissions {
        mode: number("permission mode", mode.into())?,
        uid: number("user id", uid)?,
        gid: number("group id", gid)?,
        sddl: None,
    })
}

impl mmf_permissions_t {
    pub(super) fn to_core(self) -> Result<Permissions> {
        permissions(self.mode, self.uid, self.gid)
    }

    pub(super) fn of_core(permissions: &Permissions) -> mmf_permissions_t {
        mmf_permissions_t {
            mode: permissions.mode.map_or(-1, |mode| mode as i32),
            uid: permissions.uid.map_or(-1, i64::from),
            gid: permissions.gid.map_or(-1, i64::from),
            ..Default::default()
        }
    }
}

/// Text options with everything that they lead to.
pub(super) struct LentTextOptions<'call> {
    separator: &'call [u8],
    encoding: Encoding,
    timeout: Duration,
    lock: Option<Arc<ContentLock>>,
}

impl<'call> LentTextOptions<'call> {
    /// For functions whose text is UTF-8, and so the separator.
    pub(super) fn lent(lent: &'call Lent, options: *const mmf_text_options_t) -> Result<Self> {
        let options = Self::of_bytes(lent, options)?;
        check_text(options.separator, "options.separator")?;
        Ok(options)
    }

    /// For functions that take bytes as they are, the separator, too.
    pub(super) fn of_bytes(lent: &'call Lent, options: *const mmf_text_options_t) -> Result<Self> {
        let options = lent.structure(options, "options")?.unwrap_or_default();
        let encoding = Encoding::ALL
            .into_iter()
            .find(|encoding| *encoding as i32 == options.encoding)
            .ok_or_else(|| {
                out_of_range("encoding", options.encoding, "0 (UTF-8) to 5 (UTF-32, big end first)")
            })?;
        let timeout = time("timeout", options.timeout_ms)?;
        let separator =
            lent.bytes(options.separator, options.separator_length, "options.separator")?;
        let lock = match options.lock.id {
            0 => None,
            id => Some(LOCKS.get(id)?),
        };
        Ok(LentTextOptions { separator, encoding, timeout, lock })
    }

    pub(super) fn to_core(&self) -> TextOptions<'_> {
        let options = TextOptions::new()
            .separator_bytes(self.separator)
            .encoding(self.encoding)
            .timeout(self.timeout);
        match &self.lock {
            Some(lock) => options.lock(lock),
            None => options,
        }
    }
}

/// Save options with everything that they lead to.
pub(super) struct LentSaveOptions<'call> {
    part: SavePart,
    keep_existing: bool,
    force: bool,
    ending: Cow<'call, str>,
    text: LentTextOptions<'call>,
}

impl<'call> LentSaveOptions<'call> {
    pub(super) fn lent(lent: &'call Lent, options: *const mmf_save_options_t) -> Result<Self> {
        let options = lent.structure(options, "options")?.unwrap_or_default();
        let part = [SavePart::Map, SavePart::Content, SavePart::Text]
            .into_iter()
            .find(|part| *part as i32 == options.part)
            .ok_or_else(|| {
                out_of_range("part to save", options.part, "0 (map), 1 (content) or 2 (text)")
            })?;
        let ending = lent.text(options.ending, options.ending_length, "options.ending")?;
        Ok(LentSaveOptions {
            part,
            keep_existing: options.keep_existing != 0,
            force: options.force != 0,
            ending: or_empty(ending, options.ending_length, "options.ending")?,
            text: LentTextOptions::lent(lent, options.text)?,
        })
    }

    pub(super) fn to_core(&self) -> SaveOptions<'_> {
        SaveOptions::new()
            .part(self.part)
            .keep_existing(self.keep_existing)
            .force(self.force)
            .ending(&self.ending)
            .text(self.text.to_core())
    }
}
