//! Compiling the module's .NET assemblies, by the compiler that every PowerShell 7 carries.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::download::Missing;
use crate::process;
use crate::shell::{self, Shell};
use crate::workspace;

/// The assemblies, by the names of their files.
pub(crate) const FILES: [&str; 2] = ["Mmf.dll", "Mmf.PowerShell.dll"];

/// What the script says of assemblies that run wherever the module does.
const EVERYWHERE: &str = "every supported PowerShell";

/// The script that compiles them.
pub(crate) fn script() -> PathBuf {
    workspace::root().join("powershell").join("build.ps1")
}

/// The two assemblies, compiled.
pub(crate) struct Assemblies {
    pub(crate) folder: PathBuf,
    /// Which PowerShells can load them.
    pub(crate) audience: String,
}

impl Assemblies {
    /// Compiles them.
    pub(crate) fn build(shell: &Shell) -> Result<Assemblies> {
        println!("Compiling the .NET assemblies with PowerShell {}", shell.version);
        Assemblies::compile(shell, &script(), &workspace::target().join("dotnet"))
    }

    /// Compiles them by a script that lies beside their sources, into a folder.
    pub(crate) fn compile(shell: &Shell, script: &Path, folder: &Path) -> Result<Assemblies> {
        let mut command = shell.command();
        command.arg("-File").arg(script);
        command.arg("-OutputPath").arg(folder).args(["-Version", env!("CARGO_PKG_VERSION")]);
        let output = process::run(&mut command)?;
        Assemblies::told(folder, &output)
    }

    /// Compiles them for packages, which everybody must be able to load.
    pub(crate) fn for_packages() -> std::result::Result<Assemblies, Missing> {
        let assemblies = Assemblies::build(&shell::find()?).map_err(Missing::Wrong)?;
        if assemblies.run_everywhere() {
            return Ok(assemblies);
        }
        Err(Missing::Unreachable(format!(
            "the .NET assemblies that this machine can make are for {} only; packages need the NuGet packages \
             NETStandard.Library and PowerShellStandard.Library, in the NuGet cache or in the folder that \
             MMF_NUGET names (powershell/build.ps1 has their versions)",
            assemblies.audience
        )))
    }

    fn told(folder: &Path, output: &str) -> Result<Assemblies> {
        let audience =
            output.lines().rev().find_map(|line| line.trim().strip_prefix("built for: "));
        let audience = audience.ok_or_else(|| {
            format!("build.ps1 does not say for which PowerShell it compiled:\n{output}")
        })?;
        Ok(Assemblies { folder: folder.to_owned(), audience: audience.to_owned() })
    }

    /// Whether they run on Windows PowerShell 5.1 and on every supported PowerShell 7.
    pub(crate) fn run_everywhere(&self) -> bool {
        self.audience == EVERYWHERE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_is_read_from_the_last_line_that_tells_it() {
        let folder = Path::new("folder");
        let told = |output| Assemblies::told(folder, output);
        assert!(told("x\nbuilt for: every supported PowerShell\n").expect("told").run_everywhere());
        let one = told("built for: PowerShell 7.4 and later\r\n").expect("told");
        assert_eq!(one.audience, "PowerShell 7.4 and later");
        assert!(!one.run_everywhere());
        assert!(told("nothing").is_err());
    }
}
