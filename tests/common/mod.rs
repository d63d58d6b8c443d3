//! What the test files share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]

pub mod process;
#[cfg(target_os = "linux")]
pub mod step;

use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test has, in this run or in another.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("mmf-test-{what}-{}-{number}", std::process::id())
}

/// Says loudly that a part could not run here, and why.
pub fn not_run(suite: &str, reason: &str) {
    let line = format!("NOT RUN: {suite}: {reason}");
    eprintln!("{line}");
    if let Some(file) = std::env::var_os("MMF_NOT_RUN") {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ = file.and_then(|mut file| writeln!(file, "{line}"));
    }
}

/// Where a plainly named map is to be seen, on systems where it is.
pub fn seen(name: &str) -> Option<std::path::PathBuf> {
    mmf::backend::FOLDER.map(|folder| std::path::Path::new(folder).join(name))
}

/// Asserts that nothing is left of a name.
pub fn assert_nothing_left(name: &str) {
    if let Some(path) = seen(name) {
        assert!(path.symlink_metadata().is_err(), "{} is left", path.display());
    }
}
