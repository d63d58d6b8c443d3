//! Programs that were compiled with the header of another version work with this library.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::compiler::{Compiler, Language, Link, root};
use common::unique;

const HEADER: &str = include_str!("../include/mmf.h");

/// The structures that can grow: the name, the macro for initial values, and the last fields, which an older version could
/// lack.
const GROWING: [(&str, Option<&str>, &[&str]); 8] = [
    ("mmf_map_options_t", Some("MMF_MAP_OPTIONS_INIT"), &["wait_ms", "trusted_owner"]),
    ("mmf_text_options_t", Some("MMF_TEXT_OPTIONS_INIT"), &["separator", "separator_length"]),
    ("mmf_save_options_t", Some("MMF_SAVE_OPTIONS_INIT"), &["text"]),
    ("mmf_permissions_t", Some("MMF_PERMISSIONS_INIT"), &["gid"]),
    ("mmf_map_info_t", Some("MMF_MAP_INFO_INIT"), &["descriptor"]),
    ("mmf_view_info_t", Some("MMF_VIEW_INFO_INIT"), &["offset"]),
    ("mmf_list_entry_t", None, &["gid"]),
    ("mmf_list_entry16_t", None, &["gid"]),
];

/// Changes the fields of a structure in the header, and the values of its macro.
fn change(
    header: &mut String,
    (name, init, _): (&str, Option<&str>, &[&str]),
    fields: impl Fn(&str) -> String,
    values: impl Fn(&str) -> String,
) {
    let end = header.find(&format!("\n}} {name};")).unwrap();
    let begin = header[..end].rfind("typedef struct {").unwrap();
    let changed = fields(&header[begin..end]);
    header.replace_range(begin..end, &changed);
    if let Some(init) = init {
        let begin = header.find(&format!("#define {init}")).unwrap();
        let begin = begin + header[begin..].find(&format!("{{sizeof({name})")).unwrap();
        let end = begin + header[begin..].find("}\n").unwrap();
        let changed = values(&header[begin..end]);
        header.replace_range(begin..end, &changed);
    }
}

fn older() -> String {
    let mut header = format!("#define OLDER 1\n{HEADER}");
    for structure in GROWING {
        let last = structure.2;
        let fields = |text: &str| {
            let mut rest = text;
            for field in last.iter().rev() {
                let (before, gone) = rest.rsplit_once("    /**").unwrap();
                assert!(gone.trim_end().ends_with(&format!("{field};")), "{field}: {gone}");
                rest = before;
            }
            rest.to_owned()
        };
        let values = |text: &str| {
            last.iter().fold(text, |text, _| text.rsplit_once(',').unwrap().0).to_owned()
        };
        change(&mut header, structure, fields, values);
    }
    header
}

fn newer() -> String {
    let mut header = format!("#define NEWER 1\n{HEADER}");
    for structure in GROWING {
        let fields = |text: &str| format!("{text}\n    int64_t later;");
        change(&mut header, structure, fields, |text| format!("{text}, 0"));
    }
    header
}

/// Builds a program with this header, and runs it.
#[track_caller]
fn assert_works_with(header: &str, watched: bool) {
    let Some(compiler) = Compiler::find("programs of other versions", Language::C) else { return };
    let link = match watched {
        true if compiler.can_watch("memory of programs of other versions") => Link::Watched,
        true => return,
        false => Link::Shared,
    };
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("mmf.h"), header).unwrap();
    for file in ["versions.c", "check.h"] {
        std::fs::copy(root().join("tests/c").join(file), place(file)).unwrap();
    }
    let program = compiler.build("c99", &[place("versions.c").to_str().unwrap()], link);
    let output = program.run(&[&unique("versions"), place("saved").to_str().unwrap()]);
    assert_eq!(output, "all steps passed\n");
    assert_eq!(std::fs::read_to_string(place("saved")).unwrap(), "one\r\ntwo");
}

#[test]
fn a_program_of_this_version_works() {
    assert_works_with(HEADER, false);
}

#[test]
fn a_program_of_an_older_version_gets_defaults_for_new_options() {
    assert_works_with(&older(), false);
    assert_works_with(&older(), true);
}

#[test]
fn a_program_of_a_newer_version_works_unless_it_uses_new_options() {
    assert_works_with(&newer(), false);
    assert_works_with(&newer(), true);
}
