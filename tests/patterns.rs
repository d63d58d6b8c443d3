//! The programs of docs/patterns.md: this test compiles and runs those in C, Pester runs those in PowerShell.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use common::compiler::{Compiler, Language, Link, Program, root};
use common::unique;
use mmf::backend::WATCHES_LIFE;
use mmf::{Map, MapOptions};

/// The page must contain every program unchanged.
#[test]
fn the_page_contains_the_programs_unchanged() {
    let _beside = common::beside_others();
    let page = std::fs::read_to_string(root().join("docs/patterns.md")).unwrap();
    let mut programs = 0;
    for entry in std::fs::read_dir(root().join("examples/patterns")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let language = if name.ends_with(".c") { "c" } else { "powershell" };
        let program = std::fs::read_to_string(&path).unwrap();
        let block =
            format!("[`{name}`](../examples/patterns/{name})\n\n```{language}\n{program}```\n");
        assert!(page.contains(&block), "docs/patterns.md does not contain {name} unchanged");
        programs += 1;
    }
    assert_eq!(
        page.matches("\n```c\n").count() + page.matches("\n```powershell\n").count(),
        programs
    );
}

/// A program of the page with other map names.
fn build(program: &str, names: &[(&str, &str)]) -> Option<Program> {
    let compiler = Compiler::find("patterns in C", Language::C)?;
    let file = root().join("examples/patterns").join(program);
    let mut source = std::fs::read_to_string(file).unwrap();
    for (shown, name) in names {
        let shown = format!("\"{shown}\"");
        assert!(source.contains(&shown), "{program} has no map {shown}");
        source = source.replace(&shown, &format!("\"{name}\""));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(program);
    std::fs::write(&file, source).unwrap();
    Some(compiler.build("c11", &[file.to_str().unwrap()], Link::Shared))
}

/// A program that is killed when it is dropped.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(program: &Program) -> Running {
        let mut command = program.command();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a map that another program is about to create.
fn open_when_created(name: &str) -> Map {
    MapOptions::new().wait(std::time::Duration::from_secs(60)).open(name).unwrap()
}

#[test]
fn latest_value() {
    let _alone = common::alone();
    let name = unique("latest");
    let names = [("Temperature", name.as_str())];
    let Some(writer) = build("latest_value_write.c", &names) else { return };
    let watcher = build("latest_value_watch.c", &names).unwrap();
    let mut writing = Running::start(&writer);
    let mut input = writing.child.stdin.take().unwrap();
    let map = open_when_created(&name);
    writeln!(input, "20 degrees").unwrap();
    while map.read_text().unwrap().is_empty() {
        std::thread::yield_now();
    }
    let mut watching = Running::start(&watcher);
    assert_eq!(watching.line(), "it is 20 degrees");
    writeln!(input, "21 degrees").unwrap();
    assert_eq!(watching.line(), "it is 21 degrees");
    drop((input, map));
    assert!(writing.child.wait().unwrap().success());
    if WATCHES_LIFE {
        assert!(watching.child.wait().unwrap().success(), "the watcher must end with the writer");
    }
}

#[test]
fn log() {
    let _alone = common::alone();
    let name = unique("log");
    let names = [("Log", name.as_str())];
    let Some(append) = build("log_append.c", &names) else { return };
    let follow = build("log_follow.c", &names).unwrap();
    let mut following = Running::start(&follow);
    let map = open_when_created(&name);
    for line in ["one", "two", "three"] {
        append.run(&[line]);
        assert_eq!(following.line(), line);
    }
    map.replace_text("x").unwrap();
    assert_eq!(following.line(), "x", "the log was started again");
}

#[test]
fn request_and_answer() {
    let _alone = common::alone();
    let [request, answer, turn] = ["request", "answer", "turn"].map(unique);
    let names = [("Loud-Request", &*request), ("Loud-Answer", &*answer), ("Loud-Turn", &*turn)];
    let Some(server) = build("request_answer_server.c", &names[..2]) else { return };
    let client = build("request_answer_client.c", &names).unwrap();
    let _serving = Running::start(&server);
    let _maps = [open_when_created(&request), open_when_created(&answer)];
    assert_eq!(client.run(&["hello"]), "1 HELLO\n");
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|number| {
                let client = &client;
                scope.spawn(move || client.run(&[&format!("from {number}")]))
            })
            .collect();
        for (number, client) in clients.into_iter().enumerate() {
            let answer = client.join().unwrap();
            assert!(answer.ends_with(&format!(" FROM {number}\n")), "{answer}");
        }
    });
}

#[test]
fn counter() {
    let _alone = common::alone();
    let name = unique("counter");
    let Some(count) = build("counter.c", &[("Visits", &name)]) else { return };
    let map = Map::create_new(&name, 4096).unwrap();
    assert_eq!(count.run(&[]), "visit 1\n");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| count.run(&[]));
        }
    });
    assert_eq!(count.run(&[]), "visit 10\n");
    drop(map);
    common::assert_nothing_left(&name);
}

#[test]
fn progress_board() {
    let _alone = common::alone();
    let name = unique("board");
    let Some(board) = build("progress_board.c", &[("Jobs", &name)]) else { return };
    let map = Map::create_new(&name, 4096).unwrap();
    let watch = map.watch().unwrap();
    board.run(&["2", "copying", "40"]);
    assert_eq!(watch.wait(None).unwrap(), mmf::Event::Changed);
    let shown = board.run(&[]);
    assert_eq!(shown.lines().nth(2), Some("job 2:  40 % copying"), "{shown}");
    assert_eq!(shown.lines().count(), 4);
}

#[test]
fn partial_view() {
    let _alone = common::alone();
    let Some(edit) = build("partial_view.c", &[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    // A sparse file of 5 GiB.
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(5 << 30).unwrap();
    let offset = ((4_u64 << 30) + 1).to_string();
    let run = || edit.run(&[path.to_str().unwrap(), &offset]);
    assert_eq!(run(), "it was 0\n");
    assert_eq!(run(), "it was 42\n");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 5 << 30);
}

#[cfg(unix)]
#[test]
fn a_child_inherits_a_map() {
    let _alone = common::alone();
    let Some(program) = build("child_inherits.c", &[]) else { return };
    assert_eq!(program.run(&[]), "The parent\nand the child\n");
}
