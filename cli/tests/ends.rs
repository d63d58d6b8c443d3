//! How commands end: exit codes, signals, and what happens to the maps that they hold.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::{assert_fails, assert_gone, json, output, text, unique};

const MMF: &str = env!("CARGO_BIN_EXE_mmf");

#[test]
fn wrong_arguments_are_exit_code_2() {
    let _alone = common::alone();
    for arguments in [
        &[][..],
        &["nonsense"],
        &["cat"],
        &["put", "x", "--size", "much"],
        &["put", "x", "--new", "--existing"],
        &["run", "x", "--size", "1"],
        &["cat", "x", "--trust", "no user of this name"][..],
    ] {
        // On Windows `--trust` accepts any name, because the access control list decides.
        if cfg!(windows) && arguments.contains(&"--trust") {
            continue;
        }
        assert_eq!(output(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_fails(&output(&["cat", ""]), 2);
}

#[test]
fn run_holds_the_map_while_the_command_runs() {
    let _alone = common::alone();
    let name = unique("run");
    let found = json(&["run", &name, "--size", "64K", "--", MMF, "info", &name, "--json"]);
    assert_eq!(found["capacity"], 65_536);
    assert_gone(&name);
}

#[test]
fn run_ends_with_the_exit_code_of_the_command() {
    let _alone = common::alone();
    let name = unique("run");
    let run = |command: &[&str]| {
        let mut arguments = vec!["run", &name, "--size", "1", "--"];
        arguments.extend(command);
        let code = output(&arguments).status.code();
        assert_gone(&name);
        code
    };
    assert_eq!(run(&[MMF, "sweep"]), Some(0));
    assert_eq!(run(&[MMF, "cat", "no such map"]), Some(3));
    assert_eq!(run(&[MMF]), Some(2));
    assert_eq!(run(&["no such command"]), Some(127));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no program.txt");
    std::fs::write(&file, "text").unwrap();
    // Windows reports the same error as for a program of another system.
    assert_eq!(run(&[file.to_str().unwrap()]), Some(126));
}

#[test]
fn run_refuses_an_existing_map() {
    let _alone = common::alone();
    let name = unique("run");
    let map = mmf::Map::create_new(&name, 4096).unwrap();
    assert_fails(&output(&["run", &name, "--size", "1", "--", MMF, "sweep"]), 125);
    drop(map);
    assert_fails(&output(&["run", &name, "--size", "0", "--", MMF, "sweep"]), 125);
}

#[test]
fn completions_exist_for_every_shell() {
    let _alone = common::alone();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = text(&["completions", shell]);
        for word in ["sweep", "open-timeout"] {
            assert!(script.contains(word), "the completions for {shell} lack {word}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page_with_the_exit_codes() {
    let _alone = common::alone();
    let page = text(&["man"]);
    assert!(page.contains(".TH mmf 1"), "{page}");
    assert!(page.contains("EXIT STATUS"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(text(&["man", "--folder", folder.path().to_str().unwrap()]), "");
    let help = text(&["--help"]);
    let commands = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        if command == "help" {
            continue;
        }
        let page = text(&["man", command]);
        let title = format!(".TH mmf-{command} 1  \"mmf {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&title), "{page}");
        assert!(page.contains("EXIT STATUS"), "{page}");
        let file = folder.path().join(format!("mmf-{command}.1"));
        assert_eq!(std::fs::read_to_string(file).unwrap(), page);
    }
    assert_fails(&output(&["man", "nonsense"]), 1);
}

/// Compares docs/command-line.md with the help of the program.
#[test]
fn the_manual_has_every_command_option_and_exit_code() {
    let _alone = common::alone();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command-line.md");
    let manual = std::fs::read_to_string(file).unwrap();
    let help = text(&["--help"]);
    let commands = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        if command == "help" {
            continue;
        }
        let heading = format!("\n## mmf {command}\n");
        let section = manual.split_once(&heading).unwrap_or_else(|| panic!("{heading}")).1;
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
        for word in
            text(&["help", command]).split_whitespace().filter(|word| word.starts_with("--"))
        {
            let option = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            if option != "--help" && option.len() > 2 {
                assert!(section.contains(option), "the section on {command} lacks {option}");
            }
        }
    }
    let codes = help.split_once("Exit codes:\n").unwrap().1.split_once("\n\n").unwrap().0;
    for line in codes.lines() {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(manual.contains(&row), "the manual lacks {row}");
    }
}

#[cfg(unix)]
mod by_signals {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::*;
    use crate::common::{Holder, reset_signals};

    fn send(holder: &Holder, signal: Signal) {
        kill(Pid::from_raw(holder.child.id().cast_signed()), signal).unwrap();
    }

    #[test]
    fn put_closes_its_map_and_ends_by_the_signal() {
        let _alone = common::alone();
        reset_signals();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let name = unique("signal");
            let mut holder = Holder::put(&name, b"x", &[]);
            send(&holder, signal);
            let (status, errors) = holder.wait();
            assert_eq!(status.signal(), Some(signal as i32));
            assert_eq!(errors, "", "nothing is printed unless standard error is a terminal");
            assert_gone(&name);
        }
    }

    #[test]
    fn a_signal_that_the_parent_ignores_stays_ignored() {
        let _alone = common::alone();
        let name = unique("nohup");
        let mut command = std::process::Command::new("sh");
        let script = "trap '' HUP; printf x | \"$0\" put \"$1\" & echo $!; wait $!; echo $?";
        command.args(["-c", script, MMF, &name]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines().map(Result::unwrap);
        let id = Pid::from_raw(lines.next().unwrap().parse().unwrap());
        let holder = mmf::MapOptions::new().wait(common::LONG).open(&name).unwrap();
        while holder.read_text().unwrap().is_empty() {
            std::thread::yield_now();
        }
        kill(id, Signal::SIGHUP).unwrap();
        kill(id, Signal::SIGTERM).unwrap();
        drop(holder);
        assert_eq!(lines.next().as_deref(), Some("143"), "SIGTERM must end the command");
        shell.wait().unwrap();
        assert_gone(&name);
    }

    #[test]
    fn run_ends_by_the_signal_that_ended_the_command() {
        let _alone = common::alone();
        reset_signals();
        let name = unique("run");
        for (signal, code) in [("TERM", None), ("KILL", Some(137)), ("INT", None)] {
            let script = format!("kill -{signal} $$");
            let ended = output(&["run", &name, "--size", "1", "--", "sh", "-c", &script]);
            assert_eq!(ended.status.code(), code, "{signal}");
            assert_eq!(ended.status.signal().is_some(), code.is_none(), "{signal}");
            assert_gone(&name);
        }
    }

    /// The command is `mmf put`; when its map exists, it is running.
    #[test]
    fn run_passes_sigterm_on_and_leaves_ctrl_c_to_the_command() {
        let _alone = common::alone();
        reset_signals();
        let (name, inner) = (unique("run"), unique("inner"));
        let arguments = ["run", &name, "--size", "1", "--", MMF, "put", &inner];
        let mut holder = Holder::started(&arguments, b"x", &inner);
        // SIGINT must not end `run`, or the status would be SIGINT.
        send(&holder, Signal::SIGINT);
        send(&holder, Signal::SIGTERM);
        // Does not wait for the end of the output, which a running command would keep open.
        assert_eq!(holder.child.wait().unwrap().signal(), Some(Signal::SIGTERM as i32));
        assert_gone(&inner);
        assert_gone(&name);
    }
}
