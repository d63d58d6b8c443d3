//! Laying out the PowerShell module: its files, and the libraries under `runtimes`.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::dotnet::{self, Assemblies};
use crate::library::Libraries;
use crate::nupkg::{self, escaped};
use crate::rid::{self, Platform};
use crate::shell::Shell;
use crate::workspace;

/// What the module is called, and its folder.
pub(crate) const NAME: &str = "System.IO.MemoryMappedFiles.Commands";

/// What every package brings along, at its root or among its documents.
pub(crate) const NOTICES: [&str; 3] = ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"];

/// The module for this machine.
pub(crate) fn build(shell: &Shell) -> Result<PathBuf> {
    here(&Assemblies::build(shell)?)
}

/// The module for this machine, of assemblies that are compiled.
pub(crate) fn here(assemblies: &Assemblies) -> Result<PathBuf> {
    let host = rid::host_platform()?;
    let library = Libraries::here(host)?.shared;
    lay_out(&workspace::target().join("module"), assemblies, &[(host, library)])
}

/// The module for 64-bit Windows, cross-built; beside the one for this machine.
pub(crate) fn build_windows(shell: &Shell) -> Result<PathBuf> {
    let assemblies = Assemblies::build(shell)?;
    let windows = rid::ALL.iter().find(|platform| platform.rid == "win-x64");
    let windows = windows.ok_or("There is no runtime identifier for Windows.")?;
    let library = Libraries::packaged(windows)?.shared;
    lay_out(&workspace::target().join("module-windows"), &assemblies, &[(windows, library)])
}

/// Copies the module's files into `folder/NAME`, and the assemblies and each library to their places in it.
pub(crate) fn lay_out(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[(&Platform, PathBuf)],
) -> Result<PathBuf> {
    let module = folder.join(NAME);
    remove(&module)?;
    copy(&workspace::root().join("powershell").join(NAME), &module)?;
    // Whoever has the library has the licences of what is in it.
    for text in NOTICES {
        copy(&workspace::root().join(text), &module.join(text))?;
    }
    for file in dotnet::FILES {
        copy(&assemblies.folder.join(file), &module.join(file))?;
    }
    remove(&module.join("runtimes"))?;
    for (platform, library) in libraries {
        let place = module.join("runtimes").join(platform.rid).join("native");
        copy(library, &place.join(platform.library_for_dotnet()))?;
    }
    Ok(module)
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Copies a file, or a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed =
        |error| format!("{} cannot be copied to {}: {error}", from.display(), to.display());
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(failed)?;
        for entry in std::fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::copy(from, to).map(drop).map_err(failed)
}

/// Packs a module that is laid out as the PowerShell Gallery has it: `Name.Version.nupkg`.
pub(crate) fn pack(module: &Path, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{NAME}.{}.nupkg", env!("CARGO_PKG_VERSION")));
    let manifest = module.join(format!("{NAME}.psd1"));
    let manifest = std::fs::read_to_string(&manifest)
        .map_err(|error| format!("{} cannot be read: {error}", manifest.display()))?;
    let specification = specification(&manifest)?;
    let files: Vec<_> = files(module)?.into_iter().map(|name| (module.join(&name), name)).collect();
    nupkg::write(&path, &specification, &files)?;
    Ok(path)
}

/// The files below a folder, sorted, with `/` between the parts of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    list(folder, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    let failed = |error| format!("{} cannot be listed: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

/// The package's description, from the module's own manifest.
fn specification(manifest: &str) -> Result<String> {
    let value = |key: &str| {
        value(manifest, key)
            .ok_or_else(|| format!("the module's manifest has no {key} in one line"))
    };
    let version = value("ModuleVersion")?;
    if version != env!("CARGO_PKG_VERSION") {
        return Err(format!(
            "The module's manifest says {version}, Cargo.toml says {}.",
            env!("CARGO_PKG_VERSION")
        ));
    }
    // The manifest need not have these.
    let mut optional = String::new();
    for (key, element) in [("ProjectUri", "projectUrl"), ("ReleaseNotes", "releaseNotes")] {
        if let Ok(text) = value(key) {
            optional.push_str(&format!("<{element}>{}</{element}>\n    ", escaped(&text)));
        }
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <package xmlns=\"http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd\">\n  <metadata>\n    \
         <id>{NAME}</id>\n    <version>{version}</version>\n    <authors>{}</authors>\n    \
         <description>{}</description>\n    <copyright>{}</copyright>\n    \
         {}<license type=\"expression\">MIT OR Apache-2.0</license>\n    \
         <tags>PSModule PSEdition_Desktop PSEdition_Core Windows Linux MacOS</tags>\n  </metadata>\n</package>\n",
        escaped(&value("Author")?),
        escaped(&value("Description")?),
        escaped(&value("Copyright")?),
        optional,
    ))
}

/// The text behind `key = '…'` in a PowerShell data file.
fn value(manifest: &str, key: &str) -> Option<String> {
    manifest.lines().find_map(|line| {
        let text = line.trim().strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        let text = text.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(text.replace("''", "'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = concat!(
        "@{\n  ModuleVersion = '",
        env!("CARGO_PKG_VERSION"),
        "'\n  Author = 'One & two'\n  Description = 'It''s <short>'\n  Copyright='(c)'\n",
        "  ProjectUri = 'https://example.org'\n  ReleaseNotes = 'What & why'\n}"
    );

    #[test]
    fn the_description_comes_from_the_manifest() {
        let text = specification(MANIFEST).expect("a description");
        for part in [
            "One &amp; two",
            "It's &lt;short&gt;",
            "<projectUrl>https://example.org</projectUrl>",
            "<releaseNotes>What &amp; why</releaseNotes>",
            "MIT OR Apache-2.0",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let error = specification(&MANIFEST.replace(env!("CARGO_PKG_VERSION"), "1.1.1.0"));
        assert!(error.expect_err("another version").contains("1.1.1.0"));
        assert!(specification(&MANIFEST.replace("Author", "Autor")).is_err());
    }

    #[test]
    fn every_file_of_the_module_is_in_the_package() {
        let folder = tempfile::tempdir().expect("a folder");
        let module = folder.path().join(NAME);
        for name in ["runtimes/linux-x64/native/libmmf.so", "LICENSE", "en-US/help.xml"] {
            let file = module.join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, name).expect("a file");
        }
        std::fs::write(module.join(format!("{NAME}.psd1")), MANIFEST).expect("a manifest");
        let package = pack(&module, folder.path()).expect("a package");
        let out = folder.path().join("out");
        crate::archive::unpack(&package, &out).expect("unpacked");
        for name in ["runtimes/linux-x64/native/libmmf.so", "LICENSE", "en-US/help.xml"] {
            assert_eq!(std::fs::read(out.join(name)).expect("a file"), name.as_bytes());
        }
        let types = std::fs::read_to_string(out.join("[Content_Types].xml")).expect("types");
        for part in ["Extension=\"so\"", "Extension=\"psd1\"", "PartName=\"/LICENSE\""] {
            assert!(types.contains(part), "{types}");
        }
    }
}
