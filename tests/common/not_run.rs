//! Reports tests that cannot run everywhere. Every crate of the workspace includes this file.

use std::io::Write;

/// Reports that a part of the tests did not run, and why. `cargo xtask test` reads this from the file that
/// `MMF_NOT_RUN` names.
pub fn not_run(part: &str, reason: &str) {
    eprintln!("NOT RUN: {part}: {reason}");
    if let Some(file) = std::env::var_os("MMF_NOT_RUN") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ = file.and_then(|mut file| file.write_all(format!("{part}: {reason}\n").as_bytes()));
    }
}
