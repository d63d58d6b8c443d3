//! `cargo xtask bench`: runs the benchmark, a separate crate so that the demo need not compile it.

use pico_args::Arguments;

use crate::error::{Result, fail};
use crate::{finish, install, module, process, shell, workspace};

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let mut command = process::command("cargo run --release --package bench --");
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
        return fail("The benchmark runs only on Linux: the programs to compare with need it.");
    }
    let prefix = install::sdk_in_target()?;
    command.arg("--include").arg(prefix.join("include"));
    command.arg("--library").arg(prefix.join("lib"));
    command.arg("--work").arg(workspace::target().join("bench"));
    match shell::find() {
        Ok(shell) => {
            let start = shell.command();
            command.arg("--shell").arg(start.get_program());
            command.arg("--module").arg(module::build(&module::Assemblies::build(&shell)?)?);
            command.envs(start.get_envs().filter_map(|(name, value)| Some((name, value?))));
        }
        Err(error) => println!("The cmdlets are not measured: {}", error.message()),
    }
    process::run_in_terminal(&mut command)
}
