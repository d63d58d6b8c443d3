//! C++ programs that use the library as anybody would: compiled here, linked with what was built.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::compiler::{Compiler, Language, Link};
use common::unique;

fn compiler() -> Option<Compiler> {
    Compiler::find("C++ programs", Language::Cpp)
}

/// The C program is a C++ program, too.
#[test]
fn the_whole_life_of_a_map_through_the_c_functions() {
    let Some(compiler) = compiler() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = compiler.build("c++17", &["tests/c/life.c"], Link::Shared);
    let told = program.run(&[&unique("cpp"), folder.path().to_str().unwrap()]);
    assert_eq!(told, "the whole life\n");
}
