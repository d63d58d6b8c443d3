//! Compares the .NET binding with the header: `powershell/Mmf` must declare what `mmf.h` declares.

use std::collections::BTreeMap;

const HEADER: &str = include_str!("../include/mmf.h");

/// A function or structure: its parameters or fields in order, each with type and name. Types are written as in C#.
type Parts = Vec<(String, String)>;

/// A file of the binding; `None` in a packed crate without it.
fn source(name: &str) -> Option<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("powershell/Mmf").join(name);
    std::fs::read_to_string(path).ok().map(|text| without_comments(&text))
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// The C# spelling of a C type.
fn csharp_type(c: &str) -> String {
    let words: Vec<_> = c.split_whitespace().filter(|word| *word != "const").collect();
    let bare = words.join("").replace('*', "");
    let stars = c.matches('*').count();
    let known = match bare.as_str() {
        "int32_t" => "int",
        "uint32_t" => "uint",
        "int64_t" => "long",
        "uint64_t" => "ulong",
        "size_t" => "nuint",
        "intptr_t" => "nint",
        "uint8_t" | "char" => "byte",
        "uint16_t" => "char",
        "mmf_status_t" => "Status",
        other => other,
    };
    known.to_owned() + &"*".repeat(stars)
}

/// Splits `const char *name` or `uint8_t message[3]` into type, name and array length.
fn split_declaration(declaration: &str) -> (String, String, Option<String>) {
    let text = declaration.trim();
    let (text, many) = match text.split_once('[') {
        Some((before, after)) => (before, Some(after.trim_end_matches(']').to_owned())),
        None => (text, None),
    };
    let at =
        text.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != '@').map_or(0, |at| at + 1);
    let name = text[at..].trim_start_matches('@').to_owned();
    (text[..at].trim().to_owned(), name, many)
}

fn parameters(list: &str, spell: impl Fn(&str) -> String) -> Parts {
    let list = list.trim();
    if list.is_empty() || list == "void" {
        return Vec::new();
    }
    list.split(',')
        .map(|one| {
            let (kind, name, _) = split_declaration(one);
            (spell(&kind), name)
        })
        .collect()
}

/// The functions of the header, by name: the result and the parameters.
fn header_functions() -> BTreeMap<String, (String, Parts)> {
    let code = without_comments(HEADER);
    let mut found = BTreeMap::new();
    for declaration in code.split(';') {
        let Some((before, list)) = declaration.split_once('(') else { continue };
        let Some(name) = before.split_whitespace().last().filter(|name| name.starts_with("mmf_"))
        else {
            continue;
        };
        let result = if before.contains("mmf_status_t") { "Status" } else { "void" };
        let list = list.trim_end().trim_end_matches(')');
        found.insert(name.to_owned(), (result.to_owned(), parameters(list, csharp_type)));
    }
    found
}

fn binding_functions(code: &str) -> BTreeMap<String, (String, Parts)> {
    let as_written = |kind: &str| kind.to_owned();
    code.split("static extern ")
        .skip(1)
        .map(|declaration| {
            let (before, after) = declaration.split_once('(').expect("a list of parameters");
            let (list, _) = after.split_once(')').expect("the end of the parameters");
            let (result, name) = before.split_once(' ').expect("a type and a name");
            (name.to_owned(), (result.to_owned(), parameters(list, as_written)))
        })
        .collect()
}

/// The fields of a structure: type with array length, and name.
fn fields(body: &str, spell: impl Fn(&str) -> String) -> Parts {
    body.split(';')
        .filter(|field| !field.trim().is_empty())
        .map(|field| {
            let (kind, name, many) = split_declaration(field);
            let many = many.map_or(String::new(), |many| format!("[{many}]"));
            (spell(&kind) + &many, name)
        })
        .collect()
}

fn header_structures() -> BTreeMap<String, Parts> {
    let code = without_comments(HEADER);
    code.split("typedef struct")
        .skip(1)
        .map(|declaration| {
            let (_, after) = declaration.split_once('{').expect("a body");
            let (body, after) = after.split_once('}').expect("the end of the body");
            let (name, _) = after.split_once(';').expect("a name");
            (name.trim().to_owned(), fields(body, csharp_type))
        })
        .collect()
}

fn binding_structures(code: &str) -> BTreeMap<String, Parts> {
    let plain = |kind: &str| {
        let words = kind.split_whitespace().filter(|word| !["internal", "fixed"].contains(word));
        words.collect::<String>()
    };
    code.split("struct ")
        .skip(1)
        .map(|declaration| {
            let (name, after) = declaration.split_once('{').expect("a body");
            let (body, _) = after.split_once('}').expect("the end of the body");
            (name.trim().to_owned(), fields(body, plain))
        })
        .collect()
}

/// The constants of an enumeration of the header, named as in .NET, with their values.
fn header_enumeration(name: &str, prefix: &str) -> Vec<(String, String)> {
    let code = without_comments(HEADER);
    let (_, after) = code.split_once(&format!("enum {name}\n")).expect("the enumeration");
    let (_, after) = after.split_once('{').expect("a body");
    let (body, _) = after.split_once('}').expect("the end of the body");
    let value = |line: &str| {
        let (constant, number) = line.split_once('=')?;
        let constant = constant.trim().strip_prefix(prefix)?.replace('_', "").to_lowercase();
        Some((constant, number.trim().to_owned()))
    };
    body.split(',').filter_map(value).collect()
}

fn binding_enumeration(code: &str) -> Vec<(String, String)> {
    let (_, body) = code.split_once('{').expect("a body");
    let value = |line: &str| {
        let (constant, number) = line.trim().trim_end_matches('}').split_once('=')?;
        Some((constant.trim().to_lowercase(), number.trim().to_owned()))
    };
    body.split(',').filter_map(value).collect()
}

#[test]
fn every_function_of_the_header_is_bound() {
    let Some(code) = source("NativeMethods.cs") else { return };
    let (header, binding) = (header_functions(), binding_functions(&code));
    assert!(header.len() > 40, "only {} functions were found", header.len());
    for (name, declared) in &header {
        assert_eq!(binding.get(name), Some(declared), "{name}");
    }
    for name in binding.keys() {
        assert!(header.contains_key(name), "{name} is not in the header");
    }
}

#[test]
fn every_structure_has_the_fields_of_the_header() {
    let Some(code) = source("NativeStructures.cs") else { return };
    let (header, binding) = (header_structures(), binding_structures(&code));
    assert!(header.len() > 12, "only {} structures were found", header.len());
    for (name, declared) in &header {
        assert_eq!(binding.get(name), Some(declared), "{name}");
    }
    for name in binding.keys() {
        assert!(header.contains_key(name), "{name} is not in the header");
    }
    // All structures are laid out sequentially, as in C.
    assert_eq!(code.matches("[StructLayout(LayoutKind.Sequential)]").count(), header.len());
}

#[test]
fn every_enumeration_has_the_names_and_numbers_of_the_header() {
    for (file, name, prefix) in [
        ("Status.cs", "mmf_status_t", "MMF_STATUS_"),
        ("MapKind.cs", "mmf_kind_t", "MMF_KIND_"),
        ("TextEncoding.cs", "mmf_encoding_t", "MMF_ENCODING_"),
        ("SavePart.cs", "mmf_save_part_t", "MMF_SAVE_"),
        ("LockMode.cs", "mmf_lock_mode_t", "MMF_LOCK_"),
        ("WatchEvent.cs", "mmf_watch_event_t", "MMF_WATCH_EVENT_"),
        ("TrustedOwnerNumber.cs", "mmf_trusted_owner_t", "MMF_TRUSTED_OWNER_"),
    ] {
        let Some(code) = source(file) else { return };
        let header = header_enumeration(name, prefix);
        assert!(header.len() > 1, "{name}");
        assert_eq!(binding_enumeration(&code), header, "{file}");
    }
}

#[test]
fn every_status_has_an_exception() {
    let Some(code) = source("StatusTable.cs") else { return };
    for (name, _) in header_enumeration("mmf_status_t", "MMF_STATUS_") {
        let rows = code.to_lowercase().matches(&format!("add(status.{name},")).count();
        assert_eq!(rows, usize::from(name != "ok"), "{name}");
    }
}
