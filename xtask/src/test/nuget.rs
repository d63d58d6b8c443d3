//! The .NET library's package, used by a program that knows nothing else of mmf.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::archive;
use crate::demo::{self, Cast};
use crate::dotnet::Assemblies;
use crate::download::Missing;
use crate::files;
use crate::library::{self, Libraries};
use crate::module;
use crate::nuget;
use crate::process;
use crate::report::{Checks, Outcome, Row};
use crate::rid::{self, Platform};
use crate::test::wine::{Wine, windows_path};
use crate::workspace;

const ON_WINDOWS: &str = "nuget: win-x64";
const SOURCES: &str = "examples/csharp";

pub(super) fn suite() -> Outcome {
    let sdk = Sdk::find().map_err(Missing::Unreachable)?;
    let assemblies = Assemblies::for_packages()?;
    let host = rid::host_platform()?;
    let mut libraries = vec![(host, Libraries::here(host)?.shared)];
    let windows = for_wine(host);
    if let Ok((platform, _)) = &windows {
        libraries.push((*platform, Libraries::packaged(platform)?.shared));
    }

    let trial = Trial::new(sdk)?;
    let package = nuget::pack(&trial.folder.join("feed"), &assemblies, &libraries)?;
    let mut checks = Checks::new("nuget");
    checks.check(
        "the package holds the assembly, its documentation, the libraries, a readme and the licences",
        contents(&package, &trial.folder.join("unpacked"), &libraries),
    );
    checks.check("three C# processes share a map by the package alone", trial.here());
    checks.check("without the native library the exception says what is missing", trial.bare());
    let mut rows = vec![checks.row];
    rows.push(match windows {
        Err(reason) => Row::not_run(ON_WINDOWS, reason),
        Ok((_, wine)) => match trial.restore_for_windows() {
            Err(reason) => Row::not_run(ON_WINDOWS, reason),
            Ok(()) => {
                let mut checks = Checks::new(ON_WINDOWS);
                checks.check(
                    "three C# processes, published with their own .NET, share a map under Wine",
                    trial.under(&wine),
                );
                checks.row
            }
        },
    });
    Ok(rows)
}

/// Wine and what it runs, or why there is none.
fn for_wine(host: &Platform) -> std::result::Result<(&'static Platform, Wine), String> {
    let windows = rid::named("win-x64")?;
    if host.is_windows() {
        return Err("this is Windows: the program ran on it already".to_owned());
    }
    if let Some(reason) = library::lacks(windows) {
        return Err(reason);
    }
    match Wine::find() {
        Ok(wine) => Ok((windows, wine)),
        Err(missing) => Err(missing.reason().to_owned()),
    }
}

fn contents(package: &Path, folder: &Path, libraries: &[(&Platform, PathBuf)]) -> Result<()> {
    archive::unpack(package, folder)?;
    let mut wanted = vec![
        "Mmf.nuspec".to_owned(),
        "README.md".to_owned(),
        "lib/netstandard2.0/Mmf.dll".to_owned(),
        "lib/netstandard2.0/Mmf.xml".to_owned(),
    ];
    wanted.extend(module::NOTICES.map(str::to_owned));
    wanted.extend(libraries.iter().map(|(platform, _)| {
        format!("runtimes/{}/native/{}", platform.rid, platform.library_for_dotnet())
    }));
    let found = files::below(folder)?;
    match wanted.iter().find(|file| !found.contains(file)) {
        Some(file) => Err(format!("{file} is not in the package")),
        None => Ok(()),
    }
}

/// A .NET SDK that can build the example.
struct Sdk {
    program: PathBuf,
    /// What its programs are for: `net10.0`.
    framework: String,
}

impl Sdk {
    fn find() -> std::result::Result<Sdk, String> {
        let program = process::find("dotnet").ok_or("no dotnet on PATH (.NET SDK 8 or later)")?;
        let version = process::run(quiet(&mut Command::new(&program)).arg("--version"))
            .map_err(|_| "dotnet on PATH has no SDK".to_owned())?;
        let major = version.trim().split('.').next().and_then(|major| major.parse::<u32>().ok());
        match major {
            Some(major) if major >= 8 => Ok(Sdk { program, framework: format!("net{major}.0") }),
            _ => Err(format!("the .NET SDK on PATH is {}, and 8 is needed", version.trim())),
        }
    }
}

/// .NET's tools without greetings, without telling anybody, and without servers that stay; and
/// without the search path by which Cargo would have them find the library that was built here.
pub(super) fn quiet(command: &mut Command) -> &mut Command {
    command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
    command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1");
    command.env("MSBUILDDISABLENODEREUSE", "1").env("UseSharedCompilation", "false")
}

/// The example, copied to where nothing of mmf is but the package.
struct Trial {
    sdk: Sdk,
    folder: PathBuf,
}

impl Trial {
    fn new(sdk: Sdk) -> Result<Trial> {
        let folder = workspace::target().join("nuget");
        files::remove(&folder)?;
        files::copy(&workspace::root().join(SOURCES), &folder.join("program"))?;
        Ok(Trial { sdk, folder })
    }

    fn dotnet(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.sdk.program);
        quiet(&mut command).current_dir(self.folder.join("program")).arg(verb);
        command.arg(format!("-p:TargetFramework={}", self.sdk.framework));
        // Beside the machine's own feeds; and not from its cache, where another build may lie.
        command.env("RestoreAdditionalProjectSources", self.folder.join("feed"));
        command.env("NUGET_PACKAGES", self.folder.join("cache"));
        command
    }

    fn here(&self) -> Result<()> {
        let out = self.folder.join("here");
        process::run(
            self.dotnet("build").args(["--configuration", "Release", "--output"]).arg(&out),
        )?;
        let process = |name: &str| {
            let mut command = Command::new(&self.sdk.program);
            quiet(&mut command).arg(out.join("processes.dll")).arg(name);
            command.env_remove("MMF_LIBRARY");
            command
        };
        demo::play(Cast {
            language: format!("C# on {}", self.sdk.framework),
            sources: SOURCES,
            a: process("A"),
            b: process("B"),
            c: process("C"),
        })
    }

    /// What was built here, without the package's libraries.
    fn bare(&self) -> Result<()> {
        let out = self.folder.join("bare");
        files::copy(&self.folder.join("here"), &out)?;
        std::fs::remove_dir_all(out.join("runtimes")).map_err(|error| error.to_string())?;
        let mut command = Command::new(&self.sdk.program);
        quiet(&mut command).arg(out.join("processes.dll")).arg("B").env_remove("MMF_LIBRARY");
        match process::run(&mut command) {
            Ok(_) => Err("it ran without a library".to_owned()),
            Err(said) if said.contains("The native library of mmf is missing") => Ok(()),
            Err(said) => Err(said),
        }
    }

    /// Gets .NET for Windows, which comes by packages; the error is the reason why there is none.
    fn restore_for_windows(&self) -> Result<()> {
        let restored = process::run(
            self.dotnet("restore").args(["-p:RuntimeIdentifier=win-x64", "-p:SelfContained=true"]),
        );
        restored.map(drop).map_err(|said| {
            let why = said.lines().find(|line| line.contains("error")).unwrap_or(&said);
            format!(".NET's runtime for win-x64 is not to be had: {}", why.trim())
        })
    }

    fn under(&self, wine: &Wine) -> Result<()> {
        let out = self.folder.join("windows");
        let mut publish = self.dotnet("publish");
        publish.args([
            "--configuration",
            "Release",
            "-r",
            "win-x64",
            "--self-contained",
            "--output",
        ]);
        process::run(publish.arg(&out))?;
        let process = |name: &str| {
            let mut command = Command::new(&wine.program);
            wine.prepare(&mut command)?;
            command.arg(windows_path(&out.join("processes.exe"))).arg(name);
            command.env_remove("MMF_LIBRARY");
            // .NET's runtime dies in its finalizers under Wine without it.
            command.env("DOTNET_EnableWriteXorExecute", "0");
            Ok::<Command, String>(command)
        };
        demo::play(Cast {
            language: format!("C# on {} for Windows", self.sdk.framework),
            sources: SOURCES,
            a: process("A")?,
            b: process("B")?,
            c: process("C")?,
        })
    }
}
