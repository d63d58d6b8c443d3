//! `cargo xtask publish`: the steps of a release that reach the outside, one by one. Each needs what
//! `cargo xtask package --all` has laid into `target/packages`.

use std::process::Command;

use crate::Result;
use crate::arguments::Arguments;
use crate::cargo;
use crate::download::Missing;
use crate::module;
use crate::package;
use crate::process;
use crate::shell;
use crate::workspace;

const CHECKSUMS: &str = "SHA256SUMS";
const SIGNATURE: &str = "SHA256SUMS.sigstore";

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let step = arguments.command();
    let dry = arguments.flag("--dry-run");
    let tag = arguments.option("--tag")?;
    arguments.finish()?;
    if let Some(tag) = &tag {
        package::is_this_version(tag)?;
    }
    let mut command = match (step.as_deref(), tag) {
        (Some("signature"), None) => signature(),
        (Some("release"), Some(tag)) => release(&tag, dry)?,
        (Some("release"), None) => return Err("Say which --tag the release is of.".to_owned()),
        (Some("crate"), None) => published_crate(),
        (Some("gallery"), None) => gallery(dry)?,
        _ => {
            return Err(
                "Say what to publish: signature, release --tag TAG, crate or gallery.".to_owned()
            );
        }
    };
    println!("$ {}", process::shown(&command));
    if dry { Ok(()) } else { process::pass(&mut command) }
}

/// The checksums, signed with the identity of the workflow that runs.
fn signature() -> Command {
    let mut command = Command::new("cosign");
    command.current_dir(package::folder());
    command.args(["sign-blob", "--yes", "--bundle", SIGNATURE, CHECKSUMS]);
    command
}

/// The packages, on the forge's page of the release.
fn release(tag: &str, dry: bool) -> Result<Command> {
    let mut command = Command::new("gh");
    command.current_dir(package::folder());
    command.args(["release", "create", tag, "--verify-tag", "--title", &format!("mmf {tag}")]);
    command.arg("--notes-file").arg(workspace::root().join("CHANGELOG.md"));
    match package::listed() {
        Ok(files) => command.args(files),
        Err(_) if dry => command.arg("(what SHA256SUMS lists)"),
        Err(error) => return Err(error),
    };
    command.args([CHECKSUMS, SIGNATURE]);
    Ok(command)
}

/// The crate, for Rust programs.
fn published_crate() -> Command {
    let mut command = cargo::command();
    command.args(["publish", "--package", "mmf", "--locked"]);
    command
}

/// The module. The key comes by the environment, so that no list of processes shows it.
fn gallery(dry: bool) -> Result<Command> {
    let mut command = match shell::find() {
        Ok(shell) => shell.command(),
        Err(Missing::Unreachable(_)) if dry => Command::new("pwsh"),
        Err(missing) => return Err(missing.reason().to_owned()),
    };
    command.current_dir(package::folder());
    command.args([
        "-Command",
        &format!(
            "Publish-PSResource -Path 'module/{}' -Repository PSGallery -ApiKey $env:GALLERY_KEY",
            module::NAME
        ),
    ]);
    Ok(command)
}
