//! A Rust program that depends on this crate, built as its author would build it: what it compiles.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::Result;
use crate::cargo;
use crate::process;
use crate::workspace;

/// A program, and the crates that were compiled for it, its own not counted.
pub(super) struct Built {
    pub(super) program: PathBuf,
    pub(super) crates: usize,
}

/// Builds a program of one file with these lines of its Cargo.toml. The version of this crate that
/// they ask for is the one in this checkout, and the others are those of its Cargo.lock.
pub(super) fn build(dependencies: &str, source: &str) -> Result<Built> {
    let root = workspace::root();
    let folder = workspace::target().join("consumer");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder.join("src")).map_err(failed)?;
    std::fs::write(folder.join("src/main.rs"), source).map_err(failed)?;
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(failed)?;
    let manifest = format!(
        "[package]\nname = \"consumer\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n{dependencies}\n\
         [patch.crates-io]\nmmf = {{ path = '{}' }}\n\n[workspace]\n",
        root.display()
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;

    // Fresh, so that nothing of an earlier build is taken for compiled now.
    let target = folder.join("target");
    if target.exists() {
        std::fs::remove_dir_all(&target).map_err(failed)?;
    }
    let mut command = cargo::command();
    command.current_dir(&folder).arg("build").args(["--message-format", "json"]);
    let told = process::run(command.arg("--target-dir").arg(&target))?;
    let crates = compiled(&told);
    let name = format!("consumer{}", std::env::consts::EXE_SUFFIX);
    Ok(Built { program: target.join("debug").join(name), crates: crates.len() - 1 })
}

/// The packages that cargo says it has compiled something of: a build script counts with its crate.
fn compiled(messages: &str) -> BTreeSet<&str> {
    let artifacts =
        messages.lines().filter(|line| line.starts_with("{\"reason\":\"compiler-artifact\""));
    let id =
        |line| -> Option<&str> { str::split_once(line, "\"package_id\":\"")?.1.split('"').next() };
    artifacts.filter_map(id).collect()
}

/// How many crates a program compiles that depends on this one without its features, on a platform.
pub(super) fn crates(triple: &str) -> Result<usize> {
    let mut command = cargo::command();
    command.args(["tree", "--package", "mmf", "--no-default-features", "--edges", "normal,build"]);
    command.args(["--prefix", "none", "--no-dedupe", "--format", "{p}", "--target", triple]);
    let tree = process::run(&mut command)?;
    let crates: BTreeSet<_> = tree.lines().filter_map(name_and_version).collect();
    Ok(crates.len())
}

/// `syn v2.0.119 (proc-macro)`; other lines are cargo's about its own work.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?);
    version.starts_with('v').then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once_whatever_is_compiled_of_it() {
        let messages = concat!(
            "   Compiling libc v0.2.191\n",
            r#"{"reason":"compiler-artifact","package_id":"libc@0.2.191","target":{"kind":["custom-build"]}}"#,
            "\n",
            r#"{"reason":"build-script-executed","package_id":"libc@0.2.191"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"libc@0.2.191","target":{"kind":["lib"]}}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"mmf@2.0.0","target":{"kind":["lib"]}}"#,
        );
        assert_eq!(
            compiled(messages).into_iter().collect::<Vec<_>>(),
            ["libc@0.2.191", "mmf@2.0.0"]
        );
    }

    #[test]
    fn only_lines_about_crates_are_counted() {
        assert_eq!(name_and_version("syn v2.0.119 (proc-macro)"), Some(("syn", "v2.0.119")));
        assert_eq!(name_and_version("  Downloaded windows v0.53.0"), None);
        assert_eq!(name_and_version("warning: something"), None);
    }
}
