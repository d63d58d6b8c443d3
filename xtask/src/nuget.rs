//! The .NET library as a NuGet package: the assembly, and the native libraries that .NET finds beside it.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::dotnet::Assemblies;
use crate::module;
use crate::nupkg;
use crate::rid::Platform;
use crate::workspace;

/// What the package and its assembly are called.
pub(crate) const NAME: &str = "Mmf";

/// Where the assembly lies in the package: what every .NET and .NET Framework 4.7.2 can load.
const LIBRARY: &str = "lib/netstandard2.0";

/// Writes `Mmf.Version.nupkg`, with these native libraries, into a folder.
pub(crate) fn pack(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[(&Platform, PathBuf)],
) -> Result<PathBuf> {
    let root = workspace::root();
    let mut files = vec![(root.join("powershell/Mmf/README.md"), "README.md".to_owned())];
    for ending in ["dll", "xml"] {
        let file = format!("{NAME}.{ending}");
        files.push((assemblies.folder.join(&file), format!("{LIBRARY}/{file}")));
    }
    for (platform, library) in libraries {
        let place = format!("runtimes/{}/native/{}", platform.rid, platform.library_for_dotnet());
        files.push((library.clone(), place));
    }
    files.extend(module::NOTICES.map(|name| (root.join(name), name.to_owned())));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join(file_name());
    nupkg::write(&path, &specification(), &files)?;
    Ok(path)
}

/// How the package's file is called.
pub(crate) fn file_name() -> String {
    format!("{NAME}.{}.nupkg", env!("CARGO_PKG_VERSION"))
}

fn specification() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\">\n  <metadata>\n    \
         <id>{NAME}</id>\n    <version>{version}</version>\n    <authors>The mmf authors</authors>\n    \
         <description>Named memory-mapped files for .NET on Windows, Linux and macOS: a class that derives from \
         System.IO.MemoryMappedFiles.MemoryMappedFile.</description>\n    \
         <copyright>(c) The mmf authors. MIT OR Apache-2.0.</copyright>\n    \
         <license type=\"expression\">MIT OR Apache-2.0</license>\n    <readme>README.md</readme>\n    \
         <tags>MemoryMappedFile SharedMemory IPC mmap Windows Linux MacOS</tags>\n    \
         <dependencies>\n      <group targetFramework=\".NETStandard2.0\" />\n    </dependencies>\n  \
         </metadata>\n</package>\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}
