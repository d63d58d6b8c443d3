//! `cargo xtask install`: the SDK below a prefix, or the module in the user's module path.

use std::path::{Component, Path, PathBuf};

use fs_err as fs;
use pico_args::Arguments;

use crate::error::{Result, fail};
use crate::library::Libraries;
use crate::{files, finish, module, sdk, shell, workspace};

pub(crate) fn main(mut arguments: Arguments) -> Result {
    let wants_module = arguments.contains("--module");
    let prefix: Option<String> = arguments.opt_value_from_str("--prefix")?;
    let libdir: Option<String> = arguments.opt_value_from_str("--libdir")?;
    finish(arguments)?;
    match (wants_module, prefix) {
        (true, None) if libdir.is_none() => install_module(),
        (false, Some(prefix)) => install_sdk(&prefix, libdir.as_deref().unwrap_or("lib")),
        _ => fail("Use either --module, or --prefix FOLDER and optionally --libdir FOLDER."),
    }
}

/// Installs to `<prefix>/include`, `<prefix>/<libdir>` and so on, below `DESTDIR` if that is set.
fn install_sdk(prefix: &str, libdir: &str) -> Result {
    let prefix = std::path::absolute(prefix).map_err(|error| format!("{prefix}: {error}"))?;
    let written = prefix.display().to_string();
    let libdir = Path::new(libdir).strip_prefix(&prefix).unwrap_or(Path::new(libdir));
    if libdir.is_absolute() {
        return fail(format!("--libdir {} is not below {written}.", libdir.display()));
    }
    let libdir = libdir.display().to_string();
    let place = match std::env::var_os("DESTDIR") {
        None => prefix,
        Some(staging) => {
            // `join` with a root or a drive would discard the staging folder.
            let parts = prefix.components().filter(|part| matches!(part, Component::Normal(_)));
            Path::new(&staging).join(parts.collect::<PathBuf>())
        }
    };
    let files = put_sdk(&libdir, Some(&written), &place)?;
    println!("{files} files are in {}", place.display());
    Ok(())
}

/// Installs the SDK for this machine in the target folder, for our own programs, and returns its prefix.
pub(crate) fn sdk_in_target() -> Result<PathBuf> {
    let prefix = workspace::target().join("sdk");
    put_sdk("lib", None, &prefix)?;
    Ok(prefix)
}

/// Installs the SDK for this machine below `place`, and returns the number of files.
fn put_sdk(libdir: &str, prefix: Option<&str>, place: &Path) -> Result<usize> {
    let folder = files::temporary(&workspace::target().join("sdk"), "new");
    sdk::lay_out(&folder, &Libraries::here()?, libdir, prefix)?;
    let files = files::list(&folder)?;
    files.iter().try_for_each(|file| put(&folder.join(file), &place.join(file)))?;
    files::remove(&folder)?;
    Ok(files.len())
}

/// Installs a file or a link, readable for everybody. Programs that run keep the file that it replaces.
fn put(file: &Path, place: &Path) -> Result {
    files::create_whole(place, |new| {
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

/// Installs the module in the first folder of the user's module path, in a folder with the version as its name.
fn install_module() -> Result {
    let shell = shell::find().map_err(|error| {
        format!("PowerShell 7 is needed to compile the module: {}.", error.message())
    })?;
    let assemblies = module::Assemblies::build(&shell)?;
    let built = module::build(&assemblies)?;
    // Without a profile, the first folder is the user's own.
    let modules = shell.output("($env:PSModulePath -split [IO.Path]::PathSeparator)[0]")?;
    let place = Path::new(&modules).join(module::NAME).join(workspace::VERSION);
    replace_folder(&built, &place)?;
    println!("The module is in {}", place.display());
    if !assemblies.run_everywhere() {
        println!("It is for {}.", assemblies.audience);
    }
    println!("Use it: Import-Module {}", module::NAME);
    Ok(())
}

/// Replaces a folder by a copy of another one. Running programs keep the files that they have open. If the system
/// does not allow that, the old folder stays.
fn replace_folder(from: &Path, place: &Path) -> Result {
    let old = files::temporary(place, "old");
    let replaced = files::create_whole(place, |new| {
        files::copy(from, new)?;
        // Renaming cannot replace a folder that has files.
        if place.exists() { Ok(fs::rename(place, &old)?) } else { Ok(()) }
    });
    if let Err(error) = replaced {
        if !place.exists() {
            let _ = fs::rename(&old, place);
        }
        return fail(format!(
            "{} cannot be installed: {}. Close the programs that use the module (PowerShell, editors), and try again.",
            place.display(),
            error.message()
        ));
    }
    if let Err(error) = files::remove(&old) {
        println!("{}. The folder is no longer needed: remove it later.", error.message());
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_replaced_stays_and_the_error_names_the_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let [new, place] = ["new", "place"].map(|name| folder.path().join(name));
        let replace = |text| {
            files::write(&new.join("file"), text).expect("a file");
            replace_folder(&new, &place)
        };
        let installed = || std::fs::read_to_string(place.join("file")).expect("a file");
        replace("first").expect("there is nothing to replace");
        replace("second").expect("replaced");
        assert_eq!(installed(), "second");
        assert_eq!(files::list(folder.path()).expect("a folder"), ["new/file", "place/file"]);
        // The old folder cannot be renamed, as on Windows while it is in use.
        let old = files::temporary(&place, "old");
        files::write(&old.join("file"), "in the way").expect("a file");
        let error = replace("third").expect_err("it cannot be renamed");
        assert!(error.message().contains("Close the programs"), "{error:?}");
        assert_eq!(installed(), "second");
    }

    #[test]
    fn a_file_in_use_is_replaced_and_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let [source, place] = ["source", "a/b"].map(|name| folder.path().join(name));
        let install = |text: &str| {
            std::fs::write(&source, text).expect("a file");
            put(&source, &place).expect("installed");
        };
        install("old");
        let in_use = std::fs::File::open(&place).expect("the file");
        install("new");
        assert_eq!(std::io::read_to_string(in_use).expect("the old file"), "old");
        assert_eq!(std::fs::read(&place).expect("the new file"), b"new");
    }
}
