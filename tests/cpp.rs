//! Compiles, links and runs C++ programs that use the library.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::compiler::{Compiler, Language, Link, Program};
use common::unique;

fn compiler() -> Option<Compiler> {
    Compiler::find("C++ programs", Language::Cpp)
}

fn run_life(program: &Program) {
    let folder = tempfile::tempdir().unwrap();
    let output = program.run(&[&unique("cpp"), folder.path().to_str().unwrap()]);
    assert_eq!(output, "all steps passed\n");
}

/// The C program is also a valid C++ program.
#[test]
fn the_c_functions_work_in_cpp() {
    let Some(compiler) = compiler() else { return };
    run_life(&compiler.build("c++17", &["tests/c/life.c"], Link::Shared));
}

#[test]
fn all_types_work() {
    let Some(compiler) = compiler() else { return };
    run_life(&compiler.build("c++17", &["tests/cpp/life.cpp"], Link::Shared));
}

/// The address sanitizer finds leaks and invalid accesses.
#[test]
fn the_types_pass_the_address_sanitizer() {
    let Some(compiler) = compiler() else { return };
    if compiler.can_watch("leaks in C++ programs") {
        run_life(&compiler.build("c++17", &["tests/cpp/life.cpp"], Link::Watched));
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
fn the_try_functions_work_without_exceptions() {
    let Some(compiler) = compiler() else { return };
    let sources = ["tests/cpp/no_exceptions.cpp"];
    let program = compiler.with("-fno-exceptions").build("c++17", &sources, Link::Shared);
    assert_eq!(program.run(&[&unique("quiet")]), "quiet\n");
}

/// The program in the comment at the top of the header runs unchanged.
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
