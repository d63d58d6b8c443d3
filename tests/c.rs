//! Compiles, links and runs C programs that use the library.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use common::compiler::{Compiler, Language, Link, Program};
use common::{not_run, unique};
use mmf::backend::WATCHES_LIFE;

fn compiler() -> Option<Compiler> {
    Compiler::find("C programs", Language::C)
}

fn run_life(program: &Program) {
    let folder = tempfile::tempdir().unwrap();
    let output = program.run(&[&unique("c"), folder.path().to_str().unwrap()]);
    assert_eq!(output, "all steps passed\n");
}

#[test]
fn all_functions_work() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    run_life(&compiler.build("c99", &["tests/c/life.c"], Link::Shared));
}

#[test]
fn all_functions_work_with_the_static_library() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    if cfg!(windows) {
        not_run("static library in C", "this test knows only the names of Unix libraries");
        return;
    }
    run_life(&compiler.build("c99", &["tests/c/life.c"], Link::Static));
}

/// The address sanitizer finds leaks and invalid accesses.
#[test]
fn all_functions_pass_the_address_sanitizer() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    if compiler.can_watch("leaks in C programs") {
        run_life(&compiler.build("c99", &["tests/c/life.c"], Link::Watched));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn valgrind_finds_no_errors() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    if std::process::Command::new("valgrind").arg("--version").output().is_err() {
        not_run("C programs under valgrind", "valgrind is not on PATH (Debian: valgrind)");
        return;
    }
    let program = compiler.build("c99", &["tests/c/life.c"], Link::Shared);
    let plain = program.command();
    let mut command = std::process::Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=9"]).arg(plain.get_program());
    command.env_remove("LD_LIBRARY_PATH");
    let folder = tempfile::tempdir().unwrap();
    let output = command.arg(unique("c")).arg(folder.path()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("Fatal error at startup") {
        not_run("C programs under valgrind", "valgrind cannot start programs for this processor");
        return;
    }
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(output.stdout, b"all steps passed\n");
}

#[test]
fn threads_lose_no_text_and_close_once() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    if cfg!(windows) {
        not_run("threads in C", "the program uses POSIX threads");
        return;
    }
    let program = compiler.build("c99", &["tests/c/threads.c"], Link::Shared);
    assert_eq!(program.run(&[]), "all steps passed\n");
}

/// The three processes of the README, with another map name.
#[test]
fn the_three_processes_of_the_readme() {
    let _beside = common::beside_others();
    let Some(compiler) = compiler() else { return };
    let name = unique("c-example");
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = ["process_a", "process_b", "process_c"].map(|program| {
        let source = std::fs::read_to_string(
            common::compiler::root().join(format!("examples/c/{program}.c")),
        );
        let source = source.unwrap().replace("\"Test\"", &format!("\"{name}\""));
        let file = folder.path().join(format!("{program}.c"));
        std::fs::write(&file, source).unwrap();
        compiler.build("c99", &[file.to_str().unwrap()], Link::Shared)
    });
    let mut first = a.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keys = first.stdin.take().unwrap();
    let mut screen = BufReader::new(first.stdout.take().unwrap());
    for (other, letter) in [(b, 'B'), (c, 'C')] {
        let mut line = String::new();
        screen.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), format!("Start Process {letter} and press ENTER to continue."));
        assert_eq!(other.run(&[]), "");
        keys.write_all(b"\n").unwrap();
    }
    let mut rest = String::new();
    screen.read_to_string(&mut rest).unwrap();
    assert!(first.wait().unwrap().success());
    let lines: Vec<_> = rest.lines().collect();
    let says = |letter| format!("Process {letter} says: Hello World!");
    assert_eq!(lines, ['A', 'B', 'C'].map(says));
    common::assert_nothing_left(&name);
}

/// The example that polls the descriptor of a watch.
#[test]
fn a_program_that_polls_a_watch_follows_a_map() {
    let _alone = common::alone();
    let Some(compiler) = compiler() else { return };
    if cfg!(windows) {
        not_run("poll in C", "this system has no poll");
        return;
    }
    let name = unique("follow");
    let program = compiler.build("c99", &["examples/c/follow.c"], Link::Shared);
    for how in ["ENTER", "alone"] {
        let map = mmf::Map::create_new(&name, 4_096).unwrap();
        map.replace_text("the first").unwrap();
        let mut command = program.command();
        let mut child =
            command.arg(&name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        let mut screen = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(screen.next().as_deref(), Some("the first"), "{how}");
        for text in ["one more", "and more", "the last"] {
            map.replace_text(text).unwrap();
            // A change may be reported twice.
            assert!(screen.any(|line| line == text), "{how}: {text}");
        }
        drop(map);
        if how == "ENTER" || !WATCHES_LIFE {
            keys.write_all(b"\n").unwrap();
        } else {
            assert!(screen.any(|line| line == "All others have closed the map."));
        }
        assert!(child.wait().unwrap().success(), "{how}");
    }
    common::assert_nothing_left(&name);
}
