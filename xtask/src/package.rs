//! `cargo xtask package`: what others install, in `target/packages`.

use std::path::{Path, PathBuf};

use pico_args::Arguments;

use crate::archive;
use crate::dotnet::Assemblies;
use crate::error::{Result, ensure};
use crate::files;
use crate::finish;
use crate::inspect;
use crate::library::Libraries;
use crate::module;
use crate::rid::{self, Platform};
use crate::sdk;
use crate::workspace::{self, VERSION};

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let all = arguments.contains("--all");
    let tag: Option<String> = arguments.opt_value_from_str("--tag")?;
    finish(arguments)?;
    let version = format!("v{VERSION}");
    let tag = tag.unwrap_or_else(|| version.clone());
    ensure(tag == version, format!("The tag is {tag}, and this is {version}."))?;
    let assemblies = Assemblies::for_packages()?;
    let made = if all { build(&assemblies, &rid::ALL)? } else { build_here(&assemblies)? };
    for made in [&made.module, &made.zip, &made.nupkg].into_iter().chain(&made.sdks) {
        println!("{}", made.display());
    }
    Ok(())
}

/// What lies in `target/packages` afterwards.
pub(crate) struct Made {
    /// The module, as it is published to the PowerShell Gallery.
    pub(crate) module: PathBuf,
    /// The same to be installed by hand.
    pub(crate) zip: PathBuf,
    /// The .NET library.
    pub(crate) nupkg: PathBuf,
    pub(crate) sdks: Vec<PathBuf>,
}

/// Packages for this machine, by its own tools. Such a library may ask for this machine's C library.
pub(crate) fn build_here(assemblies: &Assemblies) -> Result<Made> {
    let host = rid::host()?;
    make(assemblies, &[(host, Libraries::here(host)?)])
}

/// Packages for these platforms. Each library is read before it goes into one.
pub(crate) fn build<'a>(
    assemblies: &Assemblies,
    platforms: impl IntoIterator<Item = &'a Platform>,
) -> Result<Made> {
    let mut all = Vec::new();
    for platform in platforms {
        let libraries = Libraries::packaged(platform)?;
        inspect::check(platform, &libraries.shared)?;
        all.push((platform, libraries));
    }
    make(assemblies, &all)
}

fn make(assemblies: &Assemblies, libraries: &[(&Platform, Libraries)]) -> Result<Made> {
    let folder = workspace::target().join("packages");
    let shared: Vec<_> =
        libraries.iter().map(|(platform, built)| (*platform, built.shared.clone())).collect();
    let module = module::lay_out(&folder.join("module"), assemblies, &shared)?;
    let zip = folder.join(format!("{}.{VERSION}.zip", module::NAME));
    archive::pack(&module, module::NAME, &zip)?;
    let nupkg = nupkg(&folder, assemblies, &shared)?;
    let mut sdks = Vec::new();
    for (platform, built) in libraries {
        let name = format!("mmf-{VERSION}-{}", platform.rid);
        let inside = folder.join("sdk");
        sdk::lay_out(&inside, platform, built, "lib", None)?;
        let ending = if platform.is_windows() { "zip" } else { "tar.gz" };
        let sdk = folder.join(format!("{name}.{ending}"));
        archive::pack(&inside, &name, &sdk)?;
        sdks.push(sdk);
    }
    Ok(Made { module, zip, nupkg, sdks })
}

/// Where the assembly lies in the package: what every .NET and .NET Framework 4.7.2 can load.
const LIBRARY: &str = "lib/netstandard2.0";

/// Writes `Mmf.Version.nupkg`, with these native libraries, into a folder.
pub(crate) fn nupkg(
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
    let path = folder.join(format!("Mmf.{VERSION}.nupkg"));
    archive::pack(&inside, "", &path)?;
    Ok(path)
}
