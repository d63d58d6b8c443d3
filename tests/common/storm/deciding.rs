//! What keeps those who take names away and those who decide about names apart.

use std::path::{Path, PathBuf};

/// A call under way that may remove a name, for whoever takes names away to wait for. It ends when this
/// is dropped, or with the process.
pub(super) struct Deciding(#[expect(dead_code, reason = "the lock is held")] Option<std::fs::File>);

impl Deciding {
    /// A user who cannot open the files cannot remove anybody's names either.
    pub(super) fn begin(folder: &Path) -> Deciding {
        let Some(turn) = open_lock(folder, "turn") else { return Deciding(None) };
        // So that those who come later do not keep the one waiting who waits for all.
        turn.lock_shared().expect("lock a file");
        let deciding = open_lock(folder, "deciding");
        deciding.iter().for_each(|file| file.lock_shared().expect("lock a file"));
        Deciding(deciding)
    }

    pub(super) fn wait_for_all(folder: &Path) {
        let [turn, deciding] =
            ["turn", "deciding"].map(|name| open_lock(folder, name).expect("a file"));
        turn.lock().expect("lock a file");
        deciding.lock().expect("lock a file");
    }
}

fn open_lock(folder: &Path, name: &str) -> Option<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(folder.join(name)).ok()
}

/// Where the foreign program tells how often it began or ended to take the name away.
pub(super) fn acts(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("acts-{name}"))
}

/// How often that was so far. Odd: it is at it.
pub(super) fn count_acts(folder: &Path, name: &str) -> u64 {
    acts(folder, name).metadata().map_or(0, |found| found.len())
}
