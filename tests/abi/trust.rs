//! Trusted owners in the C ABI.

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
#[cfg(unix)]
use crate::common::{not_run, seen};
use crate::{close, create_new, create_or_open, fails_with, open, works};

const ANYONE: i64 = mmf_trusted_owner_t::MMF_TRUSTED_OWNER_ANYONE as i64;

fn trusting(trusted_owner: i64) -> mmf_map_options_t {
    mmf_map_options_t { trusted_owner, ..Default::default() }
}

#[test]
fn an_invalid_uid_is_refused_and_any_other_is_accepted() {
    let name = unique("trust");
    let map = works(create_new(&name, 64, &Default::default()));
    for invalid in [-1, -3, i64::MIN, 0xFFFF_FFFF, i64::MAX] {
        let message = fails_with(ErrorKind::OutOfRange, open(&name, &trusting(invalid)));
        assert!(message.contains(&invalid.to_string()), "{message}");
        fails_with(ErrorKind::OutOfRange, create_or_open(&name, 64, &trusting(invalid)));
    }
    // A user's own map can always be opened.
    for uid in [0, 1, 1234, 0xFFFF_FFFE, ANYONE] {
        close(works(open(&name, &trusting(uid))));
        close(works(create_or_open(&name, 64, &trusting(uid))));
    }
    close(map);
}

#[cfg(unix)]
#[test]
fn another_users_map_opens_only_if_trusted_and_the_list_says_whether_it_is() {
    const OWNER: u32 = 31_234;
    let name = unique("trust");
    let Some(place) = seen(&name) else {
        not_run("trust: C", "maps in memory are not files here");
        return;
    };
    std::fs::write(&place, "theirs").unwrap();
    if std::os::unix::fs::chown(&place, Some(OWNER), None).is_err() {
        not_run("trust: C", "only root can give a file away");
        std::fs::remove_file(&place).unwrap();
        return;
    }
    for stranger in [0, 1234] {
        let message = fails_with(ErrorKind::AccessDenied, open(&name, &trusting(stranger)));
        assert!(message.contains(&format!("uid {OWNER}")), "{message}");
        fails_with(ErrorKind::AccessDenied, create_or_open(&name, 64, &trusting(stranger)));
    }
    for friend in [i64::from(OWNER), ANYONE] {
        close(works(open(&name, &trusting(friend))));
        close(works(create_or_open(&name, 64, &trusting(friend))));
    }
    let own = unique("trust");
    let map = works(create_new(&own, 64, &Default::default()));
    // SAFETY: the entries are `stride` bytes apart.
    let list = works(|out: *mut mmf_list_t, error| unsafe { mmf_list_get(out, error) });
    let mut found = Vec::new();
    for index in 0..list.length {
        // SAFETY: as above.
        let entry = unsafe {
            *list.entries.cast::<u8>().add(index * list.stride).cast::<mmf_list_entry_t>()
        };
        // SAFETY: the name has this length.
        let text =
            unsafe { std::slice::from_raw_parts(entry.name.data.cast::<u8>(), entry.name.length) };
        if text == name.as_bytes() || text == own.as_bytes() {
            found.push((entry.uid, entry.trusted));
        }
    }
    // SAFETY: the list is freed once.
    unsafe { mmf_list_free(list) };
    // The portable back end lists only its own maps.
    let theirs = (i64::from(OWNER), 0);
    assert_eq!(found.contains(&theirs), !cfg!(mmf_backend = "portable"), "{found:?}");
    assert!(found.contains(&(0, 1)), "{found:?}");
    close(map);
    std::fs::remove_file(&place).unwrap();
}
