//! The crate as it would be published: what is in it, that it builds as it is, and what it costs a Rust program.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::cargo;
use crate::files;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::test::consumer;
use crate::workspace;

pub(super) fn suite() -> Outcome {
    let mut checks = Checks::new("crate");
    checks.check("the crate holds what it needs and nothing else", contents());
    let folder =
        workspace::target().join("package").join(concat!("mmf-", env!("CARGO_PKG_VERSION")));
    // Cargo refuses a build that changes or adds a file.
    let packed =
        cargo_says(&["package", "--package", "mmf", "--allow-dirty", "--offline", "--locked"]);
    checks.check("the crate builds offline and writes nothing into its copy", packed.map(drop));
    checks.check("a build leaves even another header as it is", leaves_header(&folder));
    serves_rust_alone(&mut checks);
    Ok(vec![checks.row])
}

fn cargo_says(arguments: &[&str]) -> Result<String> {
    let mut command = cargo::command();
    command.args(arguments);
    println!("$ {}", process::shown(&command));
    process::run(&mut command)
}

fn contents() -> Result<()> {
    let list =
        cargo_says(&["package", "--package", "mmf", "--list", "--allow-dirty", "--offline"])?;
    for wanted in ["include/mmf.h", "README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        if !list.lines().any(|file| file == wanted) {
            return Err(format!("{wanted} is not in the crate"));
        }
    }
    let stray = ["xtask/", "powershell/", ".github/", ".ci/", "sdk/"];
    match list.lines().find(|file| stray.iter().any(|folder| file.starts_with(folder))) {
        Some(file) => Err(format!("{file} does not belong into the crate")),
        None => Ok(()),
    }
}

/// What the build would write into a checkout is what lies there already, so something else is put there.
fn leaves_header(source: &Path) -> Result<()> {
    let header = source.join("include/mmf.h");
    let text = files::read(&header)? + "/* Not what the build script writes. */\n";
    files::write(&header, &text)?;
    let target = workspace::target().join("package");
    // Files of a package all have one time, so cargo would not see that they are others now.
    for words in [&["clean", "--package", "mmf"][..], &["build"]] {
        let mut command = cargo::command();
        command.current_dir(source).args(words).args(["--offline", "--locked", "--target-dir"]);
        process::run(command.arg(&target))?;
    }
    if files::read(&header)? == text {
        Ok(())
    } else {
        Err(format!("{} was written", header.display()))
    }
}

/// What a Rust program compiles that does without the C ABI, and that everything else works so.
fn serves_rust_alone(checks: &mut Checks) {
    const MOST: [(&str, usize); 3] = [
        ("x86_64-unknown-linux-gnu", 25),
        ("x86_64-pc-windows-gnu", 40),
        ("aarch64-apple-darwin", 45),
    ];
    let few = |crates: usize, most: usize| {
        println!("{crates} crates");
        if crates <= most { Ok(()) } else { Err(format!("more than {most}: {crates} crates")) }
    };
    for (triple, most) in MOST {
        let what =
            format!("a Rust program without features compiles at most {most} crates for {triple}");
        checks.check(&what, consumer::crates(triple).and_then(|crates| few(crates, most)));
    }
    const PROGRAM: &str = "fn main() -> Result<(), mmf::Error> {\n\
        let map = mmf::MapOptions::new().create_anonymous(64)?;\n\
        assert_eq!(map.capacity(), 64);\n    Ok(())\n}\n";
    let version = env!("CARGO_PKG_VERSION");
    let line =
        format!("[dependencies]\nmmf = {{ version = \"{version}\", default-features = false }}\n");
    let built = consumer::build(&line, PROGRAM).and_then(|built| {
        process::run(&mut Command::new(&built.program))?;
        let most = if cfg!(target_os = "linux") { 25 } else { 45 };
        few(built.crates, most)
    });
    checks.check("such a program builds and runs on this machine, and compiled no more", built);
    let mut tests = cargo::command();
    tests.args(["test", "--package", "mmf", "--no-default-features", "--lib", "--examples"]);
    tests.args(["--test", "library"]);
    // Not beside the library with its C functions: the file that both are has one name.
    tests.arg("--target-dir").arg(workspace::target().join("without-features"));
    tests.args(["--", "tests::", "bytes::", "content::", "maps::", "views::"]);
    checks.check(
        "the tests of maps, bytes, content and views pass without features",
        process::run(&mut tests).map(drop),
    );
}
