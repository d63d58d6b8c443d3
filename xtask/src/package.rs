//! `cargo xtask package`: builds the packages in `target/packages`.

use std::path::{Path, PathBuf};

use pico_args::Arguments;

use crate::error::{Result, ensure};
use crate::library::Libraries;
use crate::rid::{self, Platform};
use crate::workspace::{self, VERSION};
use crate::{archive, files, finish, inspect, module, sdk};

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let all = arguments.contains("--all");
    let tag: Option<String> = arguments.opt_value_from_str("--tag")?;
    finish(arguments)?;
    let version = format!("v{VERSION}");
    let tag = tag.unwrap_or_else(|| version.clone());
    ensure(tag == version, format!("The tag is {tag}, but the version is {version}."))?;
    let assemblies = module::Assemblies::for_packages()?;
    let packages = if all { build(&assemblies, &rid::ALL)? } else { build_here(&assemblies)? };
    let Packages { module, zip, nupkg, sdks } = packages;
    for path in [module, zip, nupkg].iter().chain(&sdks) {
        println!("{}", path.display());
    }
    Ok(())
}

pub(crate) struct Packages {
    /// The folder of the module, for the PowerShell Gallery.
    pub(crate) module: PathBuf,
    /// The module to install by hand.
    pub(crate) zip: PathBuf,
    pub(crate) nupkg: PathBuf,
    pub(crate) sdks: Vec<PathBuf>,
}

/// Builds packages for this machine with its own tools. The libraries may need this machine's C library.
pub(crate) fn build_here(assemblies: &module::Assemblies) -> Result<Packages> {
    pack(assemblies, &[Libraries::here()?])
}

/// Builds packages for these platforms, and inspects each library first.
pub(crate) fn build(assemblies: &module::Assemblies, platforms: &[Platform]) -> Result<Packages> {
    let mut all = Vec::new();
    for &platform in platforms {
        let libraries = Libraries::packaged(platform)?;
        inspect::check(platform, &libraries.shared)?;
        all.push(libraries);
    }
    pack(assemblies, &all)
}

fn pack(assemblies: &module::Assemblies, libraries: &[Libraries]) -> Result<Packages> {
    let folder = workspace::target().join("packages");
    let module = module::lay_out(&folder.join("module"), assemblies, libraries)?;
    let zip = folder.join(format!("{}.{VERSION}.zip", module::NAME));
    archive::pack(&module, module::NAME, &zip)?;
    let nupkg = nupkg(&folder, assemblies, libraries)?;
    let mut sdks = Vec::new();
    for built in libraries {
        let name = format!("mmf-{VERSION}-{}", built.platform.rid);
        let content = folder.join("sdk");
        sdk::lay_out(&content, built, "lib", None)?;
        let extension = if built.platform.is_windows() { "zip" } else { "tar.gz" };
        let sdk = folder.join(format!("{name}.{extension}"));
        archive::pack(&content, &name, &sdk)?;
        sdks.push(sdk);
    }
    Ok(Packages { module, zip, nupkg, sdks })
}

/// Writes the NuGet package with these native libraries into a folder.
pub(crate) fn nupkg(
    folder: &Path,
    assemblies: &module::Assemblies,
    libraries: &[Libraries],
) -> Result<PathBuf> {
    let root = workspace::root();
    let content = workspace::target().join("packages/nuget");
    files::remove(&content)?;
    files::copy(&root.join("sdk/nuget"), &content)?;
    let specification = content.join("Mmf.nuspec");
    let text = fs_err::read_to_string(&specification)?.replace("@VERSION@", VERSION);
    files::write(&specification, &text)?;
    for file in ["Mmf.dll", "Mmf.xml"] {
        // Every .NET and .NET Framework 4.7.2 can load this folder.
        let place = content.join("lib/netstandard2.0").join(file);
        files::copy(&assemblies.folder.join(file), &place)?;
    }
    module::copy_runtimes(&content, libraries)?;
    files::copy(&root.join("powershell/Mmf/README.md"), &content.join("README.md"))?;
    module::copy_notices(&content)?;
    let path = folder.join(format!("Mmf.{VERSION}.nupkg"));
    files::create_parent(&path)?;
    archive::pack(&content, "", &path)?;
    Ok(path)
}
