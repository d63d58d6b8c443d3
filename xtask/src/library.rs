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

/// The two libraries of a platform.
pub(crate) struct Libraries {
    pub(crate) shared: PathBuf,
    pub(crate) fixed: PathBuf,
}

impl Libraries {
    /// Built by this machine's own tools, for this machine.
    pub(crate) fn here(platform: &Platform) -> Result<Libraries> {
        let folder = workspace::target().join("here");
        build(platform, &folder, cargo::command, &[])?;
        Ok(Libraries::in_folder(platform, &folder.join("release")))
    }

    /// Built for any platform, for a package.
    pub(crate) fn packaged(platform: &Platform) -> Result<Libraries> {
        let tool = match platform.builder {
            Builder::Cargo | Builder::Lld => cargo::command,
            Builder::Zig => zigbuild,
        };
        let folder = workspace::target().join("packages").join("build");
        let mut target = platform.triple.to_owned();
        if target.ends_with("-linux-gnu") {
            target.push_str(&format!(".{}.{}", GLIBC.0, GLIBC.1));
        }
        build(platform, &folder, tool, &["--target", &target])?;
        Ok(Libraries::in_folder(platform, &folder.join(platform.triple).join("release")))
    }

    fn in_folder(platform: &Platform, folder: &Path) -> Libraries {
        Libraries { shared: folder.join(platform.library()), fixed: folder.join("libmmf.a") }
    }
}

fn zigbuild() -> Command {
    let mut command = Command::new("cargo-zigbuild");
    command.current_dir(workspace::root());
    command
}

/// What the library is built as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Shared,
    Static,
    /// Compiled once and linked twice.
    Both,
}

fn build(platform: &Platform, folder: &Path, tool: fn() -> Command, target: &[&str]) -> Result<()> {
    // Those of musl are compiled by different flags.
    let forms: &[Form] =
        if platform.is_musl() { &[Form::Shared, Form::Static] } else { &[Form::Both] };
    for &form in forms {
        println!("Building the library for {}", platform.rid);
        let mut command = tool();
        rustc(&mut command, platform, form, folder);
        command.args(target).arg("--");
        if form != Form::Static {
            command.args(link_arguments(platform)?);
        } else if !target.is_empty() {
            command.args(unwinder(platform)?);
        }
        // Its own words go where ours go: on a terminal they have colours and a bar that grows.
        process::pass(&mut command).map_err(|reason| {
            format!("the library for {} does not build: {reason}", platform.rid)
        })?;
    }
    Ok(())
}

/// Rust's own unwinder, for a static library that must not depend on the compiler that links it:
/// musl's compilers on other systems have one that asks for glibc.
fn unwinder(platform: &Platform) -> Result<[String; 4]> {
    let folder = cargo::target_libraries(platform.triple)?.join("self-contained");
    Ok(["-L".to_owned(), folder.display().to_string(), "-l".to_owned(), "static=unwind".to_owned()])
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
    if platform.is_windows()
        && let Err(reason) = import_tool()
    {
        return Some(reason);
    }
    cargo::lacks_target(platform.triple)
}

/// The program that makes import libraries, or that there is none here.
pub(crate) fn import_tool() -> Result<PathBuf> {
    let names = ["llvm-dlltool", "llvm-dlltool-14", "llvm-dlltool-19"];
    names.into_iter().find_map(process::find).ok_or_else(|| {
        "no llvm-dlltool on PATH to make import libraries with (Debian: llvm)".to_owned()
    })
}

/// `cargo rustc` without the crate type `rlib`: only so does it optimise across crates.
fn rustc(command: &mut Command, platform: &Platform, form: Form, folder: &Path) {
    command.args(["rustc", "--release", "--lib", "--package", "mmf"]);
    let kinds = match form {
        Form::Shared => "cdylib",
        Form::Static => "staticlib",
        Form::Both => "cdylib,staticlib",
    };
    command.args(["--crate-type", kinds]);
    command.arg("--target-dir").arg(folder);
    // In the encoded form a path may have spaces in it.
    command.env("CARGO_ENCODED_RUSTFLAGS", every_crate(platform, form).join("\u{1f}"));
    command.env_remove("RUSTFLAGS");
    command.env("MACOSX_DEPLOYMENT_TARGET", MACOS);
}

/// Flags for our crate and those it uses.
fn every_crate(platform: &Platform, form: Form) -> Vec<String> {
    let mut flags = Vec::new();
    for (path, name) in private_paths() {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    if platform.is_musl() && form == Form::Shared {
        // Without it there is no shared library.
        flags.push("-Ctarget-feature=-crt-static".to_owned());
    }
    flags
}

/// Folders of this machine that sources lie in, and what stands for them in a library. The last one
/// that fits is taken. (Not the home folder: who builds with another one would build all anew.)
pub(crate) fn private_paths() -> Vec<(PathBuf, &'static str)> {
    let home = std::env::home_dir().unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let rustup =
        std::env::var_os("RUSTUP_HOME").map_or_else(|| home.join(".rustup"), PathBuf::from);
    vec![
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
