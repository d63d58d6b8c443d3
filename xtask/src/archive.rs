//! Archives: `.tar.gz`, and `.zip` and its relatives.

use std::fs::File;
use std::path::Path;

use crate::error::Result;
use crate::files;

/// Packs what is in a folder, as if it lay in a folder of another name. The same files give the same
/// archive: it tells no owner and no time.
pub(crate) fn pack(folder: &Path, name: &str, archive: &Path) -> Result {
    let files = files::below(folder)?;
    let inside =
        |file: &str| if name.is_empty() { file.to_owned() } else { format!("{name}/{file}") };
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
            zip.start_file(inside(file), options.last_modified_time(zip::DateTime::default()))?;
            std::io::copy(&mut File::open(folder.join(file))?, &mut zip)?;
        }
        zip.finish()?.sync_all()
    };
    let written = File::create(archive).and_then(write);
    Ok(written.map_err(|error| format!("{} cannot be written: {error}", archive.display()))?)
}

/// Unpacks an archive into a new folder. The folder appears at the end and whole.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result {
    let read = |part: &Path| -> std::io::Result<()> {
        let file = File::open(archive)?;
        if is_tar(archive) {
            tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(part)
        } else {
            Ok(zip::ZipArchive::new(file)?.extract(part)?)
        }
    };
    files::whole(folder, |part| {
        Ok(read(part)
            .map_err(|error| format!("{} cannot be unpacked: {error}", archive.display()))?)
    })
}

fn is_tar(archive: &Path) -> bool {
    archive.extension().is_some_and(|ending| ending == "gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_packed_alike_and_unpacked_and_a_cut_one_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().join("whole");
        let write = || files::write(&whole.join("in/file"), "hello").expect("a file");
        write();
        let out = folder.path().join("out");
        for name in ["a.tar.gz", "a.nupkg"] {
            let archive = folder.path().join(name);
            pack(&whole, "outer", &archive).expect("an archive");
            let bytes = std::fs::read(&archive).expect("its bytes");
            // The same at another time.
            write();
            pack(&whole, "outer", &archive).expect("an archive");
            assert_eq!(std::fs::read(&archive).expect("its bytes"), bytes);

            unpack(&archive, &out).expect("unpacked");
            assert_eq!(std::fs::read(out.join("outer/in/file")).expect("the file"), b"hello");
            std::fs::remove_dir_all(&out).expect("removed");
            std::fs::write(&archive, &bytes[..bytes.len() / 2]).expect("a cut archive");
            unpack(&archive, &out).expect_err("it is cut");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 3);
    }
}
