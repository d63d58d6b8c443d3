//! The crate as it would be published: what is in it, that it builds as it is, and what it costs a Rust program.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::error::{Result, ensure};
use crate::files;
use crate::process;
use crate::report::{Outcome, Row};
use crate::workspace::{self, VERSION};

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("crate");
    row.check("the crate holds what it needs and nothing else", contents());
    // Cargo refuses a build that changes or adds a file.
    let words = "cargo package --package mmf --allow-dirty --offline --locked";
    let packed = process::show(&mut process::command(words));
    row.check("the crate builds offline and writes nothing into its copy", packed);
    row.check("a build leaves even another header as it is", leaves_header());
    // What a Rust program compiles that does without the C ABI.
    for (triple, most) in [
        ("x86_64-unknown-linux-gnu", 25),
        ("x86_64-pc-windows-gnu", 40),
        ("aarch64-apple-darwin", 45),
    ] {
        let what =
            format!("a Rust program without features compiles at most {most} crates for {triple}");
        row.check(&what, crates(triple).and_then(|crates| few(crates, most)));
    }
    row.check("such a program builds and runs here, and compiles no more", serves_rust_alone());
    // Not beside the library with its C functions: the file that both are has one name.
    let mut tests = process::command(
        "cargo test --package mmf --no-default-features --lib --examples --test library --target-dir",
    );
    tests.arg(workspace::target().join("without-features"));
    tests.args(["--", "tests::", "bytes::", "content::", "maps::", "views::"]);
    row.check(
        "the tests of maps, bytes, content and views pass without features",
        process::run(&mut tests).map(drop),
    );
    Ok(vec![row])
}

fn contents() -> Result {
    let words = "cargo package --package mmf --list --allow-dirty --offline";
    let list = process::run(&mut process::command(words))?;
    for wanted in ["include/mmf.h", "README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let there = list.lines().any(|file| file == wanted);
        ensure(there, format!("{wanted} is not in the crate"))?;
    }
    for folder in ["xtask/", "powershell/", ".github/", ".ci/", "sdk/"] {
        let there = list.lines().any(|file| file.starts_with(folder));
        ensure(!there, format!("{folder} does not belong into the crate"))?;
    }
    Ok(())
}

/// What the build would write into a checkout is what lies there already, so something else is put there.
fn leaves_header() -> Result {
    let target = workspace::target().join("package");
    let source = target.join(format!("mmf-{VERSION}"));
    let header = source.join("include/mmf.h");
    let text = fs_err::read_to_string(&header)? + "/* Not what the build script writes. */\n";
    fs_err::write(&header, &text)?;
    // Files of a package all have one time, so cargo would not see that they are others now.
    for words in ["cargo clean --package mmf", "cargo build"] {
        let mut command = process::command(words);
        command.current_dir(&source).args(["--offline", "--locked", "--target-dir"]);
        process::run(command.arg(&target))?;
    }
    ensure(fs_err::read_to_string(&header)? == text, format!("{} was written", header.display()))
}

/// Some crates, or whoever counted them did not see them, but not too many.
fn few(crates: usize, most: usize) -> Result {
    println!("{crates} crates");
    let right = (5..=most).contains(&crates);
    ensure(right, format!("it is {crates} crates; 5 to {most} were promised"))
}

/// How many crates a program compiles that depends on this one without its features, on a platform.
fn crates(triple: &str) -> Result<usize> {
    let tree = process::run(&mut process::command(&format!(
        "cargo tree --package mmf --no-default-features --edges normal,build --prefix none \
         --no-dedupe --format {{p}} --quiet --target {triple}"
    )))?;
    Ok(tree.lines().collect::<BTreeSet<_>>().len())
}

/// A program of one file is built as its author would build it. The version of this crate that it asks for
/// is the one in this checkout, and the others are those of its Cargo.lock.
fn serves_rust_alone() -> Result {
    const PROGRAM: &str = "fn main() -> Result<(), mmf::Error> {\n\
        let map = mmf::MapOptions::new().create_anonymous(64)?;\n\
        assert_eq!(map.capacity(), 64);\n    Ok(())\n}\n";
    let root = workspace::root();
    let folder = workspace::target().join("consumer");
    let manifest = format!(
        "[package]\nname = \"consumer\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         mmf = {{ version = \"{VERSION}\", default-features = false }}\n\n\
         [patch.crates-io]\nmmf = {{ path = '{}' }}\n\n[workspace]\n",
        root.display()
    );
    // Fresh, so that all is compiled now and counted.
    files::remove(&folder)?;
    files::write(&folder.join("src/main.rs"), PROGRAM)?;
    files::write(&folder.join("Cargo.toml"), &manifest)?;
    files::copy(&root.join("Cargo.lock"), &folder.join("Cargo.lock"))?;
    let mut command = process::command("cargo build --color never --target-dir target");
    let told = process::run(command.current_dir(&folder))?;
    let compiled = told.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    let program = Path::new("target/debug").join(workspace::program("consumer"));
    process::run(&mut Command::new(folder.join(program)))?;
    // The program itself does not count.
    few(compiled.saturating_sub(1), if cfg!(target_os = "linux") { 25 } else { 45 })
}
