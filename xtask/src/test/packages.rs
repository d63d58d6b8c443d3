//! The packages: built, read, moved, and used as their users do.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::archive;
use crate::cargo;
use crate::dotnet::Assemblies;
use crate::download::Missing;
use crate::inspect;
use crate::library;
use crate::module;
use crate::notices;
use crate::package::{self, Made};
use crate::process;
use crate::report::{Checks, Row};
use crate::rid::{self, Platform};
use crate::test::consumer;
use crate::test::wine::Wine;
use crate::workspace;

/// The packages for this machine, made by its own tools.
pub(super) fn here() -> Result<Vec<Row>> {
    let mut checks = Checks::new("packages");
    let host = rid::host_platform()?;
    if host.is_windows()
        && let Err(reason) = library::import_tool()
    {
        return Ok(vec![Row::not_run("packages", reason)]);
    }
    let assemblies = match Assemblies::for_packages() {
        Ok(assemblies) => assemblies,
        Err(Missing::Unreachable(reason)) => return Ok(vec![Row::not_run("packages", reason)]),
        Err(Missing::Wrong(reason)) => return Err(reason),
    };
    let made = package::build_here(&assemblies)?;
    if let [sdk] = made.sdks.as_slice() {
        let folder = unpacked_and_moved(sdk)?;
        let compiler = Compiler::native();
        checks.sdk(host, &folder, &compiler);
        const BY_CMAKE: &str = "a CMake project finds the SDK";
        if process::find("cmake").is_some() {
            checks.check(BY_CMAKE, cmake(&folder));
        } else {
            checks.skip(BY_CMAKE, "no cmake on PATH");
        }
    }
    checks.check("install lays files below a prefix and a staging folder", installed(host));
    checks.nupkg(&made);
    checks.check("the checksums are those of the files", checksums(&made));
    Ok(vec![checks.row])
}

/// The packages for all platforms, made as for a release.
pub(super) fn all() -> Result<Vec<Row>> {
    const SUITE: &str = "all packages";
    for platform in &rid::ALL {
        if let Some(reason) = library::lacks(platform) {
            return Ok(vec![Row::not_run(SUITE, format!("{}: {reason}", platform.rid))]);
        }
    }
    let assemblies = match Assemblies::for_packages() {
        Ok(assemblies) => assemblies,
        Err(Missing::Unreachable(reason)) => return Ok(vec![Row::not_run(SUITE, reason)]),
        Err(Missing::Wrong(reason)) => return Err(reason),
    };
    let mut checks = Checks::new(SUITE);
    let made = package::build_all(&assemblies)?;
    for (platform, sdk) in rid::ALL.iter().zip(&made.sdks) {
        let folder = unpacked_and_moved(sdk)?;
        let library = if platform.is_windows() { "bin/mmf.dll" } else { "lib" };
        let library = folder.join(library);
        let library = if library.is_dir() { library.join(platform.library()) } else { library };
        checks.check(
            &format!("{}: the library is as promised", platform.rid),
            promised(platform, &library),
        );
        match Compiler::cross(platform) {
            Ok(compiler) => checks.sdk(platform, &folder, &compiler),
            Err(reason) => checks.skip(&format!("{}: programs", platform.rid), &reason),
        }
    }
    for platform in &rid::ALL {
        let place = made.module.join("runtimes").join(platform.rid).join("native");
        checks.check(
            &format!("{}: the module has it", platform.rid),
            promised(platform, &place.join(platform.library_for_dotnet())),
        );
    }
    checks.nupkg(&made);
    Ok(vec![checks.row])
}

fn promised(platform: &Platform, library: &Path) -> Result<()> {
    let faults = inspect::faults(platform, library)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The SDK's only folder, in a place that it was not unpacked to and that has a space in its name.
fn unpacked_and_moved(archive: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("packages").join("tried out");
    let failed = |error| format!("{} cannot be made ready: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_end_matches(".zip").trim_end_matches(".tar.gz").to_owned();
    let first = folder.join("unpacked");
    let second = folder.join(format!("{name} moved"));
    for old in [&first, &second] {
        match std::fs::remove_dir_all(old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    archive::unpack(archive, &first)?;
    std::fs::rename(first.join(&name), &second).map_err(failed)?;
    std::fs::remove_dir(&first).map_err(failed)?;
    Ok(second)
}

/// How programs for a platform are compiled and run here.
struct Compiler {
    c: Vec<String>,
    cpp: Vec<String>,
    runner: Runner,
}

enum Runner {
    Native,
    Qemu,
    Wine(Wine),
    /// Compiled and linked only.
    None(&'static str),
}

impl Compiler {
    fn native() -> Compiler {
        Compiler { c: words("cc"), cpp: words("c++"), runner: Runner::Native }
    }

    fn cross(platform: &Platform) -> Result<Compiler> {
        let zig = |target: &str| {
            let command = format!("python3 -m ziglang cc -target {target}");
            (words(&command), words(&command.replace(" cc ", " c++ ")))
        };
        let ((c, cpp), runner) = match platform.rid {
            "linux-x64" => (zig("x86_64-linux-gnu.2.17"), Runner::Native),
            "linux-arm64" => (zig("aarch64-linux-gnu.2.17"), Runner::Qemu),
            "linux-musl-x64" => ((words("musl-gcc"), Vec::new()), Runner::Native),
            "linux-musl-arm64" => {
                (zig("aarch64-linux-musl"), Runner::None("no musl for it in Debian"))
            }
            "win-x64" => match Wine::find() {
                Ok(wine) => (mingw("x86_64"), Runner::Wine(wine)),
                Err(_) => (mingw("x86_64"), Runner::None("no wine64")),
            },
            "win-x86" => (mingw("i686"), Runner::None("Debian's Wine is 64-bit")),
            "win-arm64" => (zig("aarch64-windows-gnu"), Runner::None("no Windows for it")),
            "osx-x64" => (zig("x86_64-macos.11.0"), Runner::None("no Mac")),
            _ => (zig("aarch64-macos.11.0"), Runner::None("no Mac")),
        };
        match c.first().and_then(|program| process::find(program)) {
            Some(_) => Ok(Compiler { c, cpp, runner }),
            None => Err(format!("no {} on PATH", c.join(" "))),
        }
    }
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

fn mingw(processor: &str) -> (Vec<String>, Vec<String>) {
    let program = |name: &str| vec![format!("{processor}-w64-mingw32-{name}")];
    (program("gcc"), program("g++"))
}

/// What is asked of an SDK and of the module's package, wherever they were built.
trait Users {
    fn sdk(&mut self, platform: &Platform, folder: &Path, compiler: &Compiler);
    fn nupkg(&mut self, made: &Made);
}

impl Users for Checks {
    /// Programs in both languages with both libraries, by the flags that pkg-config gives.
    fn sdk(&mut self, platform: &Platform, folder: &Path, compiler: &Compiler) {
        if process::find("pkg-config").is_none() {
            self.skip(&format!("{}: pkg-config", platform.rid), "no pkg-config on PATH");
            return;
        }
        for (language, words) in [("c", &compiler.c), ("cpp", &compiler.cpp)] {
            for library in ["mmf", "mmf-static"] {
                let what = format!(
                    "{}: a program in {language} with {library} of pkg-config",
                    platform.rid
                );
                if words.first().is_none_or(|program| process::find(program).is_none()) {
                    self.skip(&what, "no compiler");
                    continue;
                }
                let outcome =
                    pkg_config(platform, folder, library, language, words, &compiler.runner);
                self.check(&what, outcome);
                if let Runner::None(reason) = compiler.runner {
                    self.skip(&format!("{what}, run"), reason);
                }
            }
        }
        if platform.is_windows() {
            let what = format!("{}: a program by MSVC's rules with mmf.lib", platform.rid);
            match by_msvc_rules(platform, folder, &compiler.runner) {
                Ok(None) => self.check(&what, Ok(())),
                Ok(Some(reason)) => self.skip(&what, &reason),
                Err(reason) => self.check(&what, Err(reason)),
            }
        }
    }

    /// The module as a package: complete, and restored by .NET's own tools where they are.
    fn nupkg(&mut self, made: &Made) {
        self.check("the .nupkg holds the module's files", holds_module(made));
        match process::find("dotnet") {
            None => self.skip("the .nupkg is pushed and restored", "no dotnet on PATH"),
            Some(dotnet) => {
                self.check(
                    "the .nupkg is pushed to a folder feed and restored",
                    restored(&dotnet, made),
                );
            }
        }
    }
}

fn source(language: &str) -> PathBuf {
    workspace::root().join("sdk/consumer").join(format!("main.{language}"))
}

fn pkg_config(
    platform: &Platform,
    folder: &Path,
    library: &str,
    language: &str,
    compiler: &[String],
    runner: &Runner,
) -> Result<()> {
    // The flags go through a shell, as in anybody's Makefile; pkg-config quotes for it.
    let mut question = Command::new("pkg-config");
    question.env("PKG_CONFIG_LIBDIR", folder.join("lib/pkgconfig"));
    question.env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1");
    question.args(["--define-prefix", "--cflags", "--libs", library]);
    let flags = process::run(&mut question)?;
    let flags = flags.trim();
    link(platform, folder, language, compiler, runner, library, |command| {
        command.arg(source(language));
        command.args(shell_words(flags));
        let by_zig = compiler.iter().any(|word| word == "ziglang");
        if library == "mmf-static" && by_zig && !platform.is_musl() {
            // Other compilers bring the unwinder without being asked; for musl the library does.
            command.arg("-lunwind");
        }
        Ok(())
    })
}

/// Splits as a shell does: spaces part words, a backslash or quotes keep them.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '"' | '\'' => quoted = !quoted,
            ' ' | '\n' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Compiles a program with warnings as errors and, where that can be, runs it.
fn link(
    platform: &Platform,
    folder: &Path,
    language: &str,
    compiler: &[String],
    runner: &Runner,
    name: &str,
    arguments: impl FnOnce(&mut Command) -> Result<()>,
) -> Result<()> {
    let (first, rest) = compiler.split_first().ok_or("no compiler")?;
    let ending = if platform.is_windows() { ".exe" } else { "" };
    // Beside the DLL, where Windows looks for it.
    let place = if platform.is_windows() { folder.join("bin") } else { folder.to_owned() };
    let program = place.join(format!("{language} {name}{ending}"));
    let mut command = Command::new(first);
    command.args(rest).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    command.arg(if language == "c" { "-std=c99" } else { "-std=c++17" });
    command.arg("-o").arg(&program);
    arguments(&mut command)?;
    if first.contains("mingw32") {
        // Else a program needs the compiler's own DLLs beside it.
        command.arg("-static-libgcc");
        if language == "cpp" {
            command.arg("-static-libstdc++");
        }
    }
    process::run(&mut command)?;
    if platform.rid == "linux-musl-x64" && name == "mmf" {
        interpreted_by_musl(&program)?;
    }
    run(folder, &program, runner, language)
}

/// Links by the linker that stands in for MSVC's, and runs where that can be. Gives the reason if
/// there is nothing to do it with.
fn by_msvc_rules(platform: &Platform, folder: &Path, runner: &Runner) -> Result<Option<String>> {
    let triple = match platform.rid {
        "win-x64" => "x86_64-pc-windows-msvc",
        "win-x86" => "i686-pc-windows-msvc",
        _ => "aarch64-pc-windows-msvc",
    };
    if let Some(reason) = cargo::lacks_target(triple) {
        return Ok(Some(reason));
    }
    // Beside the DLL, where Windows looks for it.
    let program = folder.join("bin").join("msvc.exe");
    let mut command = cargo::rustc();
    command.args(["--edition", "2024", "--target", triple, "-Cpanic=abort", "-O"]);
    command.args(["-Clinker=rust-lld", "-Clinker-flavor=lld-link", "-Clink-arg=/entry:start"]);
    command.args(["-Clink-arg=/subsystem:console", "-Clink-arg=/nodefaultlib"]);
    command.arg("-L").arg(folder.join("lib")).arg("-o").arg(&program);
    process::run(command.arg(workspace::root().join("xtask/wine/import.rs")))?;
    if let Runner::Wine(wine) = runner {
        let mut command = Command::new(&wine.program);
        wine.prepare(&mut command)?;
        let ended = command.arg(&program).output();
        let ended = ended.map_err(|error| format!("{}: {error}", program.display()))?;
        let major: i32 = env!("CARGO_PKG_VERSION_MAJOR").parse().unwrap_or_default();
        if ended.status.code() != Some(40 + major) {
            return Err(format!("{} ended with {}", program.display(), ended.status));
        }
    }
    Ok(None)
}

/// A program that this machine's own C library starts would prove nothing.
fn interpreted_by_musl(program: &Path) -> Result<()> {
    const LOADER: &[u8] = b"/lib/ld-musl-x86_64.so.1";
    let bytes =
        std::fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    if bytes.windows(LOADER.len()).any(|window| window == LOADER) {
        Ok(())
    } else {
        Err(format!("{} is not started by musl", program.display()))
    }
}

fn run(folder: &Path, program: &Path, runner: &Runner, language: &str) -> Result<()> {
    let mut command = match runner {
        Runner::None(_) => return Ok(()),
        Runner::Native => Command::new(program),
        Runner::Qemu => {
            let mut command = Command::new("qemu-aarch64");
            command.args(["-L", "/usr/aarch64-linux-gnu"]).arg(program);
            command
        }
        Runner::Wine(wine) => {
            let mut command = Command::new(&wine.program);
            wine.prepare(&mut command)?;
            command.arg(program);
            command
        }
    };
    command.env("LD_LIBRARY_PATH", folder.join("lib"));
    command.env("DYLD_LIBRARY_PATH", folder.join("lib"));
    command.arg(format!("mmf-consumer-{}", std::process::id()));
    let output = process::run(&mut command)?;
    let language = if language == "c" { "C" } else { "C++" };
    let wanted = format!("Hello from {language}, mmf {}", env!("CARGO_PKG_VERSION"));
    if output.lines().any(|line| line.trim_end() == wanted) {
        Ok(())
    } else {
        Err(format!("{} printed:\n{output}instead of\n{wanted}", program.display()))
    }
}

/// A CMake project that finds the SDK, in C and C++, shared and static.
fn cmake(sdk: &Path) -> Result<()> {
    let build = sdk.join("a build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(workspace::root().join("sdk/consumer")).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", sdk.display()));
    configure.arg("-DCMAKE_BUILD_TYPE=Release");
    process::run(&mut configure)?;
    process::run(Command::new("cmake").arg("--build").arg(&build).args(["--config", "Release"]))?;
    for language in ["c", "cpp"] {
        for library in ["mmf", "static"] {
            let name = format!("{language}_{library}{}", std::env::consts::EXE_SUFFIX);
            let program = [build.join(&name), build.join("Release").join(&name)];
            let program =
                program.iter().find(|file| file.is_file()).ok_or("no program was built")?;
            run(sdk, program, &Runner::Native, language)?;
        }
    }
    Ok(())
}

/// `cargo xtask install --prefix`, as a person and as a packager does it.
fn installed(platform: &Platform) -> Result<()> {
    let folder = workspace::target().join("packages").join("installed here");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let install = |prefix: &Path, staging: Option<&Path>, libdir: &str| {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("install").arg("--prefix").arg(prefix).args(["--libdir", libdir]);
        command.env_remove("DESTDIR");
        if let Some(staging) = staging {
            command.env("DESTDIR", staging);
        }
        process::run(&mut command)
    };
    let prefix = folder.join("prefix");
    // Twice: the second one replaces.
    install(&prefix, None, "lib")?;
    install(&prefix, None, "lib")?;
    if process::find("pkg-config").is_some() && process::find("cc").is_some() {
        pkg_config(platform, &prefix, "mmf", "c", &words("cc"), &Runner::Native)?;
    }
    let staging = folder.join("staging");
    install(Path::new("/opt/mmf"), Some(&staging), "lib/some-triple")?;
    let file = staging.join("opt/mmf/lib/some-triple/pkgconfig/mmf.pc");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    for line in ["prefix=/opt/mmf", "libdir=${prefix}/lib/some-triple"] {
        if !text.lines().any(|found| found == line) {
            return Err(format!("{} has no line '{line}':\n{text}", file.display()));
        }
    }
    cmake_file_leads_to_prefix(&staging.join("opt/mmf"))
}

/// The CMake file of another library folder counts the right number of steps up.
fn cmake_file_leads_to_prefix(prefix: &Path) -> Result<()> {
    let folder = prefix.join("lib/some-triple/cmake/mmf");
    let file = folder.join("mmf-config.cmake");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let up =
        text.split("${CMAKE_CURRENT_LIST_DIR}/").nth(1).and_then(|rest| rest.split('"').next());
    let reached = std::fs::canonicalize(folder.join(up.unwrap_or("nowhere")));
    if reached.ok() == std::fs::canonicalize(prefix).ok() {
        Ok(())
    } else {
        Err(format!("{} does not lead to {}", file.display(), prefix.display()))
    }
}

fn checksums(made: &Made) -> Result<()> {
    let text = std::fs::read_to_string(&made.checksums).map_err(|error| error.to_string())?;
    let lines = text.lines().count();
    if lines != made.sdks.len() + 2 {
        return Err(format!("{lines} lines in SHA256SUMS"));
    }
    if process::find("sha256sum").is_some() {
        let mut command = Command::new("sha256sum");
        command.current_dir(package::folder()).args(["--check", "--strict", "SHA256SUMS"]);
        process::run(&mut command)?;
    }
    Ok(())
}

fn holds_module(made: &Made) -> Result<()> {
    let folder = workspace::target().join("packages").join("tried out").join("nupkg");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    archive::unpack(&made.nupkg, &folder)?;
    for text in module::NOTICES {
        if !folder.join(text).is_file() {
            return Err(format!("{text} is not in the package"));
        }
    }
    same_files(&made.module, &folder)
}

/// Every file of the first folder is in the second, byte for byte.
fn same_files(one: &Path, other: &Path) -> Result<()> {
    for name in module::files(one)? {
        // What is packed may be stored by another spelling of the same name.
        let (a, b) = (std::fs::read(one.join(&name)), std::fs::read(other.join(&name)));
        match (a, b) {
            (Ok(a), Ok(b)) if a == b => {}
            _ => return Err(format!("{name} differs or lacks in {}", other.display())),
        }
    }
    Ok(())
}

/// Pushes the package to a feed that is a folder, and restores it from there into a new one.
fn restored(dotnet: &Path, made: &Made) -> Result<()> {
    let folder = workspace::target().join("packages").join("tried out").join("dotnet");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    let feed = folder.join("feed");
    std::fs::create_dir_all(&feed).map_err(failed)?;
    let mut push = Command::new(dotnet);
    push.args(["nuget", "push"]).arg(&made.nupkg).arg("--source").arg(&feed);
    process::run(quiet(&mut push))?;
    let version = env!("CARGO_PKG_VERSION");
    let project = folder.join("project.csproj");
    std::fs::write(
        &project,
        format!(
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>netstandard2.0</TargetFramework>\
             <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>\
             <RestoreSources>{}</RestoreSources><RestorePackagesPath>{}</RestorePackagesPath></PropertyGroup>\
             <ItemGroup><PackageDownload Include=\"{}\" Version=\"[{version}]\" /></ItemGroup></Project>\n",
            feed.display(),
            folder.join("restored").display(),
            module::NAME
        ),
    )
    .map_err(failed)?;
    let mut restore = Command::new(dotnet);
    restore.arg("restore").arg(&project);
    process::run(quiet(&mut restore))?;
    let place = folder.join("restored").join(module::NAME.to_ascii_lowercase()).join(version);
    same_files(&made.module, &place)
}

/// .NET's tools without greetings and without telling anybody.
fn quiet(command: &mut Command) -> &mut Command {
    command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1")
}

/// THIRD-PARTY.md names what is linked in.
pub(super) fn third_party() -> Result<Vec<Row>> {
    let right = notices::check()?;
    let wrong = || "THIRD-PARTY.md is not what `cargo xtask notices` writes".to_owned();
    Ok(vec![Row::step("notices", right.then_some(()).ok_or_else(wrong))])
}

/// The crate as it would be published builds from a copy that nothing is written into.
pub(super) fn published() -> Result<Vec<Row>> {
    let mut checks = Checks::new("crate");
    let mut command = cargo::command();
    command.args(["package", "--package", "mmf", "--no-verify", "--allow-dirty", "--offline"]);
    println!("$ {}", process::shown(&command));
    process::run(&mut command)?;
    let version = env!("CARGO_PKG_VERSION");
    let package = workspace::target().join("package").join(format!("mmf-{version}.crate"));
    // The archive is a .tar.gz by another name.
    let archive = workspace::target().join("package").join(format!("mmf-{version}.tar.gz"));
    std::fs::copy(&package, &archive).map_err(|error| format!("{}: {error}", package.display()))?;
    let folder = workspace::target().join("package").join("a read-only copy");
    set_writable(&folder, true)?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    archive::unpack(&archive, &folder)?;
    let source = folder.join(format!("mmf-{version}"));
    checks.check("the crate holds what it needs and nothing else", contents(&source));
    // A header that the build would write otherwise, if it wrote one.
    let header = source.join("include/mmf.h");
    let mut text = std::fs::read_to_string(&header)
        .map_err(|error| format!("{}: {error}", header.display()))?;
    text.push_str("/* Not what the build script writes. */\n");
    std::fs::write(&header, text).map_err(|error| format!("{}: {error}", header.display()))?;
    set_writable(&folder, false)?;
    let before = state(&source)?;
    let target = workspace::target().join("package").join("build");
    // Files from a package all have one time, so cargo would not see that they are others now.
    let mut clean = cargo::command();
    clean.current_dir(&source).args(["clean", "--package", "mmf", "--offline", "--target-dir"]);
    process::run(clean.arg(&target))?;
    let mut build = cargo::command();
    build.current_dir(&source);
    build.args(["build", "--offline", "--locked", "--target-dir"]).arg(&target);
    checks.check("the crate builds offline from a read-only copy", process::show(&mut build));
    // Root may write anywhere, so the copy is compared, too.
    let after = state(&source)?;
    let untouched =
        if before == after { Ok(()) } else { Err("files of it have changed".to_owned()) };
    checks.check("the build has written nothing into the copy", untouched);
    set_writable(&folder, true)?;
    serves_rust_alone(&mut checks);
    Ok(vec![checks.row])
}

/// What a Rust program compiles that does without the C ABI, and that everything else works so.
fn serves_rust_alone(checks: &mut Checks) {
    const MOST: [(&str, usize); 3] = [
        ("x86_64-unknown-linux-gnu", 25),
        ("x86_64-pc-windows-gnu", 40),
        ("aarch64-apple-darwin", 45),
    ];
    let few = |crates: usize, most: usize| {
        println!("{crates} crates");
        if crates <= most { Ok(()) } else { Err(format!("more than {most}: {crates} crates")) }
    };
    for (triple, most) in MOST {
        let what =
            format!("a Rust program without features compiles at most {most} crates for {triple}");
        checks.check(&what, consumer::crates(triple).and_then(|crates| few(crates, most)));
    }
    const PROGRAM: &str = "fn main() -> Result<(), mmf::Error> {\n\
        let map = mmf::MapOptions::new().create_anonymous(64)?;\n\
        assert_eq!(map.capacity(), 64);\n    Ok(())\n}\n";
    let version = env!("CARGO_PKG_VERSION");
    let line =
        format!("[dependencies]\nmmf = {{ version = \"{version}\", default-features = false }}\n");
    let built = consumer::build(&line, PROGRAM).and_then(|built| {
        process::run(&mut Command::new(&built.program))?;
        let most = if cfg!(target_os = "linux") { 25 } else { 45 };
        few(built.crates, most)
    });
    checks.check("such a program builds and runs on this machine, and compiled no more", built);
    let mut tests = cargo::command();
    tests.args(["test", "--package", "mmf", "--no-default-features", "--lib", "--examples"]);
    tests.args(["--test", "bytes", "--test", "content", "--test", "maps", "--test", "views"]);
    // Not beside the library with its C functions: the file that both are has one name.
    tests.arg("--target-dir").arg(workspace::target().join("without-features"));
    checks.check(
        "the tests of maps, bytes, content and views pass without features",
        process::run(&mut tests).map(drop),
    );
}

fn contents(source: &Path) -> Result<()> {
    let files = module::files(source)?;
    for wanted in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src/lib.rs",
        "include/mmf.h",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ] {
        if !files.iter().any(|file| file == wanted) {
            return Err(format!("{wanted} is not in the crate"));
        }
    }
    let stray = ["xtask/", "powershell/", ".github/", ".ci/", "sdk/"];
    match files.iter().find(|file| stray.iter().any(|folder| file.starts_with(folder))) {
        Some(file) => Err(format!("{file} does not belong into the crate")),
        None => Ok(()),
    }
}

/// Every file with its bytes.
fn state(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let read = |name: String| {
        let bytes =
            std::fs::read(folder.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        Ok((name, bytes))
    };
    module::files(folder)?.into_iter().map(read).collect()
}

/// Takes the right to write from a folder and all that is in it, or gives it back.
#[cfg(unix)]
fn set_writable(folder: &Path, writable: bool) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mode = if writable { "u+w" } else { "a-w" };
    process::run(Command::new("chmod").args(["-R", mode]).arg(folder)).map(drop)
}

#[cfg(not(unix))]
fn set_writable(_folder: &Path, _writable: bool) -> Result<()> {
    // There the comparison of the files is the whole test.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_split_as_a_shell_does() {
        assert_eq!(shell_words("-I/a\\ b/include  -lmmf\n"), ["-I/a b/include", "-lmmf"]);
        assert_eq!(shell_words("-I\"/a b\" '-L/c d'"), ["-I/a b", "-L/c d"]);
    }
}
