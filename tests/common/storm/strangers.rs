//! Programs that do not use this library. They create their own objects under a name, unlink names, and damage the
//! objects of others.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::removal::{Removal, unlinks_file};
use super::{Storm, VIOLATION};
use crate::common::{self, Numbers};

impl Storm<'_> {
    /// Creates an object, uses it and removes it. No other program may change or remove it.
    pub(super) fn strangers(&self, name: &str, seed: u64) {
        let mut dice = Numbers(seed);
        while self.is_running() {
            clean(name);
            match make_foreign(name, &mut dice) {
                Ok(made) => drop(self.foreign_objects.fetch_add(made.into(), Ordering::Relaxed)),
                Err(what) => self.report(&format!("{VIOLATION} {what}")),
            }
            std::thread::sleep(Duration::from_micros(dice.below(200)));
        }
    }

    /// Unlinks the name now and then. Writes a byte to a file before and after it, so that a worker knows whether the
    /// name was unlinked while it held a map. "After" means when all calls that may remove a name have ended. Such a
    /// call may have found the old map dead, and then removes the new object with this name. Nothing can prevent
    /// that.
    pub(super) fn unlinkers(&self, name: &str, seed: u64) {
        let Some(path) = common::seen(name) else { return };
        let mut dice = Numbers(seed);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(unlinks_file(self.folder.path(), name))
            .expect("a file");
        let mut count = || file.write_all(b".").expect("write to a file");
        while self.is_running() {
            count();
            let _ = std::fs::remove_file(&path);
            Removal::wait_for_all(self.folder.path());
            count();
            std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        }
    }

    pub(super) fn vandals(&self, name: &str, seed: u64) {
        let Some(path) = common::seen(name) else { return };
        let mut dice = Numbers(seed);
        while self.is_running() {
            vandalize(&path, &mut dice);
            std::thread::sleep(Duration::from_micros(dice.below(3_000)));
        }
    }
}

fn make_foreign(name: &str, dice: &mut Numbers) -> Result<bool, String> {
    let path = common::seen(name).expect("a folder for objects");
    let Ok(file) = std::fs::File::create_new(&path) else { return Ok(false) };
    std::thread::sleep(Duration::from_micros(dice.below(50)));
    file.set_len(4096).map_err(|error| error.to_string())?;
    std::thread::sleep(Duration::from_micros(dice.below(2_000)));
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let there = std::fs::read(&path).map_err(|error| format!("a foreign object: {error}"))?;
    if there.len() as u64 != length || length != 4096 {
        return Err("a foreign object was replaced or cut".to_owned());
    }
    std::fs::remove_file(&path).map_err(|error| format!("a foreign object: {error}"))?;
    Ok(true)
}

/// Removes the record, as a cleaner of old files does. Its holders restore it.
fn clean(name: &str) {
    #[cfg(mmf_backend = "portable")]
    let _ = std::fs::remove_file(common::presence(name).join("record"));
    #[cfg(not(mmf_backend = "portable"))]
    let _ = name;
}

/// Damages an object of another program.
#[cfg(unix)]
fn vandalize(path: &Path, dice: &mut Numbers) {
    use std::os::unix::fs::PermissionsExt;
    match dice.below(6) {
        0 => drop(std::fs::remove_file(path)),
        1 => {
            let mode = [0o600, 0o666, 0o1777, 0o1000, 0, 0o755][dice.below(6) as usize];
            let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
        }
        2 => drop(std::fs::write(path, vec![b'v'; dice.below(5_000) as usize])),
        3 => drop(std::fs::rename(path, path.with_extension("aside"))),
        4 => drop(std::fs::remove_file(path.with_extension("aside"))),
        _ => {
            if let Ok(file) = std::fs::OpenOptions::new().write(true).open(path) {
                let _ = file.set_len([0, 1, 4_096, 100_000][dice.below(4) as usize]);
            }
        }
    }
}

#[cfg(not(unix))]
fn vandalize(_: &Path, _: &mut Numbers) {}
