//! Building the library: small, stripped, with its name inside and no path of this machine.

use std::path::{Path, PathBuf};

use crate::cargo;
use crate::error::{Result, ensure};
use crate::files;
use crate::inspect;
use crate::process;
use crate::rid::Platform;
use crate::sdk;
use crate::workspace::{self, MAJOR};

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
        build(platform, &folder, "cargo", "")?;
        Ok(Libraries::in_folder(platform, &folder.join("release")))
    }

    /// Those that go into a package: built here, except for macOS, whose libraries come from a Mac. There
    /// `cargo xtask install --prefix` lays them into a folder that is called as the platform.
    pub(crate) fn packaged(platform: &Platform) -> Result<Libraries> {
        if !platform.is_mac() {
            return Libraries::cross(platform);
        }
        let folder = workspace::target().join("packages/macos").join(platform.rid);
        let shared = folder.join(sdk::shared(platform, "lib"));
        ensure(shared.is_file(), format!("{} is not there; a Mac makes it", shared.display()))?;
        Ok(Libraries { shared, fixed: folder.join("lib/libmmf.a") })
    }

    /// Built here for any platform. Those of macOS show that they compile and link; zig's linker cannot
    /// leave symbols out of them.
    pub(crate) fn cross(platform: &Platform) -> Result<Libraries> {
        let folder = workspace::target().join("packages/build");
        let mut target = platform.triple.to_owned();
        if target.ends_with("-linux-gnu") {
            target.push_str(&format!(".{}.{}", GLIBC.0, GLIBC.1));
        }
        let tool = if mingw(platform).is_none() { "cargo-zigbuild" } else { "cargo" };
        build(platform, &folder, tool, &format!("--target {target}"))?;
        Ok(Libraries::in_folder(platform, &folder.join(platform.triple).join("release")))
    }

    fn in_folder(platform: &Platform, folder: &Path) -> Libraries {
        Libraries { shared: folder.join(platform.library(None)), fixed: folder.join("libmmf.a") }
    }
}

/// The compiler for Windows with whose tools cargo builds for a platform. For all others cargo-zigbuild
/// does, whose linker knows old C libraries and other systems.
fn mingw(platform: &Platform) -> Option<&'static str> {
    match platform.rid {
        "win-x64" => Some("x86_64-w64-mingw32-gcc"),
        "win-x86" => Some("i686-w64-mingw32-gcc"),
        _ => None,
    }
}

/// What must be here to build for a platform.
pub(crate) fn needs(platform: &Platform) -> Result {
    process::find(mingw(platform).unwrap_or("cargo-zigbuild"))?;
    if platform.is_windows() {
        import_tool()?;
    }
    cargo::needs_target(platform.triple)
}

/// The program that makes import libraries.
pub(crate) fn import_tool() -> Result<PathBuf> {
    let versions = ["llvm-dlltool-14", "llvm-dlltool-19"];
    let version = versions.into_iter().find_map(|name| process::find(name).ok());
    process::find("llvm-dlltool").or_else(|error| version.ok_or(error))
}

/// By `cargo rustc`, without the crate type `rlib`: only so does it optimise across crates.
fn build(platform: &Platform, folder: &Path, tool: &str, target: &str) -> Result {
    // Compiled once and linked twice; but those of musl are compiled by different flags.
    let kinds: &[&str] =
        if platform.is_musl() { &["cdylib", "staticlib"] } else { &["cdylib,staticlib"] };
    for &kind in kinds {
        println!("Building the library for {}", platform.rid);
        let mut flags = Vec::new();
        for (path, name) in private_paths() {
            flags.push(format!("--remap-path-prefix={}={name}", path.display()));
        }
        if kind == "cdylib" {
            // Without it musl has no shared library.
            flags.push("-Ctarget-feature=-crt-static".to_owned());
        }
        let mut command = process::command(&format!(
            "{tool} rustc --release --lib --package mmf --crate-type {kind} {target} --target-dir"
        ));
        command.arg(folder).arg("--");
        if kind != "staticlib" {
            command.args(link_arguments(platform)?);
        } else if !target.is_empty() {
            // Rust's own unwinder: musl's compilers on other systems have one that asks for glibc.
            let unwinder = cargo::target_libraries(platform.triple)?.join("self-contained");
            command.arg("-L").arg(unwinder).args(["-l", "static=unwind"]);
        }
        // In the encoded form a path may have spaces in it.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env_remove("RUSTFLAGS");
        command.env("MACOSX_DEPLOYMENT_TARGET", MACOS);
        // Its own words go where ours go: on a terminal they have colours and a bar that grows.
        process::pass(&mut command)?;
    }
    Ok(())
}

/// Folders of this machine that sources lie in, and what stands for them in a library. The last one
/// that fits is taken. (Not the home folder: who builds with another one would build all anew.)
pub(crate) fn private_paths() -> [(PathBuf, &'static str); 4] {
    let [(_, cargo), (_, rustup)] = workspace::rust_homes();
    let (root, target) = (workspace::root(), workspace::target());
    [(rustup, "/rustup"), (cargo, "/cargo"), (root, "/mmf"), (target, "/target")]
}

fn link_arguments(platform: &Platform) -> Result<Vec<String>> {
    let name = platform.library(Some(MAJOR));
    let mut flags = Vec::new();
    if platform.is_mac() {
        // iconv comes with Rust's libc and is not used. Stripping after linking would break the
        // signature, so the linker does it.
        flags.push(format!("-Wl,-install_name,@rpath/{name},-dead_strip_dylibs,-x,-S"));
    } else if platform.is_windows() {
        // Zig's linker heeds the version only beside the subsystem.
        flags.push("-Wl,--subsystem,windows".to_owned());
        for what in ["os", "subsystem"] {
            flags.push(format!("-Wl,--major-{what}-version,10,--minor-{what}-version,0"));
        }
        if mingw(platform).is_none() {
            // It would export what the C library and the unwinder have, too.
            flags.push(definition()?.display().to_string());
        }
    } else {
        flags.push(format!("-Wl,-soname,{name}"));
    }
    let mut flags: Vec<_> = flags.iter().map(|flag| format!("-Clink-arg={flag}")).collect();
    if !platform.is_mac() {
        flags.push("-Cstrip=symbols".to_owned());
    }
    Ok(flags)
}

/// The list of the DLL's functions, from the header.
pub(crate) fn definition() -> Result<PathBuf> {
    let file = workspace::target().join("packages/windows/mmf.def");
    let functions: Vec<String> = inspect::declared()?.into_iter().collect();
    files::write(&file, &format!("LIBRARY mmf.dll\nEXPORTS\n{}\n", functions.join("\n")))?;
    Ok(file)
}
