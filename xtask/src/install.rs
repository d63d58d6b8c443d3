//! `cargo xtask install`: the SDK below a prefix, or the module into the user's module path.

use std::path::{Component, Path, PathBuf};

use fs_err as fs;
use pico_args::Arguments;

use crate::dotnet::Assemblies;
use crate::error::{Result, wrong};
use crate::files;
use crate::finish;
use crate::library::Libraries;
use crate::module;
use crate::rid;
use crate::sdk;
use crate::shell;
use crate::workspace::{self, VERSION};

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let wants_module = arguments.contains("--module");
    let prefix: Option<String> = arguments.opt_value_from_str("--prefix")?;
    let libdir: Option<String> = arguments.opt_value_from_str("--libdir")?;
    finish(arguments)?;
    match (wants_module, prefix) {
        (true, None) if libdir.is_none() => install_module(),
        (false, Some(prefix)) => install_sdk(&prefix, libdir.as_deref().unwrap_or("lib")),
        _ => wrong("Say either --module, or --prefix FOLDER with, if needed, --libdir FOLDER."),
    }
}

/// `<prefix>/include`, `<prefix>/<libdir>` and so on, below `DESTDIR` if that is set.
fn install_sdk(prefix: &str, libdir: &str) -> Result {
    let prefix = std::path::absolute(prefix).map_err(|error| format!("{prefix}: {error}"))?;
    let written = prefix.display().to_string();
    let libdir = Path::new(libdir).strip_prefix(&prefix).unwrap_or(Path::new(libdir));
    if libdir.is_absolute() {
        return wrong(format!("--libdir {} does not lie below {written}.", libdir.display()));
    }
    let libdir = libdir.display().to_string();
    let place = match std::env::var_os("DESTDIR") {
        None => prefix,
        Some(staging) => {
            // Without the root or drive, which would throw the staging folder away.
            let parts = prefix.components().filter(|part| matches!(part, Component::Normal(_)));
            Path::new(&staging).join(parts.collect::<PathBuf>())
        }
    };
    let files = put_sdk(&libdir, Some(&written), &place)?;
    println!("{files} files are in {}", place.display());
    Ok(())
}

/// The SDK for this machine, installed in the target folder for programs of our own. Gives its prefix.
pub(crate) fn sdk_here() -> Result<PathBuf> {
    let prefix = workspace::target().join("sdk");
    put_sdk("lib", None, &prefix)?;
    Ok(prefix)
}

/// Lays out the SDK for this machine, and puts each of its files to its place.
fn put_sdk(libdir: &str, prefix: Option<&str>, place: &Path) -> Result<usize> {
    let host = rid::host()?;
    let folder = workspace::target().join(format!("sdk.{}.new", std::process::id()));
    sdk::lay_out(&folder, host, &Libraries::here(host)?, libdir, prefix)?;
    let files = files::below(&folder)?;
    files.iter().try_for_each(|file| put(&folder.join(file), &place.join(file)))?;
    files::remove(&folder)?;
    Ok(files.len())
}

/// Puts a file or a link to its place. It replaces an older one by rename, so that a program that runs with
/// that keeps it. Everybody may read it, whatever this user's files are like.
fn put(file: &Path, place: &Path) -> Result {
    files::whole(place, |new| {
        #[cfg(unix)]
        if let Ok(target) = fs::read_link(file) {
            return Ok(fs::os::unix::fs::symlink(target, new)?);
        }
        fs::copy(file, new)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let executable = fs::metadata(file)?.permissions().mode() & 0o100 != 0;
            let mode = if executable { 0o755 } else { 0o644 };
            fs::set_permissions(new, PermissionsExt::from_mode(mode))?;
        }
        Ok(())
    })
}

/// Into the first folder of the user's module path, under the module's version.
fn install_module() -> Result {
    let shell = shell::find().map_err(|error| {
        format!("The module is compiled by PowerShell 7, and there is none: {}.", error.reason())
    })?;
    let assemblies = Assemblies::build(&shell)?;
    let built = module::here(&assemblies)?;
    // The first one on the path is the user's own; -NoProfile keeps it so.
    let modules = shell.says("($env:PSModulePath -split [IO.Path]::PathSeparator)[0]")?;
    let folder = Path::new(&modules).join(module::NAME);
    let beside = |what| folder.join(format!("{VERSION}.{}.{what}", std::process::id()));
    let (place, new) = (folder.join(VERSION), beside("new"));
    files::copy(&built, &new)?;
    replace_folder(&new, &place, &beside("old"))?;
    println!("The module is in {}", place.display());
    if !assemblies.run_everywhere() {
        println!("It is for {}.", assemblies.audience);
    }
    println!("Use it: Import-Module {}", module::NAME);
    Ok(())
}

/// Puts a folder in the place of another one, which gets out of its way as `old`, and removes that. What runs keeps
/// the files that it has open, unless the system does not let them go: then all stays as it was.
fn replace_folder(new: &Path, place: &Path, old: &Path) -> Result {
    // A folder cannot be replaced in one step.
    let away = if place.exists() { fs::rename(place, old) } else { Ok(()) };
    let exchanged = away.and_then(|()| {
        fs::rename(new, place).inspect_err(|_| {
            // Back to what there was; if that fails, too, the first error is the one to tell.
            let _ = fs::rename(old, place);
        })
    });
    if let Err(error) = exchanged {
        // What could not be installed is of no use; what hinders its removal was told by then.
        let _ = fs::remove_dir_all(new);
        return wrong(format!(
            "{} cannot be replaced: {error}. Close the programs that use the module (PowerShell, editors), and install it again.",
            place.display()
        ));
    }
    if let Err(error) = files::remove(old) {
        println!("{}. It is not needed any more: remove it later.", error.reason());
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_replaced_stays_and_the_error_says_what_to_close() {
        let folder = tempfile::tempdir().expect("a folder");
        let [new, place, old] = ["new", "place", "old"].map(|name| folder.path().join(name));
        let fill = |folder: &Path, text| files::write(&folder.join("file"), text).expect("a file");
        let has = |folder: &Path| std::fs::read_to_string(folder.join("file")).expect("a file");
        fill(&new, "first");
        replace_folder(&new, &place, &old).expect("there is nothing yet");
        fill(&new, "second");
        replace_folder(&new, &place, &old).expect("replaced");
        assert_eq!(has(&place), "second");
        assert!(!old.exists() && !new.exists());
        // It cannot get out of the way, as on Windows while it is in use.
        fill(&new, "third");
        fill(&old, "in the way");
        let error = replace_folder(&new, &place, &old).expect_err("it cannot");
        assert!(error.reason().contains("Close the programs"), "{error:?}");
        assert_eq!(has(&place), "second");
        assert!(!new.exists());
        // Nothing can be put in its place: it comes back.
        std::fs::remove_dir_all(&old).expect("removed");
        replace_folder(&new, &place, &old).expect_err("there is nothing to put there");
        assert_eq!(has(&place), "second");
    }

    #[test]
    fn a_file_in_use_is_replaced_and_not_overwritten() {
        use std::io::Read;
        let folder = tempfile::tempdir().expect("a folder");
        let [source, place] = ["source", "a/b"].map(|name| folder.path().join(name));
        let install = |text: &str| {
            std::fs::write(&source, text).expect("a file");
            put(&source, &place).expect("installed");
        };
        install("old");
        let mut in_use = std::fs::File::open(&place).expect("the file");
        install("new");
        let mut seen = String::new();
        in_use.read_to_string(&mut seen).expect("its bytes");
        assert_eq!(seen, "old");
        assert_eq!(std::fs::read(&place).expect("the file"), b"new");
        assert_eq!(std::fs::read_dir(folder.path().join("a")).expect("the folder").count(), 1);
    }
}
