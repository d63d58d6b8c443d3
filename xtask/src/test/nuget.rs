//! The .NET library's package, used by a program that knows nothing else of mmf.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive;
use crate::demo::{self, Cast};
use crate::dotnet::Assemblies;
use crate::error::{Error, Result, ensure, not_here, wrong};
use crate::files;
use crate::library::{self, Libraries};
use crate::module;
use crate::package;
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid::{self, Platform};
use crate::test::wine::{self, windows_path};
use crate::workspace;

const SOURCES: &str = "examples/csharp";

pub(super) fn suite() -> Outcome {
    let framework = framework()?;
    let assemblies = Assemblies::for_packages()?;
    let host = rid::host()?;
    let mut libraries = vec![(host, Libraries::here(host)?.shared)];
    let windows = for_wine();
    if let Ok(platform) = &windows {
        libraries.push((platform, Libraries::packaged(platform)?.shared));
    }

    // The example, copied to where nothing of mmf is but the package.
    let folder = workspace::target().join("nuget");
    files::remove(&folder)?;
    files::copy(&workspace::root().join(SOURCES), &folder.join("program"))?;
    let trial = Trial { framework, folder };
    let package = package::nupkg(&trial.folder.join("feed"), &assemblies, &libraries)?;
    let mut row = Row::new("nuget");
    row.check(
        "the package holds the assembly, its documentation, the libraries, a readme and the licences",
        contents(&package, &trial.folder.join("unpacked"), &libraries),
    );
    row.check("three C# processes share a map by the package alone", trial.here());
    row.check("without the native library the exception says what is missing", trial.bare());
    // Three processes, published with their own .NET, share a map under Wine.
    let under_wine = windows.and_then(|_| trial.under_wine());
    Ok(vec![row, Row::step("nuget: win-x64", under_wine)])
}

/// What Wine runs, if it can be built here.
fn for_wine() -> Result<&'static Platform> {
    let windows = rid::named("win-x64")?;
    library::needs(windows)?;
    wine::find()?;
    Ok(windows)
}

fn contents(package: &Path, folder: &Path, libraries: &[(&Platform, PathBuf)]) -> Result {
    archive::unpack(package, folder)?;
    let mut wanted = vec!["Mmf.nuspec", "README.md"];
    wanted.extend(["lib/netstandard2.0/Mmf.dll", "lib/netstandard2.0/Mmf.xml"]);
    wanted.extend(module::NOTICES);
    let native = libraries.iter().map(|(platform, _)| {
        format!("runtimes/{}/native/{}", platform.rid, platform.library_for_dotnet())
    });
    for file in wanted.into_iter().map(str::to_owned).chain(native) {
        ensure(folder.join(&file).is_file(), format!("{file} is not in the package"))?;
    }
    Ok(())
}

/// What programs of the .NET SDK here are for, as `net10.0`.
fn framework() -> Result<String> {
    process::find("dotnet")?;
    let Ok(version) = process::run(&mut dotnet("--version")) else {
        return not_here("dotnet on PATH has no SDK");
    };
    match version.split('.').next().map(str::parse) {
        Some(Ok(major @ 8u32..)) => Ok(format!("net{major}.0")),
        _ => not_here(format!("the .NET SDK on PATH is {}, and 8 is needed", version.trim())),
    }
}

/// .NET's tools without greetings, without telling anybody, and without servers that stay; and
/// without the search path by which Cargo would have them find the library that was built here.
fn dotnet(words: &str) -> Command {
    let mut command = process::command(&format!("dotnet {words}"));
    command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
    command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1");
    command.env("MSBUILDDISABLENODEREUSE", "1").env("UseSharedCompilation", "false");
    command.env_remove("MMF_LIBRARY");
    command
}

/// A program that has nothing of mmf but the package.
struct Trial {
    framework: String,
    folder: PathBuf,
}

impl Trial {
    /// Does something with the project.
    fn project(&self, words: &str) -> Result {
        let mut command = dotnet(words);
        command.current_dir(self.folder.join("program"));
        command.arg(format!("-p:TargetFramework={}", self.framework));
        // Beside the machine's own feeds; and not from its cache, where another build may lie.
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
        demo::play(Cast { language, sources: SOURCES, programs })
    }

    /// What was built here, without the package's libraries.
    fn bare(&self) -> Result {
        let out = self.folder.join("bare");
        files::copy(&self.folder.join("here"), &out)?;
        files::remove(&out.join("runtimes"))?;
        match process::run(&mut self.process("bare", "B")) {
            Ok(_) => wrong("it ran without a library"),
            Err(error) => {
                let said = error.reason();
                ensure(said.contains("The native library of mmf is missing"), said)
            }
        }
    }

    fn under_wine(&self) -> Result {
        // .NET for Windows comes by packages; the error is the reason why there is none.
        let restored = self.project("restore -p:RuntimeIdentifier=win-x64 -p:SelfContained=true");
        restored.map_err(|error| {
            let said = error.reason();
            let why = said.lines().find(|line| line.contains("error")).unwrap_or(said).trim();
            Error::NotHere(format!(".NET's runtime for win-x64 is not to be had: {why}"))
        })?;
        self.project(
            "publish --configuration Release -r win-x64 --self-contained --output ../windows",
        )?;
        let out = self.folder.join("windows");
        let program = |name: &str| {
            let mut command = wine::command()?;
            command.arg(windows_path(&out.join("processes.exe"))).arg(name);
            command.env_remove("MMF_LIBRARY");
            Ok::<Command, Error>(command)
        };
        let language = format!("C# on {} for Windows", self.framework);
        let programs = [program("A")?, program("B")?, program("C")?];
        demo::play(Cast { language, sources: SOURCES, programs })
    }
}
