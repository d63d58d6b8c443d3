//! How a map is created or opened.

use std::ffi::c_char;
use std::ptr;

use super::constants::{
    mmf_access_t, mmf_allocation_t, mmf_inheritability_t, mmf_rights_t, mmf_trusted_owner_t,
};
use super::number::{inheritable, out_of_range, time};
use super::permissions::permissions;
use super::pointer::{Lent, owned, size_t};
use super::structure::structure;
use crate::error::Result;
use crate::{Access, MapOptions, Rights, TrustedOwner};

/// Options for creating or opening a map. Initialize with `MMF_MAP_OPTIONS_INIT`, then change the
/// fields that should differ. NULL instead of the structure means the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct mmf_map_options_t {
    /// The size of this structure, as the macro sets it.
    pub struct_size: u32,
    /// The access that the map is created or opened with: an `MMF_ACCESS_` number. Default: reading
    /// and writing.
    pub access: i32,
    /// For `mmf_map_open` only: the rights of the handle, `MMF_RIGHTS_` bits. Default: the rights
    /// that `access` implies.
    pub rights: i32,
    /// For creating: an `MMF_ALLOCATION_` number. Default: now. Has no effect on file maps.
    pub allocation: i32,
    /// An `MMF_INHERITABILITY_` number. Default: none.
    pub inheritability: i32,
    /// For creating: Unix permission bits, for example 0660. Default -1: 0600, only the creating
    /// user.
    pub mode: i32,
    /// For creating: the owning user on Unix. Default -1: the creating user.
    pub uid: i64,
    /// For creating: the owning group on Unix. Default -1: the group of the creating process.
    pub gid: i64,
    /// For creating: a Windows security descriptor in SDDL. Default NULL: the creating user's own.
    pub sddl: *const c_char,
    /// The length of `sddl`, or `MMF_NUL_TERMINATED`.
    pub sddl_length: size_t,
    /// For `mmf_map_open` only: how many milliseconds to wait for a map that does not exist yet or
    /// is not ready yet; -1: no limit. Default 0: do not wait.
    pub wait_ms: i64,
    /// For `mmf_map_open` and `mmf_map_create_or_open`: the users whose maps are opened on Unix.
    /// Default 0: your own user (the effective one) and root. Above 0: also the user with this uid.
    /// `MMF_TRUSTED_OWNER_ANYONE`: every user. A named file map is opened only if it belongs to you
    /// or to root, even if other users are trusted. Has no effect on Windows, where the access
    /// control list of the map decides.
    pub trusted_owner: i64,
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

    /// The options for creating. The caller has checked the access.
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

    /// The options for creating, or for opening an existing map.
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

    /// The options for opening.
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
