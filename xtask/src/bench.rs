//! `cargo xtask bench`: builds the library, the module and the program that measures, and starts that. It is a crate of
//! its own that nothing here depends on, so that whoever only wants the demo does not compile it.

use std::path::Path;

use crate::Result;
use crate::arguments::Arguments;
use crate::cargo;
use crate::install;
use crate::module;
use crate::process;
use crate::shell;
use crate::workspace;

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    let write = arguments.flag("--write");
    let mut options = Vec::new();
    for option in ["--rows", "--version1", "--baseline"] {
        if let Some(value) = arguments.option(option)? {
            options.push((option, value));
        }
    }
    arguments.finish()?;
    if !cfg!(target_os = "linux") {
        return Err("The peers are written for Linux; there is no comparison here.".to_owned());
    }
    let prefix = install::sdk_here()?;
    let mut build = cargo::command();
    build.args(["build", "--release", "--package", "bench"]);
    println!("$ {}", process::shown(&build));
    process::pass(&mut build)?;

    let mut command = std::process::Command::new(workspace::target().join("release/bench"));
    command.current_dir(workspace::root());
    command.arg("--include").arg(prefix.join("include"));
    command.arg("--library").arg(prefix.join("lib"));
    command.arg("--work").arg(workspace::target().join("bench"));
    match shell::find() {
        Ok(shell) => {
            let start = shell.command();
            command.arg("--shell").arg(start.get_program());
            command.arg("--module").arg(module::build(&shell)?);
            for (name, value) in start.get_envs() {
                if let Some(value) = value {
                    command.env(name, value);
                }
            }
        }
        Err(missing) => println!("No PowerShell: {}", missing.reason()),
    }
    for (option, value) in options {
        command.args([option, &value]);
    }
    if quick {
        command.arg("--quick");
    }
    if write {
        command.arg("--out").arg(Path::new("docs").join("benchmarks"));
    }
    process::pass(&mut command)
}
