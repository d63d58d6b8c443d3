//! Keeps programs that unlink names apart from calls that may remove names.

use std::path::{Path, PathBuf};

/// A call that may remove a name, and for which programs that unlink names wait. It ends when this is dropped, or with
/// the process.
pub(super) struct Removal(#[expect(dead_code, reason = "the lock is held")] Option<std::fs::File>);

impl Removal {
    /// If a user cannot open the files, it cannot remove names either, so no lock is needed.
    pub(super) fn begin(folder: &Path) -> Removal {
        let Some(turn) = open_lock(folder, "turn") else { return Removal(None) };
        // New calls wait here while `wait_for_all` waits for the old ones.
        turn.lock_shared().expect("lock a file");
        let removing = open_lock(folder, "removing");
        removing.iter().for_each(|file| file.lock_shared().expect("lock a file"));
        Removal(removing)
    }

    pub(super) fn wait_for_all(folder: &Path) {
        let [turn, removing] =
            ["turn", "removing"].map(|name| open_lock(folder, name).expect("a file"));
        turn.lock().expect("lock a file");
        removing.lock().expect("lock a file");
    }
}

fn open_lock(folder: &Path, name: &str) -> Option<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(folder.join(name)).ok()
}

/// The file in which a foreign program counts how often it began or finished unlinking the name.
pub(super) fn unlinks_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("unlinks-{name}"))
}

/// The count in the file. It is odd while the program is unlinking the name.
pub(super) fn count_unlinks(folder: &Path, name: &str) -> u64 {
    unlinks_file(folder, name).metadata().map_or(0, |found| found.len())
}
