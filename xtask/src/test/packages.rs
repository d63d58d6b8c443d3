//! The packages: built, read, moved, and used as their users do.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive;
use crate::cargo;
use crate::dotnet::Assemblies;
use crate::error::{Result, ensure, not_here};
use crate::files;
use crate::inspect;
use crate::library::{self, Libraries};
use crate::module;
use crate::package::{self, Made};
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid::{self, Platform};
use crate::sdk;
use crate::test::wine;
use crate::workspace::{self, VERSION};

/// The packages for this machine, made by its own tools.
pub(super) fn here() -> Outcome {
    let host = rid::host()?;
    if host.is_windows() {
        library::import_tool()?;
    }
    let made = package::build_here(&Assemblies::for_packages()?)?;
    let mut row = Row::new("packages");
    for sdk in &made.sdks {
        let folder = unpacked_and_moved(sdk)?;
        row.check("programs find the SDK by pkg-config", programs(host, &folder, OURS, "env"));
        let found = format!("-DCMAKE_PREFIX_PATH={}", folder.display());
        row.check("a CMake project finds the SDK", cmake(&folder, &found));
    }
    row.check("install lays files below a prefix and a staging folder", installed(host));
    row.check("the zip holds the module", zip(&made));
    Ok(vec![row])
}

/// The packages for all platforms, made as for a release. Without a Mac's libraries for macOS the SDK is
/// made of those that are built here, to show that they compile and link.
pub(super) fn all() -> Outcome {
    rid::ALL.iter().try_for_each(library::needs)?;
    let assemblies = Assemblies::for_packages()?;
    let mut row = Row::new("all packages");
    let (macs, packaged): (Vec<_>, Vec<_>) =
        rid::ALL.iter().partition(|platform| platform.is_mac());
    // Each library was read before it went into them, and a fault is an error.
    let made = package::build(&assemblies, packaged.iter().copied())?;
    for (platform, sdk) in packaged.iter().zip(&made.sdks) {
        cross_programs(&mut row, platform, &unpacked_and_moved(sdk)?);
    }
    for platform in macs {
        let folder = workspace::target().join("packages/tried out").join(platform.rid);
        let libraries = Libraries::cross(platform)?;
        sdk::lay_out(&folder, platform, &libraries, "lib", None)?;
        // Zig's linker exports more than that.
        let exported = inspect::exports(platform, &libraries.shared)?;
        let lacks: Vec<_> = inspect::declared()?.difference(&exported).cloned().collect();
        let all = ensure(lacks.is_empty(), lacks.join(", "));
        row.check(&format!("{}: exports what the header declares", platform.rid), all);
        cross_programs(&mut row, platform, &folder);
    }
    for platform in packaged {
        let place = made.module.join("runtimes").join(platform.rid).join("native");
        let promised = inspect::check(platform, &place.join(platform.library_for_dotnet()));
        row.check(&format!("{}: the module has it", platform.rid), promised);
    }
    row.check("the zip holds the module", zip(&made));
    Ok(vec![row])
}

/// What stands for Wine, wherever that is, among what starts programs.
const WINE: &str = "wine64";

/// The compilers of C and C++ for this machine.
const OURS: [&str; 2] = ["cc", "c++"];

/// The SDK's only folder, in a place that it was not unpacked to and that has a space in its name.
fn unpacked_and_moved(archive: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("packages/tried out");
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".zip").trim_end_matches(".tar.gz");
    let (first, second) = (folder.join("unpacked"), folder.join(format!("{name} moved")));
    files::remove(&first)?;
    files::remove(&second)?;
    archive::unpack(archive, &first)?;
    fs_err::rename(first.join(name), &second)?;
    fs_err::remove_dir(&first)?;
    Ok(second)
}

/// Programs for another platform, by the compilers and what starts them that there are for it.
fn cross_programs(row: &mut Row, platform: &Platform, folder: &Path) {
    let zig = |target| ["cc", "c++"].map(|it| format!("python3 -m ziglang {it} -target {target}"));
    // Else a program needs the compiler's own DLLs beside it.
    let mingw = |target| {
        ["gcc -static-libgcc", "g++ -static-libgcc -static-libstdc++"]
            .map(|it| format!("{target}-w64-mingw32-{it}"))
    };
    let (compilers, runner) = match platform.rid {
        "linux-x64" => (zig("x86_64-linux-gnu.2.17"), "env"),
        "linux-arm64" => (zig("aarch64-linux-gnu.2.17"), "qemu-aarch64 -L /usr/aarch64-linux-gnu"),
        // There is no C++ for it.
        "linux-musl-x64" => (["musl-gcc".to_owned(), String::new()], "env"),
        // There is no musl for it in Debian.
        "linux-musl-arm64" => (zig("aarch64-linux-musl"), ""),
        "win-x64" => (mingw("x86_64"), WINE),
        // Debian's Wine is 64-bit.
        "win-x86" => (mingw("i686"), ""),
        "win-arm64" => (zig("aarch64-windows-gnu"), ""),
        "osx-x64" => (zig("x86_64-macos.11.0"), ""),
        _ => (zig("aarch64-macos.11.0"), ""),
    };
    let what = format!("{}: programs find the SDK by pkg-config", platform.rid);
    let compilers = compilers.each_ref().map(String::as_str);
    row.check(&what, programs(platform, folder, compilers, runner));
    if runner.is_empty() {
        row.check(&format!("{what}, and run"), not_here("nothing here starts them"));
    }
    if platform.is_windows() {
        let what = format!("{}: a program by MSVC's rules with mmf.lib", platform.rid);
        row.check(&what, by_msvc_rules(platform, folder, runner));
    }
}

/// Programs in C and C++ with both libraries, by the flags that pkg-config gives. They run if something
/// starts them.
fn programs(platform: &Platform, sdk: &Path, compilers: [&str; 2], runner: &str) -> Result {
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
    // Beside the DLL, where Windows looks for it.
    let out = if platform.is_windows() { sdk.join("bin") } else { sdk.to_owned() };
    command.arg(format!("SDK={}", sdk.display())).arg(format!("OUT={}", out.display()));
    command.arg(format!("RUN={}", runner.display())).arg(format!("VERSION={VERSION}"));
    if cc.contains("ziglang") && !platform.is_musl() {
        // Other compilers bring the unwinder without being asked; for musl the library does.
        command.arg("STATIC=-lunwind");
    }
    if cc == "musl-gcc" {
        // One that this machine's own C library starts would prove nothing.
        command.arg("LOADER=/lib/ld-musl-x86_64.so.1");
    }
    process::run(&mut command).map(drop)
}

/// Links by the linker that stands in for MSVC's, and runs where that can be.
fn by_msvc_rules(platform: &Platform, folder: &Path, runner: &str) -> Result {
    let processor = platform.triple.split('-').next().unwrap_or_default();
    let triple = format!("{processor}-pc-windows-msvc");
    cargo::needs_target(&triple)?;
    // Beside the DLL, where Windows looks for it.
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

/// A CMake project that finds the SDK, in C and C++, shared and static.
fn cmake(sdk: &Path, found: &str) -> Result {
    process::find("cmake")?;
    let build = sdk.join("a build");
    let mut configure = process::command("cmake -S sdk/consumer -DCMAKE_BUILD_TYPE=Release");
    process::run(configure.arg(found).arg("-B").arg(&build))?;
    process::run(process::command("cmake --build").arg(&build).args(["--config", "Release"]))?;
    let mut test = process::command("ctest --build-config Release --output-on-failure");
    process::run(test.current_dir(&build)).map(drop)
}

/// `cargo xtask install --prefix`, as a person and as a packager does it.
fn installed(platform: &Platform) -> Result {
    let folder = workspace::target().join("packages/installed here");
    files::remove(&folder)?;
    let prefix = folder.join("prefix");
    // Twice: the second one replaces.
    for _ in 0..2 {
        let mut install = process::command("xtask install --prefix");
        process::run(install.arg(&prefix).env_remove("DESTDIR"))?;
    }
    let mut install = process::command("xtask install --prefix /opt/mmf --libdir lib/some-triple");
    process::run(install.env("DESTDIR", folder.join("staging")))?;
    let staged = folder.join("staging/opt/mmf");
    let text = fs_err::read_to_string(staged.join("lib/some-triple/pkgconfig/mmf.pc"))?;
    for line in ["prefix=/opt/mmf", "libdir=${prefix}/lib/some-triple"] {
        let there = text.lines().any(|found| found == line);
        ensure(there, format!("mmf.pc has no line '{line}':\n{text}"))?;
    }
    programs(platform, &prefix, OURS, "env")?;
    // The CMake file of another library folder counts the right number of steps up.
    cmake(&staged, &format!("-Dmmf_DIR={}", staged.join("lib/some-triple/cmake/mmf").display()))
}

/// What is in the zip is what is published to the PowerShell Gallery, and what Pester tests.
fn zip(made: &Made) -> Result {
    let folder = workspace::target().join("packages/tried out/zip");
    files::remove(&folder)?;
    archive::unpack(&made.zip, &folder)?;
    let module = folder.join(module::NAME);
    process::run(Command::new("diff").arg("--recursive").arg(&made.module).arg(&module)).map(drop)
}
