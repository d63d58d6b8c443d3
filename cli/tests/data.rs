//! Tests of `cat`, `put`, `list`, `info` and `sweep`.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::{Holder, assert_fails, json, output, output_with, text, text_of, unique};
use mmf::backend::{LEFTOVER_AFTER_KILL, PERMISSION_MODES, SECURITY_DESCRIPTORS};
use mmf::{Map, MapOptions, Permissions};

#[test]
fn other_processes_can_read_the_map_of_put_until_it_ends() {
    let _alone = common::alone();
    let name = unique("put");
    let holder = Holder::put(&name, b"first\n", &[]);
    assert_eq!(text(&["cat", &name]), "first");
    assert_eq!(holder.map().capacity(), 65_536);
    drop(holder);
    let errors = assert_fails(&output(&["cat", &name]), 3);
    assert!(errors.contains(&name), "{errors}");
}

#[test]
fn put_writes_an_existing_map_and_ends() {
    let _alone = common::alone();
    let name = unique("put");
    let map = Map::create_new(&name, 4096).unwrap();
    let put = |more: &[&str], input: &str| {
        let mut arguments = vec!["put", &name];
        arguments.extend(more);
        assert_eq!(text_of(output_with(&arguments, input.as_bytes())), "");
        map.read_text().unwrap()
    };
    assert_eq!(put(&[], "a\n"), "a");
    assert_eq!(put(&["--append"], "b\r\n"), "a\r\nb");
    assert_eq!(put(&["--append", "--separator", ", "], "c"), "a\r\nb, c");
    assert_eq!(put(&["--existing"], "d\n\n"), "d\n");
    assert_eq!(put(&["--bytes", "--append"], "e\n"), "d\n\r\ne\n");
    assert_fails(&output_with(&["put", &name, "--new"], b"x"), 4);
    assert_eq!(map.read_text().unwrap(), "d\n\r\ne\n");
}

#[test]
fn input_that_does_not_fit_changes_nothing() {
    let _alone = common::alone();
    let name = unique("put");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("old").unwrap();
    let long = vec![b'x'; map.capacity() as usize + 1];
    assert_fails(&output_with(&["put", &name], &long), 6);
    assert_fails(&output_with(&["put", &name], b"a\xFFb"), 1);
    assert_eq!(map.read_text().unwrap(), "old");
}

#[test]
fn put_creates_no_map_if_it_fails() {
    let _alone = common::alone();
    let name = unique("put");
    assert_fails(&output_with(&["put", &name, "--existing"], b"x"), 3);
    assert_fails(&output_with(&["put", &name], b"a\xFFb"), 1);
    common::assert_gone(&name);
}

#[test]
fn put_creates_a_map_of_the_given_or_needed_size() {
    let _alone = common::alone();
    let name = unique("size");
    let long = vec![b'x'; 65_537];
    for (more, input, capacity) in
        [(&["--size", "128K"][..], &b"x"[..], 131_072), (&[], &long, 131_072)]
    {
        assert_eq!(Holder::put(&name, input, more).map().capacity(), capacity);
    }
    let long = "\u{20ac}".repeat(32_768);
    let holder = Holder::put(&name, long.as_bytes(), &["--encoding", "UTF16LE"]);
    assert_eq!(holder.map().capacity(), 131_072);
    assert_eq!(holder.map().read_text().unwrap(), long);
}

#[test]
fn cat_prints_the_content_unchanged_or_as_lines() {
    let _alone = common::alone();
    let name = unique("cat");
    let map = Map::create_new(&name, 4096).unwrap();
    assert_eq!(text(&["cat", &name]), "");
    assert_eq!(text(&["cat", &name, "--lines"]), "");
    map.replace_text("a").unwrap();
    map.append_text("\u{e4}").unwrap();
    assert_eq!(text(&["cat", &name]), "a\r\n\u{e4}");
    let lines = if cfg!(windows) { "a\r\n\u{e4}\r\n" } else { "a\n\u{e4}\n" };
    assert_eq!(text(&["cat", &name, "--lines"]), lines);
    let found = json(&["cat", &name, "--json"]);
    assert_eq!(found["name"], name.as_str());
    assert_eq!(found["text"], "a\r\n\u{e4}");
}

#[test]
fn cat_decodes_text_but_not_bytes() {
    let _alone = common::alone();
    let name = unique("cat");
    let map = Map::create_new(&name, 4096).unwrap();
    map.write_at(b"\xFF\xFEa\0\xE4\0", 0).unwrap();
    assert_eq!(text(&["cat", &name]), "a\u{e4}");
    assert_eq!(output(&["cat", &name, "--bytes"]).stdout, b"\xFF\xFEa\0\xE4");
    assert_eq!(text_of(output_with(&["put", &name, "--append"], b"b")), "");
    assert_eq!(
        map.read_text().unwrap(),
        "a\u{e4}\r\nb",
        "an append must use the encoding of the byte order mark"
    );
    map.replace_bytes_with(b"a\0\xE4\0", &mmf::TextOptions::new()).unwrap();
    assert_eq!(text(&["cat", &name, "--encoding", "utf16le"]), "a\u{e4}");
}

#[test]
fn info_waits_for_a_map_that_does_not_exist_yet() {
    let _alone = common::alone();
    let name = unique("wait");
    let reader = common::start(&["info", &name, "--open-timeout", "120", "--json"], b"");
    let _map = Map::create_new(&name, 4096).unwrap();
    assert!(text_of(reader.wait_with_output().unwrap()).contains(&name));
    assert_fails(&output(&["info", &unique("none"), "--open-timeout", "0.05"]), 3);
}

#[test]
fn a_closed_pipe_ends_the_command_quietly() {
    let _alone = common::alone();
    let name = unique("pipe");
    let map = Map::create_new(&name, 4096).unwrap();
    map.replace_text("text").unwrap();
    for arguments in [&["cat", &name][..], &["list", "--json"], &["man"], &["completions", "bash"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = common::mmf(arguments).stdout(writer).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{arguments:?}");
    }
}

#[test]
fn info_and_list_show_the_properties_of_a_map() {
    let _alone = common::alone();
    let name = unique("info");
    let map = Map::create_new(&name, 65_536).unwrap();
    map.replace_text("five!").unwrap();
    let found = json(&["info", &name, "--json"]);
    assert_eq!(found["name"], name.as_str());
    assert_eq!(found["kind"], "memory");
    assert_eq!(found["capacity"], 65_536);
    assert_eq!(found["content"], 5);
    assert_eq!(found["writable"], true);
    assert_eq!(found["foreign"], false);
    assert_eq!(
        found["mode"],
        if PERMISSION_MODES { "0600".into() } else { serde_json::Value::Null }
    );
    let shown = text(&["info", &name]);
    assert!(shown.contains("\ncontent    5 bytes\n"), "{shown}");

    let all = json(&["list", "--json"]);
    let entry = all.as_array().unwrap().iter().find(|map| map["name"] == name.as_str()).unwrap();
    assert_eq!(entry["kind"], "memory");
    assert_eq!(entry["capacity"], 65_536);
    assert_eq!(entry["trusted"], true);
    let table = text(&["list"]);
    assert!(table.starts_with("NAME "), "{table}");
    assert!(table.lines().any(|row| row.starts_with(&name) && row.contains(" 65536 ")), "{table}");
}

#[test]
fn info_shows_whether_a_map_can_be_written() {
    let _alone = common::alone();
    let name = unique("read");
    let _map = MapOptions::new().access(mmf::Access::Read).create_new(&name, 4096).unwrap();
    assert_eq!(json(&["info", &name, "--json"])["writable"], false);
}

#[test]
fn info_shows_the_file_of_a_file_map() {
    let _alone = common::alone();
    let name = unique("file");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "12345").unwrap();
    let _map = MapOptions::new().name(&name).map_file(&path).unwrap();
    let found = json(&["info", &name, "--json"]);
    if SECURITY_DESCRIPTORS {
        // A Windows section does not say whether it has a file.
        return;
    }
    assert_eq!(found["kind"], "file");
    assert_eq!(found["capacity"], 5);
    assert!(found["path"].as_str().unwrap().ends_with("file"), "{found}");
}

#[test]
fn list_escapes_control_characters_in_names() {
    let _alone = common::alone();
    let name = format!("{}\u{1b}[2J\nx", unique("odd"));
    let _map = Map::create_new(&name, 4096).unwrap();
    let table = text(&["list"]);
    assert!(table.contains("\\u{1b}[2J\\nx"), "{table}");
    assert!(!table.contains('\u{1b}'), "{table}");
    let all = json(&["list", "--json"]);
    assert!(all.as_array().unwrap().iter().any(|map| map["name"] == name.as_str()));
}

#[test]
fn info_does_not_wait_long_for_the_lock() {
    let _alone = common::alone();
    let name = unique("locked");
    let map = Map::create_new(&name, 4096).unwrap();
    let _lock = map.lock_exclusive(common::LONG).unwrap();
    assert_eq!(json(&["info", &name, "--json"])["content"], serde_json::Value::Null);
}

#[test]
fn sweep_removes_maps_of_killed_processes() {
    let _alone = common::alone();
    // Another process that creates a map could remove the dead map first, so this is tried several times.
    let tries = if LEFTOVER_AFTER_KILL { 20 } else { 1 };
    let counted = (0..tries).any(|_| {
        let name = unique("dead");
        Holder::put(&name, b"x", &[]).kill();
        let removed = json(&["sweep", "--json"])["removed"].as_u64().unwrap();
        common::assert_gone(&name);
        removed > 0
    });
    assert_eq!(counted, LEFTOVER_AFTER_KILL);
    assert!(text(&["sweep"]).starts_with("dead maps removed: "));
}

#[test]
fn a_map_of_another_user_is_opened_only_if_trusted() {
    let _alone = common::alone();
    const NOBODY: u32 = 65_534;
    if !PERMISSION_MODES {
        return;
    }
    let name = unique("trust");
    let permissions = Permissions::new().mode(0o666).uid(NOBODY);
    let Ok(map) = MapOptions::new().permissions(permissions).create_new(&name, 4096) else {
        common::not_run("trust", "only root can give a map to another user");
        return;
    };
    map.replace_text("theirs").unwrap();
    for command in ["cat", "info"] {
        let errors = assert_fails(&output(&[command, &name]), 5);
        assert!(errors.contains("65534") || errors.contains("nobody"), "{errors}");
    }
    assert_fails(&output_with(&["put", &name], b"x"), 5);
    assert_fails(&output(&["cat", &name, "--trust", "root"]), 5);
    for owner in ["*", "65534", "nobody"] {
        assert_eq!(text(&["cat", &name, "--trust", owner]), "theirs", "{owner}");
    }
    assert_eq!(text_of(output_with(&["put", &name, "--trust", "*"], b"ours")), "");
    assert_eq!(map.read_text().unwrap(), "ours");
    let found = json(&["info", &name, "--trust", "*", "--json"]);
    assert_eq!((&found["mode"], &found["uid"]), (&"0666".into(), &NOBODY.into()));
}

#[test]
fn put_and_run_set_the_given_permission_bits() {
    let _alone = common::alone();
    if !PERMISSION_MODES {
        return;
    }
    let name = unique("mode");
    let holder = Holder::put(&name, b"x", &["--mode", "660"]);
    assert_eq!(holder.map().permissions().unwrap().mode, Some(0o660));
    drop(holder);
    let program = env!("CARGO_BIN_EXE_mmf");
    let run =
        ["run", &name, "--size", "1", "--mode", "0644", "--", program, "info", &name, "--json"];
    assert_eq!(json(&run)["mode"], "0644");
}
