//! The operating systems, behind one interface.
//!
//! Exactly one back end is compiled in. Each has the same method list; nothing outside of this
//! folder asks which one it is. What differs is a constant here, and tests ask that constant.
//!
//! ```text
//! constants   NAME  EXACT_SIZES  SHARED_LOCKS  PERMISSION_MODES  SECURITY_DESCRIPTORS
//!             LEFTOVER_AFTER_KILL  TELLS_FOREIGN  CAN_BE_ORPHANED  ORPHANED_NAME_IS_FREE
//!             WATCHES_LIFE  FOLDER  MAX_CAPACITY
//! types       RawDescriptor  BorrowedDescriptor  OwnedDescriptor
//! functions   kind_of  open_file  remove_created  list  sweep  check_replaceable
//!             is_living_object  check_file_size_limit
//! Draft       create  file  publish                     (removes the file when dropped)
//! Object      create_new  create_or_open  open  anonymous  from_file  from_descriptor  adopt
//!             kind  capacity  rights  path  identity  is_foreign  is_orphaned  is_read_only
//!             is_file
//!             descriptor  duplicate_descriptor  is_inheritable  set_inheritable
//!             permissions  set_permissions
//!             read_at  write_at  make_room  check_size  next_data  flush  view  lock
//!             writes_whole_pages  change  notify
//! Change      known_end  write  clear  finish           (of the content, under its lock)
//! Mapping     pointer  len  flush  copy_in  copy_out    (unmaps when dropped)
//! LockGuard   is_held                                   (releases when dropped)
//! Identity    ==                                        (two openings of one map)
//! Watch       new  wait  close  descriptor  lend        (keeps its object; closing wakes all who wait)
//! ```

#![allow(unsafe_code, reason = "the back ends are where the operating system is called")]

use std::path::PathBuf;

use crate::access::Rights;
use crate::security::{Permissions, TrustedOwner};

pub(crate) mod atomic;
#[cfg(feature = "capi")]
pub(crate) mod descriptor;
mod draft;
#[cfg(not(all(target_os = "linux", not(mmf_backend = "portable"))))]
mod end_word;
#[cfg(any(windows, test))]
mod generations;
mod lend;
#[cfg(not(all(target_os = "linux", not(mmf_backend = "portable"))))]
mod ordered;
#[cfg(unix)]
mod unix;
pub(crate) mod zeroed;

#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
mod linux;
#[cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
pub use linux::*;

#[cfg(all(unix, not(all(target_os = "linux", not(mmf_backend = "portable")))))]
mod portable;
#[cfg(all(unix, not(all(target_os = "linux", not(mmf_backend = "portable")))))]
pub use portable::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

pub(crate) use lend::lend;
#[cfg(unix)]
pub(crate) use unix::bytes::check_file_size_limit;

/// Windows has no limit for the size of a process's files.
#[cfg(windows)]
pub(crate) fn check_file_size_limit(_size: u64) -> crate::error::Result<()> {
    Ok(())
}

/// What is asked of a new map, apart from its name. Checked by the caller: the capacity is above
/// zero and at most [`MAX_CAPACITY`], and the access is not `Write`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Bytes. For a file map 0 means the file's own length.
    pub capacity: u64,
    /// What the map is created for; what this handle may do.
    pub rights: Rights,
    /// Memory is reserved when it is touched, not now.
    pub delayed: bool,
    /// Programs that this process starts get the handle, too.
    pub inheritable: bool,
    /// Who may use the map.
    pub permissions: Permissions,
    /// Whose map is taken, if one is there already.
    pub trusted_owner: TrustedOwner,
}

impl Request {
    /// What is asked of the map if it is there already.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            rights: self.rights,
            inheritable: self.inheritable,
            trusted_owner: self.trusted_owner,
        }
    }
}

/// What is asked when a map is opened, apart from its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// What this handle may do.
    pub rights: Rights,
    /// Programs that this process starts get the handle, too.
    pub inheritable: bool,
    /// Whose map is taken.
    #[cfg_attr(windows, expect(dead_code, reason = "the map's access list decides there"))]
    pub trusted_owner: TrustedOwner,
}

/// What a map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Kind {
    /// Memory with a name.
    Named = 1,
    /// The bytes of a file.
    File = 2,
    /// The bytes of a file, with a name.
    NamedFile = 3,
    /// Memory without a name.
    Anonymous = 4,
}

/// Whether others may hold the content lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// For reading: others may read, too. (On Windows nobody else may.)
    Shared,
    /// For changing: nobody else may read or change.
    Exclusive,
}

/// Who gives a content lock back. Some systems give it to a thread, which alone can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockOwner {
    /// The thread that takes it, before its call returns.
    ThisThread,
    /// Whichever thread drops it.
    AnyThread,
}

/// A named map that lives, as [`crate::list()`] finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapInfo {
    /// The name that opens it.
    pub name: String,
    /// Memory or a file.
    pub kind: Kind,
    /// The file's path, for a named file map.
    pub path: Option<PathBuf>,
    /// Bytes. 0: another program truncated it, or it is another user's named file map, whose record
    /// is not read.
    pub capacity: u64,
    /// Mode and owner, where the operating system has them.
    pub permissions: Permissions,
    /// The uid of the user whose map it is, where the operating system has such numbers.
    pub owner: Option<u32>,
    /// Whether it is opened without a [`crate::MapOptions::trusted_owner`]: always on Windows, where
    /// the access list of the map decides.
    pub trusted: bool,
    /// Made by a program that does not use this library.
    pub foreign: bool,
}
