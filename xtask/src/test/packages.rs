//! The packages: built, read, moved, and used as their users do.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::archive;
use crate::cargo;
use crate::dotnet::Assemblies;
use crate::download::Missing;
use crate::files;
use crate::inspect;
use crate::library::{self, Libraries};
use crate::module;
use crate::package::{self, Made};
use crate::process;
use crate::report::{Checks, Outcome};
use crate::rid::{self, Platform};
use crate::sdk;
use crate::shell;
use crate::test::wine::Wine;
use crate::test::{missing, needs, needs_target};
use crate::workspace;

/// The packages for this machine, made by its own tools.
pub(super) fn here() -> Outcome {
    let host = rid::host_platform()?;
    if host.is_windows() {
        library::import_tool().map_err(Missing::Unreachable)?;
    }
    let made = package::build_here(&Assemblies::for_packages()?)?;
    let mut checks = Checks::new("packages");
    for sdk in &made.sdks {
        let folder = unpacked_and_moved(sdk)?;
        programs(&mut checks, host, &folder, "cc", "env");
        checks.check_if_possible("a CMake project finds the SDK", cmake(&folder));
    }
    checks.check_if_possible(
        "install lays files below a prefix and a staging folder",
        installed(host),
    );
    checks.check("the zip holds the module, which has this version", zip(&made));
    Ok(vec![checks.row])
}

/// The packages for all platforms, made as for a release. Without a Mac's libraries for macOS the SDK is
/// made of those that are built here, to show that they compile and link.
pub(super) fn all() -> Outcome {
    for platform in &rid::ALL {
        if let Some(reason) = library::lacks(platform) {
            return missing(format!("{}: {reason}", platform.rid));
        }
    }
    let assemblies = Assemblies::for_packages()?;
    let mut checks = Checks::new("all packages");
    let (macs, packaged): (Vec<_>, Vec<_>) =
        rid::ALL.iter().partition(|platform| platform.is_mac());
    // Each library was read before it went into them, and a fault is an error.
    let made = package::build(&assemblies, packaged.iter().copied())?;
    for (platform, sdk) in packaged.iter().zip(&made.sdks) {
        cross_programs(&mut checks, platform, &unpacked_and_moved(sdk)?);
    }
    for platform in macs {
        let folder = workspace::target().join("packages/tried out").join(platform.rid);
        let libraries = Libraries::cross(platform)?;
        sdk::lay_out(&folder, platform, &libraries, "lib", None)?;
        // Zig's linker exports more than that.
        let exported = inspect::exports(platform, &libraries.shared)?;
        let wanted = inspect::declared()?;
        let missing: Vec<_> = wanted.difference(&exported).map(String::as_str).collect();
        let all = if missing.is_empty() { Ok(()) } else { Err(missing.join(", ")) };
        checks.check(&format!("{}: exports what the header declares", platform.rid), all);
        cross_programs(&mut checks, platform, &folder);
    }
    for platform in packaged {
        let place = made.module.join("runtimes").join(platform.rid).join("native");
        let faults = inspect::faults(platform, &place.join(platform.library_for_dotnet()))?;
        let promised = if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) };
        checks.check(&format!("{}: the module has it", platform.rid), promised);
    }
    checks.check("the zip holds the module, which has this version", zip(&made));
    Ok(vec![checks.row])
}

/// What stands for Wine, wherever that is, among what starts programs.
const WINE: &str = "wine64";

/// The SDK's only folder, in a place that it was not unpacked to and that has a space in its name.
fn unpacked_and_moved(archive: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("packages/tried out");
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".zip").trim_end_matches(".tar.gz");
    let (first, second) = (folder.join("unpacked"), folder.join(format!("{name} moved")));
    files::remove(&first)?;
    files::remove(&second)?;
    archive::unpack(archive, &first)?;
    std::fs::rename(first.join(name), &second)
        .and_then(|()| std::fs::remove_dir(&first))
        .map_err(|error| format!("{}: {error}", second.display()))?;
    Ok(second)
}

/// Programs for another platform, by the compiler and what starts them that there are for it.
fn cross_programs(checks: &mut Checks, platform: &Platform, folder: &Path) {
    let zig = |target: &str| format!("python3 -m ziglang cc -target {target}");
    let (compiler, runner) = match platform.rid {
        "linux-x64" => (zig("x86_64-linux-gnu.2.17"), "env"),
        "linux-arm64" => (zig("aarch64-linux-gnu.2.17"), "qemu-aarch64 -L /usr/aarch64-linux-gnu"),
        "linux-musl-x64" => ("musl-gcc".to_owned(), "env"),
        // There is no musl for it in Debian.
        "linux-musl-arm64" => (zig("aarch64-linux-musl"), ""),
        // Else a program needs the compiler's own DLLs beside it.
        "win-x64" => ("x86_64-w64-mingw32-gcc -static-libgcc".to_owned(), WINE),
        // Debian's Wine is 64-bit.
        "win-x86" => ("i686-w64-mingw32-gcc -static-libgcc".to_owned(), ""),
        "win-arm64" => (zig("aarch64-windows-gnu"), ""),
        "osx-x64" => (zig("x86_64-macos.11.0"), ""),
        _ => (zig("aarch64-macos.11.0"), ""),
    };
    programs(checks, platform, folder, &compiler, runner);
    if platform.is_windows() {
        let what = format!("{}: a program by MSVC's rules with mmf.lib", platform.rid);
        checks.check_if_possible(&what, by_msvc_rules(platform, folder, runner));
    }
}

/// Programs in both languages with both libraries, by the flags that pkg-config gives.
fn programs(checks: &mut Checks, platform: &Platform, folder: &Path, compiler: &str, runner: &str) {
    let what = format!("{}: programs by pkg-config", platform.rid);
    // There is no C++ for musl.
    let languages = if compiler == "musl-gcc" { &["c"][..] } else { &["c", "cpp"] };
    for language in languages {
        for library in ["mmf", "mmf-static"] {
            let target = format!("{language}-{library}");
            let outcome = make(platform, folder, compiler, runner, &target);
            checks.check_if_possible(&format!("{what}: {target}"), outcome);
        }
    }
    if runner.is_empty() {
        checks.skip(&format!("{what}, run"), "nothing here starts them");
    }
}

/// Compiles a program and runs it, if there is something that starts it.
fn make(
    platform: &Platform,
    sdk: &Path,
    compiler: &str,
    runner: &str,
    target: &str,
) -> std::result::Result<(), Missing> {
    needs(&["make", "pkg-config", compiler.split(' ').next().unwrap_or_default()])?;
    let cpp = match compiler {
        "cc" => "c++".to_owned(),
        _ => {
            compiler.replace("ziglang cc", "ziglang c++").replace("-gcc", "-g++ -static-libstdc++")
        }
    };
    // Beside the DLL, where Windows looks for it.
    let out = if platform.is_windows() { sdk.join("bin") } else { sdk.to_owned() };
    let mut command = Command::new("make");
    let runner = match runner {
        WINE => {
            let wine = Wine::find()?;
            wine.prepare(&mut command)?;
            wine.program
        }
        other => PathBuf::from(other),
    };
    command.current_dir(workspace::root().join("sdk/consumer"));
    command.args([target, &format!("CC={compiler}"), &format!("CXX={cpp}")]);
    command.arg(format!("OUT={}", out.display())).arg(format!("RUN={}", runner.display()));
    if compiler.contains("ziglang") && !platform.is_musl() {
        // Other compilers bring the unwinder without being asked; for musl the library does.
        command.arg("STATIC=-lunwind");
    }
    command.env("PKG_CONFIG_LIBDIR", sdk.join("lib/pkgconfig"));
    command.env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1");
    command.env("LD_LIBRARY_PATH", sdk.join("lib")).env("DYLD_LIBRARY_PATH", sdk.join("lib"));
    let said = process::run(&mut command)?;
    let hello = format!(", mmf {}", env!("CARGO_PKG_VERSION"));
    if !runner.as_os_str().is_empty() && !said.lines().any(|line| line.trim_end().ends_with(&hello))
    {
        return Err(format!("nothing says hello in:\n{said}").into());
    }
    if target == "c-mmf" && platform.rid == "linux-musl-x64" {
        // One that this machine's own C library starts would prove nothing.
        let mut loader = Command::new("grep");
        process::run(loader.args(["-q", "/lib/ld-musl-x86_64.so.1"]).arg(out.join("c-mmf.exe")))?;
    }
    Ok(())
}

/// Links by the linker that stands in for MSVC's, and runs where that can be.
fn by_msvc_rules(
    platform: &Platform,
    folder: &Path,
    runner: &str,
) -> std::result::Result<(), Missing> {
    let processor = platform.triple.split('-').next().unwrap_or_default();
    let triple = format!("{processor}-pc-windows-msvc");
    needs_target(&triple)?;
    // Beside the DLL, where Windows looks for it.
    let program = folder.join("bin").join("msvc.exe");
    let mut command = cargo::rustc();
    command.args(["--edition", "2024", "--target", &triple, "-Cpanic=abort", "-O"]);
    command.args(["-Clinker=rust-lld", "-Clinker-flavor=lld-link", "-Clink-arg=/entry:start"]);
    command.args(["-Clink-arg=/subsystem:console", "-Clink-arg=/nodefaultlib"]);
    command.arg("-L").arg(folder.join("lib")).arg("-o").arg(&program);
    process::run(command.arg(workspace::root().join("xtask/wine/import.rs")))?;
    if runner == WINE {
        let wine = Wine::find()?;
        let mut command = Command::new(&wine.program);
        wine.prepare(&mut command)?;
        process::run(command.arg(&program))?;
    }
    Ok(())
}

/// A CMake project that finds the SDK, in C and C++, shared and static.
fn cmake(sdk: &Path) -> std::result::Result<(), Missing> {
    needs(&["cmake"])?;
    let build = sdk.join("a build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(workspace::root().join("sdk/consumer")).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", sdk.display()));
    configure.arg("-DCMAKE_BUILD_TYPE=Release");
    process::run(&mut configure)?;
    process::run(Command::new("cmake").arg("--build").arg(&build).args(["--config", "Release"]))?;
    let mut test = Command::new("ctest");
    test.current_dir(&build).args(["--build-config", "Release", "--output-on-failure"]);
    process::run(&mut test)?;
    Ok(())
}

/// `cargo xtask install --prefix`, as a person and as a packager does it.
fn installed(platform: &Platform) -> std::result::Result<(), Missing> {
    let folder = workspace::target().join("packages/installed here");
    files::remove(&folder)?;
    let install = |prefix: &Path, staging: &str, libdir: &str| {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("install").arg("--prefix").arg(prefix).args(["--libdir", libdir]);
        command.env_remove("DESTDIR");
        if !staging.is_empty() {
            command.env("DESTDIR", folder.join(staging));
        }
        process::run(&mut command)
    };
    let prefix = folder.join("prefix");
    // Twice: the second one replaces.
    install(&prefix, "", "lib")?;
    install(&prefix, "", "lib")?;
    install(Path::new("/opt/mmf"), "staging", "lib/some-triple")?;
    let libdir = folder.join("staging/opt/mmf/lib/some-triple");
    let text = files::read(&libdir.join("pkgconfig/mmf.pc"))?;
    for line in ["prefix=/opt/mmf", "libdir=${prefix}/lib/some-triple"] {
        if !text.lines().any(|found| found == line) {
            return Err(format!("mmf.pc has no line '{line}':\n{text}").into());
        }
    }
    // The CMake file of another library folder counts the right number of steps up.
    let text = files::read(&libdir.join("cmake/mmf/mmf-config.cmake"))?;
    let up = text.split("${CMAKE_CURRENT_LIST_DIR}/").nth(1).and_then(|up| up.split('"').next());
    let reached = libdir.join("cmake/mmf").join(up.unwrap_or("nowhere")).canonicalize();
    if reached.ok() != folder.join("staging/opt/mmf").canonicalize().ok() {
        return Err(format!("mmf-config.cmake does not lead to the prefix:\n{text}").into());
    }
    make(platform, &prefix, "cc", "env", "c-mmf")
}

/// What is in the zip is what is published to the PowerShell Gallery, which asks for a valid manifest.
fn zip(made: &Made) -> Result<()> {
    let folder = workspace::target().join("packages/tried out/zip");
    files::remove(&folder)?;
    archive::unpack(&made.zip, &folder)?;
    let module = folder.join(module::NAME);
    process::run(Command::new("diff").arg("--recursive").arg(&made.module).arg(&module))?;
    for text in module::NOTICES {
        if !module.join(text).is_file() {
            return Err(format!("{text} is not in the module"));
        }
    }
    let shell = shell::find().map_err(|missing| missing.reason().to_owned())?;
    let manifest = module.join(format!("{}.psd1", module::NAME));
    let script = format!("(Test-ModuleManifest '{}').Version.ToString()", manifest.display());
    let version = process::run(shell.command().args(["-Command", &script]))?;
    if version.trim() == env!("CARGO_PKG_VERSION") {
        Ok(())
    } else {
        Err(format!("the module's manifest says {version}"))
    }
}
