//! Writing a package as NuGet and the PowerShell Gallery have it: a zip with a description of itself.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::package;

/// Writes a package of these files, each with its place in it, where `/` stands between the parts.
/// The same files give the same package. Its description is called as `path` is, without the version.
pub(crate) fn write(path: &Path, specification: &str, files: &[(PathBuf, String)]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let version = format!(".{}.nupkg", env!("CARGO_PKG_VERSION"));
    let name = name.trim_end_matches(&version);
    write_zip(path, name, specification, files)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

fn write_zip(
    path: &Path,
    name: &str,
    specification: &str,
    files: &[(PathBuf, String)],
) -> std::io::Result<()> {
    let mut archive = zip::ZipWriter::new(File::create(path)?);
    let mut add = |name: &str, bytes: &[u8]| -> std::io::Result<()> {
        archive.start_file(name, package::zip_options())?;
        archive.write_all(bytes)
    };
    add(&format!("{name}.nuspec"), specification.as_bytes())?;
    let places: Vec<&str> = files.iter().map(|(_, place)| place.as_str()).collect();
    add("[Content_Types].xml", content_types(&places).as_bytes())?;
    let relations = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Type=\"http://schemas.microsoft.com/packaging/2010/07/manifest\" \
         Target=\"/{name}.nuspec\" Id=\"R1\" /></Relationships>\n"
    );
    add("_rels/.rels", relations.as_bytes())?;
    for (file, place) in files {
        add(place, &std::fs::read(file)?)?;
    }
    archive.finish()?.sync_all()
}

/// Every ending that is in the package must be declared.
fn content_types(places: &[&str]) -> String {
    let mut endings: Vec<&str> =
        places.iter().filter_map(|place| Path::new(place).extension()?.to_str()).collect();
    endings.extend(["nuspec", "rels"]);
    endings.sort_unstable();
    endings.dedup();
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
    );
    for ending in endings {
        let kind = match ending {
            "rels" => "application/vnd.openxmlformats-package.relationships+xml",
            _ => "application/octet",
        };
        text.push_str(&format!("<Default Extension=\"{ending}\" ContentType=\"{kind}\" />"));
    }
    for place in places.iter().filter(|place| Path::new(place).extension().is_none()) {
        text.push_str(&format!(
            "<Override PartName=\"/{place}\" ContentType=\"application/octet\" />"
        ));
    }
    text + "</Types>\n"
}

/// Text as XML has it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
