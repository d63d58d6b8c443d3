//! Reading archives: `.tar.gz`, and `.zip` and its relatives.

use std::fs::File;
use std::path::Path;

use crate::Result;

/// Unpacks an archive into a new folder. The folder appears at the end and whole.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let failed = |error: String| format!("{} cannot be unpacked: {error}", archive.display());
    let parent = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|error| failed(error.to_string()))?;
    let mut part = folder.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    // Left behind by a process of this number that was killed.
    let _ = std::fs::remove_dir_all(part);
    let file = File::open(archive).map_err(|error| failed(error.to_string()))?;
    let outcome = if archive.extension().is_some_and(|ending| ending == "gz") {
        tar::Archive::new(flate2::read::GzDecoder::new(file))
            .unpack(part)
            .map_err(|e| e.to_string())
    } else {
        zip::ZipArchive::new(file).and_then(|mut zip| zip.extract(part)).map_err(|e| e.to_string())
    };
    let outcome = outcome
        .and_then(|()| std::fs::rename(part, folder).map_err(|error| error.to_string()))
        .map_err(failed);
    if outcome.is_err() {
        // There may be nothing to remove.
        let _ = std::fs::remove_dir_all(part);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn both_kinds_are_unpacked_and_a_cut_one_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let tar = folder.path().join("a.tar.gz");
        let mut writer = flate2::write::GzEncoder::new(
            File::create(&tar).expect("a file"),
            flate2::Compression::fast(),
        );
        let mut builder = tar::Builder::new(&mut writer);
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o755);
        builder.append_data(&mut header, "in/file", &b"hello"[..]).expect("an entry");
        builder.finish().expect("an archive");
        drop(builder);
        writer.finish().expect("a stream");

        let zip = folder.path().join("a.nupkg");
        let mut writer = zip::ZipWriter::new(File::create(&zip).expect("a file"));
        writer.start_file("in/file", zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(b"hello").expect("bytes");
        writer.finish().expect("an archive");

        for archive in [&tar, &zip] {
            let out = folder.path().join("out");
            unpack(archive, &out).expect("unpacked");
            assert_eq!(std::fs::read(out.join("in/file")).expect("the file"), b"hello");
            std::fs::remove_dir_all(out).expect("removed");
            let bytes = std::fs::read(archive).expect("the archive");
            std::fs::write(archive, &bytes[..bytes.len() / 2]).expect("a cut archive");
            unpack(archive, &folder.path().join("out")).expect_err("it is cut");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2);
    }
}
