//! What can be seen of Windows PowerShell 5.1 without it: the .NET assemblies on Mono, whose classes are
//! where .NET Framework has them, and everything that they reference looked up in the reference
//! assemblies of .NET Framework 4.7.2.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::alone::alone;
use crate::dotnet::{self, Assemblies};
use crate::download::Missing;
use crate::files;
use crate::library::Libraries;
use crate::process;
use crate::report::{Checks, Outcome};
use crate::rid;
use crate::test::missing;
use crate::workspace;

/// PowerShell's own assembly, as the cmdlets are compiled against it.
const ENGINE: &str = "reference/System.Management.Automation.dll";

pub(super) fn suite() -> Outcome {
    if cfg!(windows) {
        return missing("Windows has .NET Framework itself");
    }
    let mono = Mono::find().map_err(Missing::Unreachable)?;
    let assemblies = Assemblies::for_packages()?;
    let folder = workspace::target().join("framework");
    let engine = assemblies.folder.join(ENGINE);
    let host = rid::host_platform()?;
    let library = Libraries::here(host)?.shared;
    let own = dotnet::FILES.map(|name| assemblies.folder.join(name));
    for file in own.iter().chain([&engine, &mono.reader]) {
        files::copy(file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    // By the name that .NET Framework would ask for, as Mono spells it here.
    files::copy(&library, &folder.join(host.library().replace("mmf", "mmf-native")))?;

    let mut checks = Checks::new("framework");
    let references = mono.compile("References.cs", &folder, &[])?;
    for name in dotnet::FILES {
        let looked = process::run(
            Command::new(&mono.program)
                .arg(&references)
                .arg(folder.join(name))
                .args([&mono.framework, &mono.framework.join("Facades")]),
        );
        checks.check(
            &format!("everything that {name} references is in .NET Framework 4.7.2"),
            looked.map(|said| print!("{said}")),
        );
    }
    let facades = ["netstandard.dll", "System.IO.MemoryMappedFiles.dll"];
    let life = mono.compile("Life.cs", &folder, &facades)?;
    let _alone = alone();
    let mut command = Command::new(&mono.program);
    command.arg(life).arg(format!("mmf-mono-{}-", std::process::id())).env_remove("MMF_LIBRARY");
    // The library is found as Mono finds any.
    command.env("LD_LIBRARY_PATH", &folder).env("DYLD_LIBRARY_PATH", &folder);
    checks.check("the life of a map on Mono", process::show(&mut command));
    Ok(vec![checks.row])
}

/// Mono, its compiler, and what it has of .NET Framework.
struct Mono {
    program: PathBuf,
    compiler: PathBuf,
    /// The reference assemblies of .NET Framework 4.7.2.
    framework: PathBuf,
    /// The library that reads assemblies.
    reader: PathBuf,
}

impl Mono {
    fn find() -> std::result::Result<Mono, String> {
        let find = |name: &str| {
            process::find(name).ok_or_else(|| format!("no {name} on PATH (Debian: mono-devel)"))
        };
        let program = find("mono")?;
        let compiler = find("mcs")?;
        // Beside the program, wherever that is: bin and lib.
        let real = program.canonicalize().unwrap_or_else(|_| program.clone());
        let prefix = real.parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
        let libraries = prefix.join("lib/mono");
        let framework = libraries.join("4.7.2-api");
        if !framework.join("Facades/netstandard.dll").is_file() {
            return Err(format!("no reference assemblies in {}", framework.display()));
        }
        let cache = libraries.join("gac/Mono.Cecil");
        let reader = files::below(&cache).ok().and_then(|files| {
            files
                .into_iter()
                .rev()
                .find(|name| name.starts_with("0.11") && name.ends_with("Cecil.dll"))
        });
        let reader = reader.ok_or_else(|| format!("no Mono.Cecil 0.11 in {}", cache.display()))?;
        Ok(Mono { program, compiler, framework, reader: cache.join(reader) })
    }

    /// Compiles one of the programs into a folder that has the assemblies, with facades of the framework.
    fn compile(&self, source: &str, folder: &Path, facades: &[&str]) -> Result<PathBuf> {
        let program = folder.join(source).with_extension("exe");
        let mut command = Command::new(&self.compiler);
        command.args(["-langversion:latest", "-warnaserror"]);
        command.arg(format!("-out:{}", program.display()));
        for name in ["Mmf.dll", "Mono.Cecil.dll"] {
            command.arg(format!("-r:{}", folder.join(name).display()));
        }
        for name in facades {
            command.arg(format!("-r:{}", self.framework.join("Facades").join(name).display()));
        }
        command.arg(workspace::root().join("tests/framework").join(source));
        process::run(&mut command)?;
        Ok(program)
    }
}
