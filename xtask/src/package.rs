//! `cargo xtask package`: what others install, in `target/packages`.

use std::path::PathBuf;

use crate::archive;
use crate::arguments::Arguments;
use crate::dotnet::Assemblies;
use crate::error::{Result, ensure};
use crate::inspect;
use crate::library::Libraries;
use crate::module;
use crate::nuget;
use crate::rid::{self, Platform};
use crate::sdk;
use crate::workspace::{self, VERSION};

pub(crate) fn main(arguments: &mut Arguments) -> Result {
    let all = arguments.flag("--all");
    let tag = arguments.option("--tag")?;
    arguments.finish()?;
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
    let nupkg = nuget::pack(&folder, assemblies, &shared)?;
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
