//! Text and content: UTF-8 and UTF-16, invalid text, separators, encodings and locks.

use std::ptr::{null, null_mut};

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{
    NUL_TERMINATED, anonymous, close, fails_with, into_string, into_string16, pointer_and_length,
    read_text, utf16, works, write_text,
};

/// Characters of all lengths: 1 to 4 bytes in UTF-8, 1 and 2 code units in UTF-16.
const TEXT: &str = "a\u{e4}\u{20ac}\u{1f600}z";

fn defaults() -> mmf_text_options_t {
    mmf_text_options_t::default()
}

fn append(map: mmf_map_t, text: &str, options: &mmf_text_options_t) {
    let (data, length) = pointer_and_length(text);
    // SAFETY: all pointers are valid during the call.
    works(|_: *mut (), error| unsafe { mmf_text_append(map, data, length, options, error) });
}

fn read16(map: mmf_map_t) -> String {
    // SAFETY: every pointer is valid for its type.
    let text =
        into_string16(works(|out, error| unsafe { mmf_text_read16(map, null(), out, error) }));
    assert_eq!(read16_into(map), text);
    text
}

/// Reads into the caller's memory: first asks for the length, then reads.
fn read16_into(map: mmf_map_t) -> String {
    // SAFETY: every pointer is valid, and no memory is passed.
    let most: usize =
        works(|out, error| unsafe { mmf_text_read_into16(map, null(), null_mut(), 0, out, error) });
    let mut units = vec![0xABCD; most + 1];
    // SAFETY: the memory has one code unit more than its stated length.
    let length: usize = works(|out, error| unsafe {
        mmf_text_read_into16(map, null(), units.as_mut_ptr(), most, out, error)
    });
    assert!(length <= most);
    assert_eq!(units[most], 0xABCD);
    String::from_utf16(&units[..length]).unwrap()
}

fn content(map: mmf_map_t) -> Vec<u8> {
    // SAFETY: every pointer is valid for its type.
    let bytes: mmf_bytes_t =
        works(|out, error| unsafe { mmf_content_read(map, null(), out, error) });
    // SAFETY: there are this many bytes.
    let own = unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }.to_vec();
    // SAFETY: the library allocated the bytes, which are freed once.
    unsafe { mmf_bytes_free(bytes) };
    own
}

fn length(map: mmf_map_t) -> i64 {
    // SAFETY: every pointer is valid for its type.
    works(|out, error| unsafe { mmf_content_get_length(map, null(), out, error) })
}

#[test]
fn utf8_and_utf16_store_and_read_the_same() {
    let map = anonymous(256);
    write_text(map, TEXT);
    assert_eq!(content(map), TEXT.as_bytes());
    assert_eq!(length(map), TEXT.len() as i64);
    assert_eq!((read_text(map), read16(map)), (TEXT.into(), TEXT.into()));
    let units = utf16(TEXT);
    // SAFETY: the units are valid during the call.
    works(|_: *mut (), error| unsafe {
        mmf_text_replace16(map, units.as_ptr(), units.len(), null(), error)
    });
    assert_eq!(content(map), TEXT.as_bytes());
    // SAFETY: the units are valid during the call.
    works(|_: *mut (), error| unsafe {
        mmf_text_append16(map, units.as_ptr(), units.len(), null(), error)
    });
    assert_eq!(read16(map), format!("{TEXT}\r\n{TEXT}"));
    close(map);
}

#[test]
fn memory_that_is_too_small_is_not_changed() {
    let map = anonymous(256);
    write_text(map, "four");
    let mut units = [0xABCD; 4];
    for (room, needed) in [(0, 4), (3, 4), (4, 4)] {
        // SAFETY: the memory has at least this many code units.
        let length: usize = works(|out, error| unsafe {
            mmf_text_read_into16(map, null(), units.as_mut_ptr(), room, out, error)
        });
        assert_eq!(length, needed);
        assert_eq!(units[0] == 0xABCD, room < needed);
    }
    assert_eq!(units, [0x66, 0x6F, 0x75, 0x72]);
    fails_with(ErrorKind::NullArgument, |out: *mut usize, error| {
        // SAFETY: this checks that NULL is refused.
        unsafe { mmf_text_read_into16(map, null(), null_mut(), 1, out, error) }
    });
    close(map);
}

#[test]
fn long_texts_of_every_width_are_converted_to_utf16() {
    // As long as the blocks of the conversion and longer, with different widths at the block borders.
    let map = anonymous(4 << 20);
    for text in ["a".repeat(100_000), "\u{20ac}".repeat(99_999), TEXT.repeat(50_001), String::new()]
    {
        let units = utf16(&text);
        // SAFETY: the units are valid during the call.
        works(|_: *mut (), error| unsafe {
            mmf_text_replace16(map, units.as_ptr(), units.len(), null(), error)
        });
        assert!(content(map) == text.as_bytes());
        assert!(read16(map) == text);
    }
    close(map);
}

#[test]
fn every_function_refuses_invalid_utf8() {
    let map = anonymous(64);
    write_text(map, "before");
    // A lone continuation byte, a truncated character, an overlong one, a surrogate, and one above U+10FFFF.
    let wrong: [&[u8]; 6] =
        [b"\x80", b"a\xE2\x82", b"\xC0\x80", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"ok\xFF"];
    for bytes in wrong {
        let (data, length) = (bytes.as_ptr().cast(), bytes.len());
        let separator =
            mmf_text_options_t { separator: data, separator_length: length, ..defaults() };
        let ending =
            mmf_save_options_t { ending: data, ending_length: length, ..Default::default() };
        let sddl = mmf_map_options_t { sddl: data, sddl_length: length, ..Default::default() };
        let path = c"/nowhere/at-all".as_ptr();
        type Call<'a> = &'a dyn Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t;
        // SAFETY: all pointers are valid during the call.
        let calls: [Call<'_>; 9] = [
            &|out, error| unsafe { mmf_map_create_new(data, length, 1, null(), out, error) },
            &|out, error| unsafe { mmf_map_create_or_open(data, length, 1, null(), out, error) },
            &|out, error| unsafe { mmf_map_open(data, length, null(), out, error) },
            &|out, error| unsafe { mmf_map_create_new(null(), 0, 1, &sddl, out, error) },
            &|_, error| unsafe { mmf_text_replace(map, data, length, null(), error) },
            &|_, error| unsafe { mmf_text_append(map, data, length, null(), error) },
            &|_, error| unsafe { mmf_text_append(map, path, 1, &separator, error) },
            &|_, error| unsafe { mmf_map_save(map, data, length, null(), error) },
            &|_, error| unsafe { mmf_map_save(map, path, 1, &ending, error) },
        ];
        for call in calls {
            let message = fails_with(ErrorKind::InvalidText, call);
            assert!(message.contains("UTF-8"), "{message}");
        }
    }
    assert_eq!(read_text(map), "before");
    close(map);
}

#[test]
fn every_function_refuses_unpaired_surrogates() {
    let map = anonymous(64);
    write_text(map, "before");
    let wrong: [&[u16]; 4] = [&[0xD800], &[0x61, 0xDC00], &[0xD83D, 0x61], &[0xDE00, 0xD83D]];
    for units in wrong {
        let (data, length) = (units.as_ptr(), units.len());
        type Call<'a> = &'a dyn Fn(*mut mmf_map_t, *mut mmf_error_t) -> mmf_status_t;
        // SAFETY: all pointers are valid during the call.
        let calls: [Call<'_>; 6] = [
            &|out, error| unsafe { mmf_map_create_new16(data, length, 1, null(), out, error) },
            &|out, error| unsafe { mmf_map_create_or_open16(data, length, 1, null(), out, error) },
            &|out, error| unsafe { mmf_map_open16(data, length, null(), out, error) },
            &|_, error| unsafe { mmf_text_replace16(map, data, length, null(), error) },
            &|_, error| unsafe { mmf_text_append16(map, data, length, null(), error) },
            &|_, error| unsafe { mmf_map_save16(map, data, length, null(), error) },
        ];
        for call in calls {
            let message = fails_with(ErrorKind::InvalidText, call);
            assert!(message.contains("UTF-16"), "{message}");
        }
    }
    assert_eq!(read_text(map), "before");
    close(map);
}

#[test]
fn a_text_that_is_too_long_changes_nothing_and_the_error_has_the_needed_size() {
    let map = anonymous(8192);
    let capacity = crate::info(map).capacity;
    write_text(map, "before");
    let long = "x".repeat(capacity as usize + 1);
    let (data, length) = pointer_and_length(&long);
    // SAFETY: the text is valid during the call.
    let message = fails_with(ErrorKind::TooLong, |_: *mut (), error| unsafe {
        mmf_text_replace(map, data, length, null(), error)
    });
    for number in [capacity, capacity + 1] {
        assert!(message.contains(&number.to_string()), "{message}");
    }
    // SAFETY: the text is valid during the call.
    fails_with(ErrorKind::TooLong, |_: *mut (), error| unsafe {
        mmf_text_append(map, data, capacity as usize - 7, null(), error)
    });
    assert_eq!(read_text(map), "before");
    close(map);
}

#[test]
fn separators_and_encodings() {
    let map = anonymous(256);
    let with = |separator: &'static str| mmf_text_options_t {
        separator: separator.as_ptr().cast(),
        separator_length: separator.len(),
        ..defaults()
    };
    append(map, "a", &with("-"));
    append(map, "b", &with("-"));
    append(map, "c", &mmf_text_options_t { separator: null(), separator_length: 0, ..defaults() });
    append(map, "d", &with("\u{20ac}"));
    let zero = mmf_text_options_t {
        separator: c"|".as_ptr(),
        separator_length: NUL_TERMINATED,
        ..defaults()
    };
    append(map, "e", &zero);
    append(map, "f", &defaults());
    assert_eq!(read_text(map), "a-bc\u{20ac}d|e\r\nf");
    for encoding in 0..=5 {
        let options = mmf_text_options_t { encoding, ..defaults() };
        let (data, length) = pointer_and_length(TEXT);
        // SAFETY: all pointers are valid during the call.
        works(|_: *mut (), error| unsafe { mmf_text_replace(map, data, length, &options, error) });
        append(map, TEXT, &defaults());
        assert_eq!(read16(map), format!("{TEXT}\r\n{TEXT}"), "encoding {encoding}");
    }
    close(map);
}

#[test]
fn content_is_stored_as_plain_bytes() {
    let map = anonymous(64);
    let (first, second) = (b"a\0b", b"\xFF\xFE");
    // SAFETY: all pointers are valid during the call.
    works(|_: *mut (), error| unsafe {
        mmf_content_replace(map, first.as_ptr().cast(), 3, null(), error)
    });
    // Neither the separator nor the bytes are UTF-8.
    let separator = b"\xC3;";
    let options = mmf_text_options_t {
        separator: separator.as_ptr().cast(),
        separator_length: separator.len(),
        ..defaults()
    };
    // SAFETY: as above.
    works(|_: *mut (), error| unsafe {
        mmf_content_append(map, second.as_ptr().cast(), 2, &options, error)
    });
    assert_eq!(content(map), b"a\0b\xC3;\xFF\xFE");
    assert_eq!(length(map), 7);
    fails_with(ErrorKind::InvalidText, |_: *mut (), error| {
        // SAFETY: as above.
        unsafe { mmf_text_append(map, second.as_ptr().cast(), 0, &options, error) }
    });
    // SAFETY: as above.
    works(|_: *mut (), error| unsafe {
        mmf_content_append(map, b"d".as_ptr().cast(), 1, null(), error)
    });
    assert_eq!(content(map), b"a\0b\xC3;\xFF\xFE\r\nd");
    // SAFETY: as above.
    works(|_: *mut (), error| unsafe { mmf_content_replace(map, null(), 0, null(), error) });
    assert_eq!((content(map), length(map)), (Vec::new(), 0));
    // The text encoding does not matter.
    let options =
        mmf_text_options_t { encoding: 5, separator: null(), separator_length: 0, ..defaults() };
    for _ in 0..2 {
        // SAFETY: as above.
        works(|_: *mut (), error| unsafe {
            mmf_content_append(map, b"abc".as_ptr().cast(), 3, &options, error)
        });
    }
    assert_eq!(content(map), b"abcabc");
    close(map);
}

#[test]
fn a_lock_keeps_others_out_but_not_its_holder() {
    let name = unique("lock");
    let map = works(crate::create_new(&name, 64, &Default::default()));
    let other = works(crate::open(&name, &Default::default()));
    let take_lock = |map, mode: mmf_lock_mode_t| {
        // SAFETY: every pointer is valid for its type.
        move |out: *mut mmf_lock_t, error| unsafe { mmf_lock_take(map, mode as i32, 0, out, error) }
    };
    let release = |lock| {
        // SAFETY: any number is allowed as a handle.
        works(|_: *mut (), error| unsafe { mmf_lock_release(lock, error) });
    };
    let lock = works(take_lock(map, mmf_lock_mode_t::MMF_LOCK_EXCLUSIVE));
    fails_with(ErrorKind::Timeout, take_lock(other, mmf_lock_mode_t::MMF_LOCK_EXCLUSIVE));
    fails_with(ErrorKind::Timeout, take_lock(other, mmf_lock_mode_t::MMF_LOCK_SHARED));
    let at_once = mmf_text_options_t { timeout_ms: 0, ..defaults() };
    // SAFETY: the options are valid during the call.
    fails_with(ErrorKind::Timeout, |out: *mut mmf_text_t, error| unsafe {
        mmf_text_read(other, &at_once, out, error)
    });
    let under = mmf_text_options_t { lock, ..defaults() };
    append(map, "under the lock", &under);
    // SAFETY: the options are valid during the call.
    let text: mmf_text_t = works(|out, error| unsafe { mmf_text_read(map, &under, out, error) });
    assert_eq!(into_string(text), "under the lock");
    // The lock of one map does not apply to another.
    let third = anonymous(64);
    // SAFETY: the options are valid during the call.
    fails_with(ErrorKind::InvalidArgument, |out: *mut mmf_text_t, error| unsafe {
        mmf_text_read(third, &under, out, error)
    });
    release(lock);
    // SAFETY: the options are valid during the call.
    fails_with(ErrorKind::Closed, |out: *mut mmf_text_t, error| unsafe {
        mmf_text_read(map, &under, out, error)
    });

    let reading = works(take_lock(map, mmf_lock_mode_t::MMF_LOCK_SHARED));
    if mmf::backend::SHARED_LOCKS {
        release(works(take_lock(other, mmf_lock_mode_t::MMF_LOCK_SHARED)));
    }
    let under = mmf_text_options_t { lock: reading, ..defaults() };
    // SAFETY: the options are valid during the call.
    fails_with(ErrorKind::InvalidArgument, |_: *mut (), error| unsafe {
        mmf_text_replace(map, c"x".as_ptr(), 1, &under, error)
    });
    release(reading);
    [map, other, third].into_iter().for_each(close);
}

#[test]
fn saving_map_content_and_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved").to_str().unwrap().to_owned();
    let (data, size) = pointer_and_length(&path);
    let map = anonymous(10_000);
    // SAFETY: the bytes are valid during the call.
    works(|_: *mut (), error| unsafe {
        mmf_content_replace(map, b"a\0\xFF".as_ptr().cast(), 3, null(), error)
    });
    let save = |part: mmf_save_part_t| mmf_save_options_t {
        part: part as i32,
        ending: c"\n".as_ptr(),
        ending_length: NUL_TERMINATED,
        ..Default::default()
    };
    let capacity = crate::info(map).capacity as usize;
    for (options, length, begin) in [
        (None, capacity, &b"a\0\xFF\0"[..]),
        (Some(save(mmf_save_part_t::MMF_SAVE_MAP)), capacity, b"a\0\xFF\0"),
        (Some(save(mmf_save_part_t::MMF_SAVE_CONTENT)), 3, b"a\0\xFF"),
        (Some(save(mmf_save_part_t::MMF_SAVE_TEXT)), 5, b"a\xEF\xBF\xBD\n"),
    ] {
        let options = options.as_ref().map_or(null(), std::ptr::from_ref);
        // SAFETY: all pointers are valid during the call.
        works(|_: *mut (), error| unsafe { mmf_map_save(map, data, size, options, error) });
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), length);
        assert!(bytes.starts_with(begin));
    }
    let keep = mmf_save_options_t { keep_existing: 1, ..Default::default() };
    // SAFETY: all pointers are valid during the call.
    fails_with(ErrorKind::AlreadyExists, |_: *mut (), error| unsafe {
        mmf_map_save(map, data, size, &keep, error)
    });
    let units = utf16(&path);
    // SAFETY: all pointers are valid during the call.
    works(|_: *mut (), error| unsafe {
        mmf_map_save16(map, units.as_ptr(), units.len(), null(), error)
    });
    // SAFETY: NULL is allowed.
    let status = unsafe { mmf_map_save(map, c"".as_ptr(), 0, null(), null_mut()) };
    assert_eq!(status, mmf_status_t::MMF_STATUS_INVALID_ARGUMENT);
    close(map);
}
