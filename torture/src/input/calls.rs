//! Every function of the header, each with the arguments that it can be given.
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "each block makes one call and checks its result"
)]

use std::ffi::c_char;
use std::ptr::{self, null};
use std::sync::atomic::Ordering;

use mmf::ffi::*;

use super::caller::{Caller, pointer};
use super::violation;

/// The weight of a call, and the function that makes it.
type Call = (usize, fn(&mut Caller<'_>));

pub(crate) const CALLS: &[Call] = &[
    (8, create_anonymous),
    (8, create_new),
    (8, create_or_open),
    (8, open),
    (2, create_from_file),
    (2, create_from_descriptor),
    (10, close),
    (6, info),
    (4, name),
    (2, path),
    (2, duplicate),
    (2, inheritable),
    (2, permissions),
    (2, set_permissions),
    (1, sddl),
    (1, set_sddl),
    (14, read),
    (14, write),
    (8, fill),
    (2, flush),
    (2, save),
    (14, replace),
    (18, append),
    (10, read_text),
    (12, read_text_into),
    (8, replace_content),
    (10, append_content),
    (8, read_content),
    (8, content_length),
    (8, take_lock),
    (12, release_lock),
    (8, create_view),
    (6, view_info),
    (2, flush_view),
    (8, close_view),
    (1, list),
    (1, describe),
    (1, version),
    (3, create_watch),
    (4, wait),
    (2, watch_descriptor),
    (3, close_watch),
    (1, notify),
];

/// The sum of all weights, which one byte can select from.
pub(crate) const WEIGHTS: usize = {
    let (mut sum, mut at) = (0, 0);
    while at < CALLS.len() {
        sum += CALLS[at].0;
        at += 1;
    }
    assert!(sum <= 256);
    sum
};

// SAFETY, for every call below: pointers are NULL or point to memory of the given length, or the length
// is impossible. Any number is allowed as a handle.

fn keep_map(caller: &mut Caller<'_>, map: Option<mmf_map_t>) {
    if let Some(map) = map {
        let place = caller.source.below(caller.pool.maps.len());
        caller.pool.put_map(place, map);
    }
}

fn create_anonymous(caller: &mut Caller<'_>) {
    let (capacity, options) = (caller.capacity(), caller.map_options());
    // SAFETY: see above.
    let map = caller.call_checked("mmf_map_create_new", |out, error| unsafe {
        mmf_map_create_new(null(), 0, capacity, pointer(&options), out, error)
    });
    keep_map(caller, map);
}

/// A function that takes a name, in UTF-8 and UTF-16.
macro_rules! named {
    ($call:ident, $function:ident, $function16:ident $(, $capacity:ident)?) => {
        fn $call(caller: &mut Caller<'_>) {
            $(let $capacity = caller.capacity();)?
            let options = caller.map_options();
            let map = if caller.source.one_in(2) {
                let name = caller.name16();
                // SAFETY: see above.
                caller.call_checked(stringify!($function16), |out, error| unsafe {
                    $function16(
                        name.data(), name.length(), $($capacity,)? pointer(&options), out, error,
                    )
                })
            } else {
                let name = caller.name();
                // SAFETY: see above.
                caller.call_checked(stringify!($function), |out, error| unsafe {
                    $function(
                        name.data(), name.length(), $($capacity,)? pointer(&options), out, error,
                    )
                })
            };
            keep_map(caller, map);
        }
    };
}

named!(create_new, mmf_map_create_new, mmf_map_create_new16, capacity);
named!(create_or_open, mmf_map_create_or_open, mmf_map_create_or_open16, capacity);
named!(open, mmf_map_open, mmf_map_open16);

fn create_from_file(caller: &mut Caller<'_>) {
    let (capacity, options) = (caller.capacity(), caller.map_options());
    let mode = caller.of_enumeration(6);
    caller.pool.has_files.store(true, Ordering::Relaxed);
    let nameless = caller.source.one_in(2);
    let map = if caller.source.one_in(2) {
        let (path, name) = (caller.path16(), caller.name16());
        let (name, length) = if nameless { (null(), 0) } else { (name.data(), name.length()) };
        // SAFETY: see above.
        caller.call_checked("mmf_map_create_from_file16", |out, error| unsafe {
            mmf_map_create_from_file16(
                path.data(),
                path.length(),
                mode,
                name,
                length,
                capacity,
                pointer(&options),
                out,
                error,
            )
        })
    } else {
        let (path, name) = (caller.path(), caller.name());
        let (name, length) = if nameless { (null(), 0) } else { (name.data(), name.length()) };
        // SAFETY: see above.
        caller.call_checked("mmf_map_create_from_file", |out, error| unsafe {
            mmf_map_create_from_file(
                path.data(),
                path.length(),
                mode,
                name,
                length,
                capacity,
                pointer(&options),
                out,
                error,
            )
        })
    };
    keep_map(caller, map);
}

/// A duplicated descriptor, or an invalid number.
fn create_from_descriptor(caller: &mut Caller<'_>) {
    let map = caller.map();
    let own = caller.call_checked("mmf_map_duplicate_descriptor", |out, error| {
        // SAFETY: see above.
        unsafe { mmf_map_duplicate_descriptor(map, out, error) }
    });
    let (capacity, options) = (caller.capacity(), caller.map_options());
    // Mostly the whole file.
    let capacity = if caller.source.one_in(4) { capacity } else { 0 };
    let wrong = caller.source.pick(&[-1, isize::MIN, 1 << 30, -2]);
    let descriptor = own.unwrap_or(wrong);
    let leave_open = caller.of_enumeration(1);
    let name = caller.name();
    let (name_data, length) =
        if caller.source.one_in(4) { (name.data(), name.length()) } else { (null(), 0) };
    let map = caller.call_checked("mmf_map_create_from_descriptor", |out, error| {
        // SAFETY: see above; nothing else uses the descriptor.
        unsafe {
            mmf_map_create_from_descriptor(
                descriptor,
                leave_open,
                name_data,
                length,
                capacity,
                pointer(&options),
                out,
                error,
            )
        }
    });
    // After a successful call without `leave_open`, the library owns the descriptor.
    if let Some(own) = own
        && (map.is_none() || leave_open != 0)
    {
        close_descriptor(own);
    }
    keep_map(caller, map);
}

#[cfg(unix)]
fn close_descriptor(descriptor: isize) {
    // SAFETY: nothing else uses the descriptor.
    if unsafe { libc::close(descriptor as i32) } != 0 {
        violation(&format!("closed the descriptor {descriptor}, which must stay open"));
    }
}

#[cfg(windows)]
fn close_descriptor(descriptor: isize) {
    use std::os::windows::io::{FromRawHandle, OwnedHandle};
    // SAFETY: nothing else uses the descriptor.
    drop(unsafe { OwnedHandle::from_raw_handle(descriptor as *mut std::ffi::c_void) });
}

fn close(caller: &mut Caller<'_>) {
    let map = caller.map();
    // SAFETY: see above.
    let closed = caller
        .call_checked("mmf_map_close", |_: *mut (), error| unsafe { mmf_map_close(map, error) });
    if closed.is_some() && map.id != 0 {
        caller.remember(map.id);
        // SAFETY: see above.
        let again = unsafe { mmf_map_close(map, ptr::null_mut()) };
        if again != mmf_status_t::MMF_STATUS_CLOSED {
            violation(&format!("mmf_map_close returned {again:?} for a closed handle"));
        }
    }
}

fn info(caller: &mut Caller<'_>) {
    let map = caller.map();
    let info: Option<mmf_map_info_t> =
        // SAFETY: see above.
        caller.call_sized("mmf_map_get_info", |out, error| unsafe { mmf_map_get_info(map, out, error) });
    if let Some(info) = info
        && (!(1..=4).contains(&info.kind) || info.capacity < 0 || !(0..=5).contains(&info.access))
    {
        violation(&format!("mmf_map_get_info returned {info:?}"));
    }
}

/// Checks a text of the library, including the NUL after it, and frees it.
fn check_and_free(text: Option<mmf_text_t>) {
    let Some(text) = text else { return };
    if !text.data.is_null() {
        // SAFETY: the text has this many bytes and a NUL.
        let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length + 1) };
        if bytes[text.length] != 0 || std::str::from_utf8(bytes).is_err() {
            violation(&format!("returned an invalid text: {bytes:?}"));
        }
    }
    // SAFETY: the library allocated the text, which is freed once.
    unsafe { mmf_text_free(text) };
}

fn check_and_free16(text: Option<mmf_text16_t>) {
    let Some(text) = text else { return };
    if !text.data.is_null() {
        // SAFETY: the text has this many code units and a NUL.
        let units = unsafe { std::slice::from_raw_parts(text.data, text.length + 1) };
        if units[text.length] != 0 || String::from_utf16(units).is_err() {
            violation(&format!("returned an invalid text: {units:?}"));
        }
    }
    // SAFETY: the library allocated the text, which is freed once.
    unsafe { mmf_text_free16(text) };
}

/// A function that returns a text of a map, in UTF-8 and UTF-16.
macro_rules! returns_text {
    ($call:ident, $function:ident, $function16:ident) => {
        fn $call(caller: &mut Caller<'_>) {
            let map = caller.map();
            if caller.source.one_in(2) {
                check_and_free16(caller.call_checked(stringify!($function16), |out, error| {
                    // SAFETY: see above.
                    unsafe { $function16(map, out, error) }
                }));
            } else {
                // SAFETY: see above.
                check_and_free(caller.call_checked(stringify!($function), |out, error| unsafe {
                    $function(map, out, error)
                }));
            }
        }
    };
}

returns_text!(name, mmf_map_get_name, mmf_map_get_name16);
returns_text!(path, mmf_map_get_path, mmf_map_get_path16);
returns_text!(sddl, mmf_map_get_sddl, mmf_map_get_sddl16);

fn duplicate(caller: &mut Caller<'_>) {
    let map = caller.map();
    let descriptor = caller.call_checked("mmf_map_duplicate_descriptor", |out, error| {
        // SAFETY: see above.
        unsafe { mmf_map_duplicate_descriptor(map, out, error) }
    });
    if let Some(descriptor) = descriptor {
        close_descriptor(descriptor);
    }
}

fn inheritable(caller: &mut Caller<'_>) {
    let (map, wanted) = (caller.map(), caller.of_enumeration(1));
    // SAFETY: see above.
    caller.call_checked("mmf_map_set_inheritable", |_: *mut (), error| unsafe {
        mmf_map_set_inheritable(map, wanted, error)
    });
}

fn permissions(caller: &mut Caller<'_>) {
    let map = caller.map();
    let found: Option<mmf_permissions_t> =
        // SAFETY: see above.
        caller.call_sized("mmf_map_get_permissions", |out, error| unsafe {
            mmf_map_get_permissions(map, out, error)
        });
    if found.is_some_and(|found| !(-1..=0o777).contains(&found.mode)) {
        violation(&format!("mmf_map_get_permissions returned {found:?}"));
    }
}

fn set_permissions(caller: &mut Caller<'_>) {
    let map = caller.map();
    let permissions = mmf_permissions_t {
        mode: caller.source.pick(&[-1, 0o600, 0o660, 0o666, 0, 0o777, -2, i32::MAX]),
        uid: caller.source.pick(&[-1, -1, -1, 0, -2, i64::MAX]),
        gid: caller.source.pick(&[-1, -1, -1, 0, -2, i64::MIN]),
        ..Default::default()
    };
    let given = if caller.source.one_in(32) { null() } else { ptr::from_ref(&permissions) };
    // SAFETY: see above.
    caller.call_checked("mmf_map_set_permissions", |_: *mut (), error| unsafe {
        mmf_map_set_permissions(map, given, error)
    });
}

fn set_sddl(caller: &mut Caller<'_>) {
    let map = caller.map();
    if caller.source.one_in(2) {
        let text = caller.units();
        // SAFETY: see above.
        caller.call_checked("mmf_map_set_sddl16", |_: *mut (), error| unsafe {
            mmf_map_set_sddl16(map, text.data(), text.length(), error)
        });
    } else {
        let text = caller.bytes();
        // SAFETY: see above.
        caller.call_checked("mmf_map_set_sddl", |_: *mut (), error| unsafe {
            mmf_map_set_sddl(map, text.data(), text.length(), error)
        });
    }
}

/// The real size, or an invalid one: any size with NULL, or an impossible size.
fn size<T>(caller: &mut Caller<'_>, data: *mut T, real: usize) -> (*mut T, usize) {
    match caller.source.below(32) {
        0 => (ptr::null_mut(), caller.source.pick(&[0, 1, usize::MAX])),
        1 => (data, caller.source.pick(&[usize::MAX, isize::MAX as usize + 1])),
        _ => (data, real),
    }
}

fn read(caller: &mut Caller<'_>) {
    let (map, offset) = (caller.map(), caller.number());
    let mut buffer = vec![0_u8; usize::from(caller.source.byte())];
    let (data, length) = size(caller, buffer.as_mut_ptr(), buffer.len());
    // SAFETY: see above.
    caller.call_checked("mmf_map_read", |_: *mut (), error| unsafe {
        mmf_map_read(map, offset, data.cast(), length as _, error)
    });
}

fn write(caller: &mut Caller<'_>) {
    let (map, offset) = (caller.map(), caller.number());
    let mut buffer = vec![caller.source.byte(); usize::from(caller.source.byte())];
    let (data, length) = size(caller, buffer.as_mut_ptr(), buffer.len());
    // SAFETY: see above.
    caller.call_checked("mmf_map_write", |_: *mut (), error| unsafe {
        mmf_map_write(map, offset, data.cast_const().cast(), length as _, error)
    });
}

fn fill(caller: &mut Caller<'_>) {
    let (map, offset, count) = (caller.map(), caller.number(), caller.number());
    let value = if caller.source.one_in(2) { caller.source.byte() } else { 0 };
    // SAFETY: see above.
    caller.call_checked("mmf_map_fill", |_: *mut (), error| unsafe {
        mmf_map_fill(map, offset, count, value, error)
    });
}

fn flush(caller: &mut Caller<'_>) {
    let map = caller.map();
    // SAFETY: see above.
    caller.call_checked("mmf_map_flush", |_: *mut (), error| unsafe { mmf_map_flush(map, error) });
}

fn save(caller: &mut Caller<'_>) {
    let map = caller.map();
    let text = caller.text_options();
    let mut options = caller.save_options();
    if let Some(options) = &mut options {
        options.text = pointer(&text);
    } else if caller.pool.locking {
        // Another thread may hold the lock for any time.
        return;
    }
    if caller.source.one_in(2) {
        let path = caller.path16();
        // SAFETY: see above.
        caller.call_checked("mmf_map_save16", |_: *mut (), error| unsafe {
            mmf_map_save16(map, path.data(), path.length(), pointer(&options), error)
        });
    } else {
        let path = caller.path();
        // SAFETY: see above.
        caller.call_checked("mmf_map_save", |_: *mut (), error| unsafe {
            mmf_map_save(map, path.data(), path.length(), pointer(&options), error)
        });
    }
}

/// A function that takes a text, in UTF-8 and UTF-16.
macro_rules! takes_text {
    ($call:ident, $function:ident, $function16:ident) => {
        fn $call(caller: &mut Caller<'_>) {
            let (map, options) = (caller.map(), caller.text_options());
            if caller.source.one_in(2) {
                let text = caller.units();
                // SAFETY: see above.
                caller.call_checked(stringify!($function16), |_: *mut (), error| unsafe {
                    $function16(map, text.data(), text.length(), pointer(&options), error)
                });
            } else {
                let text = caller.bytes();
                // SAFETY: see above.
                caller.call_checked(stringify!($function), |_: *mut (), error| unsafe {
                    $function(map, text.data(), text.length(), pointer(&options), error)
                });
            }
        }
    };
}

takes_text!(replace, mmf_text_replace, mmf_text_replace16);
takes_text!(append, mmf_text_append, mmf_text_append16);

fn read_text(caller: &mut Caller<'_>) {
    let (map, options) = (caller.map(), caller.text_options());
    if caller.source.one_in(2) {
        // SAFETY: see above.
        check_and_free16(caller.call_checked("mmf_text_read16", |out, error| unsafe {
            mmf_text_read16(map, pointer(&options), out, error)
        }));
    } else {
        // SAFETY: see above.
        check_and_free(caller.call_checked("mmf_text_read", |out, error| unsafe {
            mmf_text_read(map, pointer(&options), out, error)
        }));
    }
}

fn read_text_into(caller: &mut Caller<'_>) {
    let (map, options) = (caller.map(), caller.text_options());
    let mut buffer = vec![0_u16; usize::from(caller.source.byte())];
    let (data, capacity) = size(caller, buffer.as_mut_ptr(), buffer.len());
    let data = if caller.source.one_in(64) { data.wrapping_byte_add(1) } else { data };
    // An odd pointer is refused before anything is written.
    // SAFETY: see above.
    caller.call_checked("mmf_text_read_into16", |out: *mut usize, error| unsafe {
        mmf_text_read_into16(map, pointer(&options), data, capacity, out, error)
    });
}

fn replace_content(caller: &mut Caller<'_>) {
    let (map, options, data) = (caller.map(), caller.text_options(), caller.bytes());
    // SAFETY: see above.
    caller.call_checked("mmf_content_replace", |_: *mut (), error| unsafe {
        mmf_content_replace(map, data.data().cast(), data.length(), pointer(&options), error)
    });
}

fn append_content(caller: &mut Caller<'_>) {
    let (map, options, data) = (caller.map(), caller.text_options(), caller.bytes());
    // SAFETY: see above.
    caller.call_checked("mmf_content_append", |_: *mut (), error| unsafe {
        mmf_content_append(map, data.data().cast(), data.length(), pointer(&options), error)
    });
}

fn read_content(caller: &mut Caller<'_>) {
    let (map, options) = (caller.map(), caller.text_options());
    // SAFETY: see above.
    let bytes = caller.call_checked("mmf_content_read", |out: *mut mmf_bytes_t, error| unsafe {
        mmf_content_read(map, pointer(&options), out, error)
    });
    let Some(bytes) = bytes else { return };
    if !bytes.data.is_null() {
        // SAFETY: there are this many bytes and a NUL.
        let slice = unsafe { std::slice::from_raw_parts(bytes.data, bytes.length + 1) };
        if slice[bytes.length] != 0 || (bytes.length > 0 && slice[bytes.length - 1] == 0) {
            violation("mmf_content_read returned bytes of another length than the content");
        }
    }
    // SAFETY: the library allocated the bytes, which are freed once.
    unsafe { mmf_bytes_free(bytes) };
}

fn content_length(caller: &mut Caller<'_>) {
    let (map, options) = (caller.map(), caller.text_options());
    // SAFETY: see above.
    let length: Option<i64> = caller.call_checked("mmf_content_get_length", |out, error| unsafe {
        mmf_content_get_length(map, pointer(&options), out, error)
    });
    if length.is_some_and(|length| length < 0) {
        violation(&format!("mmf_content_get_length returned {length:?}"));
    }
}

fn take_lock(caller: &mut Caller<'_>) {
    let (map, mode) = (caller.map(), caller.of_enumeration(1));
    if !caller.pool.locking {
        return content_length(caller);
    }
    let timeout = caller.source.pick(&[0, 0, 0, 1, -2, i64::MIN]);
    let lock = caller.call_checked("mmf_lock_take", |out, error| {
        // SAFETY: see above.
        unsafe { mmf_lock_take(map, mode, timeout, out, error) }
    });
    if let Some(lock) = lock {
        let place = caller.source.below(caller.pool.locks.len());
        caller.pool.put_lock(place, lock);
    }
}

fn release_lock(caller: &mut Caller<'_>) {
    let lock = caller.lock();
    // SAFETY: see above.
    let released = caller.call_checked("mmf_lock_release", |_: *mut (), error| unsafe {
        mmf_lock_release(lock, error)
    });
    if released.is_some() && lock.id != 0 {
        caller.remember(lock.id);
    }
}

fn create_watch(caller: &mut Caller<'_>) {
    let map = caller.map();
    let watch = caller.call_checked("mmf_watch_create", |out, error| {
        // SAFETY: see above.
        unsafe { mmf_watch_create(map, out, error) }
    });
    if let Some(watch) = watch {
        let place = caller.source.below(caller.pool.watches.len());
        caller.pool.put_watch(place, watch);
    }
}

/// Waits with a time-out, because there may be no write.
fn wait(caller: &mut Caller<'_>) {
    let watch = caller.watch();
    let timeout = caller.source.pick(&[0, 0, 0, 1, -2, i64::MIN]);
    let event = caller.call_checked("mmf_watch_wait", |out: *mut i32, error| {
        // SAFETY: see above.
        unsafe { mmf_watch_wait(watch, timeout, out, error) }
    });
    if event.is_some_and(|event| !(0..=5).contains(&event)) {
        violation(&format!("mmf_watch_wait returned {event:?}"));
    }
}

fn watch_descriptor(caller: &mut Caller<'_>) {
    let watch = caller.watch();
    // The descriptor is not waited for, because another thread may close it at any time.
    let descriptor = caller.call_checked("mmf_watch_get_descriptor", |out: *mut isize, error| {
        // SAFETY: see above.
        unsafe { mmf_watch_get_descriptor(watch, out, error) }
    });
    if cfg!(unix) && descriptor.is_some_and(|descriptor| descriptor < 0) {
        violation(&format!("mmf_watch_get_descriptor returned {descriptor:?}"));
    }
}

fn close_watch(caller: &mut Caller<'_>) {
    let watch = caller.watch();
    // SAFETY: see above.
    let closed = caller.call_checked("mmf_watch_close", |_: *mut (), error| unsafe {
        mmf_watch_close(watch, error)
    });
    if closed.is_some() && watch.id != 0 {
        caller.remember(watch.id);
    }
}

fn notify(caller: &mut Caller<'_>) {
    let map = caller.map();
    // SAFETY: see above.
    caller
        .call_checked("mmf_map_notify", |_: *mut (), error| unsafe { mmf_map_notify(map, error) });
}

fn create_view(caller: &mut Caller<'_>) {
    let (map, offset, length) = (caller.map(), caller.number(), caller.number());
    let access = caller.of_enumeration(5);
    // SAFETY: see above.
    let view: Option<mmf_view_t> = caller.call_checked("mmf_view_create", |out, error| unsafe {
        mmf_view_create(map, offset, length, access, out, error)
    });
    let Some(view) = view else { return };
    // No other thread knows the view yet, so its memory exists.
    // SAFETY: see above.
    let info: Option<mmf_view_info_t> = caller
        .call_sized("mmf_view_get_info", |out, error| unsafe {
            mmf_view_get_info(view, out, error)
        });
    if let Some(info) = info
        && info.size > 0
        && info.access != mmf_access_t::MMF_ACCESS_WRITE as i32
        && !caller.pool.has_files.load(Ordering::Relaxed)
    {
        let memory = info.pointer.cast::<u8>();
        // SAFETY: the view has this size, and no file of this session can be truncated.
        let ends = unsafe { [memory.read_volatile(), memory.add(info.size - 1).read_volatile()] };
        std::hint::black_box(ends);
    }
    let place = caller.source.below(caller.pool.views.len());
    caller.pool.put_view(place, view);
}

fn view_info(caller: &mut Caller<'_>) {
    let view = caller.view();
    // SAFETY: see above.
    let info: Option<mmf_view_info_t> = caller
        .call_sized("mmf_view_get_info", |out, error| unsafe {
            mmf_view_get_info(view, out, error)
        });
    if info.is_some_and(|info| info.pointer.is_null() || info.offset < 0) {
        violation(&format!("mmf_view_get_info returned {info:?}"));
    }
}

fn flush_view(caller: &mut Caller<'_>) {
    let view = caller.view();
    // SAFETY: see above.
    caller
        .call_checked("mmf_view_flush", |_: *mut (), error| unsafe { mmf_view_flush(view, error) });
}

fn close_view(caller: &mut Caller<'_>) {
    let view = caller.view();
    // SAFETY: see above.
    let closed = caller
        .call_checked("mmf_view_close", |_: *mut (), error| unsafe { mmf_view_close(view, error) });
    if closed.is_some() && view.id != 0 {
        caller.remember(view.id);
    }
}

fn list(caller: &mut Caller<'_>) {
    if caller.source.one_in(2) {
        // SAFETY: see above.
        let list = caller.call_checked("mmf_list_get16", |out: *mut mmf_list16_t, error| unsafe {
            mmf_list_get16(out, error)
        });
        if let Some(list) = list {
            // SAFETY: the library allocated the list, which is freed once.
            unsafe { mmf_list_free16(list) };
        }
    } else {
        // SAFETY: see above.
        let list = caller.call_checked("mmf_list_get", |out: *mut mmf_list_t, error| unsafe {
            mmf_list_get(out, error)
        });
        if let Some(list) = list {
            // SAFETY: the library allocated the list, which is freed once.
            unsafe { mmf_list_free(list) };
        }
    }
}

fn describe(caller: &mut Caller<'_>) {
    let status = caller.of_enumeration(70);
    // SAFETY: see above.
    caller.call_checked("mmf_status_describe", |out: *mut *const c_char, _| unsafe {
        mmf_status_describe(status, out)
    });
}

fn version(caller: &mut Caller<'_>) {
    // SAFETY: see above; three valid pointers, or NULL three times.
    caller.call_checked("mmf_version_get", |out: *mut [u32; 3], _| unsafe {
        let number = out.cast::<u32>();
        let at = |index: usize| if out.is_null() { number } else { number.add(index) };
        mmf_version_get(at(0), at(1), at(2))
    });
}
