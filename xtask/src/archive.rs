//! Packing and unpacking `.tar.gz` files, and `.zip` files and formats based on zip.

use std::fs::File;
use std::path::Path;

use crate::error::Result;
use crate::files;

/// Packs the files below `folder` in a folder `name`, without owners and times, so that archives are reproducible.
pub(crate) fn pack(folder: &Path, name: &str, archive: &Path) -> Result {
    let files = files::list(folder)?;
    let inside = |file| Path::new(name).join(file);
    let write = |out: File| -> std::io::Result<()> {
        if is_tar(archive) {
            let out = flate2::write::GzEncoder::new(out, flate2::Compression::best());
            let mut tar = tar::Builder::new(out);
            tar.mode(tar::HeaderMode::Deterministic);
            tar.follow_symlinks(false);
            for file in &files {
                tar.append_path_with_name(folder.join(file), inside(file))?;
            }
            return tar.into_inner()?.finish()?.sync_all();
        }
        let options = zip::write::SimpleFileOptions::default();
        let mut zip = zip::ZipWriter::new(out);
        for file in &files {
            zip.start_file_from_path(
                inside(file),
                options.last_modified_time(zip::DateTime::default()),
            )?;
            std::io::copy(&mut File::open(folder.join(file))?, &mut zip)?;
        }
        zip.finish()?.sync_all()
    };
    let written = File::create(archive).and_then(write);
    Ok(written.map_err(|error| format!("{} cannot be written: {error}", archive.display()))?)
}

/// Unpacks an archive into a new folder, which appears only when it is complete.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result {
    let read = |part: &Path| -> std::io::Result<()> {
        let file = File::open(archive)?;
        if is_tar(archive) {
            tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(part)
        } else {
            Ok(zip::ZipArchive::new(file)?.extract(part)?)
        }
    };
    files::create_whole(folder, |part| {
        Ok(read(part)
            .map_err(|error| format!("{} cannot be unpacked: {error}", archive.display()))?)
    })
}

fn is_tar(archive: &Path) -> bool {
    archive.extension().is_some_and(|extension| extension == "gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_reproducible_and_a_truncated_archive_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("source");
        let out = folder.path().join("out");
        for name in ["a.tar.gz", "a.nupkg"] {
            let archive = folder.path().join(name);
            let packed = |seconds| {
                let path = source.join("in/file");
                files::write(&path, "hello").expect("a file");
                let file = File::options().append(true).open(&path).expect("the file");
                let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
                file.set_modified(time).expect("a time");
                pack(&source, "outer", &archive).expect("an archive");
                std::fs::read(&archive).expect("the archive")
            };
            let bytes = packed(1_000_000_000);
            assert_eq!(packed(1_500_000_000), bytes, "only the time of the file differs");

            unpack(&archive, &out).expect("unpacked");
            assert_eq!(std::fs::read(out.join("outer/in/file")).expect("the file"), b"hello");
            std::fs::remove_dir_all(&out).expect("removed");
            std::fs::write(&archive, &bytes[..bytes.len() / 2]).expect("a truncated archive");
            unpack(&archive, &out).expect_err("it is truncated");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 3);
    }
}
