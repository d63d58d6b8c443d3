//! Whose an object is, and whether its owner is trusted.

use std::ffi::CStr;

use crate::quoted::quoted;
use crate::security::TrustedOwner;

/// The uid that represents every user whom a user namespace does not map. Outside a namespace it is
/// an ordinary user, commonly called nobody.
const OVERFLOW: u32 = 65_534;

/// Whether what this user owns may be used.
pub(crate) fn is_trusted(uid: u32, trusted: TrustedOwner) -> bool {
    match trusted {
        TrustedOwner::Anyone => true,
        // Even if it is our own number: in a namespace it can be any user.
        _ if !is_known(uid) => false,
        TrustedOwner::User(user) if user == uid => true,
        // Root first: its number is known without a call.
        _ => uid == 0 || uid == rustix::process::geteuid().as_raw(),
    }
}

/// Whether the number stands for one user.
fn is_known(uid: u32) -> bool {
    if uid != OVERFLOW || !cfg!(target_os = "linux") {
        return true;
    }
    // What cannot be looked up is not known.
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    maps(&map, uid)
}

/// Whether a user namespace has this uid. Its lines say: the first uid here, the first one outside,
/// and how many.
fn maps(map: &str, uid: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(uid))
    })
}

/// A user for messages: by number and, where the system has one, by name.
pub(crate) fn describe(uid: u32) -> String {
    if !is_known(uid) {
        return format!("a user whom this user namespace does not know (uid {uid})");
    }
    match name_of(uid) {
        Some(name) => format!("the user {} (uid {uid})", quoted(&name)),
        None => format!("the user with uid {uid}"),
    }
}

/// The login name of a user, if the system has one and there is memory to ask for it.
fn name_of(uid: u32) -> Option<String> {
    /// More than any entry has; an endless answer of a broken directory service ends here.
    const LONGEST: usize = 1 << 16;
    let mut buffer: Vec<libc::c_char> = Vec::new();
    let mut size = 1 << 10;
    loop {
        buffer.try_reserve_exact(size - buffer.len()).ok()?;
        buffer.resize(size, 0);
        // SAFETY: all zero is a valid value of a structure of numbers and pointers.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found = std::ptr::null_mut();
        // SAFETY: the entry, the buffer with its length, and the result are ours for the call.
        let error = unsafe {
            libc::getpwuid_r(uid, &raw mut entry, buffer.as_mut_ptr(), size, &raw mut found)
        };
        match error {
            0 if found.is_null() || entry.pw_name.is_null() => return None,
            0 => {
                // SAFETY: found, so the name is a string within the buffer, which is still there.
                let name = unsafe { CStr::from_ptr(entry.pw_name) };
                return Some(name.to_string_lossy().into_owned());
            }
            libc::EINTR => {}
            libc::ERANGE if size < LONGEST => size *= 2,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_oneself_are_trusted_and_others_when_they_are_named() {
        let own = rustix::process::geteuid().as_raw();
        let other = own.wrapping_add(1).max(1000);
        for trusted in [TrustedOwner::SelfAndRoot, TrustedOwner::User(7), TrustedOwner::Anyone] {
            assert!(is_trusted(0, trusted), "{trusted:?}");
            assert!(is_trusted(own, trusted), "{trusted:?}");
            assert_eq!(is_trusted(other, trusted), trusted == TrustedOwner::Anyone);
        }
        assert!(is_trusted(other, TrustedOwner::User(other)));
    }

    #[test]
    fn a_namespace_knows_the_users_that_it_maps() {
        let whole = "         0          0 4294967295\n";
        assert!(maps(whole, OVERFLOW));
        assert!(maps("0 1000 1\n65534 70000 1\n", OVERFLOW));
        assert!(!maps("0 100000 65534\n", OVERFLOW));
        assert!(!maps("", OVERFLOW));
        assert!(!maps("65534\n65534 x 1\n65534 1 -1\n", OVERFLOW));
    }

    #[test]
    fn users_are_told_by_number_and_by_name_where_they_have_one() {
        assert_eq!(describe(0), "the user 'root' (uid 0)");
        assert_eq!(describe(3_999_999_999), "the user with uid 3999999999");
    }
}
