//! `cargo xtask package`: what others install, in `target/packages`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::arguments::Arguments;
use crate::dotnet::Assemblies;
use crate::download;
use crate::inspect;
use crate::library::{self, Libraries};
use crate::module;
use crate::nuget;
use crate::rid::{self, Platform};
use crate::sdk::{self, Content, Entry, Layout};
use crate::workspace;

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let all = arguments.flag("--all");
    let tag = arguments.option("--tag")?;
    arguments.finish()?;
    if let Some(tag) = tag {
        is_this_version(&tag)?;
    }
    let assemblies = Assemblies::for_packages()
        .map_err(|missing| format!("The module cannot be packed: {}.", missing.reason()))?;
    let made = if all { build_all(&assemblies)? } else { build_here(&assemblies)? };
    for file in made.files() {
        println!("{}", file.display());
    }
    Ok(())
}

/// A release is made of the version that its tag names.
pub(crate) fn is_this_version(tag: &str) -> Result<()> {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    if tag == version { Ok(()) } else { Err(format!("The tag is {tag}, and this is {version}.")) }
}

/// The packages that were made, by the list of their checksums.
pub(crate) fn listed() -> Result<Vec<String>> {
    let path = folder().join("SHA256SUMS");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        format!("{} cannot be read: {error}. Make it: cargo xtask package --all", path.display())
    })?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(_, name)| name.to_owned())
        .collect())
}

/// What lies in `target/packages` afterwards.
pub(crate) struct Made {
    pub(crate) module: PathBuf,
    pub(crate) nupkg: PathBuf,
    /// The .NET library.
    pub(crate) library: PathBuf,
    pub(crate) sdks: Vec<PathBuf>,
    pub(crate) checksums: PathBuf,
}

impl Made {
    fn files(&self) -> impl Iterator<Item = &Path> {
        let others = [&self.module, &self.nupkg, &self.library, &self.checksums];
        others.into_iter().chain(&self.sdks).map(PathBuf::as_path)
    }
}

/// Packages for this machine, by its own tools. Such a library may ask for this machine's C library.
pub(crate) fn build_here(assemblies: &Assemblies) -> Result<Made> {
    let host = rid::host_platform()?;
    let libraries = Libraries::here(host)?;
    make(&folder(), assemblies, &[(host, libraries)])
}

/// Packages for all platforms. Each library is read before it goes into one.
pub(crate) fn build_all(assemblies: &Assemblies) -> Result<Made> {
    let mut all = Vec::new();
    for platform in &rid::ALL {
        if let Some(reason) = library::lacks(platform) {
            return Err(format!(
                "The library for {} cannot be built here: {reason}.",
                platform.rid
            ));
        }
        let libraries = Libraries::packaged(platform)?;
        let faults = inspect::faults(platform, &libraries.shared)?;
        if !faults.is_empty() {
            return Err(format!("{}: {}.", libraries.shared.display(), faults.join("; ")));
        }
        all.push((platform, libraries));
    }
    make(&folder(), assemblies, &all)
}

/// Where the packages go.
pub(crate) fn folder() -> PathBuf {
    workspace::target().join("packages")
}

fn make(
    folder: &Path,
    assemblies: &Assemblies,
    libraries: &[(&Platform, Libraries)],
) -> Result<Made> {
    let shared: Vec<_> =
        libraries.iter().map(|(platform, built)| (*platform, built.shared.clone())).collect();
    let module = module::lay_out(&folder.join("module"), assemblies, &shared)?;
    let nupkg = module::pack(&module, folder)?;
    let library = nuget::pack(folder, assemblies, &shared)?;
    let mut sdks = Vec::new();
    for (platform, built) in libraries {
        sdks.push(archive(platform, built, folder)?);
    }
    let checksums = checksums(folder, sdks.iter().chain([&nupkg, &library]))?;
    Ok(Made { module, nupkg, library, sdks, checksums })
}

/// A file that `sha256sum --check` reads.
fn checksums<'a>(folder: &Path, files: impl Iterator<Item = &'a PathBuf>) -> Result<PathBuf> {
    let path = folder.join("SHA256SUMS");
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    let mut text = String::new();
    for file in files {
        let sum = download::sha256(file).map_err(failed)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        text.push_str(&format!("{sum}  {name}\n"));
    }
    std::fs::write(&path, text).map_err(failed)?;
    Ok(path)
}

/// The SDK as one archive with one folder in it.
fn archive(platform: &Platform, libraries: &Libraries, folder: &Path) -> Result<PathBuf> {
    let name = format!("mmf-{}-{}", env!("CARGO_PKG_VERSION"), platform.rid);
    let entries = sdk::entries(platform, libraries, &Layout::movable())?;
    let ending = if platform.is_windows() { "zip" } else { "tar.gz" };
    let path = folder.join(format!("{name}.{ending}"));
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    let file = File::create(&path).map_err(failed)?;
    if platform.is_windows() { zip(file, &name, &entries) } else { tar(file, &name, &entries) }
        .map_err(failed)?;
    Ok(path)
}

/// The same files give the same archive: no owner, no time.
fn tar(file: File, name: &str, entries: &[Entry]) -> std::io::Result<()> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::best()));
    for entry in entries {
        let path = Path::new(name).join(&entry.path);
        let mut header = tar::Header::new_gnu();
        header.set_mtime(0);
        match &entry.content {
            Content::Link(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                header.set_mode(0o777);
                archive.append_link(&mut header, path, target)?;
            }
            content => {
                let (bytes, executable) = bytes(content)?;
                header.set_size(bytes.len() as u64);
                header.set_mode(if executable { 0o755 } else { 0o644 });
                archive.append_data(&mut header, path, bytes.as_slice())?;
            }
        }
    }
    archive.into_inner()?.finish()?.sync_all()
}

fn zip(file: File, name: &str, entries: &[Entry]) -> std::io::Result<()> {
    let mut archive = zip::ZipWriter::new(file);
    for entry in entries {
        let path = format!("{name}/{}", entry.path.display()).replace('\\', "/");
        archive.start_file(path, zip_options())?;
        archive.write_all(&bytes(&entry.content)?.0)?;
    }
    archive.finish()?.sync_all()
}

/// Compressed, and without the time of day.
pub(crate) fn zip_options() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default())
}

fn bytes(content: &Content) -> std::io::Result<(Vec<u8>, bool)> {
    match content {
        Content::File { source, executable } => Ok((std::fs::read(source)?, *executable)),
        Content::Text(text) => Ok((text.clone().into_bytes(), false)),
        Content::Link(target) => {
            Err(std::io::Error::other(format!("{target}: no links in this archive")))
        }
    }
}
