//! Tests of `include/mmf.h`: it compiles on its own, matches the library, and documents everything.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::BTreeSet;
use std::mem::offset_of;
use std::process::Command;

use common::compiler::{Compiler, Language, Link, root, shared_library};
use common::{not_run, promises, unique};
use mmf::ErrorKind;
use mmf::ffi::*;

const HEADER: &str = include_str!("../include/mmf.h");

fn code() -> String {
    promises::code(HEADER)
}

/// The identifiers and keywords of the code, in order.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The functions that the header declares.
fn functions() -> BTreeSet<String> {
    let code = code();
    let calls = code.split('(').filter_map(|before| words(before).last());
    // Casts in macros are to types, not calls.
    let ours = |name: &&str| name.starts_with("mmf_") && !name.ends_with("_t");
    calls.filter(ours).map(str::to_owned).collect()
}

/// The list of everything that compiled programs rely on, and the variable that makes this test write it.
const PROMISED: &str = "tests/abi/promised.txt";
const WRITE: &str = "MMF_WRITE_PROMISED";

/// Released lines of the list must never change. docs/abi.md says which additions are allowed.
#[test]
fn the_header_matches_the_list_of_promises() {
    let list = promises::list(HEADER);
    let file = root().join(PROMISED);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &list).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let (old, new): (BTreeSet<_>, BTreeSet<_>) =
        (written.lines().collect(), list.lines().collect());
    let gone: Vec<_> = old.difference(&new).collect();
    let added: Vec<_> = new.difference(&old).collect();
    assert!(gone.is_empty(), "these changes break compiled programs: {gone:#?}");
    assert!(
        written == list,
        "{PROMISED} lacks {added:#?}: if docs/abi.md allows it, write it again with\n\
         {WRITE}=1 cargo test --test header"
    );
}

/// The compiler computes the same numbers. They do not depend on the alignment of 64-bit integers.
#[test]
fn the_compiler_agrees_with_the_list_of_promises() {
    let structures = promises::structures(HEADER);
    let layouts = promises::layouts(&structures, size_of::<usize>(), 8);
    for pointer in [4, 8] {
        let tight = promises::layouts(&structures, pointer, 8);
        let loose = promises::layouts(&structures, pointer, 4);
        for (name, layout) in tight {
            assert_eq!(
                (layout.size, &layout.offsets),
                (loose[&name].size, &loose[&name].offsets),
                "{name}"
            );
        }
    }
    let mut source = String::from("#include <mmf.h>\n");
    let mut expect = |what: String, number: i64| {
        let line = source.lines().count();
        source.push_str(&format!("typedef char line_{line}[({what}) == ({number}) ? 1 : -1];\n"));
    };
    for structure in &structures {
        let name = &structure.name;
        let layout = &layouts[name];
        expect(format!("sizeof({name})"), layout.size as i64);
        for ((field, _), offset) in structure.fields.iter().zip(&layout.offsets) {
            expect(format!("offsetof({name}, {field})"), *offset as i64);
        }
    }
    for (name, value) in promises::values(HEADER) {
        expect(name, value);
    }
    assert!(source.lines().count() > 150, "{source}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("promised.c");
    std::fs::write(&file, source).unwrap();
    if let Some(compiler) = Compiler::find("list of the header", Language::C) {
        compiler.check("c99", &[file.to_str().unwrap()]);
    }
}

#[test]
fn compiles_alone_as_c99_and_as_cpp17() {
    if let Some(compiler) = Compiler::find("header in C", Language::C) {
        for standard in ["c99", "c11", "c17"] {
            compiler.check(standard, &["include/mmf.h", "tests/c/alone.c"]);
        }
    }
    if let Some(compiler) = Compiler::find("header in C++", Language::Cpp) {
        for standard in ["c++11", "c++17", "c++20"] {
            compiler.check(standard, &["include/mmf.h", "tests/c/alone.c"]);
        }
    }
}

#[test]
fn compiles_twice_in_one_program() {
    let sources = ["tests/c/twice_1.c", "tests/c/twice_2.c"];
    if let Some(compiler) = Compiler::find("header in C", Language::C) {
        compiler.build("c99", &sources, Link::Shared).run(&[]);
    }
    if let Some(compiler) = Compiler::find("header in C++", Language::Cpp) {
        compiler.build("c++17", &sources, Link::Shared).run(&[]);
    }
}

/// The program in the comment at the top of the header runs unchanged.
#[test]
fn the_example_in_the_header_works() {
    let Some(compiler) = Compiler::find("header in C", Language::C) else { return };
    let name = unique("header-example");
    let source = common::compiler::example(HEADER, &name);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.c");
    std::fs::write(&file, source).unwrap();
    let program = compiler.build("c99", &[file.to_str().unwrap()], Link::Shared);
    assert_eq!(program.run(&[]), "Hello\n");
}

/// The build script writes the header. If its sources are committed, the header must be committed, too.
#[test]
fn the_committed_header_is_up_to_date() {
    let status = |paths: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(root()).args(["status", "--porcelain", "--"]).args(paths);
        let output = command.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    match status(&["src/ffi", "build.rs", "cbindgen.toml", "Cargo.toml"]) {
        Some(changes) if changes.is_empty() => {
            assert_eq!(status(&["include/mmf.h"]).as_deref(), Some(""), "commit the header, too");
        }
        Some(changes) => {
            not_run(
                "header against git",
                &format!("sources with uncommitted changes: {}", changes.trim()),
            );
        }
        None => not_run("header against git", "not a checkout, or git is missing"),
    }
}

#[test]
fn the_functions_are_exactly_the_exported_symbols() {
    use object::read::{File, Object};
    let Some(library) = shared_library() else {
        not_run("exported symbols", "this target has no shared library");
        return;
    };
    let bytes = std::fs::read(library).unwrap();
    let file = File::parse(&*bytes).unwrap();
    let name = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('_').to_owned();
    let exported: BTreeSet<_> =
        file.exports().unwrap().iter().map(|export| name(export.name())).collect();
    assert_eq!(exported, functions());
}

#[test]
fn every_item_is_documented() {
    let lines: Vec<_> = HEADER.lines().collect();
    let begin = lines.iter().position(|line| *line == "#define MMF_H").unwrap() + 1;
    let (mut comment, mut continued) = (false, false);
    let mut documented = 0;
    for (number, line) in lines.iter().enumerate().skip(begin) {
        if line.trim_start().starts_with("/**") {
            comment = true;
        }
        let in_comment = comment;
        if line.trim_end().ends_with("*/") {
            comment = false;
        }
        let text = line.trim();
        let item = text.starts_with("#define ")
            || text.starts_with("typedef struct")
            || text.starts_with("enum ")
            || line.starts_with("mmf_status_t ")
            || line.starts_with("void ")
            // A field or a value: indented by one level, and not the continuation of a parameter list.
            || line.starts_with("    ") && !line.starts_with("     ") && !continued;
        continued = !in_comment && text.ends_with(['\\', ',']) && !text.starts_with("MMF_");
        if in_comment || !item {
            continue;
        }
        documented += 1;
        let before = lines[number - 1].trim();
        assert!(before.ends_with("*/"), "line {}: `{text}` has no comment", number + 1);
    }
    assert!(documented > 200, "only {documented} items were found");
}

/// The functions: name, parameters, and the comment before them.
fn comments() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for part in HEADER.split("/**").skip(1) {
        let (comment, code) = part.split_once("*/").unwrap();
        let code = code.trim_start();
        if code.starts_with("mmf_status_t mmf_") || code.starts_with("void mmf_") {
            let (head, rest) = code.split_once('(').unwrap();
            let name = words(head).last().unwrap().to_owned();
            let parameters = rest.split_once(");").unwrap().0;
            found.push((name, parameters.to_owned(), comment.to_owned()));
        }
    }
    found
}

#[test]
fn every_function_documents_parameters_results_and_threads() {
    let comments = comments();
    let names: BTreeSet<_> = comments.iter().map(|(name, ..)| name.clone()).collect();
    assert_eq!(names, functions());
    for (name, parameters, comment) in &comments {
        // The function for the other encoding only refers to this one.
        let sister = words(comment).find(|word| *word != name && names.contains(*word));
        let plain = [name.replace("16", ""), name.split("16").next().unwrap().to_owned()];
        let has_sister = name.contains("16") && plain.iter().any(|plain| names.contains(plain));
        if has_sister || name == "mmf_bytes_free" {
            assert!(sister.is_some(), "{name} refers to no other function");
            continue;
        }
        for parameter in parameters.split(',') {
            let parameter = words(parameter).last().unwrap();
            let explained = comment.lines().any(|line| {
                let Some(line) = line.trim_start_matches([' ', '*']).strip_prefix("- ") else {
                    return false;
                };
                line.split(':').next().is_some_and(|head| words(head).any(|word| word == parameter))
            });
            assert!(explained, "{name} does not explain {parameter}");
        }
        assert!(comment.contains("hreads:") || comment.contains("threads: as"), "{name}: threads");
        let gives_back = name.ends_with("_free");
        assert_eq!(comment.contains("Returns"), !gives_back, "{name}: results");
        if comment.contains("give it back") || gives_back {
            assert!(comment.to_lowercase().contains("memory and lifetimes"), "{name}: memory");
        }
    }
}

#[test]
fn comments_contain_only_existing_names() {
    let code = code();
    let known: BTreeSet<_> = words(&code).collect();
    let comments: String =
        HEADER.split("/*").skip(1).map(|part| part.split("*/").next().unwrap()).collect();
    for word in words(&comments) {
        let ours = word.starts_with("mmf_") || word.starts_with("MMF_");
        // `MMF_ACCESS_` stands for all names that begin with it.
        let group = word.ends_with('_') && known.iter().any(|name| name.starts_with(word));
        assert!(!ours || group || known.contains(word), "{word} is only in a comment");
    }
}

#[test]
fn the_version_is_that_of_cargo() {
    let value = |name: &str| {
        let line = HEADER.lines().find_map(|line| line.strip_prefix(&format!("#define {name} ")));
        line.unwrap_or_else(|| panic!("{name} is not defined")).to_owned()
    };
    assert_eq!(value("MMF_VERSION"), format!("\"{}\"", env!("CARGO_PKG_VERSION")));
    assert_eq!(value("MMF_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MAJOR"));
    assert_eq!(value("MMF_VERSION_MINOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert_eq!(value("MMF_VERSION_PATCH"), env!("CARGO_PKG_VERSION_PATCH"));
}

#[test]
fn the_statuses_match_error_kind() {
    let found: Vec<_> = code()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("MMF_STATUS_")?.strip_suffix(','))
        .map(str::to_owned)
        .collect();
    let ours = ErrorKind::ALL.iter().map(|it| format!("{} = {}", it.name(), *it as i32));
    // OK is a status in C, but not an `ErrorKind`.
    let ours: Vec<_> = std::iter::once("OK = 0".to_owned()).chain(ours).collect();
    assert_eq!(found, ours);
}

/// Functions end with `16`, types with `16_t`.
#[test]
fn names_for_utf16_end_with_16() {
    let code = code();
    let ours = words(&code).filter(|word| word.to_lowercase().starts_with("mmf_"));
    let with: BTreeSet<_> = ours.filter(|word| word.contains("16")).collect();
    for name in &with {
        let is_type = name.strip_suffix("_t").is_some_and(|stem| stem.ends_with("16"));
        let encoding = name.starts_with("MMF_ENCODING_UTF16");
        assert!(is_type || encoding || name.ends_with("16"), "{name}");
    }
    assert!(with.len() > 20, "{with:?}");
}

#[test]
fn no_name_is_generic() {
    let code = code();
    for word in words(&code) {
        let generic = ["Ref", "Mut", "Raw", "Out", "Box", "Vec", "Option", "Arc", "Place", "Text"];
        assert!(!generic.contains(&word), "{word} is not a name for C");
    }
    assert!(words(&code).any(|word| word == "mmf_map_t"), "the words were not read");
}

#[test]
fn c_and_rust_agree_on_layouts_and_defaults() {
    let mut expected = Vec::new();
    macro_rules! layout {
        ($($type:ident { $($field:ident)* })*) => {
            $(
                expected.push(format!("{} {}", stringify!($type), size_of::<$type>()));
                $(expected.push(format!(
                    "{}.{} {}",
                    stringify!($type),
                    stringify!($field),
                    offset_of!($type, $field)
                ));)*
            )*
        };
    }
    layout! {
        mmf_status_t {} mmf_map_t {} mmf_view_t {} mmf_lock_t {} mmf_watch_t {}
        mmf_text_t {} mmf_text16_t {} mmf_bytes_t {} mmf_list_t { length stride } mmf_list16_t {}
        mmf_error_t { os_code message_length message }
        mmf_map_info_t {
            kind access rights inheritable foreign orphaned read_only capacity descriptor
        }
        mmf_view_info_t { access pointer size offset }
        mmf_permissions_t { mode uid gid }
        mmf_list_entry_t { path capacity kind foreign mode trusted uid gid }
        mmf_list_entry16_t {}
        mmf_map_options_t {
            access rights allocation inheritability mode uid gid sddl sddl_length wait_ms
            trusted_owner
        }
        mmf_text_options_t { encoding timeout_ms lock separator separator_length }
        mmf_save_options_t { part keep_existing force ending ending_length text }
    }
    let map = mmf_map_options_t::default();
    expected.push(format!(
        "map {} {} {} {} {} {} {} {} {} {} {} {}",
        map.struct_size,
        map.access,
        map.rights,
        map.allocation,
        map.inheritability,
        map.mode,
        map.uid,
        map.gid,
        i32::from(!map.sddl.is_null()),
        map.sddl_length,
        map.wait_ms,
        map.trusted_owner
    ));
    let text = mmf_text_options_t::default();
    assert_eq!(mmf::DEFAULT_SEPARATOR.len(), text.separator_length);
    expected.push(format!(
        "text {} {} {} {} [{}] {}",
        text.struct_size,
        text.encoding,
        text.timeout_ms,
        text.lock.id,
        mmf::DEFAULT_SEPARATOR.replace("\r\n", "\n"),
        text.separator_length
    ));
    let save = mmf_save_options_t::default();
    expected.push(format!(
        "save {} {} {} {} {} {} {}",
        save.struct_size,
        save.part,
        save.keep_existing,
        save.force,
        i32::from(!save.ending.is_null()),
        save.ending_length,
        i32::from(!save.text.is_null())
    ));
    let permissions = mmf_permissions_t::default();
    expected.push(format!(
        "permissions {} {} {} {}",
        permissions.struct_size, permissions.mode, permissions.uid, permissions.gid
    ));
    let (map, view) = (mmf_map_info_t::default(), mmf_view_info_t::default());
    expected.push(format!("info {} {}", map.struct_size, view.struct_size));
    expected.push("nul_terminated 1".to_owned());
    let expected = expected.join("\n") + "\n";
    for (language, standard) in [(Language::C, "c99"), (Language::Cpp, "c++17")] {
        if let Some(compiler) = Compiler::find("layout of structures", language) {
            let found = compiler.build(standard, &["tests/c/layout.c"], Link::Shared).run(&[]);
            assert_eq!(found, expected);
        }
    }
}
