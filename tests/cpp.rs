//! C++ programs that use the library as anybody would: compiled here, linked with what was built.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::compiler::{Compiler, Language, Link, Program};
use common::unique;

fn compiler() -> Option<Compiler> {
    Compiler::find("C++ programs", Language::Cpp)
}

fn live(program: &Program) {
    let folder = tempfile::tempdir().unwrap();
    let told = program.run(&[&unique("cpp"), folder.path().to_str().unwrap()]);
    assert_eq!(told, "the whole life\n");
}

/// The C program is a C++ program, too.
#[test]
fn the_whole_life_of_a_map_through_the_c_functions() {
    let Some(compiler) = compiler() else { return };
    live(&compiler.build("c++17", &["tests/c/life.c"], Link::Shared));
}

#[test]
fn the_whole_life_of_a_map_through_the_types() {
    let Some(compiler) = compiler() else { return };
    live(&compiler.build("c++17", &["tests/cpp/life.cpp"], Link::Shared));
}

/// With the address sanitizer: nothing leaks, nothing is touched that is not ours.
#[test]
fn the_types_leak_nothing() {
    let Some(compiler) = compiler() else { return };
    if compiler.can_watch("leaks in C++ programs") {
        live(&compiler.build("c++17", &["tests/cpp/life.cpp"], Link::Watched));
    }
}

#[test]
fn the_header_compiles_alone_and_twice_in_one_program() {
    let Some(compiler) = compiler() else { return };
    for standard in ["c++17", "c++20"] {
        compiler.check(standard, &["include/mmf.hpp", "tests/cpp/alone.cpp"]);
    }
    let sources = ["tests/cpp/twice_1.cpp", "tests/cpp/twice_2.cpp"];
    compiler.build("c++17", &sources, Link::Shared).run(&[]);
}

#[test]
fn without_exceptions_what_begins_with_try_is_there() {
    let Some(compiler) = compiler() else { return };
    let sources = ["tests/cpp/no_exceptions.cpp"];
    let program = compiler.with("-fno-exceptions").build("c++17", &sources, Link::Shared);
    assert_eq!(program.run(&[&unique("quiet")]), "quiet\n");
}

/// The program in the comment at the top runs as it stands.
#[test]
fn the_example_in_the_header_works() {
    let Some(compiler) = compiler() else { return };
    let name = unique("cpp-example");
    let source = common::compiler::example(include_str!("../include/mmf.hpp"), &name);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.cpp");
    std::fs::write(&file, source).unwrap();
    let program = compiler.build("c++17", &[file.to_str().unwrap()], Link::Shared);
    assert_eq!(program.run(&[]), "Hello\n");
}
