//! Checks the layers of the library, which docs/architecture.md lists: a file may import from its own layer and from lower
//! layers, and imports must not form a cycle.
//!
//! `use crate::a::b` and an inline `crate::a::b()` import the file of the module `a::b`, or that of `a` if `b` is not a
//! module. Method calls are not detected. Test modules and test files may import anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

const DOCUMENT: &str = include_str!("../docs/architecture.md");

/// A layer: its name, and its files and folders.
type Layer = (String, Vec<String>);

/// The imports of each file, with the line of the first import.
type Graph = BTreeMap<String, BTreeMap<String, usize>>;

#[test]
fn no_file_imports_from_a_higher_layer() {
    let mut sources = BTreeMap::new();
    read_sources(Path::new(env!("CARGO_MANIFEST_DIR")), "src", &mut sources);
    let faults = faults(&layers(DOCUMENT), &sources);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

const TABLE: &str =
    "| Layer | Files |\n| --- | --- |\n| top | `src/high/` |\n| bottom | `src/low.rs` |\n";

/// The faults of a small library with two layers.
fn faults_of(sources: &[(&str, &str)]) -> Vec<String> {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    faults(&layers(TABLE), &sources.iter().map(own).collect())
}

#[test]
fn an_import_from_a_higher_layer_is_found() {
    for import in [
        "use crate::high::part::Part;",
        "pub(crate) use crate::{\n    high::{part, part::Part},\n};",
        "use super::high::part;",
        "fn f() { crate::high::part::Part; }",
        "use crate::high as above;\nfn f(_: above::part::Part) {}",
    ] {
        let low = format!("//! crate::high\n\n{import}\n");
        let found = faults_of(&[
            ("src/high/mod.rs", "mod part;\nuse crate::low::Low;\n"),
            ("src/high/part.rs", "pub struct Part;\n"),
            ("src/low.rs", &low),
        ]);
        let last = found.last().expect(import);
        assert!(last.ends_with("src/high/part.rs: the layer 'bottom' is below 'top'."), "{last}");
        assert!(last.starts_with("src/low.rs:3 ") || import.contains(" as "), "{last}");
    }
}

#[test]
fn an_import_cycle_is_found() {
    let found = faults_of(&[
        ("src/high/mod.rs", "mod a;\nmod b;\npub use b::*;\n"),
        ("src/high/a.rs", "use std::io;\nuse super::b;\nfn a() {\n    b::f()\n}\n"),
        ("src/high/b.rs", "use std::{\n    fmt,\n};\nuse super::a::A;\n"),
        ("src/low.rs", ""),
    ]);
    assert_eq!(
        found,
        [
            "src/high/a.rs:2 is part of an import cycle: src/high/a.rs, src/high/b.rs, src/high/a.rs."
        ]
    );
}

#[test]
fn tests_may_import_anything() {
    let low = "#[cfg(test)]\nmod shared;\n#[cfg(all(test, unix))]\nmod tests {\n    use crate::high;\n}\n";
    let found = faults_of(&[
        ("src/high/mod.rs", ""),
        ("src/low.rs", low),
        ("src/low/shared.rs", "use crate::high;\n"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_file_has_one_layer() {
    let found = faults_of(&[("src/high/mod.rs", ""), ("src/other.rs", "")]);
    assert_eq!(
        found,
        [
            "docs/architecture.md lists src/low.rs, which does not exist.",
            "src/other.rs is in 0 layers of docs/architecture.md: it must be in one."
        ]
    );
}

/// The layers of the table, from top to bottom.
fn layers(document: &str) -> Vec<Layer> {
    let rows = document.lines().skip_while(|line| !line.starts_with("| Layer | Files |")).skip(2);
    let layer = |row: &str| {
        let mut cells = row.strip_prefix("| ")?.split(" | ");
        let (name, files) = (cells.next()?, cells.next()?);
        Some((name.to_owned(), files.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
    };
    rows.map_while(layer).collect()
}

/// Reads all files of a folder, with their paths from the root of the repository.
fn read_sources(root: &Path, folder: &str, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder of the sources") {
        let entry = entry.expect("an entry of the folder");
        let path = format!("{folder}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            read_sources(root, &path, into);
        } else {
            into.insert(path, fs::read_to_string(entry.path()).expect("text"));
        }
    }
}

/// All faults, as sentences.
fn faults(layers: &[Layer], sources: &BTreeMap<String, String>) -> Vec<String> {
    let graph = graph(sources);
    let is_at = |file: &str, place: &str| {
        if place.ends_with('/') { file.starts_with(place) } else { file == place }
    };
    let mut faults = Vec::new();
    for place in layers.iter().flat_map(|(_, places)| places) {
        if !graph.keys().any(|file| is_at(file, place)) {
            faults.push(format!("docs/architecture.md lists {place}, which does not exist."));
        }
    }
    let mut layer_of = HashMap::new();
    for file in graph.keys() {
        let has = |(_, (_, places)): &(usize, &Layer)| places.iter().any(|it| is_at(file, it));
        match layers.iter().enumerate().filter(has).collect::<Vec<_>>()[..] {
            [(number, (name, _))] => drop(layer_of.insert(file, (number, name))),
            ref found => faults.push(format!(
                "{file} is in {} layers of docs/architecture.md: it must be in one.",
                found.len()
            )),
        }
    }
    for (file, imports) in &graph {
        for (other, line) in imports {
            if let (Some((own, name)), Some((its, above))) =
                (layer_of.get(file), layer_of.get(other))
                && its < own
            {
                faults.push(format!(
                    "{file}:{line} imports {other}: the layer '{name}' is below '{above}'."
                ));
            }
        }
    }
    // An import from a higher layer also causes many cycles, so cycles are only reported without such imports.
    if faults.is_empty() {
        faults.extend(shortest_cycle(&graph));
    }
    faults
}

/// The shortest cycle, as a sentence.
fn shortest_cycle(graph: &Graph) -> Option<String> {
    let way = graph.keys().filter_map(|file| way_back(graph, file)).min_by_key(Vec::len)?;
    let line = graph[way[0]][way[1]];
    let files: Vec<&str> = way.iter().map(|file| file.as_str()).collect();
    Some(format!("{}:{line} is part of an import cycle: {}.", way[0], files.join(", ")))
}

/// The shortest way from a file back to itself.
fn way_back<'a>(graph: &'a Graph, start: &'a String) -> Option<Vec<&'a String>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in graph[way[way.len() - 1]].keys() {
                let way = [&way[..], &[next]].concat();
                if next == start {
                    return Some(way);
                }
                if seen.insert(next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

/// The imports of all files except test files.
fn graph(sources: &BTreeMap<String, String>) -> Graph {
    let mut files: BTreeMap<String, &String> =
        sources.keys().map(|file| (module_of(file), file)).collect();
    for (file, text) in sources {
        for after in text.split("#[cfg(test)]\nmod ").skip(1) {
            if let Some((name, _)) = after.split_once(';').filter(|(name, _)| !name.contains(' ')) {
                files.remove(&format!("{}::{name}", module_of(file)));
            }
        }
    }
    let mut graph = Graph::new();
    for (module, file) in &files {
        let imports = graph.entry((*file).clone()).or_default();
        // Modules that this file has imported, by their local names.
        let mut names = HashMap::new();
        for (line, path) in paths(&sources[*file]) {
            let (path, name) = path.split_once(" as ").unwrap_or((&path, ""));
            let Some(imported_module) = imported_module(path, module, &names, &files) else {
                continue;
            };
            let last = path.rsplit("::").find(|part| *part != "self").unwrap_or_default();
            if imported_module.ends_with(&format!("::{last}")) {
                let name = if name.is_empty() { last } else { name };
                names.entry(name.to_owned()).or_insert(imported_module.clone());
            }
            if imported_module != *module {
                imports.entry(files[&imported_module].clone()).or_insert(line);
            }
        }
    }
    graph
}

/// The path of a file's module: `crate::os::linux` for src/os/linux/mod.rs.
fn module_of(file: &str) -> String {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::");
    let path = path.strip_suffix("::mod").unwrap_or(&path);
    if path == "lib" { "crate".to_owned() } else { format!("crate::{path}") }
}

/// The innermost module on a path that has its own file. The path is used in `module`.
fn imported_module(
    path: &str,
    module: &str,
    names: &HashMap<String, String>,
    files: &BTreeMap<String, &String>,
) -> Option<String> {
    let (first, rest) = path.split_once("::").unwrap_or((path, ""));
    let mut imported_module = match first {
        "crate" => "crate".to_owned(),
        "self" => module.to_owned(),
        "super" => module.rsplit_once("::")?.0.to_owned(),
        _ => names.get(first).cloned().unwrap_or(format!("{module}::{first}")),
    };
    for part in rest.split("::") {
        let next = match part {
            "super" => imported_module.rsplit_once("::")?.0.to_owned(),
            _ => format!("{imported_module}::{part}"),
        };
        if part != "super" && !files.contains_key(&next) {
            break;
        }
        imported_module = next;
    }
    files.contains_key(&imported_module).then_some(imported_module)
}

/// All paths outside of comments and test modules, with their lines.
fn paths(source: &str) -> Vec<(usize, String)> {
    // The test module is always the last item of a file.
    let source = source.split("mod tests {").next().unwrap_or_default();
    let mut lines = source.lines().map(str::trim).enumerate();
    let mut found = Vec::new();
    while let Some((number, line)) = lines.next() {
        // The visibility `pub(in path)` is not an import.
        let item = match line.strip_prefix("pub(").and_then(|rest| rest.split_once(')')) {
            Some((_, item)) => item.trim_start(),
            None => line.trim_start_matches("pub "),
        };
        if let Some(tree) = item.strip_prefix("use ") {
            let mut tree = tree.to_owned();
            while !tree.ends_with(';') {
                tree += lines.next().expect("the end of the import").1;
            }
            found.extend(branches(tree.trim_end_matches(';')).map(|path| (number + 1, path)));
        } else if !line.starts_with("//") {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
            let words = item.split(|c| !is_part(c)).filter(|word| word.contains("::"));
            found.extend(words.map(|word| (number + 1, word.trim_matches(':').to_owned())));
        }
    }
    found
}

/// The paths of an import with braces.
fn branches(tree: &str) -> Box<dyn Iterator<Item = String> + '_> {
    let Some((before, inside)) = tree.split_once('{') else {
        return Box::new(std::iter::once(tree.trim_end_matches("::*").to_owned()));
    };
    let mut depth = 0;
    let parts = inside.trim_end_matches('}').split(move |c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let whole = |part: &str| format!("{before}{}", part.trim());
    let parts: Vec<String> = parts.filter(|part| !part.trim().is_empty()).map(whole).collect();
    Box::new(parts.into_iter().flat_map(|part| branches(&part).collect::<Vec<_>>()))
}
