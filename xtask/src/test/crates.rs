//! The crate as it would be published: its files, its build, and its cost for a Rust program.

use std::collections::BTreeSet;

use crate::error::{Result, ensure};
use crate::report::{Outcome, Row};
use crate::{process, workspace};

pub(super) fn suite() -> Outcome {
    let mut row = Row::new("crate");
    row.check("the crate contains the right files", contents());
    // Cargo refuses a build that changes or adds a file.
    let words = "cargo package --package mmf --allow-dirty --offline --locked";
    let packed = process::show(&mut process::command(words));
    row.check("the crate builds offline and does not change its sources", packed);
    row.check("a build does not replace a different header", keeps_header());
    for (triple, most) in [
        ("x86_64-unknown-linux-gnu", 25),
        ("x86_64-pc-windows-gnu", 40),
        ("aarch64-apple-darwin", 45),
    ] {
        let what =
            format!("a Rust program without features compiles at most {most} crates for {triple}");
        row.check(&what, compiles_at_most(most, triple));
    }
    // Without the dependencies of tests, which may enable features that the library lacks.
    let words = "cargo build --package mmf --no-default-features --lib --target-dir";
    let without_features = workspace::target().join("without-features");
    let built = process::run(process::command(words).arg(&without_features));
    row.check("the library builds without features", built.map(drop));
    // In a separate folder: the library without its C functions has the same file name.
    let mut tests = process::command(
        "cargo test --package mmf --no-default-features --lib --examples --test library --target-dir",
    );
    tests.arg(&without_features);
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
    for file in ["include/mmf.h", "README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        ensure(list.lines().any(|line| line == file), format!("{file} is not in the crate"))?;
    }
    for folder in ["xtask/", "powershell/", ".github/", ".ci/", "sdk/"] {
        let found = list.lines().any(|line| line.starts_with(folder));
        ensure(!found, format!("{folder} must not be in the crate"))?;
    }
    Ok(())
}

/// Changes the header in the unpacked crate, because in a checkout the build script would write the same text again.
fn keeps_header() -> Result {
    let target = workspace::target().join("package");
    let source = target.join(format!("mmf-{}", workspace::VERSION));
    let header = source.join("include/mmf.h");
    let text = fs_err::read_to_string(&header)? + "/* Not what the build script writes. */\n";
    fs_err::write(&header, &text)?;
    // All files of a package have the same time, so cargo would not notice the change.
    for words in ["cargo clean --package mmf", "cargo build"] {
        let mut command = process::command(words);
        command.current_dir(&source).args(["--offline", "--locked", "--target-dir"]);
        process::run(command.arg(&target))?;
    }
    let kept = fs_err::read_to_string(&header)? == text;
    ensure(kept, format!("the build script wrote {}", header.display()))
}

/// Counts the crates that a program compiles for a platform if it depends on this crate without features.
fn compiles_at_most(most: usize, triple: &str) -> Result {
    let tree = process::run(&mut process::command(&format!(
        "cargo tree --package mmf --no-default-features --edges normal,build --prefix none \
         --no-dedupe --format {{p}} --quiet --target {triple}"
    )))?;
    let crates = tree.lines().collect::<BTreeSet<_>>().len();
    println!("{crates} crates");
    // If there are fewer than 5, cargo's output has another format.
    ensure((5..=most).contains(&crates), format!("it compiles {crates} crates, not 5 to {most}"))
}
