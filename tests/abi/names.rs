//! Names of maps: which are refused, and that UTF-8 and UTF-16 names refer to the same map.

use std::ptr::null;

use mmf::ErrorKind;
use mmf::ffi::*;

use crate::common::unique;
use crate::{
    close, create_new, fails_with, info, into_string, into_string16, open, read_text, utf16, works,
    write_text,
};

fn open16(units: &[u16]) -> mmf_map_t {
    // SAFETY: the units are valid during the call.
    works(|out, error| unsafe { mmf_map_open16(units.as_ptr(), units.len(), null(), out, error) })
}

/// Valid names that no other test or program uses.
fn names() -> Vec<String> {
    let one = unique("name");
    let fill = |length: usize| format!("{one}{}", "x".repeat(length - one.len()));
    let mut names = vec![fill(200), fill(255), fill(256), fill(1000)];
    for part in
        [" ", "\t", "\r", "\n", "\r\n", "\u{1f600}", "\u{e4}\u{20ac}", "%", "\"", "'", "..", "$x"]
    {
        names.push(format!("{one}{part}"));
        names.push(format!("{part}{one}{part}"));
    }
    names.extend([format!("local/{one}"), format!("{one}/a/b"), format!("../{one}")]);
    names
}

#[test]
fn a_name_refers_to_the_same_map_in_utf8_and_utf16() {
    for name in names() {
        let map = works(create_new(&name, 64, &Default::default()));
        write_text(map, "found");
        let other = open16(&utf16(&name));
        assert_eq!(read_text(other), "found", "{name:?}");
        // SAFETY: every pointer is valid for its type.
        let first: mmf_text_t = works(|out, error| unsafe { mmf_map_get_name(map, out, error) });
        assert_eq!(into_string(first), name);
        // SAFETY: every pointer is valid for its type.
        let second = works(|out, error| unsafe { mmf_map_get_name16(other, out, error) });
        assert_eq!(into_string16(second), name);
        close(other);
        close(map);
        fails_with(ErrorKind::NotFound, open(&name, &Default::default()));
    }
}

#[test]
fn similar_names_are_different_maps() {
    let names = names();
    let maps: Vec<_> =
        names.iter().map(|name| works(create_new(name, 64, &Default::default()))).collect();
    for (number, map) in maps.iter().enumerate() {
        write_text(*map, &number.to_string());
    }
    for (number, name) in names.iter().enumerate() {
        let map = works(open(name, &Default::default()));
        assert_eq!(read_text(map), number.to_string(), "{name:?}");
        close(map);
    }
    maps.into_iter().for_each(close);
}

#[test]
fn refused_names() {
    for name in ["", "a\0b", "\0", ".", "..", "Local\\", "Global\\", "Local\\..", "Global\\."] {
        fails_with(ErrorKind::InvalidArgument, create_new(name, 64, &Default::default()));
        fails_with(ErrorKind::InvalidArgument, open(name, &Default::default()));
        let units = utf16(name);
        // An empty name is a pointer that is not NULL, with the length 0.
        // SAFETY: the units are valid during the call.
        fails_with(ErrorKind::InvalidArgument, |out: *mut mmf_map_t, error| unsafe {
            mmf_map_open16(units.as_ptr(), units.len(), null(), out, error)
        });
    }
}

#[test]
fn a_nul_terminated_name_ends_at_its_nul() {
    let name = unique("zero");
    let map = works(create_new(&name, 64, &Default::default()));
    let text = format!("{name}\0and more\0");
    // SAFETY: the text ends with a NUL.
    let other = works(|out, error| unsafe {
        mmf_map_open(text.as_ptr().cast(), usize::MAX, null(), out, error)
    });
    close(other);
    let units = utf16(&text);
    // SAFETY: the text ends with a NUL.
    let other = works(|out, error| unsafe {
        mmf_map_open16(units.as_ptr(), usize::MAX, null(), out, error)
    });
    close(other);
    close(map);
}

#[test]
fn missing_texts_are_null_and_empty_ones_are_not() {
    let map = crate::anonymous(64);
    // SAFETY: every pointer is valid for its type.
    let name: mmf_text_t = works(|out, error| unsafe { mmf_map_get_name(map, out, error) });
    assert!(name.data.is_null() && name.length == 0);
    // SAFETY: every pointer is valid for its type.
    let path: mmf_text16_t = works(|out, error| unsafe { mmf_map_get_path16(map, out, error) });
    assert!(path.data.is_null() && path.length == 0);
    // SAFETY: every pointer is valid for its type.
    let text: mmf_text_t = works(|out, error| unsafe { mmf_text_read(map, null(), out, error) });
    assert!(!text.data.is_null(), "an empty text must also be a C string");
    assert_eq!(into_string(text), "");
    close(map);
}

#[test]
fn the_list_contains_our_map_in_utf8_and_utf16() {
    let name = unique("list \u{e4}\u{1f600}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").to_str().unwrap().to_owned();
    let file_name = unique("list-file");
    let options = mmf_map_options_t {
        mode: if mmf::backend::PERMISSION_MODES { 0o640 } else { -1 },
        ..Default::default()
    };
    let map = works(create_new(&name, 5000, &options));
    let file = works(crate::from_file(
        &path,
        mmf_file_mode_t::MMF_FILE_MODE_CREATE_NEW as i32,
        Some(&file_name),
        64,
        &Default::default(),
    ));

    // SAFETY: every pointer is valid for its type.
    let list: mmf_list_t = works(|out, error| unsafe { mmf_list_get(out, error) });
    assert_eq!(list.stride, size_of::<mmf_list_entry_t>());
    // SAFETY: the list has this many entries.
    let entries =
        unsafe { std::slice::from_raw_parts(list.entries.cast::<mmf_list_entry_t>(), list.length) };
    let text = |text: mmf_text_t| {
        // SAFETY: the text has this many bytes, which are UTF-8.
        unsafe {
            str::from_utf8_unchecked(std::slice::from_raw_parts(text.data.cast(), text.length))
        }
    };
    let found: Vec<_> = entries.iter().filter(|entry| text(entry.name) == name).collect();
    let [ours] = found[..] else { panic!("{name} is in the list {} times", found.len()) };
    assert_eq!((ours.capacity, ours.foreign), (info(map).capacity, 0));
    assert_eq!(ours.kind, mmf_kind_t::MMF_KIND_NAMED as i32);
    assert_eq!(ours.mode, options.mode);
    assert!(ours.path.data.is_null());
    let ours = entries.iter().find(|entry| text(entry.name) == file_name).unwrap();
    assert_eq!((ours.kind, ours.capacity), (mmf_kind_t::MMF_KIND_NAMED_FILE as i32, 64));
    assert!(text(ours.path).ends_with("file"), "{}", text(ours.path));
    // SAFETY: the library allocated the list, which is freed once.
    unsafe { mmf_list_free(list) };

    // SAFETY: every pointer is valid for its type.
    let list: mmf_list16_t = works(|out, error| unsafe { mmf_list_get16(out, error) });
    assert_eq!(list.stride, size_of::<mmf_list_entry16_t>());
    // SAFETY: the list has this many entries.
    let entries = unsafe {
        std::slice::from_raw_parts(list.entries.cast::<mmf_list_entry16_t>(), list.length)
    };
    let units = utf16(&name);
    let is_ours = |entry: &mmf_list_entry16_t| {
        // SAFETY: the text has this many code units.
        unsafe { std::slice::from_raw_parts(entry.name.data, entry.name.length) == units }
    };
    assert!(entries.iter().any(is_ours));
    // SAFETY: the library allocated the list, which is freed once.
    unsafe { mmf_list_free16(list) };
    close(file);
    close(map);
}
