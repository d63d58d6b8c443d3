//! Building the library: small, stripped, with its name inside and no path of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::cargo;
use crate::inspect;
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
        Builder::Cargo | Builder::Lld => cargo::command(),
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
        (Builder::Lld, _) => "python3",
        (Builder::Cargo, "win-x86") => "i686-w64-mingw32-gcc",
        (Builder::Cargo, _) => "x86_64-w64-mingw32-gcc",
    };
    if process::find(program).is_none() {
        return Some(format!("no {program} on PATH"));
    }
    if platform.builder == Builder::Lld
        && let Err(reason) = apple_symbols()
    {
        return Some(reason);
    }
    if platform.is_windows() && import_tool().is_none() {
        return Some("no llvm-dlltool on PATH (Debian: llvm)".to_owned());
    }
    cargo::lacks_target(platform.triple)
}

/// The program that makes import libraries.
pub(crate) fn import_tool() -> Option<PathBuf> {
    ["llvm-dlltool", "llvm-dlltool-14", "llvm-dlltool-19"].into_iter().find_map(process::find)
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
    command.env("CARGO_ENCODED_RUSTFLAGS", every_crate(platform, form).join("\u{1f}"));
    command.env_remove("RUSTFLAGS");
    command.env("MACOSX_DEPLOYMENT_TARGET", MACOS);
}

/// The rest of the command line, which is rustc's and for our own crate alone; and the run.
fn finish(command: &mut Command, platform: &Platform, form: Form) -> Result<()> {
    command.arg("--");
    if form == Form::Shared {
        command.args(link_arguments(platform)?);
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
fn every_crate(platform: &Platform, form: Form) -> Vec<String> {
    let mut flags = Vec::new();
    for (path, name) in private_paths() {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    if platform.is_musl() && form == Form::Shared {
        // Without it there is no shared library; with it the static one has no unwinder.
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

fn link_arguments(platform: &Platform) -> Result<Vec<String>> {
    let mut flags = Vec::new();
    let mut link = |argument: &str| flags.push(format!("-Clink-arg={argument}"));
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    if platform.is_mac() {
        let name = format!("@rpath/libmmf.{major}.dylib");
        if cfg!(not(target_os = "macos")) {
            link("-install_name");
            link(&name);
            // iconv comes with Rust's libc and is not used.
            link("-dead_strip_dylibs");
            // Stripping after linking would break the signature, so the linker does it.
            link("-x");
            link("-S");
            link(&format!("-L{}", apple_symbols()?.display()));
            flags.push("-Clinker=rust-lld".to_owned());
            flags.push("-Clinker-flavor=ld64.lld".to_owned());
        } else {
            link(&format!("-Wl,-install_name,{name}"));
            link("-Wl,-dead_strip_dylibs,-x,-S");
        }
        return Ok(flags);
    }
    if platform.is_windows() {
        // Zig's linker heeds the version only beside the subsystem.
        link("-Wl,--subsystem,windows");
        for what in ["os", "subsystem"] {
            link(&format!("-Wl,--major-{what}-version,10,--minor-{what}-version,0"));
        }
        if platform.builder == Builder::Zig {
            // It would export what the C library and the unwinder have, too.
            link(&definition()?.display().to_string());
        }
    } else {
        link(&format!("-Wl,-soname,libmmf.so.{major}"));
    }
    flags.push("-Cstrip=symbols".to_owned());
    Ok(flags)
}

/// The list of the DLL's functions, from the header.
pub(crate) fn definition() -> Result<PathBuf> {
    let folder = workspace::target().join("packages").join("windows");
    let file = folder.join("mmf.def");
    let functions: Vec<String> = inspect::declared()?.into_iter().collect();
    std::fs::create_dir_all(&folder)
        .and_then(|()| {
            std::fs::write(&file, format!("LIBRARY mmf.dll\nEXPORTS\n{}\n", functions.join("\n")))
        })
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    Ok(file)
}

/// A folder with the names of the functions that macOS has, for the linker. They come from zig,
/// whose own linker cannot leave symbols out of a library.
fn apple_symbols() -> Result<PathBuf> {
    const WHERE: &str = "import os, ziglang; print(os.path.dirname(ziglang.__file__))";
    let zig = process::run(Command::new("python3").args(["-c", WHERE]))
        .map_err(|_| "no ziglang for python3 (pip install ziglang)".to_owned())?;
    let source = Path::new(zig.trim()).join("lib/libc/darwin/libSystem.tbd");
    let text = std::fs::read_to_string(&source)
        .map_err(|error| format!("{} cannot be read: {error}", source.display()))?;
    let folder = workspace::target().join("packages").join("macos");
    let text = for_lld(&text);
    // All parts of the C library are one on macOS. iconv is asked for and not used.
    for name in ["System", "c", "m", "iconv"] {
        let file = folder.join(format!("lib{name}.tbd"));
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&file, &text))
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    }
    Ok(folder)
}

/// Rust's linker knows fewer processors than the list names.
fn for_lld(list: &str) -> String {
    let mut text = String::new();
    let mut rest = list;
    while let Some((before, after)) = rest.split_once("arm64e.") {
        text.push_str(before);
        // `arm64e.x1-macos`, and the comma and the space behind it.
        let word = after.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(after.len());
        rest = after[word..].trim_start_matches([',', ' ', '\n']);
    }
    text.push_str(rest);
    // A comma before the bracket stays where the last one of a list went.
    let mut tidy = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(']') {
        tidy.push_str(before.trim_end_matches([',', ' ', '\n']));
        tidy.push_str(" ]");
        rest = after;
    }
    tidy.push_str(rest);
    tidy.replace("arm64e-", "arm64-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_that_the_linker_does_not_know_are_left_out() {
        let list = "targets: [ x86_64-macos, arm64e-macos, \n  arm64e.x1-macos, arm64e.x1-maccatalyst ]\nsymbols: [ _a, _b ]\n...\n";
        assert_eq!(
            for_lld(list),
            "targets: [ x86_64-macos, arm64-macos ]\nsymbols: [ _a, _b ]\n...\n"
        );
        let first = "targets: [ arm64e.x1-macos, x86_64-macos ]";
        assert_eq!(for_lld(first), "targets: [ x86_64-macos ]");
    }
}
