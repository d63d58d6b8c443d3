//! Building the PowerShell module: its .NET assemblies, its files, and the libraries under `runtimes`.

use std::path::{Path, PathBuf};

use crate::error::{Result, unavailable};
use crate::library::Libraries;
use crate::{files, process, shell, workspace};

/// The name of the module and of its folder.
pub(crate) const NAME: &str = "System.IO.MemoryMappedFiles.Commands";

/// The file names of the assemblies.
pub(crate) const ASSEMBLIES: [&str; 2] = ["Mmf.dll", "Mmf.PowerShell.dll"];

/// The licence texts, which every package with the library must contain.
pub(crate) const NOTICES: [&str; 3] = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"];

pub(crate) fn copy_notices(folder: &Path) -> Result {
    let root = workspace::root();
    NOTICES.iter().try_for_each(|text| files::copy(&root.join(text), &folder.join(text)))
}

pub(crate) struct Assemblies {
    pub(crate) folder: PathBuf,
    /// The PowerShell versions that can load them, as build.ps1 describes them.
    pub(crate) audience: String,
}

impl Assemblies {
    /// Compiles the assemblies with the compiler that PowerShell 7 contains.
    pub(crate) fn build(shell: &shell::Shell) -> Result<Assemblies> {
        println!("Compiling the .NET assemblies with PowerShell {}", shell.version);
        let folder = workspace::target().join("dotnet");
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join("powershell/build.ps1"));
        command.arg("-OutputPath").arg(&folder).args(["-Version", workspace::VERSION]);
        let output = process::run(&mut command)?;
        let audience =
            output.lines().rev().find_map(|line| line.trim().strip_prefix("built for: "));
        let audience = audience.ok_or_else(|| {
            format!("build.ps1 does not say for which PowerShell it compiled:\n{output}")
        })?;
        Ok(Assemblies { folder, audience: audience.to_owned() })
    }

    /// Compiles the assemblies for packages, which every supported PowerShell must be able to load.
    pub(crate) fn for_packages() -> Result<Assemblies> {
        let assemblies = Assemblies::build(&shell::find()?)?;
        if assemblies.run_everywhere() {
            return Ok(assemblies);
        }
        unavailable(format!(
            "the .NET assemblies that this machine can compile are for {} only; packages need the NuGet packages \
             NETStandard.Library and PowerShellStandard.Library, in the NuGet cache or in the folder that \
             MMF_NUGET names (powershell/build.ps1 has their versions)",
            assemblies.audience
        ))
    }

    /// Whether they run on Windows PowerShell 5.1 and on every supported PowerShell 7.
    pub(crate) fn run_everywhere(&self) -> bool {
        self.audience == "every supported PowerShell"
    }
}

/// Builds the module for this machine.
pub(crate) fn build(assemblies: &Assemblies) -> Result<PathBuf> {
    lay_out(&workspace::target().join("module"), assemblies, &[Libraries::here()?])
}

/// Builds the module in the folder `folder/NAME`.
pub(crate) fn lay_out(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[Libraries],
) -> Result<PathBuf> {
    let module = folder.join(NAME);
    files::remove(&module)?;
    files::copy(&workspace::root().join("powershell").join(NAME), &module)?;
    copy_notices(&module)?;
    for file in ASSEMBLIES {
        files::copy(&assemblies.folder.join(file), &module.join(file))?;
    }
    // Someone may have put a library there to work with the sources.
    files::remove(&module.join("runtimes"))?;
    copy_runtimes(&module, libraries)?;
    Ok(module)
}

/// Copies each library to where .NET looks for it, below the folder of an assembly or a package.
pub(crate) fn copy_runtimes(folder: &Path, libraries: &[Libraries]) -> Result {
    let copy = |Libraries { platform, shared, .. }: &Libraries| {
        files::copy(shared, &folder.join(platform.path_for_dotnet()))
    };
    libraries.iter().try_for_each(copy)
}
