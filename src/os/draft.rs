//! Drafts are temporary files that replace their target when they are complete. On all systems
//! their names have a form that no other program uses, so that the leftovers of killed processes
//! can be recognized.

use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::time::Deadline;

const PREFIX: &str = ".mmf-";
const SUFFIX: &str = ".tmp";

/// How long a save looks for leftovers of other processes: enough for tens of thousands of files.
const GLANCE: Duration = Duration::from_millis(20);

/// The directory that a path leads into.
pub(super) fn directory(target: &Path) -> &Path {
    match target.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// A unique path beside the target.
pub(super) fn unique(target: &Path) -> PathBuf {
    let random = RandomState::new().build_hasher().finish();
    target.with_file_name(format!("{PREFIX}{random:016x}{SUFFIX}"))
}

fn is_unique(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    let hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(hex))
}

/// Has everything removed from a directory that looks like a draft; `remove` decides.
pub(super) fn remove_abandoned(directory: &Path, remove: impl Fn(&Path)) {
    let deadline = Deadline::after(GLANCE);
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if is_unique(&entry.file_name()) {
            remove(&entry.path());
        }
        if deadline.passed() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_drafts_are_taken_for_such() {
        for target in ["/a/saved", "bare"] {
            let path = unique(Path::new(target));
            assert!(is_unique(path.file_name().expect("a name")), "{}", path.display());
        }
        for name in [
            "saved",
            ".mmf-.tmp",
            ".mmf-0123456789abcde.tmp",
            ".mmf-0123456789abcdef0.tmp",
            ".mmf-0123456789abcdeg.tmp",
            ".mmf-0123456789ABCDEF.tmp",
            "mmf-0123456789abcdef.tmp",
            ".mmf-0123456789abcdef",
        ] {
            assert!(!is_unique(OsStr::new(name)), "{name}");
        }
    }
}
