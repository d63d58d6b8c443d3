//! `cargo xtask tools`: the programs that the suites look for, where a package manager has them.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::arguments::Arguments;
use crate::process;
use crate::workspace;

/// What Alpine calls its packages.
const ALPINE: [&str; 9] =
    ["musl-dev", "gcc", "g++", "curl", "cmake", "ninja", "pkgconf", "boost-dev", "python3"];

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let dry = arguments.flag("--dry-run");
    arguments.finish()?;
    let mut commands = Vec::new();
    if Path::new("/etc/alpine-release").exists() {
        let mut command = Command::new("apk");
        command.args(["add", "--no-cache"]).args(ALPINE);
        commands.push(command);
        let mut command = Command::new("rustup");
        command.args(["component", "add", "rustfmt", "clippy"]);
        commands.push(command);
    } else if Path::new("/etc/debian_version").exists() {
        let mut command = Command::new("bash");
        command.current_dir(workspace::root()).args([".ci/run", "--tools"]);
        commands.push(command);
    } else {
        println!(
            "Nothing to install: the suites take what this system has, and say what they lack."
        );
    }
    for mut command in commands {
        println!("$ {}", process::shown(&command));
        if dry {
            continue;
        }
        process::pass(&mut command)?;
    }
    Ok(())
}
