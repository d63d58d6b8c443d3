//! Compiling the module's .NET assemblies, by the compiler that every PowerShell 7 carries.

use std::path::PathBuf;

use crate::error::{Result, not_here};
use crate::process;
use crate::shell::{self, Shell};
use crate::workspace::{self, VERSION};

/// The assemblies, by the names of their files.
pub(crate) const FILES: [&str; 2] = ["Mmf.dll", "Mmf.PowerShell.dll"];

/// The two assemblies, compiled.
pub(crate) struct Assemblies {
    pub(crate) folder: PathBuf,
    /// Which PowerShells can load them, as the script says.
    pub(crate) audience: String,
}

impl Assemblies {
    /// Compiles them.
    pub(crate) fn build(shell: &Shell) -> Result<Assemblies> {
        println!("Compiling the .NET assemblies with PowerShell {}", shell.version);
        let folder = workspace::target().join("dotnet");
        let mut command = shell.command();
        command.arg("-File").arg(workspace::root().join("powershell/build.ps1"));
        command.arg("-OutputPath").arg(&folder).args(["-Version", VERSION]);
        let output = process::run(&mut command)?;
        let told = output.lines().rev().find_map(|line| line.trim().strip_prefix("built for: "));
        let audience = told.ok_or_else(|| {
            format!("build.ps1 does not say for which PowerShell it compiled:\n{output}")
        })?;
        Ok(Assemblies { folder, audience: audience.to_owned() })
    }

    /// Compiles them for packages, which everybody must be able to load.
    pub(crate) fn for_packages() -> Result<Assemblies> {
        let assemblies = Assemblies::build(&shell::find()?)?;
        if assemblies.run_everywhere() {
            return Ok(assemblies);
        }
        not_here(format!(
            "the .NET assemblies that this machine can make are for {} only; packages need the NuGet packages \
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
