//! The packages: built, inspected, moved, and used by programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Result, ensure, unavailable};
use crate::package::{self, Packages};
use crate::report::{Outcome, Row};
use crate::rid::{self, Platform};
use crate::test::wine;
use crate::{archive, files, inspect, library, module, process, sdk, workspace};

/// The packages for this machine, built with its own tools.
pub(super) fn here() -> Outcome {
    let host = rid::host()?;
    if host.is_windows() {
        library::import_tool()?;
    }
    let packages = package::build_here(&module::Assemblies::for_packages()?)?;
    let mut row = Row::new("packages");
    for sdk in &packages.sdks {
        let folder = unpack_and_move(sdk)?;
        row.check("programs find the SDK with pkg-config", programs(host, &folder, NATIVE, "env"));
        let option = format!("-DCMAKE_PREFIX_PATH={}", folder.display());
        row.check("a CMake project finds the SDK", cmake(&folder, &option));
    }
    row.check("install puts files below a prefix and a staging folder", install(host));
    row.check("the zip contains the module", zip(&packages));
    Ok(vec![row])
}

/// The packages for all platforms, built as for a release, except that the libraries for macOS are built here.
pub(super) fn all() -> Outcome {
    rid::ALL.into_iter().try_for_each(library::needs)?;
    let assemblies = module::Assemblies::for_packages()?;
    let mut row = Row::new("all packages");
    let (macs, others): (Vec<_>, Vec<_>) = rid::ALL.into_iter().partition(Platform::is_mac);
    let packages = package::build(&assemblies, &others)?;
    for (platform, sdk) in others.iter().zip(&packages.sdks) {
        cross_programs(&mut row, *platform, &unpack_and_move(sdk)?);
    }
    for platform in macs {
        let folder = workspace::target().join("packages/tried out").join(platform.rid);
        let libraries = library::Libraries::cross(platform)?;
        sdk::lay_out(&folder, &libraries, "lib", None)?;
        // Zig's linker exports additional symbols.
        let exported = inspect::exports(platform, &libraries.shared)?;
        let missing: Vec<_> = inspect::declared()?.difference(&exported).cloned().collect();
        let complete = ensure(missing.is_empty(), missing.join(", "));
        row.check(&format!("{}: exports what the header declares", platform.rid), complete);
        cross_programs(&mut row, platform, &folder);
    }
    for platform in others {
        let library = packages.module.join(platform.path_for_dotnet());
        let inspected = inspect::check(platform, &library);
        row.check(&format!("{}: the module contains the library", platform.rid), inspected);
    }
    row.check("the zip contains the module", zip(&packages));
    Ok(vec![row])
}

/// The runner that is replaced by Wine's path.
const WINE: &str = "wine64";

const NATIVE: [&str; 2] = ["cc", "c++"];

/// Unpacks an SDK and moves its only folder to a path with a space.
fn unpack_and_move(archive: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("packages/tried out");
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".zip").trim_end_matches(".tar.gz");
    let (unpacked, moved) = (folder.join("unpacked"), folder.join(format!("{name} moved")));
    files::remove(&unpacked)?;
    files::remove(&moved)?;
    archive::unpack(archive, &unpacked)?;
    fs_err::rename(unpacked.join(name), &moved)?;
    fs_err::remove_dir(&unpacked)?;
    Ok(moved)
}

/// Checks programs for another platform, with the compilers and emulators that exist for it.
fn cross_programs(row: &mut Row, platform: Platform, folder: &Path) {
    let zig = |target| ["cc", "c++"].map(|it| format!("python3 -m ziglang {it} -target {target}"));
    // Linked statically, because programs would need the compiler's DLLs beside them.
    let mingw = |target| {
        ["gcc -static-libgcc", "g++ -static-libgcc -static-libstdc++"]
            .map(|it| format!("{target}-w64-mingw32-{it}"))
    };
    let (compilers, runner) = match platform.rid {
        "linux-x64" => (zig("x86_64-linux-gnu.2.17"), "env"),
        "linux-arm64" => (zig("aarch64-linux-gnu.2.17"), "qemu-aarch64 -L /usr/aarch64-linux-gnu"),
        // Debian has no C++ compiler for musl, and no musl for other processors.
        "linux-musl-x64" => (["musl-gcc".to_owned(), String::new()], "env"),
        "linux-musl-arm64" => (zig("aarch64-linux-musl"), ""),
        // Debian's Wine runs only 64-bit programs.
        "win-x64" => (mingw("x86_64"), WINE),
        "win-x86" => (mingw("i686"), ""),
        "win-arm64" => (zig("aarch64-windows-gnu"), ""),
        "osx-x64" => (zig("x86_64-macos.11.0"), ""),
        _ => (zig("aarch64-macos.11.0"), ""),
    };
    let what = format!("{}: programs find the SDK with pkg-config", platform.rid);
    let compilers = compilers.each_ref().map(String::as_str);
    row.check(&what, programs(platform, folder, compilers, runner));
    if runner.is_empty() {
        row.check(&format!("{what}, and run"), unavailable("there is no emulator for them"));
    }
    if platform.is_windows() {
        let what = format!("{}: a program for MSVC links mmf.lib", platform.rid);
        row.check(&what, for_msvc(platform, folder, runner));
    }
}

/// Compiles programs with both libraries and the flags from pkg-config, and runs them unless `runner` is empty.
fn programs(platform: Platform, sdk: &Path, compilers: [&str; 2], runner: &str) -> Result {
    let [cc, cpp] = compilers;
    for tool in ["make", "pkg-config", cc.split(' ').next().unwrap_or(cc)] {
        process::find(tool)?;
    }
    let languages = if cpp.is_empty() { "c" } else { "all" };
    let mut command = process::command("make --keep-going -C sdk/consumer");
    let runner = match runner {
        WINE => wine::prepare(&mut command)?,
        other => PathBuf::from(other),
    };
    command.args([languages, &format!("CC={cc}"), &format!("CXX={cpp}")]);
    // Windows looks for DLLs beside the program.
    let out = if platform.is_windows() { sdk.join("bin") } else { sdk.to_owned() };
    command.arg(format!("SDK={}", sdk.display())).arg(format!("OUT={}", out.display()));
    command.arg(format!("RUN={}", runner.display())).arg(format!("VERSION={}", workspace::VERSION));
    if cc.contains("ziglang") && !platform.is_musl() {
        // Other compilers link the unwinder by default, and the library for musl contains it.
        command.arg("STATIC=-lunwind");
    }
    if cc == "musl-gcc" {
        // A program for this machine's own C library would prove nothing.
        command.arg("LOADER=/lib/ld-musl-x86_64.so.1");
    }
    process::run(&mut command).map(drop)
}

/// Links a program with LLVM's replacement for MSVC's linker, and runs it if Wine can.
fn for_msvc(platform: Platform, folder: &Path, runner: &str) -> Result {
    let processor = platform.triple.split('-').next().unwrap_or_default();
    let triple = format!("{processor}-pc-windows-msvc");
    library::needs_target(&triple)?;
    // Windows looks for DLLs beside the program.
    let program = folder.join("bin/msvc.exe");
    let mut command = process::command(
        "rustc xtask/wine/import.rs --edition 2024 -Cpanic=abort -O \
         -Clinker=rust-lld -Clinker-flavor=lld-link -Clink-arg=/entry:start \
         -Clink-arg=/subsystem:console -Clink-arg=/nodefaultlib",
    );
    command.args(["--target", &triple, "-L"]).arg(folder.join("lib")).arg("-o").arg(&program);
    process::run(&mut command)?;
    if runner == WINE {
        process::run(wine::command()?.arg(&program))?;
    }
    Ok(())
}

/// Builds and tests a CMake project in C and C++, with the shared and the static library.
fn cmake(sdk: &Path, option: &str) -> Result {
    process::find("cmake")?;
    let build = sdk.join("a build");
    let mut configure = process::command("cmake -S sdk/consumer -DCMAKE_BUILD_TYPE=Release");
    process::run(configure.arg(option).arg("-B").arg(&build))?;
    process::run(process::command("cmake --build").arg(&build).args(["--config", "Release"]))?;
    let mut test = process::command("ctest --build-config Release --output-on-failure");
    process::run(test.current_dir(&build)).map(drop)
}

/// Runs `cargo xtask install --prefix` as a user and as a packager would.
fn install(platform: Platform) -> Result {
    let folder = workspace::target().join("packages/installed here");
    files::remove(&folder)?;
    let prefix = folder.join("prefix");
    for _ in 0..2 {
        let mut install = process::command("xtask install --prefix");
        process::run(install.arg(&prefix).env_remove("DESTDIR"))?;
    }
    let mut install = process::command("xtask install --prefix /opt/mmf --libdir lib/some-triple");
    process::run(install.env("DESTDIR", folder.join("staging")))?;
    let staged = folder.join("staging/opt/mmf");
    let text = fs_err::read_to_string(staged.join("lib/some-triple/pkgconfig/mmf.pc"))?;
    for line in ["prefix=/opt/mmf", "libdir=${prefix}/lib/some-triple"] {
        let found = text.lines().any(|found| found == line);
        ensure(found, format!("mmf.pc has no line '{line}':\n{text}"))?;
    }
    programs(platform, &prefix, NATIVE, "env")?;
    // The path from this library folder up to the prefix is longer than usual.
    cmake(&staged, &format!("-Dmmf_DIR={}", staged.join("lib/some-triple/cmake/mmf").display()))
}

/// The zip must contain the same module that goes to the PowerShell Gallery.
fn zip(packages: &Packages) -> Result {
    let folder = workspace::target().join("packages/tried out/zip");
    files::remove(&folder)?;
    archive::unpack(&packages.zip, &folder)?;
    let mut diff = Command::new("diff");
    diff.arg("--recursive").arg(&packages.module).arg(folder.join(module::NAME));
    process::run(&mut diff).map(drop)
}
