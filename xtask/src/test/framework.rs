//! What can be seen of Windows PowerShell 5.1 without it: the .NET assemblies on Mono, whose classes are
//! where .NET Framework has them, and everything that they reference looked up in the reference
//! assemblies of .NET Framework 4.7.2.

use crate::alone::alone;
use crate::dotnet::{self, Assemblies};
use crate::error::not_here;
use crate::files;
use crate::library::Libraries;
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid;
use crate::workspace;

/// PowerShell's own assembly, as the cmdlets are compiled against it.
const ENGINE: &str = "System.Management.Automation.dll";

pub(super) fn suite() -> Outcome {
    if cfg!(windows) {
        return not_here("Windows has .NET Framework itself");
    }
    process::find("make")?;
    process::find("mcs")?;
    // Beside the program, wherever that is: bin and lib.
    let mono = fs_err::canonicalize(process::find("mono")?)?.with_file_name("../lib/mono");
    let facade = mono.join("4.7.2-api/Facades/netstandard.dll");
    if !facade.is_file() {
        return not_here(format!("Mono has no {} (Debian: mono-devel)", facade.display()));
    }
    let assemblies = Assemblies::for_packages()?;
    let folder = workspace::target().join("framework");
    for name in dotnet::FILES {
        files::copy(&assemblies.folder.join(name), &folder.join(name))?;
    }
    files::copy(&assemblies.folder.join("reference").join(ENGINE), &folder.join(ENGINE))?;
    let host = rid::host()?;
    // By the name that .NET Framework would ask for, as Mono spells it here.
    let library = folder.join(host.library(None).replace("mmf", "mmf-native"));
    files::copy(&Libraries::here(host)?.shared, &library)?;

    let make = |program| {
        let mut command = process::command("make -C tests/framework");
        command.arg(program).arg(format!("MONO={}", mono.display()));
        process::show(command.arg(format!("OUT={}", folder.display())).env_remove("MMF_LIBRARY"))
    };
    let mut row = Row::new("framework");
    row.check("everything they reference is in .NET Framework 4.7.2", make("References"));
    let _alone = alone();
    row.check("the life of a map on Mono", make("Life"));
    Ok(vec![row])
}
