//! The interface to the operating systems.
//!
//! Exactly one back end is compiled. All of them have the same methods; code outside this folder
//! does not know which one it uses. Constants describe the differences, and tests use these
//! constants.
//!
//! ```text
//! constants   NAME  EXACT_SIZES  SHARED_LOCKS  PERMISSION_MODES  SECURITY_DESCRIPTORS
//!             LEFTOVER_AFTER_KILL  TELLS_FOREIGN  CAN_BE_ORPHANED  ORPHANED_NAME_IS_FREE
//!             WATCHES_LIFE  FOLDER
//! functions   open_file  remove_created  list  sweep  check_replaceable
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

pub(crate) mod atomic;
mod code;
#[cfg(feature = "capi")]
pub(crate) mod descriptor;
mod draft;
#[cfg(not(all(target_os = "linux", not(mmf_backend = "portable"))))]
mod end_word;
mod errors;
mod facts;
#[cfg(any(windows, test))]
mod generations;
pub(crate) mod handle;
mod lend;
mod object;
mod opening;
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

pub(crate) use errors::permissions_of_a_file;
