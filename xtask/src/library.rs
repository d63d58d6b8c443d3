//! Building the library: small, stripped, with its name inside and no path of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::cargo;
use crate::process;
use crate::rid::{Builder, Platform};
use crate::workspace;

/// The oldest C library that the Linux packages run with.
pub(crate) const GLIBC: (u32, u32) = (2, 17);

/// The oldest macOS.
pub(crate) const MACOS: &str = "11.0";

/// What the library is built as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Shared,
    Static,
}

/// The library for this machine, by this machine's own tools.
pub(crate) fn build_here(platform: &Platform, form: Form) -> Result<PathBuf> {
    let folder = workspace::target().join("here");
    let mut command = cargo::command();
    rustc(&mut command, platform, form, &folder);
    finish(&mut command, platform, form)?;
    Ok(folder.join("release").join(built_name(platform, form)))
}

/// The library for any platform, for a package.
pub(crate) fn build(platform: &Platform, form: Form) -> Result<PathBuf> {
    let mut command = match platform.builder {
        Builder::Cargo => cargo::command(),
        Builder::Zig => {
            let mut command = Command::new("cargo-zigbuild");
            command.current_dir(workspace::root());
            command
        }
    };
    let folder = workspace::target().join("packages").join("build");
    rustc(&mut command, platform, form, &folder);
    let triple = platform.triple;
    if triple.ends_with("-linux-gnu") {
        command.args(["--target", &format!("{triple}.{}.{}", GLIBC.0, GLIBC.1)]);
    } else {
        command.args(["--target", triple]);
    }
    finish(&mut command, platform, form)?;
    Ok(folder.join(triple).join("release").join(built_name(platform, form)))
}

/// What lacks here to build for a platform, if anything.
pub(crate) fn lacks(platform: &Platform) -> Option<String> {
    let program = match (platform.builder, platform.rid) {
        (Builder::Zig, _) => "cargo-zigbuild",
        (Builder::Cargo, "win-x86") => "i686-w64-mingw32-gcc",
        (Builder::Cargo, _) => "x86_64-w64-mingw32-gcc",
    };
    if process::find(program).is_none() {
        return Some(format!("no {program} on PATH"));
    }
    cargo::lacks_target(platform.triple)
}

fn built_name(platform: &Platform, form: Form) -> &'static str {
    match form {
        Form::Shared => platform.library(),
        Form::Static => "libmmf.a",
    }
}

/// `cargo rustc` with one crate type: only so does it optimise across crates.
fn rustc(command: &mut Command, platform: &Platform, form: Form, folder: &Path) {
    command.args(["rustc", "--release", "--lib", "--package", "mmf"]);
    command.args(["--crate-type", if form == Form::Shared { "cdylib" } else { "staticlib" }]);
    command.arg("--target-dir").arg(folder);
    // In the encoded form a path may have spaces in it.
    command.env("CARGO_ENCODED_RUSTFLAGS", every_crate(platform).join("\u{1f}"));
    command.env_remove("RUSTFLAGS");
    command.env("MACOSX_DEPLOYMENT_TARGET", MACOS);
}

/// The rest of the command line, which is rustc's and for our own crate alone; and the run.
fn finish(command: &mut Command, platform: &Platform, form: Form) -> Result<()> {
    command.arg("--");
    if form == Form::Shared {
        command.args(link_arguments(platform));
    }
    println!("$ {}", process::shown(command));
    let status = process::each_line(command, |line| println!("{line}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the library for {} does not build", platform.rid))
    }
}

/// Flags for our crate and those it uses.
fn every_crate(platform: &Platform) -> Vec<String> {
    let mut flags = Vec::new();
    for (path, name) in private_paths() {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    if platform.is_musl() {
        // Without it there is no shared library.
        flags.push("-Ctarget-feature=-crt-static".to_owned());
    }
    flags
}

/// Folders of this machine whose names must not be in a package, and what stands for them. The
/// last one that fits is taken.
pub(crate) fn private_paths() -> Vec<(PathBuf, &'static str)> {
    let home = std::env::home_dir().unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let rustup =
        std::env::var_os("RUSTUP_HOME").map_or_else(|| home.join(".rustup"), PathBuf::from);
    vec![
        (home, "/home"),
        (rustup, "/rustup"),
        (cargo, "/cargo"),
        (workspace::root(), "/mmf"),
        (workspace::target(), "/target"),
    ]
}

fn link_arguments(platform: &Platform) -> Vec<String> {
    let mut flags = vec!["-Cstrip=symbols".to_owned()];
    let mut link = |argument: &str| flags.push(format!("-Clink-arg={argument}"));
    let major = env!("CARGO_PKG_VERSION").split('.').next().unwrap_or_default();
    if platform.is_mac() {
        link(&format!("-Wl,-install_name,@rpath/libmmf.{major}.dylib"));
        // iconv comes with Rust's libc and is not used.
        link("-Wl,-dead_strip_dylibs");
    } else if platform.is_windows() {
        for what in ["os", "subsystem"] {
            link(&format!("-Wl,--major-{what}-version,10,--minor-{what}-version,0"));
        }
    } else {
        link(&format!("-Wl,-soname,libmmf.so.{major}"));
    }
    flags
}
