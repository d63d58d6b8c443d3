//! Where things lie in the checkout.

use std::path::{Path, PathBuf};

/// The version of everything here.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The part of it by which libraries call themselves.
pub(crate) const MAJOR: &str = env!("CARGO_PKG_VERSION_MAJOR");

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where everything goes that is built.
pub(crate) fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Where everything goes that is fetched: `MMF_DOWNLOADS`, which several checkouts may share.
pub(crate) fn downloads() -> PathBuf {
    let usual = || target().join("downloads").into_os_string();
    root().join(std::env::var_os("MMF_DOWNLOADS").unwrap_or_else(usual))
}

/// The file name of a program.
pub(crate) fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The folders of this toolchain and its crates, for programs that see another home.
pub(crate) fn rust_homes() -> [(&'static str, PathBuf); 2] {
    let home = std::env::home_dir().unwrap_or_default();
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")].map(|(name, usual)| {
        (name, std::env::var_os(name).map_or_else(|| home.join(usual), PathBuf::from))
    })
}
