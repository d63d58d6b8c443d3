//! Security descriptors: as text (SDDL), at objects, and what they mean for the content lock.

use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, GENERIC_ALL, GENERIC_READ, GENERIC_WRITE, LocalFree,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetKernelObjectSecurity,
    GetSecurityDescriptorLength, OBJECT_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION,
    SACL_SECURITY_INFORMATION, SECURITY_ATTRIBUTES, SetKernelObjectSecurity,
};
use windows_sys::Win32::Storage::FileSystem::WRITE_DAC;
use windows_sys::Win32::System::SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE};
use windows_sys::Win32::System::Threading::MUTEX_ALL_ACCESS;

use super::wide::wide;
use crate::error::{Error, ErrorKind, Result};
use crate::os::code::code_of;
use crate::quoted::quoted;

/// The parts of a security descriptor that are read: owner and access control list.
pub(super) const READABLE: OBJECT_SECURITY_INFORMATION =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

/// Opening a mutex to wait for it takes all of its rights.
pub(super) const LOCK_RIGHTS: u32 = MUTEX_ALL_ACCESS;

/// A security descriptor in one piece, with offsets instead of pointers inside. In words, since
/// the system wants it aligned.
#[derive(Clone, Debug)]
pub(super) struct Descriptor(Vec<u32>);

// The header's words: revision and flags, then where the parts begin (0: absent).
const OWNER: usize = 1;
const GROUP: usize = 2;
const SACL: usize = 3;
const DACL: usize = 4;

impl Descriptor {
    /// Reads SDDL.
    pub(super) fn from_sddl(sddl: &str) -> Result<Descriptor> {
        let refused = |error: &io::Error| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The security descriptor {} is not valid SDDL: write it like 'D:(A;;GA;;;BA)(A;;GRGW;;;AU)'.",
                    quoted(sddl)
                ),
            )
            .with_os_code(error.raw_os_error().unwrap_or(0))
        };
        if sddl.contains('\0') {
            return Err(refused(&io::Error::from_raw_os_error(0)));
        }
        let text = wide(sddl);
        let mut found = ptr::null_mut();
        // SAFETY: the text ends with a NUL, and the address goes to a variable of ours.
        let done = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut found,
                ptr::null_mut(),
            )
        };
        if done == 0 {
            return Err(refused(&io::Error::last_os_error()));
        }
        // SAFETY: the call above gave a valid descriptor.
        let length = unsafe { GetSecurityDescriptorLength(found) } as usize;
        let mut words = vec![0; length.div_ceil(4)];
        // SAFETY: the descriptor has that many bytes, and the words have room for them.
        unsafe { ptr::copy_nonoverlapping(found.cast::<u8>(), words.as_mut_ptr().cast(), length) };
        // SAFETY: the call that gave the descriptor says to free it so, and it is used no more.
        unsafe { LocalFree(found) };
        Ok(Descriptor(words))
    }

    /// Reads parts of an object's security.
    pub(super) fn of(
        object: BorrowedHandle<'_>,
        parts: OBJECT_SECURITY_INFORMATION,
    ) -> io::Result<Descriptor> {
        let mut words = vec![0_u32; 64];
        loop {
            let room = u32::try_from(words.len() * 4).unwrap_or(u32::MAX);
            let mut needed = 0;
            // SAFETY: the handle is open, and the words have the room that is told.
            let done = unsafe {
                GetKernelObjectSecurity(
                    object.as_raw_handle(),
                    parts,
                    words.as_mut_ptr().cast(),
                    room,
                    &raw mut needed,
                )
            };
            if done != 0 {
                return Ok(Descriptor(words));
            }
            let error = io::Error::last_os_error();
            if code_of(&error) != ERROR_INSUFFICIENT_BUFFER || needed <= room {
                return Err(error);
            }
            words.resize((needed as usize).div_ceil(4), 0);
        }
    }

    /// Changes the object's security: the parts that this descriptor has.
    pub(super) fn apply(&self, object: BorrowedHandle<'_>) -> io::Result<()> {
        self.apply_parts(object, self.parts())
    }

    /// Changes only the access control list of the object.
    pub(super) fn apply_list(&self, object: BorrowedHandle<'_>) -> io::Result<()> {
        self.apply_parts(object, DACL_SECURITY_INFORMATION)
    }

    fn apply_parts(
        &self,
        object: BorrowedHandle<'_>,
        parts: OBJECT_SECURITY_INFORMATION,
    ) -> io::Result<()> {
        let mut words = self.0.clone();
        // SAFETY: the handle is open, and the words are a whole descriptor.
        let done = unsafe {
            SetKernelObjectSecurity(object.as_raw_handle(), parts, words.as_mut_ptr().cast())
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Which parts this descriptor has.
    pub(super) fn parts(&self) -> OBJECT_SECURITY_INFORMATION {
        /// The flag for a list of rights, which may be present and empty of everything.
        const DACL_PRESENT: u32 = 0x0004_0000;
        let mut parts = 0;
        for (word, part) in [
            (OWNER, OWNER_SECURITY_INFORMATION),
            (GROUP, GROUP_SECURITY_INFORMATION),
            (SACL, SACL_SECURITY_INFORMATION),
        ] {
            if self.0.get(word).is_some_and(|offset| *offset != 0) {
                parts |= part;
            }
        }
        if self.0.first().is_some_and(|flags| flags & DACL_PRESENT != 0) {
            parts |= DACL_SECURITY_INFORMATION;
        }
        parts
    }

    /// As SDDL.
    pub(super) fn to_sddl(&self) -> io::Result<String> {
        let mut words = self.0.clone();
        let mut text = ptr::null_mut();
        let mut length = 0;
        // SAFETY: the words are a whole descriptor, and the results go to variables of ours.
        let done = unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                words.as_mut_ptr().cast(),
                SDDL_REVISION_1,
                READABLE,
                &raw mut text,
                &raw mut length,
            )
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call gave a text of that many units, which nobody else has.
        let units = unsafe { std::slice::from_raw_parts(text, length as usize) };
        let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
        let sddl = String::from_utf16_lossy(&units[..end]);
        // SAFETY: the call that gave the text says to free it so, and it is used no more.
        unsafe { LocalFree(text.cast()) };
        Ok(sddl)
    }

    /// The descriptor of a related object, for example a lock: users who may use this object get
    /// the rights `granted`. The other argument lists the rights that count as using it.
    ///
    /// The rights of sections and files have other bits than those of mutexes and events, so the
    /// entries of the list stay and their rights change. Users who may change the object's list may
    /// change this one.
    pub(super) fn for_users(&self, read: u32, write: u32, granted: u32) -> Descriptor {
        // A descriptor that no object has had yet may name rights by what they are for.
        let (read, write) = (read | GENERIC_READ | GENERIC_ALL, write | GENERIC_WRITE);
        let mut users = self.clone();
        let Some(&dacl) = self.0.get(DACL).filter(|offset| **offset != 0) else { return users };
        let list = dacl as usize / 4;
        // A list: revision and size in the first word, the number of its entries in the second.
        let count = self.0.get(list + 1).map_or(0, |word| word & 0xFFFF);
        let mut entry = list + 2;
        for _ in 0..count {
            // An entry: kind, flags and size in the first word, the rights in the second.
            let Some(&[head, mask]) = self.0.get(entry..entry + 2) else { break };
            let counts = match head & 0xFF {
                ACCESS_ALLOWED_ACE_TYPE => mask & (read | write) != 0,
                ACCESS_DENIED_ACE_TYPE => mask & read != 0,
                _ => false,
            };
            let changes = if mask & (WRITE_DAC | GENERIC_ALL) != 0 { WRITE_DAC } else { 0 };
            users.0[entry + 1] = if counts { granted | changes } else { 0 };
            match (head >> 16) as usize / 4 {
                0 => break,
                words => entry += words,
            }
        }
        users
    }

    /// The rights in the entries of the list, in their order.
    #[cfg(test)]
    pub(super) fn masks(&self) -> Vec<u32> {
        let list = self.0[DACL] as usize / 4;
        let mut entry = list + 2;
        let mut masks = Vec::new();
        for _ in 0..self.0[list + 1] & 0xFFFF {
            masks.push(self.0[entry + 1]);
            entry += (self.0[entry] >> 16) as usize / 4;
        }
        masks
    }

    fn as_ptr(&self) -> *const u32 {
        self.0.as_ptr()
    }
}

/// The attributes that an object is created with; the descriptor must outlive them.
pub(super) fn attributes(descriptor: Option<&Descriptor>, inherit: bool) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor
            .map_or(ptr::null_mut(), |it| it.as_ptr().cast_mut().cast()),
        bInheritHandle: inherit.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: u32 = 4;
    const WRITE: u32 = 2;

    #[test]
    fn sddl_comes_back() {
        for sddl in ["D:(A;;GA;;;WD)", "O:BAG:BAD:(D;;GW;;;BG)(A;;GR;;;AU)"] {
            let descriptor = Descriptor::from_sddl(sddl).expect("valid SDDL");
            assert_eq!(descriptor.to_sddl().expect("text"), sddl);
        }
    }

    #[test]
    fn what_is_no_sddl_is_refused() {
        for sddl in ["x", "D:(A;;GA;;;", "D:(A;;GA;;;WD)\0"] {
            let error = Descriptor::from_sddl(sddl).expect_err(sddl);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{sddl:?}");
        }
    }

    #[test]
    fn the_parts_are_those_that_were_written() {
        let parts = |sddl| Descriptor::from_sddl(sddl).expect("valid SDDL").parts();
        assert_eq!(parts("D:(A;;GA;;;WD)"), DACL_SECURITY_INFORMATION);
        assert_eq!(parts("D:"), DACL_SECURITY_INFORMATION);
        assert_eq!(parts("O:BA"), OWNER_SECURITY_INFORMATION);
    }

    #[test]
    fn whoever_may_map_may_lock_and_nobody_else() {
        // Readers, writers, a user who may only read the permissions, and a user without access.
        let section = "D:(D;;0x4;;;BG)(D;;0x2;;;AN)(A;;0x4;;;AU)(A;;0x6;;;BA)(A;;RC;;;WD)";
        let section = Descriptor::from_sddl(section).expect("valid SDDL");
        let lock = section.for_users(READ, WRITE, LOCK_RIGHTS).to_sddl().expect("text");
        assert_eq!(
            lock,
            "D:(D;;0x1f0001;;;BG)(D;;;;;AN)(A;;0x1f0001;;;AU)(A;;0x1f0001;;;BA)(A;;;;;WD)"
        );
        let section = Descriptor::from_sddl("D:(D;;GW;;;BG)(A;;GA;;;BA)(A;;GX;;;WD)");
        let lock = section
            .expect("valid SDDL")
            .for_users(READ, WRITE, LOCK_RIGHTS)
            .to_sddl()
            .expect("text");
        assert_eq!(lock, "D:(D;;;;;BG)(A;;0x1f0001;;;BA)(A;;;;;WD)");
    }
}
