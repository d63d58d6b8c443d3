//! The .NET library as a NuGet package: the assembly, and the native libraries that .NET finds beside it.

use std::path::{Path, PathBuf};

use crate::archive;
use crate::dotnet::Assemblies;
use crate::error::Result;
use crate::files;
use crate::module;
use crate::rid::Platform;
use crate::workspace::{self, VERSION};

/// Where the assembly lies in the package: what every .NET and .NET Framework 4.7.2 can load.
const LIBRARY: &str = "lib/netstandard2.0";

/// Writes `Mmf.Version.nupkg`, with these native libraries, into a folder.
pub(crate) fn pack(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[(&Platform, PathBuf)],
) -> Result<PathBuf> {
    let root = workspace::root();
    let inside = workspace::target().join("packages/nuget");
    files::remove(&inside)?;
    // What makes a zip a NuGet package.
    files::copy(&root.join("sdk/nuget"), &inside)?;
    let specification = inside.join("Mmf.nuspec");
    let text = fs_err::read_to_string(&specification)?.replace("@VERSION@", VERSION);
    files::write(&specification, &text)?;
    for file in ["Mmf.dll", "Mmf.xml"] {
        files::copy(&assemblies.folder.join(file), &inside.join(LIBRARY).join(file))?;
    }
    module::copy_runtimes(&inside, libraries)?;
    files::copy(&root.join("powershell/Mmf/README.md"), &inside.join("README.md"))?;
    module::copy_notices(&inside)?;
    fs_err::create_dir_all(folder)?;
    let path = folder.join(format!("Mmf.{}.nupkg", VERSION));
    archive::pack(&inside, "", &path)?;
    Ok(path)
}
