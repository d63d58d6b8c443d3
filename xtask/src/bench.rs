//! `cargo xtask bench`: builds the library, the module and the program that measures, and starts that. It is a crate of
//! its own that nothing here depends on, so that whoever only wants the demo does not compile it.

use std::process::Command;

use pico_args::Arguments;

use crate::error::{Result, wrong};
use crate::finish;
use crate::install;
use crate::module;
use crate::process;
use crate::shell;
use crate::workspace;

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let target = workspace::target();
    let mut command = Command::new(target.join("release/bench"));
    command.current_dir(workspace::root());
    if arguments.contains("--quick") {
        command.arg("--quick");
    }
    if arguments.contains("--write") {
        command.args(["--out", "docs/benchmarks"]);
    }
    for option in ["--rows", "--version1", "--baseline"] {
        if let Some(value) = arguments.opt_value_from_str::<_, String>(option)? {
            command.args([option, &value]);
        }
    }
    finish(arguments)?;
    if !cfg!(target_os = "linux") {
        return wrong("The peers are written for Linux; there is no comparison here.");
    }
    let prefix = install::sdk_here()?;
    process::pass(&mut process::command("cargo build --release --package bench"))?;

    command.arg("--include").arg(prefix.join("include"));
    command.arg("--library").arg(prefix.join("lib"));
    command.arg("--work").arg(target.join("bench"));
    match shell::find() {
        Ok(shell) => {
            let start = shell.command();
            command.arg("--shell").arg(start.get_program());
            command.arg("--module").arg(module::build(&shell)?);
            let set = start.get_envs().filter_map(|(name, value)| Some((name, value?)));
            command.envs(set);
        }
        Err(error) => println!("No PowerShell: {}", error.reason()),
    }
    process::pass(&mut command)
}
