//! Building the library: small, stripped, with its own name, and without paths of this machine.

use std::path::PathBuf;

use crate::error::{Result, ensure, unavailable};
use crate::rid::{self, Platform};
use crate::{files, inspect, process, sdk, workspace};

/// The oldest glibc that the Linux packages run with.
pub(crate) const GLIBC: (u32, u32) = (2, 17);

/// The oldest macOS that the packages run on.
pub(crate) const MACOS: &str = "11.0";

pub(crate) struct Libraries {
    pub(crate) platform: Platform,
    pub(crate) shared: PathBuf,
    /// The static library.
    pub(crate) archive: PathBuf,
}

impl Libraries {
    /// Builds the libraries for this machine with its own tools.
    pub(crate) fn here() -> Result<Libraries> {
        build(rid::host()?, "here", "cargo", None)
    }

    /// The libraries for packages. Those for macOS come from a Mac, where `cargo xtask install --prefix` puts them in
    /// a folder with the name of the platform; all others are built here.
    pub(crate) fn packaged(platform: Platform) -> Result<Libraries> {
        if !platform.is_mac() {
            return Libraries::cross(platform);
        }
        let folder = workspace::target().join("packages/macos").join(platform.rid);
        let shared = folder.join(sdk::shared(platform, "lib"));
        let missing = format!("{} is missing; build it on a Mac", shared.display());
        ensure(shared.is_file(), missing)?;
        Ok(Libraries { platform, shared, archive: folder.join("lib/libmmf.a") })
    }

    /// Builds the libraries for any platform. Zig's linker exports too many symbols for macOS, so those are for tests.
    pub(crate) fn cross(platform: Platform) -> Result<Libraries> {
        let mut target = platform.triple.to_owned();
        if target.ends_with("-linux-gnu") {
            target.push_str(&format!(".{}.{}", GLIBC.0, GLIBC.1));
        }
        let tool = if mingw(platform).is_none() { "cargo-zigbuild" } else { "cargo" };
        build(platform, "packages/build", tool, Some(&target))
    }
}

/// The compiler whose tools cargo uses to build for Windows. For the other platforms there is cargo-zigbuild, whose
/// linker supports old versions of glibc and other systems.
fn mingw(platform: Platform) -> Option<&'static str> {
    match platform.rid {
        "win-x64" => Some("x86_64-w64-mingw32-gcc"),
        "win-x86" => Some("i686-w64-mingw32-gcc"),
        _ => None,
    }
}

pub(crate) fn needs(platform: Platform) -> Result {
    process::find(mingw(platform).unwrap_or("cargo-zigbuild"))?;
    if platform.is_windows() {
        import_tool()?;
    }
    needs_target(platform.triple)
}

/// Checks that this Rust can build for a platform.
pub(crate) fn needs_target(triple: &str) -> Result {
    match target_libraries(triple) {
        Ok(folder) if folder.is_dir() => Ok(()),
        _ => unavailable(format!("this Rust has no {triple} (rustup target add {triple})")),
    }
}

/// The folder with Rust's standard library for a platform.
fn target_libraries(triple: &str) -> Result<PathBuf> {
    let question = format!("rustc --print target-libdir --target {triple}");
    Ok(PathBuf::from(process::run(&mut process::command(&question))?.trim()))
}

pub(crate) fn import_tool() -> Result<PathBuf> {
    let find = process::find;
    find("llvm-dlltool-14").or_else(|_| find("llvm-dlltool-19")).or_else(|_| find("llvm-dlltool"))
}

/// Builds the libraries without the crate type `rlib`, which would prevent optimization across crates.
fn build(platform: Platform, folder: &str, tool: &str, target: Option<&str>) -> Result<Libraries> {
    let folder = workspace::target().join(folder);
    // On musl, the two libraries need different flags.
    let kinds: &[&str] =
        if platform.is_musl() { &["cdylib", "staticlib"] } else { &["cdylib,staticlib"] };
    for &kind in kinds {
        println!("Building the library for {}", platform.rid);
        let mut flags = Vec::new();
        for (path, name) in private_paths() {
            flags.push(format!("--remap-path-prefix={}={name}", path.display()));
        }
        if kind == "cdylib" {
            // Rust builds no shared library for musl without this flag.
            flags.push("-Ctarget-feature=-crt-static".to_owned());
        }
        let mut command = process::command(&format!(
            "{tool} rustc --release --lib --package mmf --crate-type {kind} --target-dir"
        ));
        command.arg(&folder).args(target.map(|target| format!("--target={target}"))).arg("--");
        if kind != "staticlib" {
            command.args(link_arguments(platform)?);
        } else if target.is_some() {
            // Include Rust's own unwinder: those of other compilers for musl may need glibc.
            let unwinder = target_libraries(platform.triple)?.join("self-contained");
            command.arg("-L").arg(unwinder).args(["-l", "static=unwind"]);
        }
        // The encoded form allows spaces in paths.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env_remove("RUSTFLAGS");
        command.env("MACOSX_DEPLOYMENT_TARGET", MACOS);
        process::run_in_terminal(&mut command)?;
    }
    let folder = folder.join(target.map_or("", |_| platform.triple)).join("release");
    let (shared, archive) = (folder.join(platform.library(None)), folder.join("libmmf.a"));
    Ok(Libraries { platform, shared, archive })
}

/// Folders of this machine that contain sources, and their replacements in libraries. rustc uses the last one that
/// matches. The home folder is not in the list, because another home folder would force cargo to build all anew.
pub(crate) fn private_paths() -> [(PathBuf, &'static str); 4] {
    let [(_, cargo), (_, rustup)] = workspace::rust_homes();
    let (root, target) = (workspace::root(), workspace::target());
    [(rustup, "/rustup"), (cargo, "/cargo"), (root, "/mmf"), (target, "/target")]
}

fn link_arguments(platform: Platform) -> Result<Vec<String>> {
    let name = platform.library(Some(workspace::MAJOR));
    let mut flags = Vec::new();
    if platform.is_mac() {
        // Rust's libc links iconv, which is not used. The linker strips the library, because stripping it later would
        // break its signature.
        flags.push(format!("-Wl,-install_name,@rpath/{name},-dead_strip_dylibs,-x,-S"));
    } else if platform.is_windows() {
        // Zig's linker ignores the version without the subsystem.
        flags.push("-Wl,--subsystem,windows".to_owned());
        for what in ["os", "subsystem"] {
            flags.push(format!("-Wl,--major-{what}-version,10,--minor-{what}-version,0"));
        }
        if mingw(platform).is_none() {
            // Without the list, zig's linker also exports the C library and the unwinder.
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

/// Writes the list of the DLL's functions, from the header.
pub(crate) fn definition() -> Result<PathBuf> {
    let file = workspace::target().join("packages/windows/mmf.def");
    let functions: Vec<String> = inspect::declared()?.into_iter().collect();
    files::write(&file, &format!("LIBRARY mmf.dll\nEXPORTS\n{}\n", functions.join("\n")))?;
    Ok(file)
}
