//! `cargo xtask install`: the SDK below a prefix, or the module into the user's module path.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::arguments::Arguments;
use crate::dotnet::Assemblies;
use crate::library::Libraries;
use crate::module;
use crate::rid;
use crate::sdk::{self, Content, Entry, Layout};
use crate::shell;
use crate::workspace;

pub(crate) fn main(arguments: &mut Arguments) -> Result<()> {
    let wants_module = arguments.flag("--module");
    let prefix = arguments.option("--prefix")?;
    let libdir = arguments.option("--libdir")?;
    arguments.finish()?;
    match (wants_module, prefix) {
        (true, None) if libdir.is_none() => install_module(),
        (false, Some(prefix)) => install_sdk(&prefix, libdir.as_deref().unwrap_or("lib")),
        _ => {
            Err("Say either --module, or --prefix FOLDER with, if needed, --libdir FOLDER."
                .to_owned())
        }
    }
}

/// `<prefix>/include`, `<prefix>/<libdir>` and so on, below `DESTDIR` if that is set.
fn install_sdk(prefix: &str, libdir: &str) -> Result<()> {
    let prefix = std::path::absolute(prefix).map_err(|error| format!("{prefix}: {error}"))?;
    let libdir = match Path::new(libdir).strip_prefix(&prefix) {
        Ok(below) => below.display().to_string(),
        Err(_) if Path::new(libdir).is_absolute() => {
            return Err(format!("--libdir {libdir} does not lie below {}.", prefix.display()));
        }
        Err(_) => libdir.to_owned(),
    };
    let host = rid::host_platform()?;
    let libraries = Libraries::here(host)?;
    let layout = Layout { libdir, prefix: Some(prefix.display().to_string()) };
    let entries = sdk::entries(host, &libraries, &layout)?;
    let place = below(std::env::var_os("DESTDIR").map(PathBuf::from), &prefix);
    for entry in &entries {
        put(entry, &place)?;
    }
    println!("{} files are in {}", entries.len(), place.display());
    Ok(())
}

/// The SDK for this machine, installed in the target folder for programs of our own. Gives its prefix.
pub(crate) fn sdk_here() -> Result<PathBuf> {
    let host = rid::host_platform()?;
    let prefix = workspace::target().join("sdk");
    for entry in sdk::entries(host, &Libraries::here(host)?, &Layout::movable())? {
        put(&entry, &prefix)?;
    }
    Ok(prefix)
}

/// Where a prefix lies below a staging folder.
fn below(staging: Option<PathBuf>, prefix: &Path) -> PathBuf {
    match staging {
        Some(staging) => {
            // Without the root or drive, which would throw the staging folder away.
            let parts =
                prefix.components().filter(|part| matches!(part, std::path::Component::Normal(_)));
            staging.join(parts.collect::<PathBuf>())
        }
        None => prefix.to_owned(),
    }
}

/// Lays one file below a folder. It replaces an older one by rename, so that a program that runs
/// with that keeps it.
pub(crate) fn put(entry: &Entry, folder: &Path) -> Result<()> {
    let path = folder.join(&entry.path);
    let failed = |error: std::io::Error| format!("{} cannot be installed: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}.new", std::process::id()));
    let new = Path::new(&new);
    let written = match &entry.content {
        Content::File { source, executable } => {
            std::fs::copy(source, new).and_then(|_| set_mode(new, *executable))
        }
        Content::Text(text) => std::fs::write(new, text).and_then(|()| set_mode(new, false)),
        Content::Link(target) => link(target, new),
    };
    let outcome = written.and_then(|()| std::fs::rename(new, &path));
    if outcome.is_err() {
        // There may be nothing to remove.
        let _ = std::fs::remove_file(new);
    }
    outcome.map_err(failed)
}

#[cfg(unix)]
fn set_mode(file: &Path, executable: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &Path, _executable: bool) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    // Left behind by a process of this number that was killed.
    let _ = std::fs::remove_file(path);
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_target: &str, _path: &Path) -> std::io::Result<()> {
    // The SDK of Windows has no links.
    Ok(())
}

/// Into the first folder of the user's module path, under the module's version.
fn install_module() -> Result<()> {
    let shell = shell::find().map_err(|missing| {
        format!("The module is compiled by PowerShell 7, and there is none: {}.", missing.reason())
    })?;
    let assemblies = Assemblies::build(&shell)?;
    let built = module::here(&assemblies)?;
    let folder = module_path()?.join(module::NAME);
    let place = folder.join(env!("CARGO_PKG_VERSION"));
    let new = folder.join(format!("{}.{}.new", env!("CARGO_PKG_VERSION"), std::process::id()));
    module::copy(&built, &new)?;
    let old = folder.join(format!("{}.{}.old", env!("CARGO_PKG_VERSION"), std::process::id()));
    replace_folder(&new, &place, &old)?;
    println!("The module is in {}", place.display());
    if !assemblies.run_everywhere() {
        println!("It is for {}.", assemblies.audience);
    }
    println!("Use it: Import-Module {}", module::NAME);
    Ok(())
}

/// Puts a folder in the place of another one, which gets out of its way as `old`, and removes that. What runs keeps
/// the files that it has open, unless the system does not let them go: then all stays as it was.
fn replace_folder(new: &Path, place: &Path, old: &Path) -> Result<()> {
    if let Err(error) = exchange(new, place, old) {
        // What could not be installed is of no use; what hinders its removal was told by then.
        let _ = std::fs::remove_dir_all(new);
        return Err(format!(
            "{} cannot be replaced: {error}. Close the programs that use the module (PowerShell, editors), and install it again.",
            place.display()
        ));
    }
    match std::fs::remove_dir_all(old) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            println!(
                "{} is not needed any more, but still in use: remove it later.",
                old.display()
            );
        }
        _ => {}
    }
    Ok(())
}

/// A folder cannot be replaced in one step.
fn exchange(new: &Path, place: &Path, old: &Path) -> std::io::Result<()> {
    if place.exists() {
        std::fs::rename(place, old)?;
    }
    std::fs::rename(new, place).inspect_err(|_| {
        // Back to what there was; if that fails, too, the first error is the one to tell.
        let _ = std::fs::rename(old, place);
    })
}

/// The user's own module folder, as PowerShell says; without one, where PowerShell 7 looks.
fn module_path() -> Result<PathBuf> {
    if let Ok(shell) = shell::find_here() {
        return shell.user_modules();
    }
    let home = std::env::home_dir().ok_or("This user has no home folder.")?;
    Ok(if cfg!(windows) {
        home.join("Documents").join("PowerShell").join("Modules")
    } else {
        home.join(".local/share/powershell/Modules")
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_staging_folder_holds_the_whole_prefix() {
        assert_eq!(below(None, Path::new("/usr")), Path::new("/usr"));
        assert_eq!(below(Some("/tmp/s".into()), Path::new("/usr/x")), Path::new("/tmp/s/usr/x"));
    }

    #[test]
    fn a_folder_that_cannot_be_replaced_stays_and_the_error_says_what_to_close() {
        let folder = tempfile::tempdir().expect("a folder");
        let [new, place, old] = ["new", "place", "old"].map(|name| folder.path().join(name));
        let fill = |folder: &Path, text: &str| {
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(folder.join("file"), text).expect("a file");
        };
        let has = |folder: &Path| std::fs::read_to_string(folder.join("file")).ok();
        fill(&new, "first");
        replace_folder(&new, &place, &old).expect("there is nothing yet");
        assert_eq!(has(&place).as_deref(), Some("first"));
        fill(&new, "second");
        replace_folder(&new, &place, &old).expect("replaced");
        assert_eq!(has(&place).as_deref(), Some("second"));
        assert!(!old.exists() && !new.exists());
        // It cannot get out of the way, as on Windows while it is in use.
        fill(&new, "third");
        fill(&old, "in the way");
        let error = replace_folder(&new, &place, &old).expect_err("it cannot");
        assert!(error.contains("Close the programs"), "{error}");
        assert_eq!(has(&place).as_deref(), Some("second"));
        assert!(!new.exists());
        // Nothing can be put in its place: it comes back.
        std::fs::remove_dir_all(&old).expect("removed");
        replace_folder(&new, &place, &old).expect_err("there is nothing to put there");
        assert_eq!(has(&place).as_deref(), Some("second"));
    }

    #[test]
    fn a_file_in_use_is_replaced_and_not_overwritten() {
        use std::io::Read;
        let folder = tempfile::tempdir().expect("a folder");
        let text =
            |text: &str| Entry { path: "a/b".into(), content: Content::Text(text.to_owned()) };
        put(&text("old"), folder.path()).expect("installed");
        let mut in_use = std::fs::File::open(folder.path().join("a/b")).expect("the file");
        put(&text("new"), folder.path()).expect("installed");
        let mut seen = String::new();
        in_use.read_to_string(&mut seen).expect("its bytes");
        assert_eq!(seen, "old");
        assert_eq!(std::fs::read(folder.path().join("a/b")).expect("the file"), b"new");
        let link = Entry { path: "a/c".into(), content: Content::Link("b".to_owned()) };
        put(&link, folder.path()).expect("installed");
        put(&link, folder.path()).expect("installed again");
        assert_eq!(std::fs::read(folder.path().join("a/c")).expect("the link"), b"new");
        assert_eq!(std::fs::read_dir(folder.path().join("a")).expect("the folder").count(), 2);
    }
}
