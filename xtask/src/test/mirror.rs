//! The example that keeps a map the same on several hosts, against a real server.

use crate::Result;
use crate::cargo;
use crate::process;
use crate::report::Row;

pub(super) fn suite() -> Result<Vec<Row>> {
    let mut command = cargo::command();
    command.args(["test", "--package", "mirror", "--no-fail-fast", "--", "--show-output"]);
    println!("$ {}", process::shown(&command));
    cargo::test("mirror", &mut command)
}
