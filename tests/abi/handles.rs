//! Invalid handles: closed, made up, of another type, and closed by two threads at the same time.

use std::ptr::{null, null_mut};
use std::sync::Barrier;
use std::thread;

use mmf::ErrorKind;
use mmf::ffi::*;
use mmf_status_t::{MMF_STATUS_CLOSED, MMF_STATUS_INVALID_HANDLE, MMF_STATUS_OK};

use crate::common::unique;
use crate::{
    NUL_TERMINATED, anonymous, close, close_view, create_new, declared_functions, fails_with, view,
    works,
};

/// The name of a function, and a call of it.
type Call<Handle> = (&'static str, fn(Handle) -> mmf_status_t);

/// All functions that take this type of handle, with arguments that are otherwise valid.
macro_rules! table {
    ($handle:ident: $type:ty, $($function:ident($($argument:expr),*);)*) => {
        [$((
            stringify!($function),
            // SAFETY: the pointers are valid for the whole test, or NULL
            // where that is allowed.
            (|$handle| unsafe { $function($($argument),*) }) as fn($type) -> mmf_status_t,
        )),*]
    };
}

fn out<T>() -> *mut T {
    // The calls fail, so nothing is written here. If one did write, the memory would still be valid.
    Box::leak(Box::new(crate::untouched::<T>())).as_mut_ptr()
}

/// A structure that begins with its size, for input or output.
fn sized<T: Default>() -> *mut T {
    Box::leak(Box::default())
}

fn path() -> *const u8 {
    c"/nowhere/at-all".as_ptr().cast()
}

fn of_maps() -> Vec<Call<mmf_map_t>> {
    table! { map: mmf_map_t,
        mmf_map_close(map, null_mut());
        mmf_map_get_info(map, sized(), null_mut());
        mmf_map_get_name(map, out(), null_mut());
        mmf_map_get_name16(map, out(), null_mut());
        mmf_map_get_path(map, out(), null_mut());
        mmf_map_get_path16(map, out(), null_mut());
        mmf_map_duplicate_descriptor(map, out(), null_mut());
        mmf_map_set_inheritable(map, 0, null_mut());
        mmf_map_get_permissions(map, sized(), null_mut());
        mmf_map_set_permissions(map, sized(), null_mut());
        mmf_map_get_sddl(map, out(), null_mut());
        mmf_map_get_sddl16(map, out(), null_mut());
        mmf_map_set_sddl(map, path().cast(), NUL_TERMINATED, null_mut());
        mmf_map_set_sddl16(map, [65_u16, 0].as_ptr(), NUL_TERMINATED, null_mut());
        mmf_map_read(map, 0, [0_u8; 1].as_mut_ptr().cast(), 1, null_mut());
        mmf_map_write(map, 0, path().cast(), 1, null_mut());
        mmf_map_fill(map, 0, 1, 1, null_mut());
        mmf_map_flush(map, null_mut());
        mmf_map_save(map, path().cast(), NUL_TERMINATED, null(), null_mut());
        mmf_map_save16(map, [65_u16, 0].as_ptr(), NUL_TERMINATED, null(), null_mut());
        mmf_text_replace(map, path().cast(), NUL_TERMINATED, null(), null_mut());
        mmf_text_replace16(map, [65_u16, 0].as_ptr(), NUL_TERMINATED, null(), null_mut());
        mmf_text_append(map, path().cast(), NUL_TERMINATED, null(), null_mut());
        mmf_text_append16(map, [65_u16, 0].as_ptr(), NUL_TERMINATED, null(), null_mut());
        mmf_text_read(map, null(), out(), null_mut());
        mmf_text_read16(map, null(), out(), null_mut());
        mmf_text_read_into16(map, null(), null_mut(), 0, out(), null_mut());
        mmf_content_replace(map, path().cast(), 1, null(), null_mut());
        mmf_content_append(map, path().cast(), 1, null(), null_mut());
        mmf_content_read(map, null(), out(), null_mut());
        mmf_content_get_length(map, null(), out(), null_mut());
        mmf_lock_take(map, 1, 0, out(), null_mut());
        mmf_view_create(map, 0, 0, 0, out(), null_mut());
        mmf_watch_create(map, out(), null_mut());
        mmf_map_notify(map, null_mut());
    }
    .to_vec()
}

fn of_views() -> Vec<Call<mmf_view_t>> {
    table! { view: mmf_view_t,
        mmf_view_get_info(view, sized(), null_mut());
        mmf_view_flush(view, null_mut());
        mmf_view_close(view, null_mut());
    }
    .to_vec()
}

fn of_locks() -> Vec<Call<mmf_lock_t>> {
    table! { lock: mmf_lock_t,
        mmf_lock_release(lock, null_mut());
    }
    .to_vec()
}

fn of_watches() -> Vec<Call<mmf_watch_t>> {
    table! { watch: mmf_watch_t,
        mmf_watch_wait(watch, 0, out(), null_mut());
        mmf_watch_get_descriptor(watch, out(), null_mut());
        mmf_watch_close(watch, null_mut());
    }
    .to_vec()
}

#[test]
fn the_tables_contain_every_function_of_the_header() {
    let maps = of_maps().into_iter().map(|(name, _)| (name, "mmf_map_t map"));
    let views = of_views().into_iter().map(|(name, _)| (name, "mmf_view_t view"));
    let locks = of_locks().into_iter().map(|(name, _)| (name, "mmf_lock_t lock"));
    let watches = of_watches().into_iter().map(|(name, _)| (name, "mmf_watch_t watch"));
    let tested: Vec<_> = maps.chain(views).chain(locks).chain(watches).collect();
    for (name, parameters) in declared_functions() {
        for handle in ["mmf_map_t map", "mmf_view_t view", "mmf_lock_t lock", "mmf_watch_t watch"] {
            if parameters.contains(handle) {
                assert!(tested.contains(&(name.as_str(), handle)), "{name} is not in the tables");
            }
        }
    }
}

// One test for all types, because no other test may reuse the handles' slots meanwhile.
#[test]
fn every_function_distinguishes_closed_and_invalid_handles() {
    let map = anonymous(64);
    let closed = anonymous(64);
    let the_view = works(view(map, 0, 0, mmf_access_t::MMF_ACCESS_READ));
    let closed_view = works(view(map, 0, 0, mmf_access_t::MMF_ACCESS_READ));
    // SAFETY: every pointer is valid for its type.
    let lock: mmf_lock_t = works(|out, error| unsafe { mmf_lock_take(map, 1, 0, out, error) });
    // SAFETY: any number is allowed as a handle.
    assert_eq!(unsafe { mmf_lock_release(lock, null_mut()) }, MMF_STATUS_OK);
    let closed_lock = lock;
    // SAFETY: every pointer is valid for its type.
    let lock: mmf_lock_t = works(|out, error| unsafe { mmf_lock_take(map, 1, 0, out, error) });
    close(closed);
    close_view(closed_view);

    let mut bad = vec![(closed.id, MMF_STATUS_CLOSED)];
    bad.extend([the_view.id, lock.id, 1, u64::MAX].map(|id| (id, MMF_STATUS_INVALID_HANDLE)));
    // A slot number and a generation far above those in use.
    bad.extend([map.id | 1 << 54, map.id | 1 << 31].map(|id| (id, MMF_STATUS_INVALID_HANDLE)));
    for (name, call) in of_maps() {
        for &(id, status) in &bad {
            assert_eq!(call(mmf_map_t { id }), status, "{name} with 0x{id:x}");
        }
    }
    bad[0] = (closed_view.id, MMF_STATUS_CLOSED);
    bad[1].0 = map.id;
    bad[5].0 = the_view.id | 1 << 54;
    bad[6].0 = the_view.id | 1 << 31;
    for (name, call) in of_views() {
        for &(id, status) in &bad {
            assert_eq!(call(mmf_view_t { id }), status, "{name} with 0x{id:x}");
        }
    }
    bad[0] = (closed_lock.id, MMF_STATUS_CLOSED);
    bad[2].0 = the_view.id;
    bad[5].0 = lock.id | 1 << 54;
    bad[6].0 = lock.id | 1 << 31;
    for (name, call) in of_locks() {
        for &(id, status) in &bad {
            assert_eq!(call(mmf_lock_t { id }), status, "{name} with 0x{id:x}");
        }
    }
    // The lock in the options is also a handle.
    for &(id, status) in &bad {
        let options = mmf_text_options_t { lock: mmf_lock_t { id }, ..Default::default() };
        // SAFETY: the options are valid during the call.
        let found = unsafe { mmf_content_get_length(map, &options, out(), null_mut()) };
        assert_eq!(found, status, "a lock 0x{id:x} in the options");
    }
    // SAFETY: any number is allowed as a handle.
    assert_eq!(unsafe { mmf_lock_release(lock, null_mut()) }, MMF_STATUS_OK);
    close_view(the_view);
    // SAFETY: every pointer is valid for its type.
    let create = || works(|out, error| unsafe { mmf_watch_create(map, out, error) });
    let (closed_watch, watch): (mmf_watch_t, mmf_watch_t) = (create(), create());
    // SAFETY: any number is allowed as a handle.
    assert_eq!(unsafe { mmf_watch_close(closed_watch, null_mut()) }, MMF_STATUS_OK);
    bad[0] = (closed_watch.id, MMF_STATUS_CLOSED);
    bad[2].0 = map.id;
    bad[5].0 = watch.id | 1 << 54;
    bad[6].0 = watch.id | 1 << 31;
    for (name, call) in of_watches() {
        for &(id, status) in &bad {
            assert_eq!(call(mmf_watch_t { id }), status, "{name} with 0x{id:x}");
        }
    }
    // SAFETY: any number is allowed as a handle.
    assert_eq!(unsafe { mmf_watch_close(watch, null_mut()) }, MMF_STATUS_OK);
    close(map);
}

#[test]
fn closing_twice_is_an_error_and_does_not_affect_a_new_handle() {
    let first = anonymous(64);
    close(first);
    let newcomer = anonymous(128);
    assert_ne!(first, newcomer);
    // SAFETY: any number is allowed as a handle.
    let message =
        fails_with(ErrorKind::Closed, |_: *mut (), error| unsafe { mmf_map_close(first, error) });
    assert!(message.contains("was closed before"), "{message}");
    assert!(crate::info(newcomer).capacity >= 128);
    close(newcomer);
}

#[test]
fn if_two_threads_close_a_handle_one_succeeds() {
    for _ in 0..300 {
        let map = anonymous(64);
        let start = Barrier::new(2);
        let close = || {
            start.wait();
            // SAFETY: any number is allowed as a handle.
            unsafe { mmf_map_close(map, null_mut()) as i32 }
        };
        let mut statuses = thread::scope(|scope| {
            let other = scope.spawn(close);
            [close(), other.join().unwrap()]
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [MMF_STATUS_OK as i32, MMF_STATUS_CLOSED as i32]);
    }
}

#[test]
fn calls_on_a_map_that_is_being_closed_return_ok_or_closed() {
    for _ in 0..100 {
        let map = anonymous(4096);
        let start = Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    let mut bytes = [0_u8; 4096];
                    loop {
                        // SAFETY: the buffer has this many bytes.
                        match unsafe {
                            mmf_map_read(map, 0, bytes.as_mut_ptr().cast(), 4096, null_mut())
                        } {
                            MMF_STATUS_OK => {}
                            MMF_STATUS_CLOSED => break,
                            other => panic!("{other:?}"),
                        }
                    }
                });
            }
            start.wait();
            close(map);
        });
    }
}

#[test]
fn a_thousand_handles_at_once_are_all_different() {
    let maps: Vec<_> = (0..1000).map(|_| anonymous(1)).collect();
    let mut ids: Vec<_> = maps.iter().map(|map| map.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1000);
    maps.into_iter().for_each(close);
}

#[test]
fn a_view_and_a_lock_outlive_their_map() {
    let map = works(create_new(&unique("outlive"), 64, &Default::default()));
    let the_view = works(view(map, 0, 0, mmf_access_t::MMF_ACCESS_READ_WRITE));
    // SAFETY: every pointer is valid for its type.
    let lock: mmf_lock_t = works(|out, error| unsafe { mmf_lock_take(map, 1, 0, out, error) });
    close(map);
    // SAFETY: every pointer is valid for its type.
    let info: mmf_view_info_t =
        crate::works_sized(|out, error| unsafe { mmf_view_get_info(the_view, out, error) });
    // SAFETY: the view has 64 bytes, for writing.
    unsafe { info.pointer.cast::<u8>().add(63).write(1) };
    // SAFETY: any number is allowed as a handle.
    works(|_: *mut (), error| unsafe { mmf_view_flush(the_view, error) });
    close_view(the_view);
    // SAFETY: any number is allowed as a handle.
    works(|_: *mut (), error| unsafe { mmf_lock_release(lock, error) });
}
