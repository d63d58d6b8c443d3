//! Linux: the modification time of an object records the end of the content. Any other write removes the record.
#![cfg(all(target_os = "linux", not(mmf_backend = "portable")))]
#![allow(unsafe_code, reason = "locks are set, and memory is mapped, as other programs do")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::common;
use common::process::Actor;
use common::step::{at_every_step, words};
use common::{bytes_of, lock_bytes, seen, text, unique};
use mmf::{Access, Map, MapOptions, Permissions};

fn path_of(name: &str) -> PathBuf {
    seen(name).expect("Linux shows its maps")
}

/// A record is a time before 1970, which no clock has.
fn has_record(path: &std::path::Path) -> bool {
    fs::metadata(path).unwrap().mtime() < 0
}

/// Two handles of a new map. It is so large that a wrong end would be noticed.
fn pair(name: &str) -> (Map, Map) {
    (Map::create_new(name, 3 << 20).unwrap(), Map::open(name).unwrap())
}

#[test]
fn changing_the_content_records_its_end_and_other_writes_remove_the_record() {
    let _beside = common::beside_others();
    let name = unique("record");
    let (one, two) = pair(&name);
    let path = path_of(&name);
    assert!(!has_record(&path), "a record before the first change");
    one.append_text("text").unwrap();
    assert!(has_record(&path));
    two.replace_text("other").unwrap();
    assert!(has_record(&path));
    // Reading and permissions do not change it.
    two.read_text().unwrap();
    two.set_permissions(&Permissions::new().mode(0o640)).unwrap();
    assert!(has_record(&path));

    two.write_at(b"raw", 100).unwrap();
    assert!(!has_record(&path));
    one.append_text("text").unwrap();
    assert!(has_record(&path));
    two.fill(200, 3, b'f').unwrap();
    assert!(!has_record(&path));
    one.append_text("text").unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|file| {
            use std::os::unix::fs::FileExt;
            file.write_all_at(b"a stranger", 5_000)
        })
        .unwrap();
    assert!(!has_record(&path));
    one.append_text("last").unwrap();
    assert_eq!(&bytes_of(&one)[5_000..5_017], b"a stranger\r\nlast\0");
}

#[test]
fn bytes_past_the_recorded_end_are_not_overwritten() {
    let _beside = common::beside_others();
    let name = unique("stored");
    let (one, two) = pair(&name);
    let view = two.view(0, 0, Access::ReadWrite).unwrap();
    view.write_at(b"first", 9).unwrap();
    one.replace_text("text").unwrap();
    // Only the first store to a page through a mapping removes the record.
    view.write_at(b"stored", 9).unwrap();
    assert!(has_record(&path_of(&name)));
    one.append_text("more").unwrap();
    assert_eq!(&bytes_of(&one)[..22], b"text\0\0\0\0\0stored\r\nmore\0");
    // A store that removes the last bytes is noticed.
    view.write_at(b"\0\0\0\0", 17).unwrap();
    two.append_text("x").unwrap();
    assert_eq!(&bytes_of(&one)[..20], b"text\0\0\0\0\0stored\r\n\r\nx");
}

#[test]
fn the_end_is_not_recorded_during_a_raw_write() {
    let _beside = common::beside_others();
    let name = unique("under-way");
    let (one, two) = pair(&name);
    one.append_text("text").unwrap();
    let writer = fs::OpenOptions::new().read(true).write(true).open(path_of(&name)).unwrap();
    lock_bytes::lock(&writer, libc::F_RDLCK, lock_bytes::RAW);
    for (map, word) in [(&one, "a"), (&two, "b"), (&one, "c")] {
        map.append_text(word).unwrap();
        assert!(!has_record(&path_of(&name)));
    }
    two.replace_text("d").unwrap();
    assert!(!has_record(&path_of(&name)));
    one.append_text("e").unwrap();
    assert_eq!(one.read_text().unwrap(), "d\r\ne");
    drop(writer);
    one.append_text("f").unwrap();
    assert!(has_record(&path_of(&name)));
}

/// A write past the end of a file makes it grow. So the library checks the size right before it writes: if another
/// program truncates the object, it grows again only if that happens between this check and the write, where the
/// library asks for the file size limit of the process.
#[test]
fn a_map_that_is_truncated_during_a_change_does_not_grow_again() {
    let _alone = common::alone();
    for verb in ["replace", "append"] {
        let mut grown = Vec::new();
        let steps = at_every_step(
            "map truncated",
            |actor, name| {
                actor.ask(&["create", "m", name, "70000"]).unwrap();
                actor.ask(&["replace", "m", "old"]).unwrap();
                words(&[verb, "m", "new"])
            },
            |mut actor, stepped, name, step| {
                let file = fs::File::options().write(true).open(path_of(name)).unwrap();
                file.set_len(0).unwrap();
                stepped.release();
                actor.hear();
                if file.metadata().unwrap().len() > 0 {
                    grown.push(step.to_owned());
                }
            },
        );
        assert!(steps == 0 || (1..=2).contains(&grown.len()), "{verb}: {grown:?}");
    }
}

#[test]
fn a_raw_write_of_a_forked_child_removes_the_record() {
    let _alone = common::alone();
    let name = unique("forked");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "100000"]).unwrap();
    actor.ask(&["append", "m", "text"]).unwrap();
    assert_eq!(actor.ask(&["fork", "write", "m", "5000", "raw"]).unwrap(), "0");
    actor.ask(&["append", "m", "more"]).unwrap();
    let map = Map::open(&name).unwrap();
    assert_eq!(&bytes_of(&map)[5_000..5_009], b"raw\r\nmore");
}

#[test]
fn the_record_does_not_count_in_a_copy() {
    let _alone = common::alone();
    let name = unique("copied");
    let (one, _two) = pair(&name);
    one.append_text("the text of the original").unwrap();
    let copy = path_of(&unique("copy"));
    let mut command = std::process::Command::new("cp");
    assert!(command.arg("-a").arg(path_of(&name)).arg(&copy).status().unwrap().success());
    assert!(has_record(&copy), "the copy has the time of the original");
    // The sweep leaves it alone, because it may be a backup.
    drop(one);
    mmf::list().unwrap();
    assert!(copy.exists());
    // The record of the original does not count for the copy.
    let file = Map::map_file(&copy).unwrap();
    let recorded = fs::metadata(&copy).unwrap().modified().unwrap();
    file.write_at(b"raw", 50_000).unwrap();
    fs::File::options().write(true).open(&copy).unwrap().set_modified(recorded).unwrap();
    file.append_text("more").unwrap();
    assert_eq!(&bytes_of(&file)[50_000..50_009], b"raw\r\nmore");
    fs::remove_file(copy).unwrap();
}

#[test]
fn the_sweep_removes_a_dead_map_with_a_record() {
    let _alone = common::alone();
    let name = unique("dead");
    let mut actor = Actor::start();
    actor.ask(&["create", "m", &name, "100000"]).unwrap();
    actor.ask(&["append", "m", "text"]).unwrap();
    assert!(has_record(&path_of(&name)));
    actor.kill();
    mmf::list().unwrap();
    assert!(!path_of(&name).exists());
}

#[test]
fn files_and_foreign_objects_get_no_record() {
    let _beside = common::beside_others();
    // In the folder for maps, whose file system can store a record.
    let path = path_of(&unique("foreign"));
    fs::write(&path, vec![0; 100_000]).unwrap();
    let object = path.file_name().unwrap().to_str().unwrap();
    let foreign = Map::open(object).unwrap();
    assert!(foreign.is_foreign());
    let file = Map::map_file(&path).unwrap();
    let view = file.view(0, 0, Access::ReadWrite).unwrap();
    view.write_at(b"stored", 50_000).unwrap();
    for map in [&foreign, &file] {
        map.replace_text("text").unwrap();
        map.append_text("more").unwrap();
        assert!(!has_record(&path));
        // The other program stores through a mapping, far past the end.
        view.write_at(b"stored", 50_000).unwrap();
        map.append_text("last").unwrap();
        assert_eq!(&bytes_of(map)[50_000..50_012], b"stored\r\nlast");
    }
    drop((foreign, file));
    fs::remove_file(path).unwrap();
}

#[test]
fn anonymous_memory_has_a_record() {
    let _beside = common::beside_others();
    let map = MapOptions::new().create_anonymous(100_000).unwrap();
    map.append_text("text").unwrap();
    let path = PathBuf::from(format!("/proc/self/fd/{}", common::number(&map)));
    assert!(has_record(&path));
    map.write_at(b"raw", 5_000).unwrap();
    assert!(!has_record(&path));
    map.append_text("more").unwrap();
    assert_eq!(&bytes_of(&map)[5_000..5_009], b"raw\r\nmore");
}

#[test]
fn appends_are_exact_even_if_the_process_may_not_set_the_time() {
    let _alone = common::alone();
    const TEST: &str = "end_record::appends_are_exact_even_if_the_process_may_not_set_the_time";
    const NAME: &str = "MMF_TEST_NAME";
    if common::again::part().is_some() {
        let map = Map::open(&std::env::var(NAME).unwrap()).unwrap();
        map.append_text("nobody's").unwrap();
        map.append_bytes_with(b"\0\0\0more", &text().separator("")).unwrap();
        return;
    }
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        common::not_run("end record of another user's map", "only root can become another user");
        return;
    }
    let name = unique("nobody");
    let everybody = MapOptions::new().permissions(Permissions::new().mode(0o666));
    let map = everybody.create_new(&name, 3 << 20).unwrap();
    map.append_text("root's").unwrap();
    let (_folder, copy) = common::again::for_everybody();
    let mut command = common::again::again_by(&["env"], &copy, TEST, "nobody");
    {
        use std::os::unix::process::CommandExt;
        command.env(NAME, &name).current_dir("/").uid(65_534).gid(65_534);
    }
    common::again::succeeds(&mut command);
    assert!(!has_record(&path_of(&name)));
    map.append_text("last").unwrap();
    assert!(has_record(&path_of(&name)));
    assert_eq!(map.read_bytes().unwrap(), b"root's\r\nnobody's\0\0\0more\r\nlast");
}
