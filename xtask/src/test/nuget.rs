//! The .NET library's package, used by a program that has nothing else of mmf.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::demo::{self, Demo};
use crate::error::{Error, Result, ensure, fail, unavailable};
use crate::report::{Outcome, Row};
use crate::test::wine::{self, windows_path};
use crate::{archive, files, library, module, package, process, rid, workspace};

const SOURCES: &str = "examples/csharp";

pub(super) fn suite() -> Outcome {
    let framework = framework()?;
    let assemblies = module::Assemblies::for_packages()?;
    let mut libraries = vec![library::Libraries::here()?];
    let windows = rid::named("win-x64")?;
    let can_run_windows = wine::find().and_then(|_| library::needs(windows));
    if can_run_windows.is_ok() {
        libraries.push(library::Libraries::packaged(windows)?);
    }

    let folder = workspace::target().join("nuget");
    files::remove(&folder)?;
    files::copy(&workspace::root().join(SOURCES), &folder.join("program"))?;
    let package = package::nupkg(&folder.join("feed"), &assemblies, &libraries)?;
    let mut row = Row::new("nuget");
    row.check(
        "the package contains the assembly's documentation, a readme and the licences",
        contents(&package, &folder.join("unpacked")),
    );
    let consumer = Consumer { framework, folder };
    row.check("three C# processes share a map with only the package", consumer.here());
    row.check("without the native library, the exception names it", consumer.without_library());
    // The same three processes, published with their own .NET.
    let under_wine = can_run_windows.and_then(|()| consumer.under_wine());
    Ok(vec![row, Row::step("nuget: win-x64", under_wine)])
}

/// Checks the files that the programs below do not need.
fn contents(package: &Path, folder: &Path) -> Result {
    archive::unpack(package, folder)?;
    for file in ["README.md", "lib/netstandard2.0/Mmf.xml"].iter().chain(&module::NOTICES) {
        ensure(folder.join(file).is_file(), format!("{file} is not in the package"))?;
    }
    Ok(())
}

/// The target framework of the .NET SDK on PATH, such as `net10.0`.
fn framework() -> Result<String> {
    process::find("dotnet")?;
    let Ok(version) = process::run(&mut dotnet("--version")) else {
        return unavailable("dotnet on PATH has no SDK");
    };
    match version.split('.').next().map(str::parse) {
        Some(Ok(major @ 8u32..)) => Ok(format!("net{major}.0")),
        _ => unavailable(format!("the .NET SDK on PATH is {}; 8 is needed", version.trim())),
    }
}

/// A command of .NET without telemetry and without background servers. It must not find the library that was built
/// here, so the search path that cargo sets is removed.
fn dotnet(words: &str) -> Command {
    let mut command = process::command(&format!("dotnet {words}"));
    command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
    command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1");
    command.env("MSBUILDDISABLENODEREUSE", "1").env("UseSharedCompilation", "false");
    command.env_remove("MMF_LIBRARY");
    command
}

/// A copy of the example, in a folder that has nothing of mmf but the package.
struct Consumer {
    framework: String,
    folder: PathBuf,
}

impl Consumer {
    /// Runs a command of .NET on the project.
    fn project(&self, words: &str) -> Result {
        let mut command = dotnet(words);
        command.current_dir(self.folder.join("program"));
        command.arg(format!("-p:TargetFramework={}", self.framework));
        // Use the package that was just built: the machine's cache may have an older one.
        command.env("RestoreAdditionalProjectSources", self.folder.join("feed"));
        command.env("NUGET_PACKAGES", self.folder.join("cache"));
        process::run(&mut command).map(drop)
    }

    fn process(&self, folder: &str, name: &str) -> Command {
        let mut command = dotnet("");
        command.arg(self.folder.join(folder).join("processes.dll")).arg(name);
        command
    }

    fn here(&self) -> Result {
        self.project("build --configuration Release --output ../here")?;
        let programs = ["A", "B", "C"].map(|name| self.process("here", name));
        let language = format!("C# on {}", self.framework);
        demo::run(Demo { language, sources: SOURCES, programs })
    }

    fn without_library(&self) -> Result {
        let out = self.folder.join("bare");
        files::copy(&self.folder.join("here"), &out)?;
        files::remove(&out.join("runtimes"))?;
        match process::run(&mut self.process("bare", "B")) {
            Ok(_) => fail("it ran without a library"),
            Err(error) => {
                let message = error.message();
                ensure(message.contains("The native library of mmf is missing"), message)
            }
        }
    }

    fn under_wine(&self) -> Result {
        // .NET for Windows is a NuGet package, which may be unavailable.
        let restored = self.project("restore -p:RuntimeIdentifier=win-x64 -p:SelfContained=true");
        restored.map_err(|error| {
            let message = error.message();
            let reason = message.lines().find(|line| line.contains("error")).unwrap_or(message);
            Error::Unavailable(format!("no .NET runtime for win-x64: {}", reason.trim()))
        })?;
        self.project(
            "publish --configuration Release -r win-x64 --self-contained --output ../windows",
        )?;
        let program = windows_path(&self.folder.join("windows/processes.exe"));
        let start = |name: &str| -> Result<Command> {
            let mut command = wine::command()?;
            command.arg(&program).arg(name).env_remove("MMF_LIBRARY");
            Ok(command)
        };
        let language = format!("C# on {} for Windows", self.framework);
        let programs = [start("A")?, start("B")?, start("C")?];
        demo::run(Demo { language, sources: SOURCES, programs })
    }
}
