//! The limits of a process: file sizes, memory and descriptors.

use std::fs;
use std::os::unix::fs::FileExt;

use mmf::{Access, ErrorKind, FileMode, Kind, Map, MapOptions, SaveOptions, SavePart};

use crate::common;
use crate::common::again::{again_by, assert_succeeded, leave_memory, lower_limit, own, part};
use crate::common::{assert_fails, text, unique};
use crate::limits::{LINUX, MIB, in_child};

/// Limits files to 512 KiB, in the units of a POSIX shell.
const SMALL_FILES: &str = "ulimit -f 1024";

#[test]
fn the_file_size_limit_causes_an_error_and_no_signal() {
    let _alone = common::alone();
    const TEST: &str = "limits::process::the_file_size_limit_causes_an_error_and_no_signal";
    in_child(TEST, SMALL_FILES, || {
        let name = unique("fsize");
        for capacity in [512 * 1024 + 1, 4 * MIB] {
            for delayed in [false, true] {
                let options = MapOptions::new().delay_allocation(delayed);
                for result in [
                    options.create_new(&name, capacity),
                    options.create_or_open(&name, capacity),
                    options.create_anonymous(capacity),
                ] {
                    let error = assert_fails(result, ErrorKind::NoSpace);
                    assert!(error.message().contains("ulimit"), "{error}");
                }
            }
            common::assert_nothing_left(&name);
        }
        let map = Map::create_new(&name, 512 * 1024).unwrap();
        map.fill(0, map.capacity(), 1).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for mode in [FileMode::CreateNew, FileMode::OpenOrCreate] {
            let result = MapOptions::new().file_mode(mode).capacity(MIB).map_file(&path);
            assert_fails(result, ErrorKind::NoSpace);
            assert!(!path.exists());
        }
        fs::write(&path, "four").unwrap();
        let result = MapOptions::new().capacity(MIB).map_file(&path);
        assert_fails(result, ErrorKind::NoSpace);
        assert_eq!(fs::read(&path).unwrap(), b"four");
    });
}

#[test]
fn a_map_larger_than_the_file_size_limit_can_be_written_up_to_the_limit() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::process::a_map_larger_than_the_file_size_limit_can_be_written_up_to_the_limit";
    if let Some(name) = part() {
        let map = Map::open(&name).unwrap();
        map.write_at(b"last", 512 * 1024 - 4).unwrap();
        assert_fails(map.write_at(b"last!", 512 * 1024 - 4), ErrorKind::NoSpace);
        assert_fails(map.write_at(b"x", MIB), ErrorKind::NoSpace);
        assert_fails(map.fill(0, MIB, 1), ErrorKind::NoSpace);
        map.replace_text("text").unwrap();
        let long = "x".repeat(600 * 1024);
        assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
        map.view(MIB, 0, Access::ReadWrite)
            .unwrap()
            .write_at(b"memory has no such limit", 0)
            .unwrap();
        map.read_at(&mut [0; 100], MIB).unwrap();
        // A new handle finds the end past the limit.
        assert_fails(Map::open(&name).unwrap().append_text("more"), ErrorKind::NoSpace);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved");
        for part in [SavePart::Map, SavePart::Content, SavePart::Text] {
            let done = map.save_with(&path, &SaveOptions::new().part(part));
            if part == SavePart::Text {
                done.unwrap();
            } else {
                assert_fails(done, ErrorKind::NoSpace);
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{part:?}");
            }
        }
        return;
    }
    let name = unique("fsize");
    let map = Map::create_new(&name, 2 * MIB).unwrap();
    let script = format!("{SMALL_FILES} && exec \"$0\" \"$@\"");
    let mut child = again_by(&["sh", "-c", &script], &own(), TEST, &name);
    if !LINUX {
        // A back end that copies through memory does not check the limit.
        return;
    }
    assert_succeeded(&child.output().unwrap());
    let mut bytes = [0; 6];
    map.read_at(&mut bytes, MIB).unwrap();
    assert_eq!(&bytes, b"memory");
}

#[test]
fn lowering_the_file_size_limit_later_causes_an_error_and_no_signal() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::process::lowering_the_file_size_limit_later_causes_an_error_and_no_signal";
    in_child(TEST, "true", || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let options = MapOptions::new();
        let file = options
            .clone()
            .file_mode(FileMode::CreateNew)
            .capacity(2 * MIB)
            .map_file(&path)
            .unwrap();
        let named = Map::create_new(&unique("lowered"), 2 * MIB).unwrap();
        let anonymous = options.create_anonymous(2 * MIB).unwrap();
        let mut maps = vec![&file, &anonymous];
        // The portable back end copies to named maps through memory, which has no such limit.
        if LINUX {
            maps.push(&named);
        }
        let old = "old ".repeat(4_000);
        for map in &maps {
            map.replace_text(&old).unwrap();
        }
        lower_limit(libc::RLIMIT_FSIZE as i32, 16_000);
        for map in &maps {
            let long = "x".repeat(20_000);
            let error = assert_fails(map.replace_text(&long), ErrorKind::NoSpace);
            assert!(error.message().contains("ulimit"), "{error}");
            assert_fails(map.append_text("more"), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"xy", 15_999), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"x", MIB), ErrorKind::NoSpace);
            assert_fails(map.fill(0, MIB, 1), ErrorKind::NoSpace);
            assert_eq!(map.read_text().unwrap(), old);
            map.replace_text("short").unwrap();
        }
        lower_limit(libc::RLIMIT_FSIZE as i32, 0);
        for map in &maps {
            assert_fails(map.replace_text("x"), ErrorKind::NoSpace);
            assert_fails(map.write_at(b"x", 0), ErrorKind::NoSpace);
            assert_eq!(map.read_text().unwrap(), "short");
        }
    });
}

#[test]
fn a_record_past_the_file_size_limit_causes_an_error_and_no_signal() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::process::a_record_past_the_file_size_limit_causes_an_error_and_no_signal";
    in_child(TEST, "ulimit -f 0", || {
        let name = unique("record");
        let read = MapOptions::new().access(Access::Read);
        let named = read.clone().name(&name).map_file(own());
        let error = assert_fails(named, ErrorKind::NoSpace);
        assert!(error.message().contains("ulimit"), "{error}");
        assert_fails(Map::open(&name), ErrorKind::NotFound);
        common::assert_nothing_left(&name);
    });
}

#[test]
fn every_change_of_the_content_reports_a_lack_of_memory() {
    let _alone = common::alone();
    const TEST: &str = "limits::process::every_change_of_the_content_reports_a_lack_of_memory";
    // Otherwise the C library reserves address space for each thread.
    in_child(TEST, "export MALLOC_ARENA_MAX=1", || {
        let delayed = MapOptions::new().delay_allocation(true);
        let map = delayed.create_anonymous(512 * MIB).unwrap();
        map.replace_text("old").unwrap();
        let long = "x".repeat(96 << 20);
        leave_memory(512 << 10);
        let wide = text().encoding(mmf::Encoding::Utf16Le);
        let errors = [
            map.append_text(&long),
            map.append_text_with("short", &text().separator(&long)),
            map.append_bytes_with(long.as_bytes(), &text().separator_bytes(b"|")),
            map.append_bytes_with(b"short", &text().separator_bytes(long.as_bytes())),
            map.replace_text_with(&long, &wide),
            map.replace_text_with(&long, &text().encoding(mmf::Encoding::Utf32Be)),
            map.replace_text_with(&long, &text().encoding(mmf::Encoding::Utf8Mark)),
            map.fill(1 << 20, 64 << 20, 1),
        ];
        for (number, done) in errors.into_iter().enumerate() {
            let error = done.expect_err(&format!("number {number}"));
            assert_eq!(error.kind(), ErrorKind::NoSpace, "number {number}: {error}");
        }
        assert_eq!(map.read_text().unwrap(), "old");
        // A change that needs no additional memory succeeds.
        map.replace_text(&long).unwrap();
        for error in [
            map.read_text().unwrap_err(),
            map.read_text_utf16().unwrap_err(),
            map.read_bytes().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
        }
        assert_eq!(map.content_length().unwrap(), 96 << 20);
        map.append_text("short").unwrap();
    });
}

#[test]
fn running_out_of_descriptors_is_an_error_and_leaves_nothing_behind() {
    let _alone = common::alone();
    const TEST: &str =
        "limits::process::running_out_of_descriptors_is_an_error_and_leaves_nothing_behind";
    let body = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "file").unwrap();
        let read_only = MapOptions::new().access(Access::Read);
        let memory = unique("nofile");
        let file = unique("nofile");
        let mut maps = vec![
            read_only.create_new(&memory, 64).unwrap(),
            read_only.clone().name(&file).capacity(4).map_file(&path).unwrap(),
        ];
        let mut failed = 0;
        for round in 0..300 {
            let name = unique("nofile");
            let result = match round % 6 {
                0 => Map::create_new(&name, 64),
                1 => Map::create_or_open(&name, 64),
                2 => MapOptions::new().create_anonymous(64),
                3 => MapOptions::new().name(&name).map_file(&path),
                4 => read_only.open(&memory),
                _ => read_only.open(&file),
            };
            match result {
                Ok(map) => {
                    // The properties of a map are the same when few descriptors are left.
                    match round % 6 {
                        3 | 5 => assert_eq!((map.kind(), map.capacity()), (Kind::NamedFile, 4)),
                        2 => assert_eq!(map.kind(), Kind::Anonymous),
                        _ => assert_eq!((map.kind(), map.capacity()), (Kind::Named, 64)),
                    }
                    let _ = map.append_text_with("x", &text().timeout(std::time::Duration::ZERO));
                    maps.push(map);
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
                    failed += 1;
                    if LINUX {
                        assert!(error.message().contains("ulimit -n"), "{error}");
                        common::assert_nothing_left(&name);
                    }
                }
            }
        }
        assert!(failed > 100, "{failed}");
        let names: Vec<String> =
            maps.iter().filter_map(|map| map.name().map(str::to_owned)).collect();
        drop(maps);
        for name in names {
            assert_fails(Map::open(&name), ErrorKind::NotFound);
            common::assert_nothing_left(&name);
        }
    };
    if part().is_some() {
        return body();
    }
    // The number of descriptors decides which system call fails.
    for limit in 33..=44 {
        in_child(TEST, &format!("ulimit -n {limit}"), body);
    }
}

#[test]
fn content_larger_than_memory_is_an_error() {
    let _alone = common::alone();
    // A sparse file that is larger than the memory of any machine.
    let size: u64 = if cfg!(target_pointer_width = "64") { 1 << 43 } else { 3 << 30 };
    if fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|how| how.trim() == "1") {
        common::not_run("huge content", "this system overcommits memory without limit");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = fs::File::create(&path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(b"first", 0).unwrap();
    file.write_all_at(b"last", size - 4).unwrap();
    let map = Map::map_file(&path).unwrap();
    let error = map.read_bytes().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSpace, "{error}");
    assert!(error.message().contains(&format!("{size} bytes of content")), "{error}");
    // Without the NULs, the text is short.
    assert_eq!(map.read_text().unwrap(), "firstlast");
    let units = map.read_text_utf16().unwrap();
    assert_eq!(String::from_utf16(&units).unwrap(), "firstlast");
}
