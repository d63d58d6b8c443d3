//! `cargo xtask notices`: THIRD-PARTY.md, with the licences of all crates that are linked into the
//! library on any platform.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::arguments::Arguments;
use crate::cargo;
use crate::process;
use crate::workspace;

const FILE: &str = "THIRD-PARTY.md";

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    arguments.finish()?;
    let file = workspace::root().join(FILE);
    std::fs::write(&file, text()?)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// Whether the file says what it should.
pub(crate) fn check() -> Result<bool> {
    let file = workspace::root().join(FILE);
    let written = std::fs::read_to_string(&file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    Ok(written == text()?)
}

/// One crate, as cargo tells of it.
struct Crate {
    name: String,
    version: String,
    license: String,
}

fn text() -> Result<String> {
    let crates = crates()?;
    let folders = folders()?;
    let mut text = String::from(
        "# Third-party notices\n\n\
         The library is built from the crates below, each under its own licence, and from Rust's\n\
         standard library (MIT OR Apache-2.0, the Rust project's contributors). Written by\n\
         `cargo xtask notices`.\n\n| crate | version | licence |\n| --- | --- | --- |\n",
    );
    // Many crates share a text to the letter.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Crate { name, version, license } in &crates {
        text.push_str(&format!("| {name} | {version} | {license} |\n"));
        let folder = folders.get(&format!("{name}-{version}"));
        let folder =
            folder.ok_or_else(|| format!("cargo does not say where {name} {version} lies"))?;
        let found = licenses(folder)?;
        if found.is_empty() {
            // The crate's authors ship none; the expression above says which one it is.
            continue;
        }
        for license in found {
            texts.entry(license).or_default().push(name.clone());
        }
    }
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|one, other| one.1.cmp(&other.1).then(one.0.cmp(&other.0)));
    for (license, names) in texts {
        text.push_str(&format!(
            "\n## {}\n\n```text\n{}\n```\n",
            names.join(", "),
            license.trim_end()
        ));
    }
    Ok(text)
}

/// The crates that are linked in, on all platforms together.
fn crates() -> Result<Vec<Crate>> {
    let mut command = cargo::command();
    command.args([
        "tree",
        "--package",
        "mmf",
        "--edges",
        "normal,no-proc-macro",
        "--target",
        "all",
    ]);
    command.args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}", "--quiet"]);
    let tree = process::run(&mut command)?;
    let mut lines: Vec<&str> = tree.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    let mut crates = Vec::new();
    for line in lines {
        let (package, license) = line.split_once('|').ok_or("cargo tree answers oddly")?;
        let mut words = package.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next())
            && name != "mmf"
        {
            let version = version.trim_start_matches('v').to_owned();
            crates.push(Crate { name: name.to_owned(), version, license: license.to_owned() });
        }
    }
    Ok(crates)
}

/// Where the sources of all crates lie, by `name-version`.
fn folders() -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo::command();
    command.args(["metadata", "--format-version", "1", "--locked", "--quiet"]);
    let metadata = process::run(&mut command)?;
    let mut folders = BTreeMap::new();
    for part in metadata.split("\"manifest_path\":\"").skip(1) {
        let path = part.split('"').next().unwrap_or_default().replace("\\\\", "\\");
        if let Some(folder) = Path::new(&path).parent()
            && let Some(name) = folder.file_name()
        {
            folders.insert(name.to_string_lossy().into_owned(), folder.to_owned());
        }
    }
    Ok(folders)
}

/// The texts of a crate's licences; of Apache's, which is the same for all, only the fact.
fn licenses(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| format!("{} cannot be read: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
        let wanted = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];
        if wanted.iter().any(|word| name.starts_with(word)) && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        // The text of Apache's licence lies beside this file, in LICENSE-APACHE.
        let is_apache = text.contains("Apache License") && text.contains("APPENDIX");
        if !is_apache {
            texts.push(text.replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}
