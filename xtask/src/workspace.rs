//! Paths and versions of this repository.

use std::path::{Path, PathBuf};

/// The version of all crates and packages here.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The major version, which is part of the names of the libraries.
pub(crate) const MAJOR: &str = env!("CARGO_PKG_VERSION_MAJOR");

pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The folder for everything that is built.
pub(crate) fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The folder for downloads. `MMF_DOWNLOADS` can name one that several checkouts share.
pub(crate) fn downloads() -> PathBuf {
    let default = || target().join("downloads").into_os_string();
    root().join(std::env::var_os("MMF_DOWNLOADS").unwrap_or_else(default))
}

pub(crate) fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The folders of Rust's toolchains and crates. Programs that run with another `HOME` need them as variables.
pub(crate) fn rust_homes() -> [(&'static str, PathBuf); 2] {
    let home = std::env::home_dir().unwrap_or_default();
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")].map(|(name, default)| {
        (name, std::env::var_os(name).map_or_else(|| home.join(default), PathBuf::from))
    })
}
