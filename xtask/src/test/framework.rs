//! Tests for Windows PowerShell 5.1 that need no Windows: the .NET assemblies run on Mono, which has the classes in
//! the same assemblies as .NET Framework, and all their references exist in .NET Framework 4.7.2.

use crate::demo::lock_test_map;
use crate::error::unavailable;
use crate::library::Libraries;
use crate::module::{ASSEMBLIES, Assemblies};
use crate::report::{Outcome, Row};
use crate::{files, process, workspace};

/// PowerShell's own assembly, which the cmdlets are compiled against.
const ENGINE: &str = "System.Management.Automation.dll";

pub(super) fn suite() -> Outcome {
    if cfg!(windows) {
        return unavailable("Windows has .NET Framework itself");
    }
    process::find("make")?;
    process::find("mcs")?;
    // The installation has the folders bin and lib.
    let mono = fs_err::canonicalize(process::find("mono")?)?.with_file_name("../lib/mono");
    let facade = mono.join("4.7.2-api/Facades/netstandard.dll");
    if !facade.is_file() {
        return unavailable(format!("Mono has no {} (Debian: mono-devel)", facade.display()));
    }
    let assemblies = Assemblies::for_packages()?;
    let folder = workspace::target().join("framework");
    for name in ASSEMBLIES {
        files::copy(&assemblies.folder.join(name), &folder.join(name))?;
    }
    files::copy(&assemblies.folder.join("reference").join(ENGINE), &folder.join(ENGINE))?;
    let Libraries { platform, shared, .. } = Libraries::here()?;
    // .NET Framework loads "mmf-native.dll", for which Mono looks for this name.
    files::copy(&shared, &folder.join(platform.library(None).replace("mmf", "mmf-native")))?;

    let make = |program| {
        let mut command = process::command("make -C tests/framework");
        command.arg(program).arg(format!("MONO={}", mono.display()));
        process::show(command.arg(format!("OUT={}", folder.display())).env_remove("MMF_LIBRARY"))
    };
    let mut row = Row::new("framework");
    row.check("everything that they reference is in .NET Framework 4.7.2", make("References"));
    let _lock = lock_test_map();
    row.check("the life of a map on Mono", make("Life"));
    Ok(vec![row])
}
